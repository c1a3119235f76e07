//! How a check ended, before a contract words it.

use std::time::Duration;

use lifesign_domain::{CheckResult, ClipResult};

use crate::{SessionPage, SessionView};

/// What came of a request that was understood.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and most are checks"
)]
pub enum Answer {
    /// An image was judged.
    Checked(Checked),
    /// A clip was judged.
    Clip(Box<ClipResult>),
    /// A token was given.
    Token(IssuedToken),
    /// An active session was made, looked at or cancelled.
    Session(Box<SessionView>),
    /// Active sessions were looked at.
    Sessions(SessionPage),
}

/// A token that opens a contract for a while.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// The token; it is told once and kept as a hash.
    pub token: String,
    /// How long it is good for.
    pub expires_in: Duration,
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedToken")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

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
    /// When the same request may succeed, where that is known.
    pub retry_after: Option<Duration>,
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
    /// The clip is longer than is accepted.
    TooLong,
    /// What decodes clips is not installed.
    NoDecoder,
    /// The body is of a content type that the contract does not take.
    UnsupportedMediaType,
    /// No such path.
    NotFound,
    /// The path does not take this method.
    MethodNotAllowed,
    /// The body did not arrive in time.
    SlowBody,
    /// No credentials, or none that are good: wrong, expired, revoked, of a disabled tenant.
    Unauthorized,
    /// Good credentials that may not do this, or not from this address.
    Forbidden,
    /// Too many requests in a short time.
    RateLimited,
    /// The quota of the month is used up.
    QuotaExceeded,
    /// The wallet holds less than the price of a check.
    BalanceTooLow,
    /// The idempotency key was used for another request.
    KeyReused,
    /// The person has not consented.
    ConsentRefused,
    /// The file is an image of a format that this contract does not take.
    UnsupportedFormat,
    /// The image has too few or too many pixels a side for this contract.
    WrongResolution,
    /// The file does not say that it comes from a camera.
    NoCameraData,
    /// The sealed image cannot be opened: unknown key or changed content.
    SealBroken,
    /// The URL is not one that is fetched.
    UrlRefused,
    /// What the URL points to could not be fetched.
    UrlFailed,
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
    pub const ALL: [Self; 26] = [
        Self::InvalidRequest,
        Self::InvalidImage,
        Self::TooLarge,
        Self::TooLong,
        Self::NoDecoder,
        Self::UnsupportedMediaType,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::SlowBody,
        Self::Unauthorized,
        Self::Forbidden,
        Self::RateLimited,
        Self::QuotaExceeded,
        Self::BalanceTooLow,
        Self::KeyReused,
        Self::ConsentRefused,
        Self::UnsupportedFormat,
        Self::WrongResolution,
        Self::NoCameraData,
        Self::SealBroken,
        Self::UrlRefused,
        Self::UrlFailed,
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
            Self::TooLong => "too_long",
            Self::NoDecoder => "no_decoder",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::SlowBody => "slow_body",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::RateLimited => "rate_limited",
            Self::QuotaExceeded => "quota_exceeded",
            Self::BalanceTooLow => "balance_too_low",
            Self::KeyReused => "key_reused",
            Self::ConsentRefused => "consent_refused",
            Self::UnsupportedFormat => "unsupported_format",
            Self::WrongResolution => "wrong_resolution",
            Self::NoCameraData => "no_camera_data",
            Self::SealBroken => "seal_broken",
            Self::UrlRefused => "url_refused",
            Self::UrlFailed => "url_failed",
            Self::Overloaded => "overloaded",
            Self::TimedOut => "timed_out",
            Self::Inference => "inference",
            Self::Internal => "internal",
        }
    }

    /// Whether the same request may succeed a little later.
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Overloaded | Self::TimedOut | Self::RateLimited)
    }
}

impl Failure {
    /// A failure with its message.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            cause: None,
            retry_after: None,
        }
    }

    /// Adds what lies behind it, for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds when the same request may succeed.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// A request that does not say what the contract requires.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(FailureKind::InvalidRequest, message)
    }
}
