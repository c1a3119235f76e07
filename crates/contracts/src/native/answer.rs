//! From an outcome to the native envelope, and the table of its errors.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, StatusCode, header};
use lifesign_domain::CheckResult;
use serde::Serialize;

use super::session;
use crate::{About, Answer, Failure, FailureKind, Picture, Reply, reply};

/// What every answer looks like.
#[derive(Serialize)]
struct Envelope<'a, R> {
    status: &'static str,
    request_id: &'a str,
    timestamp: String,
    result: Option<&'a R>,
    error: Option<ErrorBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pictures: Option<Vec<PictureBody<'a>>>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    code: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
struct PictureBody<'a> {
    name: &'a str,
    title: &'a str,
    caption: &'a str,
    width: u32,
    height: u32,
    /// `data:image/png;base64,...`
    image: String,
}

const NO_FACE: ErrorBody<'static> = ErrorBody {
    code: "NO_FACE_DETECTED",
    message: "no face was found; the face may be too far away, covered, too dark or too small",
};

/// Status and code of each failure. The documented rows are 422 `INVALID_REQUEST`, 200
/// `INFERENCE_ERROR` and 500 `SERVER_ERROR`; the others follow HTTP.
pub(super) const fn status_and_code(kind: FailureKind) -> (StatusCode, &'static str) {
    match kind {
        FailureKind::InvalidRequest
        | FailureKind::InvalidImage
        | FailureKind::TooLarge
        | FailureKind::TooLong
        | FailureKind::UnsupportedFormat
        | FailureKind::WrongResolution
        | FailureKind::NoCameraData
        | FailureKind::SealBroken
        | FailureKind::ConsentRefused
        | FailureKind::UrlRefused
        | FailureKind::UrlFailed => (StatusCode::UNPROCESSABLE_ENTITY, "INVALID_REQUEST"),
        FailureKind::Unauthorized => (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
        FailureKind::Forbidden => (StatusCode::FORBIDDEN, "FORBIDDEN"),
        FailureKind::BalanceTooLow => (StatusCode::PAYMENT_REQUIRED, "BALANCE_TOO_LOW"),
        FailureKind::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"),
        FailureKind::QuotaExceeded => (StatusCode::TOO_MANY_REQUESTS, "QUOTA_EXCEEDED"),
        FailureKind::KeyReused => (StatusCode::CONFLICT, "IDEMPOTENCY_KEY_REUSED"),
        FailureKind::UnsupportedMediaType => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE")
        }
        FailureKind::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        FailureKind::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"),
        FailureKind::SlowBody => (StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT"),
        FailureKind::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "OVERLOADED"),
        FailureKind::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "TIMED_OUT"),
        FailureKind::NoDecoder => (StatusCode::SERVICE_UNAVAILABLE, "DECODER_MISSING"),
        FailureKind::Inference => (StatusCode::OK, "INFERENCE_ERROR"),
        FailureKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "SERVER_ERROR"),
    }
}

pub(super) fn reply(about: &About, outcome: Result<&Answer, &Failure>) -> Reply {
    if let Ok(Answer::Clip(result)) = outcome {
        return envelope(about, Ok((result.as_ref(), result.face_detected)), None);
    }
    // A session is told whatever came of it: its state says so.
    match outcome {
        Ok(Answer::Session(view)) => {
            return envelope(about, Ok((&session::Body::from(view.as_ref()), true)), None);
        }
        Ok(Answer::Sessions(page)) => {
            return envelope(about, Ok((&session::Page::from(page), true)), None);
        }
        _ => {}
    }
    match reply::checked(outcome) {
        Ok(checked) => {
            let result = (&checked.result, checked.result.face_detected);
            envelope(about, Ok(result), checked.pictures.as_deref())
        }
        Err(failure) => envelope::<CheckResult>(about, Err(&failure), None),
    }
}

