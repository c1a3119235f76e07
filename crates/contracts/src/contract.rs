//! What a contract promises.

use std::collections::BTreeMap;
use std::time::SystemTime;

use http::{HeaderMap, Method};

use crate::{Answer, Ask, Checked, Credentials, Failure, Incoming};

/// A finished answer: status, headers and the vendor's body.
pub type Reply = http::Response<Vec<u8>>;

/// One method and path that a contract answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path as the vendor documents it, with its trailing slash where it has one; a part that varies stands in
    /// braces.
    pub path: &'static str,
}

/// What the answer repeats from the request (a caller's reference, say), by field name.
///
/// It is filled while a request is read, so that a refusal repeats as much as was understood.
pub type Echo = BTreeMap<&'static str, String>;

/// The facts of one exchange that do not come from its request.
#[derive(Clone, Debug)]
pub struct About {
    /// From [`Contract::request_id`].
    pub request_id: String,
    /// When the request was taken.
    pub at: SystemTime,
    /// Filled by [`Contract::read`].
    pub echo: Echo,
}

/// One vendor's API.
///
/// The server calls, in this order and once each: [`request_id`](Self::request_id),
/// [`credentials`](Self::credentials) before the body is read, [`read`](Self::read), then
/// [`answer`](Self::answer) with what came of it, or with the failure of one of these, of the
/// check or of the server itself. All but `request_id` and `answer` may be left out where the server
/// refuses first (too large, overloaded, wrong method) or, running open, asks for no credentials.
///
/// An implementation is pure: no clock, no randomness, no IO. It must answer every
/// [`FailureKind`](crate::FailureKind) and must not put bytes of the image into an answer.
pub trait Contract: Send + Sync {
    /// Machine-readable name: a label of metrics and a field of log lines.
    fn name(&self) -> &'static str;

    /// What it answers.
    fn routes(&self) -> &'static [Route];

    /// Its part of the OpenAPI 3.1 document: an object with `paths` and `components`.
    fn openapi(&self) -> &'static str;

    /// The identifier of a request, in the vendor's form, made from 16 random bytes.
    fn request_id(&self, random: [u8; 16], at: SystemTime) -> String;

    /// Whom the request says it is from, by its path and headers. Nothing is verified here.
    ///
    /// # Errors
    /// Where the contract asks for credentials and they are missing or malformed.
    fn credentials<'a>(
        &self,
        path: &str,
        headers: &'a HeaderMap,
    ) -> Result<Credentials<'a>, Failure>;

    /// Understands a request.
    ///
    /// # Errors
    /// Where the request breaks the contract. The failure goes to [`answer`](Self::answer).
    fn read<'a>(&self, incoming: &'a Incoming, echo: &mut Echo) -> Result<Ask<'a>, Failure>;

    /// Whether a check that was asked for as [`charged`](crate::CheckRequest::charged) is paid
    /// for, now that its result is known.
    fn charges(&self, _checked: &Checked) -> bool {
        true
    }

    /// Whether a path takes clips, which have a queue of their own.
    fn takes_clips(&self, _path: &str) -> bool {
        false
    }

    /// Whether a request has nothing judged: it is answered also where the quota is used up.
    fn only_looks(&self, _method: &Method, _path: &str) -> bool {
        false
    }

    /// Largest body in bytes that a path takes, where it is not that of an image.
    fn body_bytes(&self, _path: &str) -> Option<usize> {
        None
    }

    /// Words the outcome.
    fn answer(&self, about: &About, outcome: Result<&Answer, &Failure>) -> Reply;
}
