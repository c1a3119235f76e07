//! Where a request comes from.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

/// Address that a request comes from: the other end of its connection or, where that is a trusted
/// proxy, what the proxy says.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The address, if the request came over a connection.
pub(crate) struct From(pub(crate) Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Peer>().map(|peer| peer.0)))
    }
}

/// Puts in the place of a trusted proxy whom it speaks for.
pub(super) fn see_through(trusted: &[IpNet], headers: &HeaderMap, extensions: &mut Extensions) {
    let Some(Peer(peer)) = extensions.get().copied() else {
        return;
    };
    if let Some(client) = behind(trusted, peer, headers) {
        extensions.insert(Peer(client));
    }
}

/// The last address in `x-forwarded-for` that is no trusted proxy: each proxy appends whom it
/// heard from, and what stands further left may be anybody's invention.
fn behind(trusted: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip.to_canonical()));
    if !is_trusted(peer) {
        return None;
    }
    let lines = headers.get_all("x-forwarded-for").iter();
    let lines = Vec::from_iter(lines.filter_map(|line| line.to_str().ok()));
    let hops = lines.iter().flat_map(|line| line.split(','));
    let hops = Vec::from_iter(hops.map(|hop| hop.trim().parse::<IpAddr>().ok()));
    let mut last = None;
    for hop in hops.into_iter().rev() {
        // What is no address ends what can be believed.
        let hop = hop?;
        last = Some(hop);
        if !is_trusted(hop) {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_trusted_proxy_speaks_for_others_and_only_its_own_words_count() {
        let trusted = [
            "10.0.0.0/8".parse().unwrap(),
            "127.0.0.1/32".parse().unwrap(),
        ];
        let seen = |peer: &str, lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", HeaderValue::from_static(line));
            }
            let client = behind(&trusted, peer.parse().unwrap(), &headers);
            client.map(|ip| ip.to_string())
        };
        let client = |ip: &str| Some(ip.to_owned());
        assert_eq!(seen("192.0.2.1", &["198.51.100.7"]), None);
        assert_eq!(seen("10.0.0.1", &[]), None);
        assert_eq!(seen("10.0.0.1", &["198.51.100.7"]), client("198.51.100.7"));
        let forged = ["1.2.3.4, 198.51.100.7"];
        assert_eq!(seen("10.0.0.1", &forged), client("198.51.100.7"));
        let chained = ["1.2.3.4", "198.51.100.7, 10.9.9.9"];
        assert_eq!(seen("::ffff:10.0.0.1", &chained), client("198.51.100.7"));
        assert_eq!(seen("10.0.0.1", &["10.1.1.1"]), client("10.1.1.1"));
        assert_eq!(seen("10.0.0.1", &["198.51.100.7, unknown"]), None);
        assert_eq!(seen("127.0.0.1", &["2001:db8::1"]), client("2001:db8::1"));
    }
}
