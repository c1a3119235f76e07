//! Headers that every answer carries, the last resort against a panic, and the span around both.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, map_request, map_response};
use axum::response::Response;
use lifesign_contracts::{About, Contract, Echo, Failure, FailureKind, Native};
use tower_http::catch_panic::CatchPanicLayer;

use super::{peer, traced};
use crate::App;

/// Pages load their own files alone: no inline script or style, no foreign origin, no frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SECURITY: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(), geolocation=()",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Adds the headers and the span, and turns a panic of a handler into the native envelope with status 500.
pub(super) fn secured(router: Router, app: Arc<App>) -> Router {
    let proxies = app.config.trusted_proxies.clone();
    let speaks_tls = app.config.tls.is_some();
    let see_through = move |mut request: Request| {
        // What a proxy that ends TLS would say.
        if speaks_tls {
            let https = HeaderValue::from_static("https");
            request.headers_mut().insert("x-forwarded-proto", https);
        }
        let headers = request.headers().clone();
        peer::see_through(&proxies, &headers, request.extensions_mut());
        std::future::ready(request)
    };
    let own = Arc::clone(&app);
    let on_panic = move |_| panicked(&app);
    router
        .layer(map_request(see_through))
        .layer(CatchPanicLayer::custom(on_panic))
        .layer(map_response(move |mut response: Response| {
            add(response.headers_mut());
            // Whoever asks again should ask somebody who stays. A WebSocket goes on until its own end.
            if !own.is_ready() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
            }
            std::future::ready(response)
        }))
        // Outside of all, so that a panic is seen as the 500 that it becomes.
        .layer(from_fn(traced::traced))
}

fn add(headers: &mut HeaderMap) {
    for (name, value) in SECURITY {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

fn panicked(app: &App) -> axum::http::Response<axum::body::Body> {
    let at = std::time::SystemTime::now();
    let about = About {
        request_id: Native.request_id(super::contract_handler::random(), at),
        at,
        echo: Echo::new(),
    };
    let failure = Failure::new(FailureKind::Internal, "the server met a fault of its own");
    app.metrics.failed(Native.name(), failure.kind);
    tracing::error!(request.id = %about.request_id, "a handler panicked");
    Native.answer(&about, Err(&failure)).map(Into::into)
}
