//! Plays every recorded exchange of every contract through the real router, with the real engine
//! and real pictures, on a real SQLite.
//!
//! All verdicts are the engine's own. It is replaced only where a setup is about the engine itself
//! (`full_queue`, `slow_engine`, `failing_engine`, `panicking_engine`), and asked with another
//! limit for hats (see `pictures.rs`).

#[path = "../../../contracts/tests/exchange/mod.rs"]
mod exchange;
mod filled;

use std::sync::{Arc, mpsc};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Request;
use exchange::{Exchange, Given, compare, documented};
use filled::Filled;
use futures_util::{StreamExt, stream};
use lifesign_contracts::{Checked, Failure, FailureKind, Location};
use lifesign_domain::SessionState;
use lifesign_engine::{Calibration, Engine};
use lifesign_media::Limits;
use lifesign_server::Policy;
use lifesign_server::service::sessions::{
    CaptureFailure, Captured, KeptFrame, Start, close_capture, open_capture,
};
use lifesign_server::service::{Checker, EngineChecker};

use crate::support::document::{conforms, document};
use crate::support::site::{Ground, Site};
use crate::support::{Answer, Fake, Setup, live, real_checker};

const CONTRACTS: [&str; 4] = ["native", "syntizen", "verified_africa", "decentro"];
/// The one address that `other_address` allows, and where its request comes from.
const ALLOWED: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.7";

