//! What a tenant may do with its own checks: look one up, list them, erase them.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use lifesign_contracts::{About, Contract, Echo, Failure, FailureKind, Native};
use lifesign_store::{Act, CheckFilter, CheckRecord, Erased, Store, StoreError};
use serde_json::{Value, json};

use super::contract_handler::{dress, random};
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

/// What a handler gets.
struct Asked {
    app: Arc<App>,
    caller: Caller,
    query: Vec<(String, String)>,
}

impl Asked {
    fn store(&self) -> &dyn Store {
        self.app.memory.store.as_ref()
    }

    fn tenant(&self) -> &str {
        &self.caller.tenant.id
    }

    /// The last value of a query parameter, as the native API counts them.
    fn value(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter().rev();
        pairs.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Lets the caller in, has `work` done and answers in JSON; a refusal is a native envelope.
async fn answered<W>(
    State(app): State<Arc<App>>,
    peer::From(peer): peer::From,
    head: Parts,
    scope: Scope,
    work: impl FnOnce(Asked) -> W,
) -> Response
where
    W: Future<Output = Result<Value, Failure>>,
{
    let at = SystemTime::now();
    let about = About {
        request_id: Native.request_id(random(), at),
        at,
        echo: Echo::new(),
    };
    let query = head.uri.query().unwrap_or_default();
    let query = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let mut rate = None;
    let outcome = match admit_key(&app, &head.headers, peer, scope, &mut rate).await {
        Ok(caller) => work(Asked { app, caller, query }).await,
        Err(failure) => Err(failure),
    };
    let mut response = match &outcome {
        Ok(value) => Json(value).into_response(),
        Err(failure) => {
            if let Some(cause) = &failure.cause {
                tracing::error!(request.id = %about.request_id, failure.cause = %cause,
                    "a look at kept checks failed: {cause}");
            }
            let reply = Native.answer(&about, Err(failure));
            reply.map(axum::body::Body::from).into_response()
        }
    };
    let failure = outcome.as_ref().err();
    dress(response.headers_mut(), &about.request_id, rate, failure);
    response
}

fn of_store(error: StoreError) -> Failure {
    match error {
        StoreError::NotFound { .. } => not_found(),
        StoreError::Invalid(what) => Failure::invalid(what),
        error => crate::service::unavailable(&error),
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

async fn list(state: State<Arc<App>>, from: peer::From, head: Parts) -> Response {
    answered(state, from, head, Scope::Read, |asked: Asked| async move {
        let filter = CheckFilter {
            tenant_id: Some(asked.tenant().to_owned()),
            reference: asked.value("reference").map(str::to_owned),
            ..CheckFilter::default()
        };
        let page = asked.store().checks(&filter, asked.value("after"), PAGE);
        let page = page.await.map_err(of_store)?;
        let checks = Vec::from_iter(page.checks.iter().map(shown));
        Ok(json!({ "checks": checks, "next": page.next }))
    })
    .await
}

/// What stands in the path; text that is no UTF-8 names nothing.
type Id = Result<Path<String>, PathRejection>;

async fn one(state: State<Arc<App>>, from: peer::From, id: Id, head: Parts) -> Response {
    answered(state, from, head, Scope::Read, |asked: Asked| async move {
        let Path(id) = id.map_err(|_| not_found())?;
        let check = asked.store().check(Some(asked.tenant()), &id).await;
        Ok(shown(&check.map_err(of_store)?.ok_or_else(not_found)?))
    })
    .await
}

async fn erase_one(state: State<Arc<App>>, from: peer::From, id: Id, head: Parts) -> Response {
    answered(state, from, head, Scope::Erase, |asked: Asked| async move {
        let Path(id) = id.map_err(|_| not_found())?;
        let act = act(&asked.caller);
        let erased = asked.store().erase_check(asked.tenant(), &id, &act).await;
        Ok(told(erased.map_err(of_store)?))
    })
    .await
}

async fn erase_by_reference(state: State<Arc<App>>, from: peer::From, head: Parts) -> Response {
    answered(state, from, head, Scope::Erase, |asked: Asked| async move {
        let reference = asked.value("reference").filter(|text| !text.is_empty());
        let reference = reference.ok_or_else(|| {
            Failure::invalid(
                "the query parameter `reference` is missing; it says whose checks and faces are to be erased",
            )
        })?;
        let (store, act) = (asked.store(), act(&asked.caller));
        let erased = store.erase_reference(asked.tenant(), reference, &act).await;
        Ok(told(erased.map_err(of_store)?))
    })
    .await
}

fn told(erased: Erased) -> Value {
    json!({ "erased": {
        "checks": erased.checks,
        "images": erased.images,
        "sessions": erased.sessions,
        "session_media": erased.media,
        "faces": erased.faces,
    } })
}

/// The credential is the actor; its identifier is no secret.
pub(super) fn act(caller: &Caller) -> Act {
    let credential = caller.credential.as_ref();
    Act {
        actor: credential.map_or_else(
            || "development".to_owned(),
            |credential| format!("key:{}", credential.made.id),
        ),
        at: clock::now(),
    }
}
