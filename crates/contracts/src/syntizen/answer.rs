//! From an outcome to Syntizen's body, and the table of its statuses.

use http::{HeaderValue, StatusCode};
use lifesign_domain::{CheckResult, ReasonCode, Verdict};
use serde::Serialize;

use super::RRN;
use crate::{About, Answer, Checked, Failure, FailureKind, IssuedToken, Reply, reply};

/// Every answer to an image. `rrn` is there once it was understood, `data` once a picture was
/// judged.
#[derive(Serialize)]
struct LivenessBody<'a> {
    respcode: &'a str,
    respdesc: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rrn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data>,
}

#[derive(Serialize)]
struct Data {
    liveness_status: &'static str,
    /// Per cent with six decimals.
    liveness_score: String,
}

#[derive(Serialize)]
struct TokenBody<'a> {
    respcode: &'a str,
    respdesc: &'a str,
    authkey: &'a str,
    /// Seconds.
    expires_in: u64,
}

const SUCCESS: &str = "success";

/// What the document demands of a picture, in the order in which it is refused. Other reasons
/// lower the score, but are no ground for a refusal.
const GUIDELINES: [ReasonCode; 8] = [
    ReasonCode::NoFace,
    ReasonCode::SeveralFaces,
    ReasonCode::Screenshot,
    ReasonCode::FaceMask,
    ReasonCode::Sunglasses,
    ReasonCode::HeadCovering,
    ReasonCode::FaceOccluded,
    ReasonCode::TurnedAway,
];

