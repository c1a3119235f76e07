//! One handler for every contract: times the exchange, counts it, logs it once.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, Response, header};
use axum::response::IntoResponse;
use lifesign_contracts::{About, Checked, Contract, Echo, Failure, FailureKind, Incoming};

use super::body;
use crate::{App, service};

/// Carries the identifier that the body names too.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a caller should wait after a refusal that may not last.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// One exchange from its first byte to its answer.
struct Exchange {
    app: Arc<App>,
    contract: &'static dyn Contract,
    method: Method,
    path: String,
    since: Instant,
    about: About,
}

/// Answers a request that belongs to `contract`.
pub(super) async fn handle(
    State(app): State<Arc<App>>,
    contract: &'static dyn Contract,
    request: Request,
) -> axum::response::Response {
    let mut exchange = Exchange::begin(app, contract, &request);
    let outcome = exchange.run(request).await;
    exchange.finish(&outcome)
}

/// Answers a request that `contract` does not take, with a failure of `kind`.
pub(super) async fn refuse(
    State(app): State<Arc<App>>,
    contract: &'static dyn Contract,
    kind: FailureKind,
    request: Request,
) -> axum::response::Response {
    let message = match kind {
        FailureKind::MethodNotAllowed => "this path does not take this method",
        _ => "there is nothing at this path; /docs lists what there is",
    };
    let failure = Failure::new(kind, message);
    Exchange::begin(app, contract, &request).finish(&Err(failure))
}

impl Exchange {
    fn begin(app: Arc<App>, contract: &'static dyn Contract, request: &Request) -> Self {
        let at = SystemTime::now();
        Self {
            app,
            contract,
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            since: Instant::now(),
            about: About {
                request_id: contract.request_id(random(), at),
                at,
                echo: Echo::new(),
            },
        }
    }

    async fn run(&mut self, request: Request) -> Result<Checked, Failure> {
        let (parts, body) = request.into_parts();
        let received = body::receive(&self.app, &parts.headers, body).await?;
        let incoming = Incoming {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect(),
            headers: parts.headers,
            body: received.body,
        };
        let exchange = service::check(&self.app, self.contract, incoming, received.held).await;
        self.about.echo = exchange.echo;
        exchange.outcome
    }

    fn finish(self, outcome: &Result<Checked, Failure>) -> axum::response::Response {
        let reply = self.contract.answer(&self.about, outcome.as_ref());
        let took = self.since.elapsed();
        self.count(outcome, reply.status().as_u16(), took);
        self.log(outcome, reply.status().as_u16(), took);
        let mut response = Response::map(reply, axum::body::Body::from).into_response();
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&self.about.request_id) {
            headers.insert(REQUEST_ID, id);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match outcome {
            Err(failure) if failure.kind.is_transient() => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER.as_secs().into());
            }
            // The rest of the body is not worth waiting for.
            Err(failure) if failure.kind == FailureKind::SlowBody => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }

    fn count(&self, outcome: &Result<Checked, Failure>, status: u16, took: Duration) {
        let (metrics, name) = (&self.app.metrics, self.contract.name());
        metrics.answered(name, status, took);
        match outcome {
            Ok(Checked { result, .. }) => metrics.decided(name, &result.profile, result.verdict),
            Err(failure) => metrics.failed(name, failure.kind),
        }
    }

    fn log(&self, outcome: &Result<Checked, Failure>, status: u16, took: Duration) {
        let latency_ms = took.as_secs_f64() * 1e3;
        let (method, id) = (&self.method, &self.about.request_id);
        let contract = self.contract.name();
        match outcome {
            Ok(Checked { result, .. }) => tracing::info!(
                request.id = %id, http.method = %method, http.path = %self.path,
                http.status = status, contract, latency.ms = latency_ms,
                check.verdict = %result.verdict, check.profile = %result.profile,
                check.calibration = %result.calibration, check.faces = result.face_count,
                "{contract} check answered {} in {latency_ms:.0} ms", result.verdict
            ),
            Err(Failure {
                kind,
                cause: Some(cause),
                ..
            }) => tracing::error!(
                request.id = %id, http.method = %method, http.path = %self.path,
                http.status = status, contract, latency.ms = latency_ms,
                failure.kind = kind.as_str(), failure.cause = %cause,
                "{contract} check failed with {status} in {latency_ms:.0} ms: {cause}"
            ),
            // The path of a request that matches nothing is the caller's text: not logged.
            Err(failure) => tracing::info!(
                request.id = %id, http.method = %method, http.status = status, contract,
                latency.ms = latency_ms, failure.kind = failure.kind.as_str(),
                "{contract} request refused with {status} in {latency_ms:.0} ms: {}",
                failure.message
            ),
        }
    }
}

/// Bytes for an identifier: unique, but no secret. The hasher's keys come from the system's
/// random source.
pub(super) fn random() -> [u8; 16] {
    let half = || RandomState::new().hash_one(Instant::now()).to_be_bytes();
    let mut bytes = [0; 16];
    let (head, tail) = bytes.split_at_mut(8);
    head.copy_from_slice(&half());
    tail.copy_from_slice(&half());
    bytes
}
