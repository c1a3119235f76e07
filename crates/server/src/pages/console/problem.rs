//! Why a page of the console cannot be shown.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use lifesign_store::StoreError;
use serde_json::json;

use super::view;
use crate::secrets::SecretError;
use crate::service::admin::AdminError;
use crate::vault::VaultError;

/// Why a page cannot be shown, or an act not be done.
#[derive(Debug)]
pub(super) enum Problem {
    /// Nobody is logged in; afterwards the visitor goes on to this page.
    LogIn { next: String },
    /// The request did not come from a page of the console.
    Refused(&'static str),
    /// What was named does not exist (any more).
    NotFound(&'static str),
    /// The request makes no sense.
    Bad(String),
    /// Too much is going on.
    Busy,
    /// Something failed; the text is for the log alone.
    Fault(String),
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, title, message) = match self {
            Self::LogIn { next } => {
                return Redirect::to(&super::login::address(&next)).into_response();
            }
            Self::Refused(why) => (StatusCode::FORBIDDEN, "Refused", why.to_owned()),
            Self::NotFound(what) => (StatusCode::NOT_FOUND, "Not found", what.to_owned()),
            Self::Bad(why) => (StatusCode::BAD_REQUEST, "This cannot be done", why),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Busy",
                "The server has too much to do at the moment. Try again.".to_owned(),
            ),
            Self::Fault(cause) => {
                tracing::error!(failure.cause = %cause, "a page of the console failed: {cause}");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "A fault of the server",
                    "The page cannot be shown. The log of the server says why.".to_owned(),
                )
            }
        };
        let content = json!({ "title": title, "message": message });
        match view::render("problem.html", &content) {
            Ok(page) => (status, page).into_response(),
            Err(cause) => {
                tracing::error!(failure.cause = %cause, "a page of the console failed: {cause}");
                (status, message).into_response()
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::NotFound("This does not exist (any more)."),
            StoreError::Invalid(_) | StoreError::Exists { .. } => Self::Bad(sentence(&error)),
            StoreError::Busy => Self::Busy,
            error => Self::Fault(error.to_string()),
        }
    }
}

impl From<SecretError> for Problem {
    fn from(error: SecretError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Invalid(_) => Self::Bad(sentence(&error)),
            AdminError::Store(error) => error.into(),
            AdminError::Secret(error) => error.into(),
            AdminError::Vault(error) => error.into(),
        }
    }
}

impl Problem {
    /// The message, if it is one for the person who filled in a form, or else the problem itself.
    pub(super) fn for_form(self) -> Result<String, Self> {
        match self {
            Self::Bad(message) => Ok(message),
            other => Err(other),
        }
    }
}

/// An error's text as a sentence.
fn sentence(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => text,
    }
}
