//! How a check ended, before a contract words it.

use lifesign_domain::CheckResult;

/// A check that came to a result, which may well be that there is no face.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The answer.
    pub result: CheckResult,
    /// Explanation pictures; `None` if they were not asked for.
    pub pictures: Option<Vec<Picture>>,
}

/// One explanation picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Machine-readable name.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// What it shows.
    pub caption: String,
    /// The picture, PNG.
    pub png: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub kind: FailureKind,
    /// For the caller: what, how much and what is accepted; nothing of the request's content.
    pub message: String,
    /// For the log alone: what lies behind it.
    pub cause: Option<String>,
}

/// What went wrong, for a contract's error table. Whoever adds a kind is shown every contract
/// that must answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The request does not say what the contract requires.
    InvalidRequest,
    /// The image cannot be decoded or is of a format that is not accepted.
    InvalidImage,
    /// The body or the image is over a limit.
    TooLarge,
    /// The body is of a content type that the contract does not take.
    UnsupportedMediaType,
    /// No such path.
    NotFound,
    /// The path does not take this method.
    MethodNotAllowed,
    /// The body did not arrive in time.
    SlowBody,
    /// Too much work is queued.
    Overloaded,
    /// The check took longer than allowed.
    TimedOut,
    /// The analysis failed on an image that was understood.
    Inference,
    /// A fault of the server.
    Internal,
}

impl FailureKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::InvalidRequest,
        Self::InvalidImage,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::SlowBody,
        Self::Overloaded,
        Self::TimedOut,
        Self::Inference,
        Self::Internal,
    ];

    /// The word used in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidImage => "invalid_image",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::SlowBody => "slow_body",
            Self::Overloaded => "overloaded",
            Self::TimedOut => "timed_out",
            Self::Inference => "inference",
            Self::Internal => "internal",
        }
    }

    /// Whether the same request may succeed a little later.
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Overloaded | Self::TimedOut)
    }
}

impl Failure {
    /// A failure with its message.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            cause: None,
        }
    }

    /// Adds what lies behind it, for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// A request that does not say what the contract requires.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(FailureKind::InvalidRequest, message)
    }
}
