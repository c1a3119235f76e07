//! From an outcome to Decentro's body, and the table of its failures.

use http::StatusCode;
use lifesign_domain::{CheckResult, ClipResult, ReasonCode, Verdict};
use serde::Serialize;

use crate::{About, Answer, Failure, FailureKind, Reply, reply};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a, D> {
    decentro_txn_id: &'a str,
    status: &'static str,
    response_code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<D>,
    response_key: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    status: &'static str,
    live: &'static str,
    /// Whole per cent.
    liveness_score: String,
    need_to_review: &'static str,
}

#[derive(Serialize)]
struct ClipData {
    status: &'static str,
    /// From 0 to 1.
    confidence: String,
}

/// HTTP status, `responseCode` and `responseKey` of a failure.
pub(super) type Row = (StatusCode, &'static str, &'static str);

const NO_FACE: Row = (
    StatusCode::UNPROCESSABLE_ENTITY,
    "E00011",
    "error_face_not_detected",
);

/// None of it is documented but the shape of codes and keys.
#[rustfmt::skip]
const fn row(kind: FailureKind) -> Row {
    match kind {
        FailureKind::InvalidRequest => (StatusCode::BAD_REQUEST, "E00001", "error_invalid_request"),
        FailureKind::ConsentRefused => (StatusCode::BAD_REQUEST, "E00002", "error_consent_refused"),
        FailureKind::UrlRefused => (StatusCode::BAD_REQUEST, "E00003", "error_url_refused"),
        FailureKind::SealBroken => (StatusCode::BAD_REQUEST, "E00004", "error_seal_broken"),
        FailureKind::Unauthorized => (StatusCode::UNAUTHORIZED, "E00005", "error_unauthorized"),
        FailureKind::BalanceTooLow => (StatusCode::PAYMENT_REQUIRED, "E00006", "error_balance_too_low"),
        FailureKind::Forbidden => (StatusCode::FORBIDDEN, "E00007", "error_forbidden"),
        FailureKind::KeyReused => (StatusCode::CONFLICT, "E00008", "error_key_reused"),
        FailureKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "E00009", "error_file_too_large"),
        FailureKind::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "E00010", "error_unsupported_media_type"),
        FailureKind::InvalidImage => (StatusCode::UNPROCESSABLE_ENTITY, "E00012", "error_invalid_image"),
        FailureKind::UnsupportedFormat => (StatusCode::UNPROCESSABLE_ENTITY, "E00013", "error_unsupported_format"),
        FailureKind::WrongResolution => (StatusCode::UNPROCESSABLE_ENTITY, "E00014", "error_invalid_resolution"),
        FailureKind::NoCameraData => (StatusCode::UNPROCESSABLE_ENTITY, "E00015", "error_metadata_missing"),
        FailureKind::UrlFailed => (StatusCode::UNPROCESSABLE_ENTITY, "E00016", "error_url_failed"),
        FailureKind::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "E00017", "error_rate_limited"),
        FailureKind::QuotaExceeded => (StatusCode::TOO_MANY_REQUESTS, "E00018", "error_quota_exceeded"),
        FailureKind::NotFound => (StatusCode::NOT_FOUND, "E00019", "error_not_found"),
        FailureKind::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "E00020", "error_method_not_allowed"),
        FailureKind::SlowBody => (StatusCode::REQUEST_TIMEOUT, "E00021", "error_request_timeout"),
        FailureKind::Inference => (StatusCode::INTERNAL_SERVER_ERROR, "E00022", "error_analysis_failed"),
        FailureKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "E00023", "error_server_error"),
        FailureKind::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "E00024", "error_overloaded"),
        FailureKind::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "E00025", "error_timed_out"),
        FailureKind::TooLong => (StatusCode::UNPROCESSABLE_ENTITY, "E00026", "error_video_too_long"),
        FailureKind::NoDecoder => (StatusCode::SERVICE_UNAVAILABLE, "E00027", "error_decoder_missing"),
    }
}

pub(super) fn reply(about: &About, outcome: Result<&Answer, &Failure>) -> Reply {
    if let Ok(Answer::Clip(result)) = outcome {
        return judged_clip(about, result);
    }
    if let Ok(Answer::Session(view)) = outcome {
        return super::session::told(about, view);
    }
    match reply::checked(outcome) {
        Ok(checked) if checked.result.face_detected => judged(about, &checked.result),
        Ok(_) => no_face(about),
        Err(failure) => failed(about, row(failure.kind), &failure.message),
    }
}

fn judged(about: &About, result: &CheckResult) -> Reply {
    let yes_or_no = |claim| if claim { "yes" } else { "no" };
    let body = Body {
        decentro_txn_id: &about.request_id,
        status: "SUCCESS",
        response_code: "S00000",
        message: "Passive liveness check performed successfully",
        data: Some(Data {
            status: "SUCCESS",
            live: yes_or_no(result.verdict == Verdict::Live),
            liveness_score: format!("{:.0}", result.confidence * 100.0),
            need_to_review: yes_or_no(result.verdict == Verdict::Inconclusive),
        }),
        response_key: "success_liveness_check",
    };
    reply::json(StatusCode::OK, &body)
}

fn judged_clip(about: &About, result: &ClipResult) -> Reply {
    if !result.face_detected {
        return no_face(about);
    }
    let data = ClipData {
        status: match result.verdict {
            Verdict::Live => "SUCCESS",
            Verdict::Spoof | Verdict::Inconclusive => "FAILURE",
        },
        confidence: confidence(result.confidence),
    };
    let body = Body {
        decentro_txn_id: &about.request_id,
        status: "SUCCESS",
        response_code: "S00000",
        message: "Liveliness check performed successfully",
        data: Some(data),
        response_key: "success_liveness_check",
    };
    reply::json(StatusCode::OK, &body)
}

