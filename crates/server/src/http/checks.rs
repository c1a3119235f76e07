//! What a tenant may do with its own checks: look one up, list them, erase them.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use lifesign_contracts::{About, Contract, Echo, Failure, FailureKind, Native};
use lifesign_store::{Act, CheckFilter, CheckRecord, Erased, StoreError};
use serde::Deserialize;
use serde_json::{Value, json};

use super::contract_handler::random;
use super::peer;
use crate::service::{Caller, Scope, admit_key};
use crate::{App, clock};

/// Checks on a page.
const PAGE: u32 = 50;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/checks", get(list).delete(erase_by_reference))
        .route("/v1/checks/{id}", get(one).delete(erase_one))
}

/// A refusal in the native envelope.
struct Refusal(Failure);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let at = std::time::SystemTime::now();
        let about = About {
            request_id: Native.request_id(random(), at),
            at,
            echo: Echo::new(),
        };
        if let Some(cause) = &self.0.cause {
            tracing::error!(request.id = %about.request_id, failure.cause = %cause,
                "a look at kept checks failed: {cause}");
        }
        let reply = Native.answer(&about, Err(&self.0));
        reply.map(axum::body::Body::from).into_response()
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self(match error {
            StoreError::NotFound { .. } => not_found(),
            StoreError::Invalid(what) => Failure::invalid(what),
            error => crate::service::unavailable(&error),
        })
    }
}

fn not_found() -> Failure {
    Failure::new(FailureKind::NotFound, "there is no such check")
}

/// A check as its tenant sees it.
fn shown(check: &CheckRecord) -> Value {
    json!({
        "request_id": check.id,
        "contract": check.contract,
        "reference": check.reference,
        "timestamp": clock::rfc3339(check.at),
        "verdict": check.verdict,
        "confidence": check.confidence,
        "profile": check.profile,
        "calibration": check.calibration,
        "signals": check.signals,
        "reasons": check.reasons,
        "image_sha256": hex(&check.fingerprint.sha256),
        "latency_ms": check.latency_ms,
        "expires_at": clock::rfc3339(check.expires_at),
    })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Deserialize)]
struct Listing {
    reference: Option<String>,
    after: Option<String>,
}

async fn list(
    State(app): State<Arc<App>>,
    peer::From(peer): peer::From,
    headers: HeaderMap,
    Query(listing): Query<Listing>,
) -> Result<Json<Value>, Refusal> {
    let caller = admit_key(&app, &headers, peer, Scope::Read).await?;
    let filter = CheckFilter {
        tenant_id: Some(caller.tenant.id),
        reference: listing.reference,
        ..CheckFilter::default()
    };
    let page = app
        .memory
        .store
        .checks(&filter, listing.after.as_deref(), PAGE)
        .await?;
    let checks = Vec::from_iter(page.checks.iter().map(shown));
    Ok(Json(json!({ "checks": checks, "next": page.next })))
}

async fn one(
    State(app): State<Arc<App>>,
    peer::From(peer): peer::From,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let caller = admit_key(&app, &headers, peer, Scope::Read).await?;
    let check = app.memory.store.check(Some(&caller.tenant.id), &id).await?;
    Ok(Json(shown(&check.ok_or_else(not_found)?)))
}

async fn erase_one(
    State(app): State<Arc<App>>,
    peer::From(peer): peer::From,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let caller = admit_key(&app, &headers, peer, Scope::Erase).await?;
    let store = &app.memory.store;
    let erased = store
        .erase_check(&caller.tenant.id, &id, &act(&caller))
        .await?;
    Ok(told(erased))
}

#[derive(Deserialize)]
struct ByReference {
    reference: Option<String>,
}

async fn erase_by_reference(
    State(app): State<Arc<App>>,
    peer::From(peer): peer::From,
    headers: HeaderMap,
    Query(by): Query<ByReference>,
) -> Result<Json<Value>, Refusal> {
    let caller = admit_key(&app, &headers, peer, Scope::Erase).await?;
    let Some(reference) = by.reference.filter(|text| !text.is_empty()) else {
        return Err(Failure::invalid(
            "the query parameter `reference` is missing; it says whose checks are to be erased",
        )
        .into());
    };
    let store = &app.memory.store;
    let erased = store
        .erase_reference(&caller.tenant.id, &reference, &act(&caller))
        .await?;
    Ok(told(erased))
}

fn told(erased: Erased) -> Json<Value> {
    Json(json!({ "erased": { "checks": erased.checks, "images": erased.images } }))
}

/// The credential is the actor; its identifier is no secret.
fn act(caller: &Caller) -> Act {
    let credential = caller.credential.as_ref();
    Act {
        actor: credential.map_or_else(
            || "development".to_owned(),
            |credential| format!("key:{}", credential.made.id),
        ),
        at: clock::now(),
    }
}
