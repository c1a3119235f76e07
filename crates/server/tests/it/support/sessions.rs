//! Active sessions without a page: made over HTTP, captured by the seam.

use std::sync::Arc;

use lifesign_contracts::{Failure, FailureKind};
use lifesign_domain::{AudioMatch, FaceMatch, SessionResult, Verdict};
use lifesign_engine::{Descriptor, Portrait};
use lifesign_server::App;
use lifesign_server::service::admin::TenantCredentials;
use lifesign_server::service::sessions::{
    Captured, Ended, KeptFrame, Start, Ticket, close_capture, open_capture,
};
use lifesign_server::service::{Checker, Seen, Wanted};
use serde_json::{Value, json};

use super::ask::json_post;
use super::site::Site;
use super::{Answer, live};

/// Sees one face in everything but in what begins with `none` or `two`.
pub(crate) struct FakeFaces;

impl Checker for FakeFaces {
    fn profiles(&self) -> Vec<String> {
        vec!["ensemble".to_owned()]
    }

    fn inconclusive_margin(&self) -> f64 {
        0.04
    }

    fn check(&self, _image: &[u8], _wanted: &Wanted) -> Result<Seen, Failure> {
        let checked = live();
        Ok(Seen { checked, phash: 0 })
    }

    fn min_match_score(&self) -> f64 {
        50.0
    }

    fn portrait(&self, _image: &[u8]) -> Result<Option<Portrait>, Failure> {
        Ok(None)
    }

    fn describe(&self, image: &[u8]) -> Result<Descriptor, Failure> {
        let refused = |what| Err(Failure::new(FailureKind::InvalidImage, what));
        match image {
            [b'n', b'o', b'n', b'e', ..] => refused("no face was found"),
            [b't', b'w', b'o', ..] => refused("2 faces were found"),
            image => {
                let first = image.first().copied().map_or(0.0, f32::from);
                Ok(Descriptor::new(&[first; Descriptor::LENGTH]).unwrap())
            }
        }
    }
}

/// A session that was made.
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) token: String,
}

/// What every session of the tests asks for, with `more`.
pub(crate) fn wish(more: &Value) -> Value {
    let mut wish = json!({ "consent": true, "purpose": "a test", "reference_id": "case 1" });
    let fields = wish.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    wish
}

pub(crate) async fn ask(site: &Site, key: &str, more: &Value) -> Answer {
    let headers = [("x-api-key", key)];
    site.call(json_post("/v1/sessions", &headers, &wish(more)))
        .await
}

/// Makes a session by the native API.
pub(crate) async fn make(site: &Site, key: &str, more: &Value) -> Made {
    let answer = ask(site, key, more).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let result = &answer.envelope()["result"];
    assert_eq!(result["state"], "created");
    let url = result["url"].as_str().unwrap();
    Made {
        id: result["id"].as_str().unwrap().to_owned(),
        token: url.rsplit('/').next().unwrap().to_owned(),
    }
}

fn client_headers(tenant: &TenantCredentials) -> [(&str, &str); 3] {
    [
        ("client_id", &tenant.decentro.client_id),
        ("client_secret", &tenant.decentro.client_secret),
        ("module_secret", &tenant.decentro.module_secret),
    ]
}

/// Makes a session by Decentro's API.
pub(crate) async fn make_decentro(site: &Site, tenant: &TenantCredentials, more: &Value) -> Made {
    let path = "/v2/kyc/forensics/active_video_liveness/initiate";
    let answer = site
        .call(json_post(path, &client_headers(tenant), &wish(more)))
        .await;
    let body = answer.json();
    assert_eq!(answer.status, 200, "{body}");
    let url = body["videoLivenessUrl"].as_str().unwrap();
    Made {
        id: body["decentroTxnId"].as_str().unwrap().to_owned(),
        token: url.rsplit('/').next().unwrap().to_owned(),
    }
}

/// Asks for the result by Decentro's API.
pub(crate) async fn result_decentro(site: &Site, tenant: &TenantCredentials, id: &str) -> Answer {
    let path = format!("/v2/kyc/forensics/active_video_liveness/{id}");
    site.call(json_post(&path, &client_headers(tenant), &wish(&json!({}))))
        .await
}

pub(crate) fn start() -> Start {
    Start {
        consent: true,
        ..Start::default()
    }
}

/// A result whose face matches have their best frames at `best`.
pub(crate) fn captured(verdict: Verdict, best: &[usize]) -> Captured {
    let face_matches = best.iter().map(|best| FaceMatch {
        score: 90,
        covariance: 1.5,
        same_person: true,
        best_frame: Some(*best),
    });
    Captured {
        result: SessionResult {
            verdict,
            confidence: 0.9,
            threshold: 0.58,
            challenge_passed: verdict == Verdict::Live,
            failure: (verdict != Verdict::Live).then(|| "wrong_answer".to_owned()),
            steps: Vec::new(),
            face_matches: face_matches.collect(),
            audio: AudioMatch::default(),
            static_risk: false,
            prerecorded_risk: false,
            signals: Vec::new(),
            reasons: Vec::new(),
            profile: "ensemble".to_owned(),
            calibration: "fake".to_owned(),
            duration_s: 12.5,
            frame_count: 100,
        },
        frames: [b"frame 0", b"frame 1", b"frame 2"]
            .iter()
            .zip([0, 100, 200])
            .map(|(jpeg, at_ms)| KeptFrame {
                at_ms,
                jpeg: jpeg.to_vec(),
            })
            .collect(),
        retry: false,
    }
}

pub(crate) async fn open(app: &Arc<App>, made: &Made) -> Ticket {
    let ticket = open_capture(app, &made.token, start()).await.unwrap();
    ticket.reveal(app).await.unwrap();
    ticket
}

/// Captures a session to its end.
pub(crate) async fn capture(app: &Arc<App>, made: &Made, captured: Captured) -> Ended {
    let ticket = open(app, made).await;
    ticket.processing(app).await.unwrap();
    close_capture(app, ticket, Ok(captured)).await.unwrap()
}
