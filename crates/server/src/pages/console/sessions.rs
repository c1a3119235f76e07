//! Active sessions and the attempts to deliver their callbacks.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use lifesign_domain::SessionState;
use lifesign_store::{ActiveSession, Delivery, DeliveryAttempt, DeliveryState};
use serde_json::{Value, json};

use super::csrf::Posted;
use super::form::Fields;
use super::problem::Problem;
use super::session::Visitor;
use crate::App;

/// Sessions of a page, and callbacks beside them.
const PAGE: u32 = 50;

pub(super) async fn list(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let fields = Fields::of_query(query);
    let after = Some(fields.get("after")).filter(|after| !after.is_empty());
    let store = &app.memory.store;
    let page = store.actives(None, after, PAGE).await?;
    let tenants = store.tenants().await?;
    let name = |id: &str| {
        tenants
            .iter()
            .find(|tenant| tenant.id == id)
            .map(|tenant| tenant.name.clone())
    };
    let sessions = page
        .sessions
        .iter()
        .map(|session| shown(session, name(&session.made.tenant_id)));
    let mut callbacks = Vec::new();
    for delivery in store.deliveries(None, None, PAGE).await? {
        let attempts = store.delivery_attempts(&delivery.session_id).await?;
        callbacks.push(callback(&delivery, name(&delivery.tenant_id), &attempts));
    }
    let done = match fields.get("done") {
        "redelivered" => Some("The callback is sent again now."),
        _ => None,
    };
    let content = json!({
        "section": "sessions",
        "sessions": Vec::from_iter(sessions),
        "callbacks": callbacks,
        "older": page.next,
        "is_first": after.is_none(),
        "done": done,
    });
    visitor.page("sessions.html", content)
}

fn shown(session: &ActiveSession, tenant: Option<String>) -> Value {
    let made = &session.made;
    json!({
        "id": made.id,
        "tenant": tenant,
        "contract": made.contract,
        "reference": made.reference,
        "state": in_words(session.state),
        "failure": session.failure,
        "created_at": made.created_at,
        "ended_at": session.ended_at,
        "attempts_left": made.attempts,
    })
}

const fn in_words(state: SessionState) -> &'static str {
    match state {
        SessionState::Created => "created",
        SessionState::InProgress => "in progress",
        SessionState::Processing => "processing",
        SessionState::Succeeded => "succeeded",
        SessionState::Failed => "failed",
        SessionState::Expired => "expired",
        SessionState::Cancelled => "cancelled",
    }
}

fn callback(delivery: &Delivery, tenant: Option<String>, attempts: &[DeliveryAttempt]) -> Value {
    let state = match delivery.state {
        DeliveryState::Waiting => "waiting",
        DeliveryState::Delivered => "delivered",
        DeliveryState::GivenUp => "given up",
    };
    json!({
        "session": delivery.session_id,
        "tenant": tenant,
        "state": state,
        "next_at": (delivery.state == DeliveryState::Waiting).then_some(delivery.next_at),
        "attempts": attempts,
    })
}

pub(super) async fn redeliver(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Problem> {
    app.memory
        .store
        .redeliver(&id, &posted.visitor.act())
        .await?;
    app.deliveries.notify_one();
    Ok(Redirect::to("/console/sessions?done=redelivered").into_response())
}
