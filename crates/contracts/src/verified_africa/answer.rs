//! From an outcome to verified.africa's envelope, and the table of its codes.

use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{NOTE, REFERENCE, TYPE, decided, since_1970};
use crate::{About, Answer, Checked, Failure, FailureKind, Reply, reply};

/// Every answer, its keys in the documented order. `()` is written as null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    response_code: &'static str,
    description: &'a str,
    verification_type: Option<&'a str>,
    verification_status: &'static str,
    transaction_status: &'static str,
    transaction_reference: &'a str,
    /// Milliseconds since 1970.
    transaction_date: String,
    search_parameter: (),
    call_back_url: (),
    /// 0.0 in the sample of a VERIFIED answer, so it cannot be the score.
    liveness_score: f64,
    payment_ref: (),
    response: Option<Scores>,
    face_match: (),
}

/// Per cent that sum to 100 as they are written, with three decimals each.
#[derive(Serialize)]
struct Scores {
    pop_score: Box<RawValue>,
    live_score: Box<RawValue>,
}

/// How an exchange ended.
struct Ending<'a> {
    status: StatusCode,
    code: &'static str,
    description: &'a str,
    verification_status: &'static str,
    debited: bool,
    scores: Option<Scores>,
}

const UNDECIDED: (&str, &str) = (
    "01",
    "no decision could be made from this picture; take it again in better light, nothing was debited",
);
const NO_FACE: (&str, &str) = (
    "02",
    "no face was found; hold the camera at arm's length and face it, nothing was debited",
);

/// Header that tells what of a request was ignored.
const NOTE_HEADER: &str = "x-lifesign-note";

/// Status and `responseCode` of each failure. Documented are 400, 401 and 500, and that what
/// could not be completed is PENDING; the others follow HTTP.
const fn status_and_code(kind: FailureKind) -> (StatusCode, &'static str) {
    match kind {
        FailureKind::BalanceTooLow => (StatusCode::OK, "03"),
        FailureKind::InvalidRequest | FailureKind::ConsentRefused => {
            (StatusCode::BAD_REQUEST, "10")
        }
        FailureKind::InvalidImage
        | FailureKind::UnsupportedFormat
        | FailureKind::WrongResolution
        | FailureKind::NoCameraData
        | FailureKind::SealBroken
        | FailureKind::UrlRefused
        | FailureKind::UrlFailed => (StatusCode::BAD_REQUEST, "11"),
        FailureKind::TooLong => (StatusCode::BAD_REQUEST, "11"),
        FailureKind::TooLarge => (StatusCode::BAD_REQUEST, "12"),
        FailureKind::KeyReused => (StatusCode::BAD_REQUEST, "13"),
        FailureKind::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "14"),
        FailureKind::NotFound => (StatusCode::NOT_FOUND, "15"),
        FailureKind::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "16"),
        FailureKind::SlowBody => (StatusCode::REQUEST_TIMEOUT, "17"),
        FailureKind::Unauthorized => (StatusCode::UNAUTHORIZED, "20"),
        FailureKind::Forbidden => (StatusCode::FORBIDDEN, "21"),
        FailureKind::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "30"),
        FailureKind::QuotaExceeded => (StatusCode::TOO_MANY_REQUESTS, "31"),
        FailureKind::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "40"),
        FailureKind::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "41"),
        FailureKind::NoDecoder => (StatusCode::SERVICE_UNAVAILABLE, "42"),
        FailureKind::Inference => (StatusCode::INTERNAL_SERVER_ERROR, "90"),
        FailureKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "99"),
    }
}

pub(super) fn reply(about: &About, outcome: Result<&Answer, &Failure>) -> Reply {
    match reply::checked(outcome) {
        Ok(checked) => enveloped(about, judged(checked)),
        Err(failure) => {
            let (status, code) = status_and_code(failure.kind);
            let ending = pending(status, (code, &failure.message));
            enveloped(about, ending)
        }
    }
}

