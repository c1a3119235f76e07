//! Why a URL was not fetched.

use std::time::Duration;

use lifesign_domain::ErrorKind;

use crate::AddressClass;

/// A refusal of a URL or of what came from it. No message repeats the path or query of the URL,
/// which may hold secrets, nor an address that a name led to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Not a URL, or one in a form that is not accepted.
    #[error("the URL cannot be used: {reason}; accepted is https://host/path")]
    BadUrl {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// `http:` where only `https:` is allowed.
    #[error("the URL is http, which is not allowed here; accepted is https")]
    HttpRefused,
    /// The port is not one of the usual ones.
    #[error("port {port} of the URL is not allowed; accepted are 443 and 80")]
    PortRefused {
        /// The port asked for.
        port: u16,
    },
    /// The host is, or leads to, an address inside a network.
    #[error(
        "the URL's host is not on the public internet; accepted are hosts with public addresses"
    )]
    AddressRefused {
        /// For logs; a caller is not told.
        class: AddressClass,
    },
    /// The name has no address.
    #[error("the URL's host was not found")]
    HostNotFound,
    /// Too many look-ups hang already.
    #[error("too many host names are being looked up; try again later")]
    TooManyLookups,
    /// The server did not accept the connection, or broke it.
    #[error("the connection to the URL's host failed")]
    ConnectionFailed,
    /// The handshake failed or the certificate is not valid for the host.
    #[error("no secure connection to the URL's host: its TLS or its certificate is not accepted")]
    TlsFailed,
    /// What the server says is not HTTP, or stops in the middle.
    #[error("the answer of the URL's host is not HTTP or is cut off")]
    BadAnswer,
    /// More redirects than allowed.
    #[error("the URL redirects more than {limit} times")]
    TooManyRedirects {
        /// [`Policy::max_redirects`](crate::Policy).
        limit: u32,
    },
    /// A redirect without a usable target.
    #[error("the URL redirects, but not to a usable URL: {reason}")]
    BadRedirect {
        /// What is wrong with the target.
        reason: &'static str,
    },
    /// A redirect from `https:` to `http:`.
    #[error("the URL redirects from https to http, which is not allowed here; accepted is https")]
    DowngradeRefused,
    /// Anything but 200.
    #[error("the URL's host answered with status {status}; accepted is 200")]
    Status {
        /// The status.
        status: u16,
    },
    /// The body is compressed, although that was not asked for.
    #[error("the body is sent with a content encoding; accepted is identity, that is none")]
    EncodingRefused,
    /// The body is over the limit.
    #[error("what the URL names is larger than the limit of {limit_bytes} bytes")]
    TooLarge {
        /// [`Policy::max_bytes`](crate::Policy).
        limit_bytes: usize,
    },
    /// It took too long, wherever the time went.
    #[error("the URL was not fetched within {} ms", limit.as_millis())]
    TimedOut {
        /// The limit that was passed.
        limit: Duration,
    },
}

impl FetchError {
    /// Who is at fault. A server that a caller names is the caller's, so its failures are bad
    /// input.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::BadUrl { .. }
            | Self::HttpRefused
            | Self::PortRefused { .. }
            | Self::AddressRefused { .. }
            | Self::HostNotFound
            | Self::ConnectionFailed
            | Self::TlsFailed
            | Self::BadAnswer
            | Self::TooManyRedirects { .. }
            | Self::BadRedirect { .. }
            | Self::DowngradeRefused
            | Self::Status { .. } => ErrorKind::InvalidInput,
            Self::EncodingRefused => ErrorKind::Unsupported,
            Self::TooLarge { .. } => ErrorKind::OverLimit,
            Self::TooManyLookups => ErrorKind::Overloaded,
            Self::TimedOut { .. } => ErrorKind::TimedOut,
        }
    }
}
