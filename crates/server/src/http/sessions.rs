//! What a session's link and the links in its result lead to. The token or the signature is the credential.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use lifesign_contracts::{About, Contract, Echo, Failure, FailureKind, Native};
use serde::Deserialize;

use super::contract_handler::{dress, random};
use crate::App;
use crate::service::sessions;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/verify-video/{token}/session", get(session))
        .route("/v1/media/{session}/{ordinal}", get(media))
}

/// What the page needs to begin. Any site may read it: who has the token may know.
async fn session(
    State(app): State<Arc<App>>,
    token: Result<Path<String>, PathRejection>,
) -> Response {
    let told = match token {
        Ok(Path(token)) => sessions::of_token(&app, &token).await,
        Err(_) => Ok(None),
    };
    let told = told.and_then(|told| {
        told.ok_or_else(|| Failure::new(FailureKind::NotFound, "there is no such session"))
    });
    let mut response = match told {
        Ok(told) => {
            let mut response = Json(told).into_response();
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(failure) => refused(&failure),
    };
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

#[derive(Deserialize)]
struct Signed {
    expires: i64,
    signature: String,
}

/// A best matching frame behind a signed link.
async fn media(
    State(app): State<Arc<App>>,
    path: Result<Path<(String, u32)>, PathRejection>,
    query: Result<Query<Signed>, QueryRejection>,
) -> Response {
    let found = async {
        let (Ok(Path((id, ordinal))), Ok(Query(signed))) = (path, query) else {
            return Err(not_signed());
        };
        if !sessions::media_signed(&app, &id, ordinal, signed.expires, &signed.signature) {
            return Err(not_signed());
        }
        let found = sessions::found_media(&app, &id, ordinal).await?;
        found.ok_or_else(|| Failure::new(FailureKind::NotFound, "the picture is kept no longer"))
    };
    match found.await {
        Ok(jpeg) => {
            let headers = [
                (header::CONTENT_TYPE, "image/jpeg"),
                (header::CACHE_CONTROL, "private, no-store"),
            ];
            (headers, jpeg).into_response()
        }
        Err(failure) => refused(&failure),
    }
}

fn not_signed() -> Failure {
    Failure::new(
        FailureKind::Forbidden,
        "the link is not one of ours, or its time is over; ask for the result again",
    )
}

fn refused(failure: &Failure) -> Response {
    let at = std::time::SystemTime::now();
    let about = About {
        request_id: Native.request_id(random(), at),
        at,
        echo: Echo::new(),
    };
    if let Some(cause) = &failure.cause {
        tracing::error!(request.id = %about.request_id, failure.cause = %cause,
            "a look at a session failed: {cause}");
    }
    let reply = Native.answer(&about, Err(failure));
    let mut response = reply.map(axum::body::Body::from).into_response();
    dress(
        response.headers_mut(),
        &about.request_id,
        None,
        Some(failure),
    );
    response
}