/// Documented are 400 and 401; the others follow HTTP.
const fn status(kind: FailureKind) -> StatusCode {
    match kind {
        FailureKind::InvalidRequest
        | FailureKind::InvalidImage
        | FailureKind::UnsupportedFormat
        | FailureKind::WrongResolution
        | FailureKind::NoCameraData
        | FailureKind::SealBroken
        | FailureKind::ConsentRefused
        | FailureKind::UrlRefused
        | FailureKind::UrlFailed => StatusCode::BAD_REQUEST,
        FailureKind::Unauthorized => StatusCode::UNAUTHORIZED,
        FailureKind::BalanceTooLow => StatusCode::PAYMENT_REQUIRED,
        FailureKind::Forbidden => StatusCode::FORBIDDEN,
        FailureKind::NotFound => StatusCode::NOT_FOUND,
        FailureKind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        FailureKind::SlowBody => StatusCode::REQUEST_TIMEOUT,
        FailureKind::KeyReused => StatusCode::CONFLICT,
        FailureKind::TooLong => StatusCode::BAD_REQUEST,
        FailureKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        FailureKind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        FailureKind::RateLimited | FailureKind::QuotaExceeded => StatusCode::TOO_MANY_REQUESTS,
        FailureKind::Inference | FailureKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        FailureKind::Overloaded | FailureKind::TimedOut | FailureKind::NoDecoder => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

pub(super) fn reply(about: &About, outcome: Result<&Answer, &Failure>) -> Reply {
    match outcome {
        Ok(Answer::Token(issued)) => token(issued),
        Ok(Answer::Checked(checked)) => judged(about, checked),
        Ok(Answer::Clip(_) | Answer::Session(_) | Answer::Sessions(_)) => refused(
            about,
            StatusCode::INTERNAL_SERVER_ERROR,
            "this route judges images alone",
        ),
        Err(failure) => match documented(failure.kind) {
            Some((status, respdesc)) => bare(status, respdesc, &failure.message),
            None => refused(about, status(failure.kind), &failure.message),
        },
    }
}

/// Header that says in our words what the documented ones leave open.
const NOTE_HEADER: &str = "x-lifesign-note";

/// The two refusals whose body is documented to the letter.
const fn documented(kind: FailureKind) -> Option<(StatusCode, &'static str)> {
    match kind {
        FailureKind::InvalidRequest => Some((
            StatusCode::BAD_REQUEST,
            "Bad Request - Missing or invalid request parameters",
        )),
        FailureKind::Unauthorized => Some((
            StatusCode::UNAUTHORIZED,
            "Unauthorized - Invalid or expired auth key",
        )),
        _ => None,
    }
}

/// A documented refusal: its two fields, and what is wrong in a header.
fn bare(status: StatusCode, respdesc: &str, note: &str) -> Reply {
    let body = LivenessBody {
        respcode: status.as_str(),
        respdesc,
        rrn: None,
        data: None,
    };
    let mut reply = reply::json(status, &body);
    if let Ok(note) = HeaderValue::from_str(note) {
        reply.headers_mut().insert(NOTE_HEADER, note);
    }
    reply
}

fn token(issued: &IssuedToken) -> Reply {
    let body = TokenBody {
        respcode: StatusCode::OK.as_str(),
        respdesc: SUCCESS,
        authkey: &issued.token,
        expires_in: issued.expires_in.as_secs(),
    };
    reply::json(StatusCode::OK, &body)
}

fn judged(about: &About, checked: &Checked) -> Reply {
    let result = &checked.result;
    if let Some(code) = GUIDELINES.into_iter().find(|code| breaks(result, *code)) {
        let message = format!("{} {}", code.message(), code.guidance());
        return refused(about, StatusCode::BAD_REQUEST, &message);
    }
    let body = LivenessBody {
        respcode: StatusCode::OK.as_str(),
        respdesc: SUCCESS,
        rrn: rrn(about),
        data: Some(Data {
            liveness_status: match result.verdict {
                Verdict::Live => "Success",
                Verdict::Spoof | Verdict::Inconclusive => "Failure",
            },
            liveness_score: format!("{:.6}", result.confidence * 100.0),
        }),
    };
    reply::json(StatusCode::OK, &body)
}

fn breaks(result: &CheckResult, code: ReasonCode) -> bool {
    result.reasons.iter().any(|reason| reason.code == code)
        || match code {
            ReasonCode::NoFace => !result.face_detected,
            ReasonCode::SeveralFaces => result.face_count > 1,
            _ => false,
        }
}

/// As in the document, the description begins with the name of the status.
fn refused(about: &About, status: StatusCode, message: &str) -> Reply {
    let name = status.canonical_reason().unwrap_or("Error");
    let body = LivenessBody {
        respcode: status.as_str(),
        respdesc: &format!("{name} - {message}"),
        rrn: rrn(about),
        data: None,
    };
    reply::json(status, &body)
}

fn rrn(about: &About) -> Option<&str> {
    about.echo.get(RRN).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::Echo;
    use crate::testing::{checked, text};

    fn about(rrn: Option<&str>) -> About {
        About {
            request_id: "sz_0".to_owned(),
            at: SystemTime::UNIX_EPOCH,
            echo: rrn.map_or_else(Echo::new, |rrn| Echo::from([(RRN, rrn.to_owned())])),
        }
    }

    fn answer(verdict: Verdict, confidence: f64, reasons: &[ReasonCode]) -> Reply {
        let checked = checked(verdict, confidence, reasons);
        reply(&about(Some("1")), Ok(&Answer::Checked(checked)))
    }

    #[test]
    fn a_live_picture_is_the_documented_answer() {
        let reply = answer(Verdict::Live, 0.989_393_84, &[]);
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.headers()["content-type"], "application/json");
        assert_eq!(
            text(&reply),
            r#"{"respcode":"200","respdesc":"success","rrn":"1","data":{"liveness_status":"Success","liveness_score":"98.939384"}}"#
        );
    }

    #[test]
    fn a_picture_that_is_not_live_is_answered_with_its_score() {
        for verdict in [Verdict::Spoof, Verdict::Inconclusive] {
            // Blur lowers the score, but is no guideline.
            let reply = answer(verdict, 0.05, &[ReasonCode::Blurred]);
            assert_eq!(reply.status(), 200);
            assert_eq!(
                text(&reply),
                r#"{"respcode":"200","respdesc":"success","rrn":"1","data":{"liveness_status":"Failure","liveness_score":"5.000000"}}"#
            );
        }
        assert!(text(&answer(Verdict::Live, 1.0, &[])).contains(r#""100.000000""#));
        assert!(text(&answer(Verdict::Spoof, 0.0, &[])).contains(r#""0.000000""#));
    }

    #[test]
    fn a_broken_guideline_has_its_own_description_whatever_the_verdict() {
        let mut descriptions = BTreeSet::new();
        for verdict in [Verdict::Live, Verdict::Spoof, Verdict::Inconclusive] {
            for code in GUIDELINES {
                let reply = answer(verdict, 0.9, &[ReasonCode::Blurred, code]);
                assert_eq!(reply.status(), 400);
                let body = text(&reply);
                let start = r#"{"respcode":"400","respdesc":"Bad Request - "#;
                assert!(body.starts_with(start), "{body}");
                assert!(body.ends_with(r#"","rrn":"1"}"#), "{body}");
                descriptions.insert(body);
            }
        }
        assert_eq!(descriptions.len(), GUIDELINES.len());
    }

    #[test]
    fn faces_are_counted_also_without_a_reason() {
        let mut none = checked(Verdict::Inconclusive, 0.0, &[]);
        none.result.face_detected = false;
        none.result.face_count = 0;
        let reply = reply(&about(Some("1")), Ok(&Answer::Checked(none)));
        assert!(text(&reply).contains("No face was found"));
        let mut two = checked(Verdict::Live, 0.9, &[]);
        two.result.face_count = 2;
        let reply = super::reply(&about(Some("1")), Ok(&Answer::Checked(two)));
        assert_eq!(reply.status(), 400);
        assert!(text(&reply).contains("More than one face"));
    }

    #[test]
    fn a_token_comes_with_its_seconds() {
        let issued = IssuedToken {
            token: "abc".to_owned(),
            expires_in: Duration::from_millis(3_600_999),
        };
        let reply = reply(&about(None), Ok(&Answer::Token(issued)));
        assert_eq!(reply.status(), 200);
        assert_eq!(
            text(&reply),
            r#"{"respcode":"200","respdesc":"success","authkey":"abc","expires_in":3600}"#
        );
    }

    #[test]
    fn every_failure_says_its_status_twice() {
        for kind in FailureKind::ALL {
            let failure = Failure::new(kind, "what and how much");
            let reply = reply(&about(None), Err(&failure));
            let (code, name) = (reply.status().as_u16(), reply.status().canonical_reason());
            assert!(code >= 400);
            let described = format!("{} - what and how much", name.unwrap());
            let (described, noted) = match kind {
                FailureKind::InvalidRequest => {
                    ("Bad Request - Missing or invalid request parameters", true)
                }
                FailureKind::Unauthorized => ("Unauthorized - Invalid or expired auth key", true),
                _ => (described.as_str(), false),
            };
            let expected = format!(r#"{{"respcode":"{code}","respdesc":"{described}"}}"#);
            assert_eq!(text(&reply), expected);
            let note = reply.headers().get(NOTE_HEADER).map(HeaderValue::as_bytes);
            assert_eq!(note, noted.then_some(&b"what and how much"[..]));
        }
    }

    #[test]
    fn the_documented_refusals_have_no_rrn_and_the_others_have() {
        let body = |kind| {
            let failure = Failure::new(kind, "no");
            text(&reply(&about(Some("9")), Err(&failure))).to_owned()
        };
        assert!(!body(FailureKind::Unauthorized).contains("rrn"));
        assert!(!body(FailureKind::InvalidRequest).contains("rrn"));
        assert!(body(FailureKind::SealBroken).contains(r#""rrn":"9""#));
    }
}
