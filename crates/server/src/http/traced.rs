//! The span of a request, from which all others of it hang. Its fields are names of ours, numbers and the identifier
//! that the caller gets back: never a path, which may hold a token, and no text of a caller.

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tracing::field::Empty;
use tracing::{Instrument, info_span};

use super::contract_handler::REQUEST_ID;

/// What probes and scrapers ask all the time.
const NOT_TRACED: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Answers within a span that goes on with the caller's trace, if the request names one.
pub(super) async fn traced(request: Request, next: Next) -> Response {
    // The pattern of the route; none where nothing was matched.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    if route.is_some_and(|route| NOT_TRACED.contains(&route)) {
        return next.run(request).await;
    }
    let method = known(request.method());
    let name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"));
    let span = info_span!(
        "request",
        otel.name = name,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        request.id = Empty,
        check.verdict = Empty,
        failure.kind = Empty,
    );
    lifesign_traces::continue_caller(&span, request.headers());
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    let id = response.headers().get(&REQUEST_ID);
    if let Some(id) = id.and_then(|id| id.to_str().ok()) {
        span.record("request.id", id);
    }
    response
}

/// The methods that some route takes; any other word is a caller's.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "_OTHER",
    }
}