fn judged<'a>(checked: &Checked) -> Ending<'a> {
    let Some(passed) = decided(checked) else {
        let why = if checked.result.face_detected {
            UNDECIDED
        } else {
            NO_FACE
        };
        return pending(StatusCode::OK, why);
    };
    Ending {
        status: StatusCode::OK,
        code: "00",
        description: "Success",
        verification_status: if passed { "VERIFIED" } else { "NOT VERIFIED" },
        debited: true,
        scores: Scores::of(checked.result.confidence),
    }
}

/// What could not be completed. It has no scores: they are what a check costs.
fn pending<'a>(status: StatusCode, (code, description): (&'static str, &'a str)) -> Ending<'a> {
    Ending {
        status,
        code,
        description,
        verification_status: "PENDING",
        debited: false,
        scores: None,
    }
}

fn enveloped(about: &About, ending: Ending<'_>) -> Reply {
    let echoed = |name| about.echo.get(name).map(String::as_str);
    let envelope = Envelope {
        response_code: ending.code,
        description: ending.description,
        verification_type: echoed(TYPE),
        verification_status: ending.verification_status,
        transaction_status: if ending.debited {
            "SUCCESSFUL"
        } else {
            "FAILED"
        },
        transaction_reference: echoed(REFERENCE).unwrap_or(&about.request_id),
        transaction_date: since_1970(about.at).as_millis().to_string(),
        search_parameter: (),
        call_back_url: (),
        liveness_score: 0.0,
        payment_ref: (),
        response: ending.scores,
        face_match: (),
    };
    let mut reply = reply::json(ending.status, &envelope);
    if let Some(note) = echoed(NOTE).and_then(|note| HeaderValue::from_str(note).ok()) {
        reply.headers_mut().insert(NOTE_HEADER, note);
    }
    reply
}

impl Scores {
    /// The confidence in thousandths of a per cent, and what is missing to 100.
    fn of(confidence: f64) -> Option<Self> {
        const WHOLE: u32 = 100_000;
        let thousandths = (confidence.clamp(0.0, 1.0) * f64::from(WHOLE)).round();
        // A number of this range is exact; NaN becomes 0.
        let live = thousandths as u32;
        Some(Self {
            pop_score: decimal(WHOLE - live)?,
            live_score: decimal(live)?,
        })
    }
}

