//! One handler for every contract: times the exchange, counts it, logs it once.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use axum::response::IntoResponse;
use lifesign_contracts::{
    About, Answer, Checked, Contract, Echo, Failure, FailureKind, Incoming, Reply,
};
use lifesign_domain::Verdict;
use tracing::Span;

use super::{Peer, body};
use crate::App;
use crate::service::{self, Rate, Said, Scope};

/// Carries the identifier that the body names too.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a caller should wait after a refusal that may not last.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// One exchange from its first byte to its answer.
struct Exchange {
    app: Arc<App>,
    contract: &'static dyn Contract,
    method: Method,
    path: String,
    peer: Option<IpAddr>,
    since: Instant,
    about: About,
    rate: Option<Rate>,
}

/// Answers a request that belongs to `contract`.
pub(super) async fn handle(
    State(app): State<Arc<App>>,
    contract: &'static dyn Contract,
    request: Request,
) -> axum::response::Response {
    let mut exchange = Exchange::begin(app, contract, &request);
    let outcome = exchange.run(request).await;
    exchange.finish(outcome)
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
    Exchange::begin(app, contract, &request).finish(Err(failure))
}

impl Exchange {
    fn begin(app: Arc<App>, contract: &'static dyn Contract, request: &Request) -> Self {
        let at = SystemTime::now();
        Self {
            app,
            contract,
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            peer: request.extensions().get::<Peer>().map(|peer| peer.0),
            since: Instant::now(),
            about: About {
                request_id: contract.request_id(random(), at),
                at,
                echo: Echo::new(),
            },
            rate: None,
        }
    }

    async fn run(&mut self, request: Request) -> Result<Said, Failure> {
        let (parts, body) = request.into_parts();
        // Who may not ask is told so before anything is taken from them.
        let credentials = self.contract.credentials(&self.path, &parts.headers);
        let scope = match self.contract.only_looks(&self.method, &self.path) {
            true => Scope::Look,
            false => Scope::Check,
        };
        let admitted =
            service::admit(&self.app, credentials, self.peer, scope, &mut self.rate).await;
        let caller = match admitted {
            Ok(caller) => caller,
            Err(failure) => {
                body::discard(&parts.headers, body);
                return Err(failure);
            }
        };
        let limit = self.app.config.body_limit(self.contract, &self.path);
        let received = body::receive(&self.app, &parts.headers, body, limit).await?;
        let incoming = Incoming {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect(),
            headers: parts.headers,
            body: received.body,
        };
        let request = service::Request {
            contract: self.contract,
            incoming,
            held: received.held,
            caller,
            peer: self.peer,
            since: self.since,
        };
        service::converse(&self.app, request, &mut self.about).await
    }

    fn finish(self, outcome: Result<Said, Failure>) -> axum::response::Response {
        let reply = match &outcome {
            Ok(Said::Fresh(_, reply) | Said::Repeated(reply)) => reply.clone(),
            Err(failure) => self.contract.answer(&self.about, Err(failure)),
        };
        let took = self.since.elapsed();
        self.count(&outcome, reply.status().as_u16(), took);
        self.log(&outcome, reply.status().as_u16(), took);
        self.respond(reply, outcome.err().as_ref())
    }

    fn respond(&self, reply: Reply, failure: Option<&Failure>) -> axum::response::Response {
        let mut response = Response::map(reply, axum::body::Body::from).into_response();
        dress(
            response.headers_mut(),
            &self.about.request_id,
            self.rate,
            failure,
        );
        response
    }

