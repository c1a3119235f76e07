//! Fetching, hop by hop.

use std::io::{ErrorKind, Read};
use std::net::IpAddr;
use std::sync::Arc;

use ureq::config::Config;
use ureq::http::header::{CONTENT_ENCODING, LOCATION};
use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::{Agent, Body, Error, Timeout};

use crate::deadline::Deadline;
use crate::lookup::TimedLookup;
use crate::pinned::{self, permitted};
use crate::target::{Location, Target};
use crate::{FetchError, Lookup, Policy, SystemLookup};

/// What is sent as `User-Agent`.
const USER_AGENT: &str = "lifesign";

/// A server's headers, all together, may be this long.
const LONGEST_HEADERS: usize = 32 * 1024;

/// What a URL named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The body as sent, at most [`Policy::max_bytes`].
    pub bytes: Vec<u8>,
}

/// Fetches URLs that callers give. Cheap to clone; share one, because the limit on hanging
/// look-ups is per fetcher.
#[derive(Clone, Debug)]
pub struct Fetcher {
    lookup: TimedLookup,
}

impl Default for Fetcher {
    fn default() -> Self {
        Self::new(Arc::new(SystemLookup))
    }
}

impl Fetcher {
    /// A fetcher that finds hosts by `lookup`.
    pub fn new(lookup: Arc<dyn Lookup>) -> Self {
        Self {
            lookup: TimedLookup::new(lookup),
        }
    }

    /// Gets what `url` names, as far as `policy` allows.
    ///
    /// # Errors
    /// One of [`FetchError`]; nothing partial is ever returned.
    pub fn fetch(&self, url: &str, policy: &Policy) -> Result<Fetched, FetchError> {
        let deadline = Deadline::starting_now(policy.timeout);
        let mut target = Target::parse(url, policy)?;
        for _ in 0..=policy.max_redirects {
            let agent = self.agent(&target, policy, &deadline)?;
            let response = agent
                .get(target.uri().clone())
                .call()
                .map_err(|e| translated(e, policy, &deadline))?;
            match redirect(&response)? {
                Some(location) => target = target.redirected(location, policy)?,
                None => return body(response, policy, &deadline),
            }
        }
        Err(FetchError::TooManyRedirects {
            limit: policy.max_redirects,
        })
    }

    /// Sends `body` to `url` with `headers` and answers the status. Redirects are not followed, and of the answer
    /// nothing is read but its head.
    ///
    /// # Errors
    /// If the URL is refused, its host's addresses are, or no answer comes in time.
    pub fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: &[u8],
        policy: &Policy,
    ) -> Result<u16, FetchError> {
        let deadline = Deadline::starting_now(policy.timeout);
        let target = Target::parse(url, policy)?;
        let agent = self.agent(&target, policy, &deadline)?;
        let mut request = agent.post(target.uri().clone());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = request.send(body);
        let response = response.map_err(|e| translated(e, policy, &deadline))?;
        Ok(response.status().as_u16())
    }

    /// A client that reaches the host of `target`, at addresses checked now, and nothing else.
    /// Whatever is sent to a URL of a caller's, by whatever method, goes through this.
    fn agent(
        &self,
        target: &Target,
        policy: &Policy,
        deadline: &Deadline,
    ) -> Result<Agent, FetchError> {
        let addresses = self.addresses(target, policy, deadline)?;
        let remaining = deadline.remaining()?;
        let config = Config::builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(USER_AGENT)
            .accept("*/*")
            .accept_encoding("identity")
            .max_response_header_size(LONGEST_HEADERS)
            .max_idle_connections(0)
            .timeout_global(Some(remaining))
            .timeout_connect(Some(policy.connect_timeout))
            .build();
        Ok(pinned::agent(config, &addresses, target.port(), *policy))
    }

    /// The addresses of the host. One that may not be reached refuses the whole name: no honest
    /// name has public and inner addresses at once.
    fn addresses(
        &self,
        target: &Target,
        policy: &Policy,
        deadline: &Deadline,
    ) -> Result<Vec<IpAddr>, FetchError> {
        let addresses = match target.location()? {
            Location::Address(address) => vec![address],
            Location::Name(name) => {
                let limit = policy.connect_timeout.min(deadline.remaining()?);
                self.lookup.addresses(name, limit)?
            }
        };
        for address in &addresses {
            permitted(*address, policy)?;
        }
        Ok(addresses)
    }
}

/// Refuses a URL that would not be fetched, as far as that is known without looking its host up.
///
/// # Errors
/// If its form, scheme or port is refused, or it names an address that is.
pub fn check(url: &str, policy: &Policy) -> Result<(), FetchError> {
    match Target::parse(url, policy)?.location()? {
        Location::Address(address) => permitted(address, policy),
        Location::Name(_) => Ok(()),
    }
}

/// Where a redirect leads; `None` if the answer is none.
fn redirect(response: &Response<Body>) -> Result<Option<&str>, FetchError> {
    use StatusCode as S;
    match response.status() {
        S::MOVED_PERMANENTLY
        | S::FOUND
        | S::SEE_OTHER
        | S::TEMPORARY_REDIRECT
        | S::PERMANENT_REDIRECT => {}
        _ => return Ok(None),
    }
    let unusable = |reason| FetchError::BadRedirect { reason };
    let location = response
        .headers()
        .get(LOCATION)
        .ok_or(unusable("there is no Location"))?;
    let location = location.to_str().map_err(|_| unusable("it is not ASCII"))?;
    Ok(Some(location))
}

fn body(
    response: Response<Body>,
    policy: &Policy,
    deadline: &Deadline,
) -> Result<Fetched, FetchError> {
    let too_large = FetchError::TooLarge {
        limit_bytes: policy.max_bytes,
    };
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status {
            status: response.status().as_u16(),
        });
    }
    if is_encoded(response.headers()) {
        return Err(FetchError::EncodingRefused);
    }
    let limit = policy.max_bytes as u64;
    let announced = response.body().content_length();
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large);
    }
    // What is announced is not allocated in advance: it costs nothing to announce.
    let mut bytes = Vec::new();
    response
        .into_body()
        .into_reader()
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|e| translated(e.into(), policy, deadline))?;
    if bytes.len() > policy.max_bytes {
        return Err(too_large);
    }
    Ok(Fetched { bytes })
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// The library's error in our words, without its text, which may hold the URL or an address.
fn translated(error: Error, policy: &Policy, deadline: &Deadline) -> FetchError {
    match error {
        Error::Timeout(Timeout::Connect) => FetchError::TimedOut {
            limit: policy.connect_timeout,
        },
        Error::Timeout(_) => deadline.passed(),
        Error::Io(e) if e.kind() == ErrorKind::TimedOut => deadline.passed(),
        // rustls reports what is wrong with the peer through an IO error.
        Error::Io(e) if e.kind() == ErrorKind::InvalidData => FetchError::TlsFailed,
        Error::Io(e) if e.kind() == ErrorKind::UnexpectedEof => FetchError::BadAnswer,
        Error::Io(_) | Error::ConnectionFailed => FetchError::ConnectionFailed,
        Error::Tls(_) | Error::Rustls(_) | Error::TlsRequired => FetchError::TlsFailed,
        Error::HostNotFound => FetchError::HostNotFound,
        Error::Other(inner) => inner
            .downcast_ref::<FetchError>()
            .cloned()
            .unwrap_or(FetchError::ConnectionFailed),
        _ => FetchError::BadAnswer,
    }
}
