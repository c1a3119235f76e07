//! What a fetch may do.

use std::time::Duration;

/// The ports that may be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ports {
    /// 443 and 80.
    Standard,
    /// Any; for tests, whose servers get whatever is free.
    Any,
}

/// What a fetch may do. The default is what a stranger's URL gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether `http:` is accepted beside `https:`, also as the target of a redirect.
    pub allow_http: bool,
    /// Whether the machine itself may be reached; for tests. Other addresses that are not public
    /// stay refused.
    pub allow_loopback: bool,
    /// The ports that may be connected to.
    pub ports: Ports,
    /// Largest accepted body.
    pub max_bytes: usize,
    /// Time for everything: look-ups, connections, redirects and the last byte.
    pub timeout: Duration,
    /// Time for each look-up, and for each connection with its TLS handshake.
    pub connect_timeout: Duration,
    /// Redirects that are followed.
    pub max_redirects: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allow_http: false,
            allow_loopback: false,
            ports: Ports::Standard,
            // The file limit of the decoders.
            max_bytes: 10 * 1024 * 1024,
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(3),
            max_redirects: 3,
        }
    }
}

impl Policy {
    /// Lets tests reach a plain server on loopback at whatever port it got.
    pub fn for_loopback_tests() -> Self {
        Self {
            allow_http: true,
            allow_loopback: true,
            ports: Ports::Any,
            ..Self::default()
        }
    }
}
