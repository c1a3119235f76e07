//! The audit log, and who works at the console.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::csrf::Posted;
use super::form::Fields;
use super::problem::Problem;
use super::session::Visitor;
use crate::App;

/// Lines on a page.
const PAGE: u32 = 100;

pub(super) async fn log(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let before = Fields::of_query(query).get("before").parse().ok();
    let content = content(&app, before, Value::Null).await?;
    visitor.page("audit.html", content)
}

async fn content(app: &App, before: Option<i64>, report: Value) -> Result<Value, Problem> {
    let lines = app.memory.store.audit(before, PAGE).await?;
    // Lines are numbered from 1 without gaps.
    let older = lines.last().map(|line| line.seq).filter(|seq| *seq > 1);
    Ok(json!({
        "section": "audit",
        "lines": lines,
        "older": older,
        "is_first": before.is_none(),
        "report": report,
    }))
}

/// Computes the whole chain again; that somebody did so is no act and leaves no line.
pub(super) async fn verify(
    State(app): State<Arc<App>>,
    posted: Posted,
) -> Result<Response, Problem> {
    let report = app.memory.store.verify_audit().await?;
    let content = content(&app, None, json!(report)).await?;
    posted.visitor.page("audit.html", content)
}

pub(super) async fn operators(
    State(app): State<Arc<App>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let operators = app.memory.store.operators().await?;
    let rows = operators.iter().map(|operator| {
        json!({
            "name": operator.made.name,
            "created_at": operator.created_at,
            "disabled_at": operator.disabled_at,
        })
    });
    let content = json!({
        "section": "operators",
        "operators": rows.collect::<Vec<_>>(),
        "data": app.config.data.display().to_string(),
    });
    visitor.page("operators.html", content)
}