/// A JSON number with three decimals, trailing zeros too.
fn decimal(thousandths: u32) -> Option<Box<RawValue>> {
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    RawValue::from_string(text).ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use lifesign_domain::Verdict;
    use serde_json::Value;

    use super::*;
    use crate::Echo;
    use crate::testing::{checked, no_face, text};

    fn about(echo: &[(&'static str, &str)]) -> About {
        About {
            request_id: "1628016393774-LH92B5CT".to_owned(),
            at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_683_200_825_928),
            echo: echo.iter().map(|(n, v)| (*n, (*v).to_owned())).collect(),
        }
    }

    const UNDERSTOOD: &[(&str, &str)] = &[(TYPE, super::super::VERIFICATION_TYPE)];

    fn answered(checked: Checked) -> Reply {
        reply(&about(UNDERSTOOD), Ok(&Answer::Checked(checked)))
    }

    /// The sample of the document with its live and pop scores the right way round.
    #[test]
    fn a_live_picture_is_the_documented_answer() {
        let reply = answered(checked(Verdict::Live, 0.988_25, &[]));
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.headers()["content-type"], "application/json");
        assert_eq!(
            text(&reply),
            concat!(
                r#"{"responseCode":"00","description":"Success","#,
                r#""verificationType":"PASSIVE-LIVELINESS-VERIFICATION","#,
                r#""verificationStatus":"VERIFIED","transactionStatus":"SUCCESSFUL","#,
                r#""transactionReference":"1628016393774-LH92B5CT","#,
                r#""transactionDate":"1683200825928","searchParameter":null,"#,
                r#""callBackUrl":null,"livenessScore":0.0,"paymentRef":null,"#,
                r#""response":{"pop_score":1.175,"live_score":98.825},"faceMatch":null}"#
            )
        );
    }

    #[test]
    fn a_spoof_is_not_verified_and_paid_for() {
        let reply = answered(checked(Verdict::Spoof, 0.011_75, &[]));
        let body = text(&reply);
        assert!(body.contains(r#""responseCode":"00""#));
        assert!(
            body.contains(
                r#""verificationStatus":"NOT VERIFIED","transactionStatus":"SUCCESSFUL""#
            )
        );
        assert!(body.contains(r#"{"pop_score":98.825,"live_score":1.175}"#));
    }

    #[test]
    fn what_is_undecided_or_has_no_face_is_pending_and_free() {
        for (checked, code) in [
            (checked(Verdict::Inconclusive, 0.58, &[]), "01"),
            (no_face(), "02"),
        ] {
            let reply = answered(checked);
            assert_eq!(reply.status(), 200);
            let body: Value = serde_json::from_slice(reply.body()).unwrap();
            assert_eq!(body["responseCode"], code);
            assert_eq!(body["verificationStatus"], "PENDING");
            assert_eq!(body["transactionStatus"], "FAILED");
            assert_eq!(body["response"], Value::Null);
            assert_ne!(body["description"], "Success");
        }
    }

    #[test]
    fn scores_have_three_decimals_and_sum_to_100_as_written() {
        let written = |confidence| {
            let Scores {
                pop_score,
                live_score,
            } = Scores::of(confidence).unwrap();
            (pop_score.get().to_owned(), live_score.get().to_owned())
        };
        let pair = |pop: &str, live: &str| (pop.to_owned(), live.to_owned());
        assert_eq!(written(1.0), pair("0.000", "100.000"));
        assert_eq!(written(0.0), pair("100.000", "0.000"));
        assert_eq!(written(f64::NAN), pair("100.000", "0.000"));
        assert_eq!(written(0.5), pair("50.000", "50.000"));
        assert_eq!(written(1.0 / 3.0), pair("66.667", "33.333"));
        for step in 0..=1000 {
            let (pop, live) = written(f64::from(step) / 997.3);
            let thousandths = |text: &str| text.replace('.', "").parse::<u32>().unwrap();
            assert_eq!(thousandths(&pop) + thousandths(&live), 100_000);
            for text in [pop, live] {
                assert_eq!(text.split_once('.').unwrap().1.len(), 3, "{text}");
            }
        }
    }

    #[test]
    fn a_callers_reference_is_repeated_and_a_note_is_a_header() {
        let about = about(&[(REFERENCE, "T1"), (NOTE, "callbackUrl ignored")]);
        let failure = Failure::new(FailureKind::InvalidRequest, "no");
        let reply = reply(&about, Err(&failure));
        assert!(text(&reply).contains(r#""transactionReference":"T1""#));
        assert_eq!(reply.headers()["x-lifesign-note"], "callbackUrl ignored");
    }

    #[test]
    fn every_failure_is_pending_and_failed_in_the_whole_envelope() {
        for kind in FailureKind::ALL {
            let failure = Failure::new(kind, "what and how much");
            let about = About {
                echo: Echo::new(),
                ..about(&[])
            };
            let reply = reply(&about, Err(&failure));
            let (status, code) = status_and_code(kind);
            assert_eq!(reply.status(), status);
            let expected = [
                r#"{"responseCode":""#,
                code,
                r#"","description":"what and how much","verificationType":null,"#,
                r#""verificationStatus":"PENDING","transactionStatus":"FAILED","#,
                r#""transactionReference":"1628016393774-LH92B5CT","#,
                r#""transactionDate":"1683200825928","searchParameter":null,"#,
                r#""callBackUrl":null,"livenessScore":0.0,"paymentRef":null,"#,
                r#""response":null,"faceMatch":null}"#,
            ];
            assert_eq!(text(&reply), expected.concat());
        }
    }
}