/// From 0 to 1 with at most four decimals and at least one, as in the documented "1.0".
fn confidence(confidence: f64) -> String {
    format!("{:?}", (confidence * 1e4).round() / 1e4)
}

fn no_face(about: &About) -> Reply {
    let no_face = ReasonCode::NoFace;
    let message = format!("{} {}", no_face.message(), no_face.guidance());
    failed(about, NO_FACE, &message)
}

pub(super) fn failed(
    about: &About,
    (status, response_code, response_key): Row,
    message: &str,
) -> Reply {
    let body = Body {
        decentro_txn_id: &about.request_id,
        status: "FAILURE",
        response_code,
        message,
        data: None::<Data>,
        response_key,
    };
    reply::json(status, &body)
}

/// A session that has not ended: a success without data.
pub(super) fn in_progress(about: &About, message: &str) -> Reply {
    let body = Body {
        decentro_txn_id: &about.request_id,
        status: "SUCCESS",
        response_code: "S00001",
        message,
        data: None::<Data>,
        response_key: "success_session_in_progress",
    };
    reply::json(StatusCode::OK, &body)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::SystemTime;

    use super::*;
    use crate::Echo;
    use crate::testing::{checked, clip, no_face, text};

    const ID: &str = "BC5CD047DB924564AD2B378F5B876963";

    fn about() -> About {
        About {
            request_id: ID.to_owned(),
            at: SystemTime::UNIX_EPOCH,
            echo: Echo::new(),
        }
    }

    fn answer(verdict: Verdict, confidence: f64) -> Reply {
        let checked = checked(verdict, confidence, &[]);
        reply(&about(), Ok(&Answer::Checked(checked)))
    }

    #[test]
    fn a_live_picture_is_the_documented_answer() {
        let reply = answer(Verdict::Live, 0.846);
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.headers()["content-type"], "application/json");
        let expected = [
            r#"{"decentroTxnId":""#,
            ID,
            r#"","status":"SUCCESS","responseCode":"S00000","message":"Passive liveness check performed successfully","#,
            r#""data":{"status":"SUCCESS","live":"yes","livenessScore":"85","needToReview":"no"},"#,
            r#""responseKey":"success_liveness_check"}"#,
        ];
        assert_eq!(text(&reply), expected.concat());
    }

    #[test]
    fn only_what_is_inside_the_band_is_to_be_reviewed() {
        let spoof = text(&answer(Verdict::Spoof, 0.0));
        assert!(spoof.contains(r#""live":"no","livenessScore":"0","needToReview":"no""#));
        let between = text(&answer(Verdict::Inconclusive, 0.6));
        assert!(between.contains(r#""live":"no","livenessScore":"60","needToReview":"yes""#));
    }

    #[test]
    fn no_face_is_a_failure_of_its_own() {
        let reply = reply(&about(), Ok(&Answer::Checked(no_face())));
        assert_eq!(reply.status(), 422);
        let body = text(&reply);
        let start = [
            r#"{"decentroTxnId":""#,
            ID,
            r#"","status":"FAILURE","responseCode":"E00011","message":"No face"#,
        ];
        assert!(body.starts_with(&start.concat()), "{body}");
        assert!(
            body.ends_with(r#"","responseKey":"error_face_not_detected"}"#),
            "{body}"
        );
    }

    #[test]
    fn a_clip_is_answered_as_documented() {
        let answer = |verdict, confidence| {
            let clip = clip(verdict, confidence, 1);
            text(&reply(&about(), Ok(&Answer::Clip(Box::new(clip)))))
        };
        let expected = [
            r#"{"decentroTxnId":""#,
            ID,
            r#"","status":"SUCCESS","responseCode":"S00000","message":"Liveliness check performed successfully","#,
            r#""data":{"status":"SUCCESS","confidence":"1.0"},"responseKey":"success_liveness_check"}"#,
        ];
        assert_eq!(answer(Verdict::Live, 1.0), expected.concat());
        let failure = r#""data":{"status":"FAILURE","confidence":"0.1235"}"#;
        assert!(answer(Verdict::Spoof, 0.12345).contains(failure));
        let undecided = r#""data":{"status":"FAILURE","confidence":"0.6"}"#;
        assert!(answer(Verdict::Inconclusive, 0.6).contains(undecided));
        let faceless = clip(Verdict::Inconclusive, 0.0, 0);
        let reply = reply(&about(), Ok(&Answer::Clip(Box::new(faceless))));
        assert_eq!(reply.status(), 422);
        assert!(text(&reply).contains("error_face_not_detected"));
    }

    #[test]
    fn every_failure_has_a_code_and_a_key_of_its_own_and_no_data() {
        let (mut codes, mut keys) = (BTreeSet::from([NO_FACE.1]), BTreeSet::from([NO_FACE.2]));
        for kind in FailureKind::ALL {
            let (status, code, key) = row(kind);
            assert!(codes.insert(code), "{code} is there twice");
            assert!(keys.insert(key), "{key} is there twice");
            let failure = Failure::new(kind, "what and how much");
            let reply = reply(&about(), Err(&failure));
            assert_eq!(reply.status(), status);
            let expected = [
                r#"{"decentroTxnId":""#,
                ID,
                r#"","status":"FAILURE","responseCode":""#,
                code,
                r#"","message":"what and how much","responseKey":""#,
                key,
                r#""}"#,
            ];
            assert_eq!(text(&reply), expected.concat());
        }
    }
}