    fn count(&self, outcome: &Result<Said, Failure>, status: u16, took: Duration) {
        let (metrics, name) = (&self.app.metrics, self.contract.name());
        metrics.answered(name, status, took);
        let decided = |profile: &str, verdict: Verdict| {
            metrics.decided(name, profile, verdict);
            Span::current().record("check.verdict", verdict.as_str());
        };
        match outcome {
            Ok(Said::Fresh(answer, _)) => match answer.as_ref() {
                Answer::Checked(Checked { result, .. }) => decided(&result.profile, result.verdict),
                Answer::Clip(result) => decided(&result.profile, result.verdict),
                Answer::Token(_) | Answer::Session(_) | Answer::Sessions(_) => {}
            },
            Ok(Said::Repeated(_)) => {}
            Err(failure) => {
                metrics.failed(name, failure.kind);
                Span::current().record("failure.kind", failure.kind.as_str());
            }
        }
    }

    fn log(&self, outcome: &Result<Said, Failure>, status: u16, took: Duration) {
        let latency_ms = took.as_secs_f64() * 1e3;
        let (method, id) = (&self.method, &self.about.request_id);
        let contract = self.contract.name();
        match outcome {
            Ok(Said::Fresh(answer, _)) => match answer.as_ref() {
                Answer::Checked(Checked { result, .. }) => tracing::info!(
                    request.id = %id, http.method = %method, http.path = %self.path,
                    http.status = status, contract, latency.ms = latency_ms,
                    check.verdict = %result.verdict, check.profile = %result.profile,
                    check.calibration = %result.calibration, check.faces = result.face_count,
                    "{contract} check answered {} in {latency_ms:.0} ms", result.verdict
                ),
                Answer::Clip(result) => tracing::info!(
                    request.id = %id, http.method = %method, http.path = %self.path,
                    http.status = status, contract, latency.ms = latency_ms,
                    check.verdict = %result.verdict, check.profile = %result.profile,
                    check.calibration = %result.calibration, clip.frames = result.frame_count,
                    clip.duration_s = result.duration_s,
                    "{contract} clip answered {} in {latency_ms:.0} ms", result.verdict
                ),
                Answer::Session(view) => tracing::info!(
                    request.id = %id, http.method = %method, http.status = status, contract,
                    latency.ms = latency_ms, session.id = %view.id,
                    session.state = view.state.as_str(),
                    "{contract} session is {} in {latency_ms:.0} ms", view.state.as_str()
                ),
                Answer::Sessions(page) => tracing::info!(
                    request.id = %id, http.method = %method, http.status = status, contract,
                    latency.ms = latency_ms, sessions = page.sessions.len(),
                    "{contract} sessions listed in {latency_ms:.0} ms"
                ),
                Answer::Token(_) => tracing::info!(
                    request.id = %id, http.method = %method, http.path = %self.path,
                    http.status = status, contract, latency.ms = latency_ms,
                    "{contract} token given in {latency_ms:.0} ms"
                ),
            },
            Ok(Said::Repeated(_)) => tracing::info!(
                request.id = %id, http.method = %method, http.path = %self.path,
                http.status = status, contract, latency.ms = latency_ms,
                "{contract} answer repeated in {latency_ms:.0} ms"
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

/// Adds the headers that every answer to a caller carries.
pub(super) fn dress(
    headers: &mut HeaderMap,
    request_id: &str,
    rate: Option<Rate>,
    failure: Option<&Failure>,
) {
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(rate) = rate {
        tell_rate(headers, rate);
    }
    let Some(failure) = failure else {
        return;
    };
    if failure.kind.is_transient() {
        let wait = failure.retry_after.unwrap_or(RETRY_AFTER);
        headers.insert(header::RETRY_AFTER, whole_seconds(wait).into());
    }
    // The rest of the body is not worth waiting for.
    if failure.kind == FailureKind::SlowBody {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

/// The headers of the IETF's draft on rate limits, in its widely read first form.
fn tell_rate(headers: &mut HeaderMap, rate: Rate) {
    let reset = whole_seconds(rate.reset);
    for (name, value) in [
        ("ratelimit-limit", u64::from(rate.limit)),
        ("ratelimit-remaining", u64::from(rate.remaining)),
        ("ratelimit-reset", reset),
    ] {
        headers.insert(HeaderName::from_static(name), value.into());
    }
}

/// Rounded up, so that who waits that long has waited long enough.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
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
