//! Writing of answers, shared by the contracts.

use std::borrow::Cow;

use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::{Answer, Checked, Failure, FailureKind, Reply};

/// An answer of JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Reply {
    // Strings, numbers and lists under string keys: there is nothing that JSON cannot say. An
    // empty body with status 500 would still fail closed.
    let (status, body) = match serde_json::to_vec(body) {
        Ok(body) => (status, body),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, Vec::new()),
    };
    let mut reply = Reply::new(body);
    *reply.status_mut() = status;
    let content_type = HeaderValue::from_static("application/json");
    reply
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    reply
}

/// The check that came of a request for one.
pub(crate) fn checked<'a>(
    outcome: Result<&'a Answer, &'a Failure>,
) -> Result<&'a Checked, Cow<'a, Failure>> {
    match outcome {
        Ok(Answer::Checked(checked)) => Ok(checked),
        Ok(Answer::Token(_) | Answer::Clip(_) | Answer::Session(_) | Answer::Sessions(_)) => {
            Err(Cow::Owned(Failure::new(
                FailureKind::Internal,
                "this route judges images alone",
            )))
        }
        Err(failure) => Err(Cow::Borrowed(failure)),
    }
}
