//! Decentro passive image liveness: `POST /v2/kyc/forensics/liveness/passive` with a form or
//! JSON, and `POST /v3/kyc/farsight/liveness/passive` with JSON alone.
//!
//! Active video liveness is in the module `session`.
//!
//! A success is HTTP 200 whether the face is live or not; a FAILURE tells its kind by HTTP
//! status, `responseCode` and `responseKey`.

mod answer;
mod read;
mod session;
mod source;
mod video;

use std::time::SystemTime;

use http::{HeaderMap, Method};

use crate::fields::header;
use crate::{
    About, Answer, Ask, Contract, Credentials, Echo, Failure, FailureKind, Incoming, Reply, Route,
};

/// See the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct Decentro;

/// Takes JSON alone.
const FARSIGHT: &str = "/v3/kyc/farsight/liveness/passive";

/// Takes forms alone.
const VIDEO: &str = "/v2/kyc/forensics/video_liveness";

const ROUTES: &[Route] = &[
    Route {
        method: Method::POST,
        path: "/v2/kyc/forensics/liveness/passive",
    },
    Route {
        method: Method::POST,
        path: FARSIGHT,
    },
    Route {
        method: Method::POST,
        path: VIDEO,
    },
    Route {
        method: Method::POST,
        path: session::INITIATE,
    },
    Route {
        method: Method::POST,
        path: session::RESULT,
    },
];

impl Contract for Decentro {
    fn name(&self) -> &'static str {
        "decentro"
    }

    fn routes(&self) -> &'static [Route] {
        ROUTES
    }

    fn openapi(&self) -> &'static str {
        include_str!("openapi.json")
    }

    /// `decentroTxnId`: 32 hexadecimal digits in upper case.
    fn request_id(&self, random: [u8; 16], _at: SystemTime) -> String {
        format!("{:032X}", u128::from_be_bytes(random))
    }

    fn credentials<'a>(
        &self,
        _path: &str,
        headers: &'a HeaderMap,
    ) -> Result<Credentials<'a>, Failure> {
        let wanted = |name: &str| {
            header(headers, name).ok_or_else(|| {
                Failure::new(
                    FailureKind::Unauthorized,
                    format!(
                        "the header `{name}` is missing or blank; send `client_id`, \
                         `client_secret` and `module_secret`"
                    ),
                )
            })
        };
        Ok(Credentials::Client {
            client_id: wanted("client_id")?,
            client_secret: wanted("client_secret")?,
            module_secret: wanted("module_secret")?,
        })
    }

    fn read<'a>(&self, incoming: &'a Incoming, _echo: &mut Echo) -> Result<Ask<'a>, Failure> {
        if incoming.path == VIDEO {
            return video::clip_request(incoming).map(Ask::Clip);
        }
        if let Some(ask) = session::ask(incoming)? {
            return Ok(ask);
        }
        read::check_request(incoming).map(Ask::Check)
    }

    fn body_bytes(&self, path: &str) -> Option<usize> {
        // The fields of a form beside the file.
        const FIELDS: usize = 64 * 1024;
        match path {
            VIDEO => Some(crate::CLIP_BYTES + FIELDS),
            session::INITIATE => Some(crate::SESSION_BYTES),
            _ => None,
        }
    }

    fn takes_clips(&self, path: &str) -> bool {
        path == VIDEO
    }

    fn only_looks(&self, method: &Method, path: &str) -> bool {
        session::is_look(method, path)
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
    fn transaction_ids_are_thirty_two_upper_case_hex_digits() {
        let id = Decentro.request_id([0x0B; 16], SystemTime::UNIX_EPOCH);
        assert_eq!(id, "0B".repeat(16));
    }

    #[test]
    fn all_three_headers_are_wanted() {
        let mut headers = HeaderMap::new();
        for name in ["client_id", "client_secret", "module_secret"] {
            let failure = Decentro.credentials("/", &headers).err().unwrap();
            assert_eq!(failure.kind, FailureKind::Unauthorized);
            let says = format!("the header `{name}` is missing");
            assert!(failure.message.contains(&says), "{}", failure.message);
            headers.insert(name, HeaderValue::from_static(name));
        }
        let credentials = Decentro
            .credentials("/", &headers)
            .unwrap_or(Credentials::None);
        let expected = Credentials::Client {
            client_id: "client_id",
            client_secret: "client_secret",
            module_secret: "module_secret",
        };
        assert!(credentials == expected);
    }
}