#[tokio::test(flavor = "multi_thread")]
async fn the_native_exchanges() {
    play_all("native").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_syntizen_exchanges() {
    play_all("syntizen").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verified_africa_exchanges() {
    play_all("verified_africa").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decentro_exchanges() {
    play_all("decentro").await;
}

#[test]
fn every_contract_is_played() {
    let served = lifesign_contracts::all();
    let served = Vec::from_iter(served.iter().map(|contract| contract.name()));
    assert_eq!(served, CONTRACTS);
    let recorded = exchange::all();
    assert!(recorded.len() >= 178, "{}", recorded.len());
    for exchange in &recorded {
        let contract = exchange.contract.as_str();
        assert!(CONTRACTS.contains(&contract), "{contract}");
    }
}

async fn play_all(contract: &str) {
    let mut cases = exchange::all();
    cases.retain(|exchange| exchange.contract == contract);
    // Guarded from the start: somebody is configured.
    let ground = Ground::new().await;
    ground.tenant("somebody").await;
    let shared = ground.open(real_checker()).await;
    let mut wrong = Vec::new();
    for exchange in &cases {
        if let Err(difference) = play(&shared, exchange, &cases).await {
            wrong.push(format!("{contract}/{}: {difference}", exchange.case));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Brings a server to the exchange's setup, sends its request and holds the answer against what
/// is recorded.
async fn play(shared: &Site, exchange: &Exchange, cases: &[Exchange]) -> Result<(), String> {
    let setup = exchange.request.setup.as_deref().unwrap_or_default();
    let (open, gate) = mpsc::channel::<()>();
    let own = match setup {
        _ if exchange.case == "head_covering" => {
            Some(site(Setup::new(), strict_about_hats()).await)
        }
        "full_queue" => {
            let mut setup = Setup::new();
            (setup.config.workers, setup.config.queue) = (1, 0);
            Some(site(setup, gated(gate)).await)
        }
        "slow_engine" => {
            let mut setup = Setup::new();
            setup.config.request_timeout = Duration::from_secs(1);
            Some(site(setup, gated(gate)).await)
        }
        "failing_engine" => {
            let failure = Failure::new(FailureKind::Inference, "the analysis failed");
            Some(site(Setup::new(), fake(move || Err(failure.clone()))).await)
        }
        "panicking_engine" => {
            let panics = fake(|| panic!("this panic is meant to be"));
            Some(site(Setup::new(), panics).await)
        }
        "slow_body" => {
            let mut setup = Setup::new();
            setup.edge.body_pause = Duration::from_millis(100);
            Some(site(setup, real_checker()).await)
        }
        "no_decoder" => {
            let mut setup = Setup::new();
            setup.clips = None;
            Some(site(setup, real_checker()).await)
        }
        "image_server" => {
            let mut setup = Setup::new();
            setup.config.fetch = Policy::for_loopback_tests();
            Some(site(setup, real_checker()).await)
        }
        "" | "balance_0" | "rate_used" | "quota_used" | "other_address" => None,
        setup if setup.starts_with("session_") => None,
        other => return Err(format!("there is no setup {other}")),
    };
    let site = own.as_ref().unwrap_or(shared);
    let mut filled = Filled::new(site, exchange, setup).await;
    if let Some(before) = &exchange.request.before {
        let before = cases.iter().find(|case| case.case == *before).unwrap();
        let answer = site.call(filled.request(&before.request)).await;
        held(site, &filled, before, &answer).await?;
        if let Some(made) = Made::of(&answer) {
            filled.session_id.clone_from(&made.id);
            if let Some(setup) = setup.strip_prefix("session_") {
                made.bring_to(site, setup, exchange).await;
            }
        }
    }
    let request = || filled.request(&exchange.request);
    let answer = match setup {
        "rate_used" | "quota_used" => {
            let first = site.call(request()).await;
            if first.status != 200 {
                return Err(format!("the first is refused: {}", first.text()));
            }
            site.call(request()).await
        }
        "other_address" => site.call_from(ELSEWHERE, request()).await,
        "slow_body" => site.call(stopping_half_way(request()).await).await,
        "full_queue" => {
            let (_, refused) = tokio::join!(site.call(request()), async {
                site.client.until("lifesign_checks_in_flight", 1.0).await;
                let refused = site.call(request()).await;
                open.send(()).unwrap();
                refused
            });
            refused
        }
        _ => site.call(request()).await,
    };
    held(site, &filled, exchange, &answer).await
}

/// A session that the request before has made.
struct Made {
    id: String,
    token: String,
}

impl Made {
    fn of(answer: &Answer) -> Option<Self> {
        let body = answer.json();
        let (id, url) = match body["videoLivenessUrl"].as_str() {
            Some(url) => (&body["decentroTxnId"], url),
            None => (&body["result"]["id"], body["result"]["url"].as_str()?),
        };
        Some(Self {
            id: id.as_str()?.to_owned(),
            token: url.rsplit('/').next()?.to_owned(),
        })
    }

    /// Lets what a setup says become of the session, by the seam that a real capture uses.
    async fn bring_to(&self, site: &Site, setup: &str, exchange: &Exchange) {
        let (store, app) = (&site.ground.store, &site.app);
        match setup {
            "expired" => {
                let much_later = crate::support::site::now() + 86_400_000;
                assert!(store.end_overdue(much_later).await.unwrap() > 0);
            }
            "cancelled" => {
                let hash = lifesign_server::secrets::sha256(self.token.as_bytes());
                let session = store.active_by_token(&hash).await.unwrap().unwrap();
                let tenant = &session.made.tenant_id;
                let now = crate::support::site::now();
                let session = store.cancel_active(tenant, &self.id, now).await.unwrap();
                assert_eq!(session.unwrap().state, SessionState::Cancelled);
            }
            "aborted" => loop {
                let ticket = open_capture(app, &self.token, start(None)).await.unwrap();
                ticket.reveal(app).await.unwrap();
                let left = close_capture(app, ticket, Err(CaptureFailure::Aborted)).await;
                if !left.unwrap().may_retry {
                    break;
                }
            },
            "live" | "spoof" => {
                let Some(Given::Session { captured, .. }) = &exchange.request.given else {
                    panic!("a captured session says what was captured");
                };
                let captured = captured.as_ref().unwrap();
                let ticket = open_capture(app, &self.token, start(captured.location)).await;
                let ticket = ticket.unwrap();
                ticket.reveal(app).await.unwrap();
                let told = Captured {
                    result: captured.result(ticket.references.len()),
                    frames: vec![KeptFrame {
                        at_ms: 100,
                        jpeg: crate::support::sample("astronaut.jpg"),
                    }],
                    retry: false,
                };
                close_capture(app, ticket, Ok(told)).await.unwrap();
            }
            other => panic!("there is no setup session_{other}"),
        }
    }
}

fn start(location: Option<(f64, f64)>) -> Start {
    Start {
        consent: true,
        microphone: true,
        geolocation: location.map(|(latitude, longitude)| Location {
            latitude,
            longitude,
        }),
    }
}

async fn site(setup: Setup, checker: Arc<dyn Checker>) -> Site {
    let ground = Ground::of(setup).await;
    ground.tenant("somebody").await;
    ground.open(checker).await
}

fn fake(check: impl Fn() -> Result<Checked, Failure> + Send + Sync + 'static) -> Arc<dyn Checker> {
    Arc::new(Fake(move |_: &[u8]| check()))
}

/// Takes its time until something comes through the gate, or its other end is gone.
fn gated(gate: mpsc::Receiver<()>) -> Arc<dyn Checker> {
    let gate = std::sync::Mutex::new(gate);
    fake(move || {
        let _ = gate.lock().unwrap().recv();
        Ok(live())
    })
}

/// The real engine with the limit for hats that its calibration names but does not use yet.
fn strict_about_hats() -> Arc<dyn Checker> {
    let mut calibration = Calibration::embedded();
    calibration.quality.min_no_head_coverings = 0.18;
    let engine = Engine::embedded(calibration).unwrap();
    Arc::new(EngineChecker::new(Arc::new(engine), Limits::default()))
}

/// The same request, whose body stops in the middle and never goes on.
async fn stopping_half_way(request: Request<Body>) -> Request<Body> {
    let (head, body) = request.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let half = whole.slice(..whole.len() / 2);
    let half = stream::iter([Ok::<Bytes, std::convert::Infallible>(half)]);
    let body = Body::from_stream(half.chain(stream::pending()));
    Request::from_parts(head, body)
}

/// Holds an answer against the recorded one and against the server's OpenAPI document.
async fn held(
    site: &Site,
    filled: &Filled,
    exchange: &Exchange,
    answer: &Answer,
) -> Result<(), String> {
    let (expected, body) = (&exchange.response, answer.text());
    if answer.status != expected.status {
        return Err(format!("{} {body}", answer.status));
    }
    for (name, value) in &expected.headers {
        if answer.header(name) != value {
            return Err(format!("header {name} is {:?}", answer.header(name)));
        }
    }
    for (word, secret) in &filled.texts {
        // Public parts are no secrets, but there is no reason to repeat them either.
        if body.contains(secret.as_str()) {
            return Err(format!("repeats {word}: {body}"));
        }
    }
    compare(expected.body.get(), &body)?;
    let document = document(&site.client).await;
    let paths = document["paths"].as_object().unwrap().keys();
    let path = documented(&exchange.request.path, paths.map(String::as_str));
    let method = exchange.request.method.to_lowercase();
    conforms(&document, &method, path, answer)
}
