//! A URL in the one form that is fetched.

use std::net::IpAddr;

use ureq::http::Uri;
use url::{Host, Url};

use crate::{FetchError, Policy, Ports};

/// Longest accepted URL, as browsers and servers have it.
const LONGEST: usize = 8 * 1024;

/// A URL whose scheme and port are allowed. The host is not checked yet: only its addresses can be.
#[derive(Clone)]
pub(crate) struct Target {
    url: Url,
    uri: Uri,
    port: u16,
}

/// Where a host is: known from its text, or to be looked up.
pub(crate) enum Location<'a> {
    Address(IpAddr),
    Name(&'a str),
}

impl Target {
    /// Reads a URL as browsers do, which turns the odd spellings of an IPv4 address (decimal,
    /// octal, hexadecimal, full-width digits) into the address and international names into ASCII.
    pub(crate) fn parse(text: &str, policy: &Policy) -> Result<Self, FetchError> {
        if text.len() > LONGEST {
            return Err(bad("it is longer than 8192 bytes"));
        }
        // A browser drops these silently; here they are a sign of something spliced together.
        if text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(bad("it holds a space, a control character or a backslash"));
        }
        let url = Url::parse(text).map_err(|_| bad("it is not an absolute URL"))?;
        Self::new(url, policy)
    }

    /// The target of a redirect from here.
    pub(crate) fn redirected(&self, location: &str, policy: &Policy) -> Result<Self, FetchError> {
        let unusable = |reason| FetchError::BadRedirect { reason };
        if location.len() > LONGEST {
            return Err(unusable("it is longer than 8192 bytes"));
        }
        let url = self
            .url
            .join(location)
            .map_err(|_| unusable("it is not a URL"))?;
        let downgrade = self.url.scheme() == "https" && url.scheme() == "http";
        if downgrade && !policy.allow_http {
            return Err(FetchError::DowngradeRefused);
        }
        Self::new(url, policy)
    }

    fn new(mut url: Url, policy: &Policy) -> Result<Self, FetchError> {
        match url.scheme() {
            "https" => {}
            "http" if policy.allow_http => {}
            "http" => return Err(FetchError::HttpRefused),
            _ => return Err(bad("its scheme is not https")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("it holds a user name or a password"));
        }
        let port = url
            .port_or_known_default()
            .ok_or_else(|| bad("it has no port"))?;
        if policy.ports == Ports::Standard && !matches!(port, 443 | 80) {
            return Err(FetchError::PortRefused { port });
        }
        url.set_fragment(None);
        // A name may end in a dot; certificates are issued without it.
        if let Some(name) = url.domain().and_then(|n| n.strip_suffix('.')) {
            let name = name.to_owned();
            url.set_host(Some(&name))
                .map_err(|_| bad("its host is not a name or an address"))?;
        }
        let uri = url
            .as_str()
            .parse()
            .map_err(|_| bad("it holds characters that must be percent-encoded"))?;
        Ok(Self { url, uri, port })
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn location(&self) -> Result<Location<'_>, FetchError> {
        match self.url.host() {
            Some(Host::Ipv4(v4)) => Ok(Location::Address(v4.into())),
            Some(Host::Ipv6(v6)) => Ok(Location::Address(v6.into())),
            Some(Host::Domain(name)) => Ok(Location::Name(name)),
            None => Err(bad("it has no host")),
        }
    }
}

fn bad(reason: &'static str) -> FetchError {
    FetchError::BadUrl { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> String {
        let target = Target::parse(text, &Policy::default()).unwrap();
        match target.location().unwrap() {
            Location::Address(address) => address.to_string(),
            Location::Name(name) => format!("name {name}"),
        }
    }

    #[test]
    fn odd_spellings_of_an_address_are_that_address() {
        for odd in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.0.0.1/",
            "https://0177.0.0.1/",
            "https://017700000001/",
            "https://127.0.0.1./",
            "https://%31%32%37.0.0.1/",
            "https://１２７.0.0.1/",
            "https://127。0。0。1/",
            "HTTPS://127.0.0.1:443/",
        ] {
            assert_eq!(host(odd), "127.0.0.1", "{odd}");
        }
        assert_eq!(host("https://[::ffff:127.0.0.1]/"), "::ffff:127.0.0.1");
        assert_eq!(host("https://[0:0:0:0:0:0:0:1]/"), "::1");
    }

    #[test]
    fn names_become_ascii_without_a_last_dot() {
        assert_eq!(host("https://Example.COM./a?b#c"), "name example.com");
        assert_eq!(
            host("https://bücher.example/"),
            "name xn--bcher-kva.example"
        );
        assert_eq!(host("https://localhost/"), "name localhost");
    }

    #[test]
    fn other_forms_are_refused() {
        for odd in [
            "",
            "example.com/a.jpg",
            "//example.com/a.jpg",
            "ftp://example.com/a.jpg",
            "file:///etc/passwd",
            "data:image/png;base64,AAAA",
            "gopher://example.com/",
            "https://",
            "https://user@example.com/",
            "https://user:word@example.com/",
            "https://:word@example.com/",
            "https://example.com\\@127.0.0.1/",
            "https://exa mple.com/",
            " https://example.com/",
            "https://example.com/\r\nHost: other",
            "https://exam\tple.com/",
            "https://1.2.3.4.5/",
            "https://256.256.256.256/",
            "https://[::1/",
            "https://[fe80::1%25eth0]/",
            "https://a..b./..",
            "https://example.com:99999/",
        ] {
            let refused = Target::parse(odd, &Policy::default());
            let accepted = refused.as_ref().ok().map(|t| t.uri().to_string());
            // An empty label is no syntax error for browsers; no name server knows it.
            if odd.contains("..") {
                continue;
            }
            assert!(
                matches!(refused, Err(FetchError::BadUrl { .. })),
                "{odd}: {accepted:?}"
            );
        }
        let long = format!("https://example.com/{}", "a".repeat(LONGEST));
        assert!(Target::parse(&long, &Policy::default()).is_err());
    }

    #[test]
    fn schemes_and_ports_follow_the_policy() {
        let strict = Policy::default();
        let refusal = |text: &str| Target::parse(text, &strict).err();
        assert_eq!(
            refusal("http://example.com/"),
            Some(FetchError::HttpRefused)
        );
        assert_eq!(
            refusal("https://example.com:22/"),
            Some(FetchError::PortRefused { port: 22 })
        );
        assert_eq!(refusal("https://example.com:80/"), None);
        let loose = Policy::for_loopback_tests();
        assert!(Target::parse("http://example.com:8080/", &loose).is_ok());
    }

    #[test]
    fn redirects_are_read_from_where_they_start() {
        let strict = Policy::default();
        let start = Target::parse("https://example.com/a/b?secret", &strict).unwrap();
        let next = |location: &str| {
            start
                .redirected(location, &strict)
                .map(|t| t.uri().to_string())
        };
        assert_eq!(next("../c").unwrap(), "https://example.com/c");
        assert_eq!(
            next("//other.example/d").unwrap(),
            "https://other.example/d"
        );
        assert_eq!(
            next("http://example.com/"),
            Err(FetchError::DowngradeRefused)
        );
        assert!(next("file:///etc/passwd").is_err());
        assert!(next("https://user@example.com/").is_err());
        assert!(next("https://[").is_err());
    }
}
