//! The native twin of active sessions: `/v1/sessions`.

use std::time::SystemTime;

use http::Method;
use lifesign_domain::{AudioMatch, Reason, SessionResult, SessionStep, SignalReport, Verdict};
use serde::Serialize;

use crate::fields::json_body;
use crate::session::{id_of, request};
use crate::{Ask, Failure, Incoming, Location, SessionDeed, SessionLook, SessionPage, SessionView};

pub(super) const SESSIONS: &str = "/v1/sessions";
pub(super) const SESSION: &str = "/v1/sessions/{id}";
const BEFORE_ID: &str = "/v1/sessions/";

pub(super) fn is_look(method: &Method, path: &str) -> bool {
    path.starts_with(BEFORE_ID) || (path == SESSIONS && method != Method::POST)
}

/// What a request to one of these routes asks for; `None` for another route's.
pub(super) fn ask(incoming: &Incoming) -> Result<Option<Ask<'_>>, Failure> {
    if incoming.path == SESSIONS {
        if incoming.method == Method::POST {
            return request(json_body(incoming)?, false).map(|asked| Some(Ask::Session(asked)));
        }
        let after = incoming.query("after").map(str::to_owned);
        return Ok(Some(Ask::SessionPage(after)));
    }
    if !incoming.path.starts_with(BEFORE_ID) {
        return Ok(None);
    }
    Ok(Some(Ask::SessionLook(SessionLook {
        id: id_of(&incoming.path, BEFORE_ID)?,
        reference: None,
        deed: match incoming.method == Method::DELETE {
            true => SessionDeed::Cancel,
            false => SessionDeed::Tell,
        },
    })))
}

/// A session as the native API words it.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    id: &'a str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    reference_id: Option<&'a str>,
    purpose: &'a str,
    created_at: String,
    expires_at: String,
    ended_at: Option<String>,
    attempts_left: u32,
    failure: Option<&'a str>,
    geolocation: Option<Location>,
    face_matches: Option<Vec<FaceMatch<'a>>>,
    liveness: Option<Liveness<'a>>,
}

#[derive(Serialize)]
struct FaceMatch<'a> {
    original_image: &'a str,
    score: u8,
    covariance: f64,
    same_person: bool,
    final_match_image: Option<&'a str>,
}

/// What a [`SessionResult`] tells beside the face matches.
#[derive(Serialize)]
struct Liveness<'a> {
    verdict: Verdict,
    confidence: f64,
    threshold: f64,
    challenge_passed: bool,
    steps: &'a [SessionStep],
    audio: &'a AudioMatch,
    static_risk: bool,
    prerecorded_risk: bool,
    signals: &'a [SignalReport],
    reasons: &'a [Reason],
    profile: &'a str,
    calibration: &'a str,
    duration_s: f64,
    frame_count: usize,
}

#[derive(Serialize)]
pub(super) struct Page<'a> {
    sessions: Vec<Body<'a>>,
    next: Option<&'a str>,
}

impl<'a> From<&'a SessionPage> for Page<'a> {
    fn from(page: &'a SessionPage) -> Self {
        Self {
            sessions: page.sessions.iter().map(Body::from).collect(),
            next: page.next.as_deref(),
        }
    }
}

impl<'a> From<&'a SessionView> for Body<'a> {
    fn from(view: &'a SessionView) -> Self {
        let time = |at: SystemTime| humantime::format_rfc3339_millis(at).to_string();
        let of_result = view
            .result
            .as_ref()
            .and_then(|result| result.failure.as_deref());
        Self {
            id: &view.id,
            state: view.state.as_str(),
            url: view.url.as_deref(),
            reference_id: view.reference.as_deref(),
            purpose: &view.purpose,
            created_at: time(view.created_at),
            expires_at: time(view.expires_at),
            ended_at: view.ended_at.map(time),
            attempts_left: view.attempts_left,
            failure: view.failure.as_deref().or(of_result),
            geolocation: view.location,
            face_matches: view.result.as_ref().map(|result| matches(view, result)),
            liveness: view.result.as_ref().map(Liveness::from),
        }
    }
}

fn matches<'a>(view: &'a SessionView, result: &'a SessionResult) -> Vec<FaceMatch<'a>> {
    let found = view.originals.iter().zip(&result.face_matches);
    let found = found.enumerate().map(|(at, (original, found))| FaceMatch {
        original_image: original,
        score: found.score,
        covariance: found.covariance,
        same_person: found.same_person,
        final_match_image: view.match_urls.get(at).and_then(Option::as_deref),
    });
    found.collect()
}

impl<'a> From<&'a SessionResult> for Liveness<'a> {
    fn from(result: &'a SessionResult) -> Self {
        Self {
            verdict: result.verdict,
            confidence: result.confidence,
            threshold: result.threshold,
            challenge_passed: result.challenge_passed,
            steps: &result.steps,
            audio: &result.audio,
            static_risk: result.static_risk,
            prerecorded_risk: result.prerecorded_risk,
            signals: &result.signals,
            reasons: &result.reasons,
            profile: &result.profile,
            calibration: &result.calibration,
            duration_s: result.duration_s,
            frame_count: result.frame_count,
        }
    }
}
