//! The settings in force. Whoever fills in `ServerConfig::settings` leaves secrets out.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::problem::Problem;
use super::session::Visitor;
use crate::App;
use crate::memory::Mode;

pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let config = &app.config;
    let mode = match app.memory.mode {
        Mode::Development => "development: no credentials are asked for",
        Mode::Guarded => "guarded: only tenants with credentials",
    };
    let contracts = app.contracts.iter().map(|contract| contract.name());
    let in_effect = [
        ("Version", env!("CARGO_PKG_VERSION").to_owned()),
        ("Mode", mode.to_owned()),
        ("Listens on", config.listen.to_string()),
        ("Checks at the same time", config.workers.to_string()),
        ("Checks that may wait", config.queue.to_string()),
        ("Contracts", contracts.collect::<Vec<_>>().join(", ")),
        ("Profiles", app.checker.profiles().join(", ")),
        ("Profile of requests that name none", config.profile.clone()),
    ];
    let content = json!({
        "section": "settings",
        "in_effect": in_effect,
        "settings": config.settings,
    });
    visitor.page("settings.html", content)
}