/// What an envelope says.
pub(super) enum Said<'a, R> {
    /// A result.
    Result(&'a R),
    /// An error: its code and message.
    Error(&'static str, &'a str),
    /// The contract calls a picture without a face an error and also an INCONCLUSIVE verdict: we answer both.
    NoFace(&'a R),
}

/// The answer with a result and whether a face was found, or with a failure.
fn envelope<R: Serialize>(
    about: &About,
    outcome: Result<(&R, bool), &Failure>,
    pictures: Option<&[Picture]>,
) -> Reply {
    let (status, said) = match outcome {
        Ok((result, true)) => (StatusCode::OK, Said::Result(result)),
        Ok((result, false)) => (StatusCode::OK, Said::NoFace(result)),
        Err(failure) => {
            let (status, code) = status_and_code(failure.kind);
            (status, Said::Error(code, &failure.message))
        }
    };
    illustrated(about, status, said, pictures)
}

/// An envelope without pictures.
pub(super) fn worded<R: Serialize>(about: &About, status: StatusCode, said: Said<'_, R>) -> Reply {
    illustrated(about, status, said, None)
}

fn illustrated<R: Serialize>(
    about: &About,
    status: StatusCode,
    said: Said<'_, R>,
    pictures: Option<&[Picture]>,
) -> Reply {
    let (result, error) = match said {
        Said::Result(result) => (Some(result), None),
        Said::Error(code, message) => (None, Some(ErrorBody { code, message })),
        Said::NoFace(result) => (Some(result), Some(NO_FACE)),
    };
    let envelope = Envelope {
        status: if error.is_none() { "success" } else { "error" },
        request_id: &about.request_id,
        timestamp: humantime::format_rfc3339_millis(about.at).to_string(),
        result,
        error,
        pictures: pictures.map(|pictures| pictures.iter().map(PictureBody::from).collect()),
    };
    let mut reply = reply::json(status, &envelope);
    if status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer");
        reply.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    reply
}

impl<'a> From<&'a Picture> for PictureBody<'a> {
    fn from(picture: &'a Picture) -> Self {
        Self {
            name: &picture.name,
            title: &picture.title,
            caption: &picture.caption,
            width: picture.width,
            height: picture.height,
            image: format!(
                "data:image/png;base64,{}",
                BASE64_STANDARD.encode(&picture.png)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use lifesign_domain::{ReasonCode, Verdict};
    use serde_json::{Value, json};

    use super::*;
    use crate::Checked;

    fn about() -> About {
        About {
            request_id: "lv_0123456789abcdef".to_owned(),
            at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_007),
            echo: crate::Echo::new(),
        }
    }

    fn checked(face_detected: bool) -> Checked {
        Checked {
            result: CheckResult {
                verdict: if face_detected {
                    Verdict::Live
                } else {
                    Verdict::Inconclusive
                },
                confidence: 0.75,
                threshold: 0.58,
                face_detected,
                signals: Vec::new(),
                profile: "classic".to_owned(),
                calibration: "1".to_owned(),
                face_count: usize::from(face_detected),
                face: None,
                quality: Vec::new(),
                reasons: vec![ReasonCode::NoFace.into()],
            },
            pictures: None,
        }
    }

    fn body(reply: &Reply) -> Value {
        serde_json::from_slice(reply.body()).unwrap()
    }

    #[test]
    fn success_has_a_result_and_no_error() {
        let reply = reply(&about(), Ok(&Answer::Checked(checked(true))));
        assert_eq!(reply.status(), StatusCode::OK);
        assert_eq!(reply.headers()["content-type"], "application/json");
        let body = body(&reply);
        assert_eq!(body["status"], "success");
        assert_eq!(body["request_id"], "lv_0123456789abcdef");
        assert_eq!(body["timestamp"], "2023-11-14T22:13:20.007Z");
        assert_eq!(body["result"]["verdict"], "LIVE");
        assert_eq!(body["error"], Value::Null);
        assert_eq!(body.get("pictures"), None);
        let keys: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys.len(), 5, "{keys:?}");
    }

    #[test]
    fn no_face_is_an_error_with_an_inconclusive_result() {
        let reply = reply(&about(), Ok(&Answer::Checked(checked(false))));
        assert_eq!(reply.status(), StatusCode::OK);
        let body = body(&reply);
        assert_eq!(body["status"], "error");
        assert_eq!(body["error"]["code"], "NO_FACE_DETECTED");
        assert_eq!(body["result"]["verdict"], "INCONCLUSIVE");
        assert_eq!(body["result"]["face_detected"], false);
        assert_eq!(body["result"]["signals"], json!([]));
    }

    #[test]
    fn every_failure_has_a_code_a_message_and_no_result() {
        for kind in FailureKind::ALL {
            let failure = Failure::new(kind, "what and how much");
            let reply = reply(&about(), Err(&failure));
            let body = body(&reply);
            assert_eq!(body["status"], "error");
            assert_eq!(body["result"], Value::Null);
            assert_eq!(body["error"]["message"], "what and how much");
            let code = body["error"]["code"].as_str().unwrap();
            let documented = match reply.status().as_u16() {
                422 => "INVALID_REQUEST",
                200 => "INFERENCE_ERROR",
                500 => "SERVER_ERROR",
                _ => continue,
            };
            assert_eq!(code, documented);
        }
    }

    #[test]
    fn pictures_are_data_urls() {
        let mut checked = checked(true);
        checked.pictures = Some(vec![Picture {
            name: "overlay".to_owned(),
            title: "Overlay".to_owned(),
            caption: "What was measured".to_owned(),
            png: b"png".to_vec(),
            width: 3,
            height: 2,
        }]);
        let body = body(&reply(&about(), Ok(&Answer::Checked(checked))));
        assert_eq!(
            body["pictures"],
            json!([{
                "name": "overlay", "title": "Overlay", "caption": "What was measured",
                "width": 3, "height": 2, "image": "data:image/png;base64,cG5n"
            }])
        );
    }
}
