//! The application under test, fake checkers, and a client that calls it in-process.

pub(crate) mod ask;
pub(crate) mod document;
pub(crate) mod failing_store;
pub(crate) mod pictures;
pub(crate) mod sessions;
pub(crate) mod site;
pub(crate) mod sockets;

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http_body_util::BodyExt;
use lifesign_contracts::{Checked, Failure, FailureKind};
use lifesign_domain::{CheckResult, ClipResult, Verdict};
use lifesign_engine::{Calibration, Engine, Portrait};
use lifesign_media::Limits;
use lifesign_server::service::{
    Checker, ClipChecker, ClipSeen, ClipWanted, EngineChecker, Seen, Wanted,
};
use lifesign_server::{App, EdgeLimits, Memory, Policy, ServerConfig};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

static ENGINE: LazyLock<Arc<Engine>> =
    LazyLock::new(|| Arc::new(Engine::embedded(Calibration::embedded()).unwrap()));

/// A file of `assets/samples`.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    std::fs::read(sample_path(name)).unwrap()
}

pub(crate) fn sample_path(name: &str) -> PathBuf {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/samples");
    PathBuf::from(samples).canonicalize().unwrap().join(name)
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

pub(crate) fn engine() -> Arc<Engine> {
    Arc::clone(&ENGINE)
}

pub(crate) fn real_checker() -> Arc<dyn Checker> {
    Arc::new(EngineChecker::new(Arc::clone(&ENGINE), Limits::default()))
}

/// A checker that does what a closure says.
pub(crate) struct Fake<F>(pub(crate) F);

impl<F> Checker for Fake<F>
where
    F: Fn(&[u8]) -> Result<Checked, Failure> + Send + Sync + 'static,
{
    fn profiles(&self) -> Vec<String> {
        vec!["classic".to_owned(), "ensemble".to_owned()]
    }

    fn inconclusive_margin(&self) -> f64 {
        0.04
    }

    fn check(&self, image: &[u8], _wanted: &Wanted) -> Result<Seen, Failure> {
        let checked = (self.0)(image)?;
        Ok(Seen { checked, phash: 0 })
    }

    fn min_match_score(&self) -> f64 {
        65.0
    }

    /// Faces are the engine's: a fake only delays or fails.
    fn portrait(&self, image: &[u8]) -> Result<Option<Portrait>, Failure> {
        (self.0)(image)?;
        real_checker().portrait(image)
    }
}

/// A result as a fake gives it.
pub(crate) fn live() -> Checked {
    Checked {
        result: CheckResult {
            verdict: Verdict::Live,
            confidence: 0.9,
            threshold: 0.58,
            face_detected: true,
            signals: Vec::new(),
            profile: "classic".to_owned(),
            calibration: "fake".to_owned(),
            face_count: 1,
            face: None,
            quality: Vec::new(),
            reasons: Vec::new(),
        },
        pictures: None,
    }
}

/// Judges "clips" that are nothing but a name of FIXTURES.md.
pub(crate) struct NamedClips;

impl ClipChecker for NamedClips {
    fn check(&self, clip: &[u8], wanted: &ClipWanted) -> Result<ClipSeen, Failure> {
        let judged = |verdict, confidence, face_detected| {
            Ok(ClipSeen {
                result: ClipResult {
                    verdict,
                    confidence,
                    threshold: 0.58,
                    face_detected,
                    profile: wanted.profile.clone(),
                    calibration: "fake".to_owned(),
                    duration_s: 3.0,
                    frame_count: 36,
                    frames: Vec::new(),
                    signals: Vec::new(),
                    reasons: Vec::new(),
                    timeline: Vec::new(),
                },
                phash: 1,
            })
        };
        let refused = |kind, message: &str| Err(Failure::new(kind, message));
        match clip {
            b"long_clip" => refused(FailureKind::TooLong, "the clip has 12 s, accepted are 10"),
            b"small_clip" if wanted.rules.min_side.is_some() => refused(
                FailureKind::WrongResolution,
                "the clip has 640 x 480 pixels",
            ),
            b"bare_clip" if wanted.rules.camera_data => {
                refused(FailureKind::NoCameraData, "no camera recorded the clip")
            }
            b"live_clip" | b"small_clip" | b"bare_clip" => judged(Verdict::Live, 0.9, true),
            b"spoof_clip" => judged(Verdict::Spoof, 0.1234, true),
            b"no_face_clip" => judged(Verdict::Inconclusive, 0.0, false),
            _ => refused(FailureKind::InvalidImage, "the file is no clip"),
        }
    }
}

/// What a test may change before it builds the application.
pub(crate) struct Setup {
    pub(crate) config: ServerConfig,
    pub(crate) edge: EdgeLimits,
    /// What judges clips; a fake that knows the names of FIXTURES.md by default.
    pub(crate) clips: Option<Arc<dyn ClipChecker>>,
    data: TempDir,
}

impl Setup {
    pub(crate) fn new() -> Self {
        crate::logs::listen();
        let data = TempDir::new().unwrap();
        Self {
            config: ServerConfig {
                listen: ([127, 0, 0, 1], 0).into(),
                data: data.path().join("data"),
                profile: "ensemble".to_owned(),
                workers: 2,
                queue: 8,
                captures: 0,
                session_calibration: lifesign_session::Calibration::embedded(),
                request_timeout: Duration::from_secs(30),
                drain_delay: Duration::ZERO,
                drain_timeout: Duration::from_secs(10),
                limits: Limits::default(),
                clip_min_side: 480,
                database: String::new(),
                data_key_file: PathBuf::new(),
                public_url: String::new(),
                tls: None,
                trusted_proxies: Vec::new(),
                rate_per_minute: 600,
                gallery_memory_bytes: 64 * 1024 * 1024,
                fetch: Policy::default(),
                settings: Vec::new(),
            },
            edge: EdgeLimits::default(),
            clips: Some(Arc::new(NamedClips)),
            data,
        }
    }

    /// The application as it is on a database of its own.
    pub(crate) async fn app(&self, checker: Arc<dyn Checker>) -> Arc<App> {
        let memory = Memory::open(&self.config).await.unwrap();
        let (config, edge) = (self.config.clone(), self.edge.clone());
        App::new(config, edge, checker, self.clips.clone(), memory).unwrap()
    }

    pub(crate) async fn client(self, checker: Arc<dyn Checker>) -> Client {
        Client {
            router: lifesign_server::router(self.app(checker).await),
            _data: Some(self.data),
        }
    }
}

/// Calls the router in-process.
pub(crate) struct Client {
    pub(crate) router: Router,
    pub(crate) _data: Option<TempDir>,
}

impl Client {
    pub(crate) async fn real() -> Self {
        Setup::new().client(real_checker()).await
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        self.call(Request::get(uri).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn post(&self, uri: &str, content_type: &str, body: Vec<u8>) -> Answer {
        let request = Request::post(uri).header("content-type", content_type);
        self.call(request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn post_image(&self, image: &[u8]) -> Answer {
        let body = json!({ "image": base64(image) }).to_string();
        self.post("/v1/liveness", "application/json", body.into())
            .await
    }

    /// The value of one line of `/metrics`; 0 if there is none.
    pub(crate) async fn metric(&self, line_start: &str) -> f64 {
        let text = self.get("/metrics").await.text();
        let line = text.lines().find(|line| line.starts_with(line_start));
        line.map_or(0.0, |line| {
            line.rsplit(' ').next().unwrap().parse().unwrap()
        })
    }

    /// Waits until a metric has a value.
    pub(crate) async fn until(&self, line_start: &str, value: f64) {
        for _ in 0..500 {
            if self.metric(line_start).await == value {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{line_start} never became {value}");
    }
}

/// An answer, complete.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// The native envelope, after checking what must hold for every one.
    pub(crate) fn envelope(&self) -> Value {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        let id = body["request_id"].as_str().unwrap();
        let digits = id.strip_prefix("lv_").unwrap();
        assert_eq!(digits.len(), 16, "{id}");
        assert!(
            digits
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
            "{id}"
        );
        assert_eq!(self.header("x-request-id"), id);
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(self.header("cache-control"), "no-store");
        let time = body["timestamp"].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
        let success = body["status"] == "success";
        assert_eq!(body["error"].is_null(), success);
        assert!(success || body["status"] == "error");
        assert!(!success || body["result"].is_object());
        body
    }

    /// Checks that this is a refusal without a result; answers its message.
    pub(crate) fn refusal(&self, status: u16, code: &str) -> String {
        let body = self.envelope();
        assert_eq!(self.status.as_u16(), status, "{body}");
        assert_eq!(body["status"], "error");
        assert_eq!(body["error"]["code"], code, "{body}");
        assert!(body["result"].is_null());
        body["error"]["message"].as_str().unwrap().to_owned()
    }
}
