//! The operator's console at `/console`: pages made here, on the server, without any script.
//!
//! Two extractors guard it: a page takes a [`session::Visitor`], who is logged in; whatever
//! changes something takes a [`csrf::Posted`], a visitor's form that came from a page of ours.
//! Every act goes through `service::admin` or the store under the operator's name, so that it is
//! in the audit log.

mod audit;
mod charts;
mod check;
mod checks;
mod csrf;
mod form;
mod keys;
mod login;
mod once;
mod problem;
mod rates;
mod session;
mod sessions;
mod settings;
mod tenants;
mod view;
mod wallet;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};

use crate::App;
use problem::Problem;
use session::Visitor;

/// As everywhere, but forms may be sent here, and nothing has a script.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// Browsers say `Origin: null` with a form of a page that sends no referrer at all; then the
/// console could not tell its own forms from foreign ones.
const REFERRER_POLICY: HeaderValue = HeaderValue::from_static("same-origin");

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Every route of the console.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console", get(start))
        .route("/console/", get(start))
        .route("/console/login", get(login::page).post(login::log_in))
        .route("/console/logout", post(login::log_out))
        .route("/console/checks", get(checks::list))
        .route("/console/checks/{id}", get(check::page))
        .route("/console/checks/{id}/pictures", post(check::pictures))
        .route("/console/checks/{id}/erase", post(check::erase))
        .route("/console/tenants", get(tenants::list).post(tenants::create))
        .route("/console/tenants/{id}", get(tenants::page))
        .route("/console/tenants/{id}/settings", post(tenants::settings))
        .route("/console/tenants/{id}/disable", post(tenants::disable))
        .route("/console/tenants/{id}/enable", post(tenants::enable))
        .route(
            "/console/tenants/{id}/keys",
            get(keys::list).post(keys::create),
        )
        .route(
            "/console/tenants/{id}/keys/{key}/rotate",
            post(keys::rotate),
        )
        .route(
            "/console/tenants/{id}/keys/{key}/revoke",
            post(keys::revoke),
        )
        .route(
            "/console/tenants/{id}/wallet",
            get(wallet::page).post(wallet::top_up),
        )
        .route("/console/sessions", get(sessions::list))
        .route(
            "/console/sessions/{id}/redeliver",
            post(sessions::redeliver),
        )
        .route("/console/rates", get(rates::page))
        .route("/console/audit", get(audit::log))
        .route("/console/audit/verify", post(audit::verify))
        .route("/console/operators", get(audit::operators))
        .route("/console/settings", get(settings::page))
        .route("/console/{*rest}", get(nowhere))
        .layer(map_response(|mut response: Response| async {
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
            headers.insert(header::REFERRER_POLICY, REFERRER_POLICY);
            headers.insert(header::CACHE_CONTROL, NO_STORE);
            response
        }))
}

async fn start(_: Visitor) -> Redirect {
    Redirect::to("/console/checks")
}

async fn nowhere(_: Visitor) -> Problem {
    Problem::NotFound("There is no such page.")
}
