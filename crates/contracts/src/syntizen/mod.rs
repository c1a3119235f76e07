//! Syntizen Face Passive Liveness V2: `POST /FaceLivenessV2` and `POST /userauthentication`.
//!
//! A caller gets an `authkey` for a user name and password, and sends it with each image. The
//! header `apikey` is `0` for a plain image, or names the key that the image is sealed under.
//! `respcode` is the HTTP status as a string.

mod answer;
mod read;

use std::time::SystemTime;

use http::{HeaderMap, Method};

use crate::fields::header;
use crate::{
    About, Answer, Ask, Contract, Credentials, Echo, Failure, FailureKind, Incoming, Reply, Route,
};

/// See the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct Syntizen;

/// Gives a token.
const LOGIN: &str = "/userauthentication";

const ROUTES: &[Route] = &[
    Route {
        method: Method::POST,
        path: "/FaceLivenessV2",
    },
    Route {
        method: Method::POST,
        path: LOGIN,
    },
];

/// Name of the caller's reference in the echo and on the wire.
const RRN: &str = "rrn";

impl Contract for Syntizen {
    fn name(&self) -> &'static str {
        "syntizen"
    }

    fn routes(&self) -> &'static [Route] {
        ROUTES
    }

    fn openapi(&self) -> &'static str {
        include_str!("openapi.json")
    }

    /// The vendor shows none in its answers; this one is in the header `x-request-id` alone.
    fn request_id(&self, random: [u8; 16], _at: SystemTime) -> String {
        format!("sz_{:032x}", u128::from_be_bytes(random))
    }

    fn credentials<'a>(
        &self,
        path: &str,
        headers: &'a HeaderMap,
    ) -> Result<Credentials<'a>, Failure> {
        if path == LOGIN {
            return Ok(Credentials::None);
        }
        let authkey = header(headers, "authkey").ok_or_else(|| {
            Failure::new(
                FailureKind::Unauthorized,
                "the header `authkey` is missing or blank; POST /userauthentication gives one",
            )
        })?;
        Ok(Credentials::Token(authkey))
    }

    fn read<'a>(&self, incoming: &'a Incoming, echo: &mut Echo) -> Result<Ask<'a>, Failure> {
        if incoming.path == LOGIN {
            read::token_request(incoming).map(Ask::Token)
        } else {
            read::check_request(incoming, echo).map(Ask::Check)
        }
    }

    fn answer(&self, about: &About, outcome: Result<&Answer, &Failure>) -> Reply {
        answer::reply(about, outcome)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn an_image_needs_an_authkey_and_a_login_needs_nothing() {
        let mut headers = HeaderMap::new();
        let of = |path: &str, headers: &HeaderMap| match Syntizen.credentials(path, headers) {
            Ok(Credentials::Token(token)) => Ok(token.to_owned()),
            Ok(Credentials::None) => Ok("nothing".to_owned()),
            Ok(_) => panic!("other credentials"),
            Err(failure) => Err(failure.kind),
        };
        assert_eq!(of(LOGIN, &headers).unwrap(), "nothing");
        let unauthorized = Err(FailureKind::Unauthorized);
        assert_eq!(of("/FaceLivenessV2", &headers), unauthorized);
        headers.insert("authkey", HeaderValue::from_static("  "));
        assert_eq!(of("/FaceLivenessV2", &headers), unauthorized);
        headers.insert("authkey", HeaderValue::from_static(" token"));
        assert_eq!(of("/FaceLivenessV2", &headers).unwrap(), "token");
    }

    #[test]
    fn request_ids_are_sz_and_thirty_two_hex_digits() {
        let id = Syntizen.request_id([0xAB; 16], SystemTime::UNIX_EPOCH);
        assert_eq!(id, format!("sz_{}", "ab".repeat(16)));
    }
}
