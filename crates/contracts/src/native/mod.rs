//! The native API: `POST /v1/liveness`.
//!
//! The image comes as JSON, as a form or as it is; the answer is one envelope in every case, with
//! `result` on success and `error` on failure. Query parameters that we add to the documented
//! ones: `explain` (pictures beside `result`) and `profile`.

mod answer;
pub mod faces;
mod read;
mod session;
mod video;

use std::time::SystemTime;

use http::{HeaderMap, Method, header};

use crate::{
    About, Answer, Ask, Contract, Credentials, Echo, Failure, FailureKind, Incoming, Reply, Route,
};

pub use read::image_of_json;

/// See the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct Native;

const VIDEO: &str = "/v1/liveness/video";

const ROUTES: &[Route] = &[
    Route {
        method: Method::POST,
        path: "/v1/liveness",
    },
    Route {
        method: Method::POST,
        path: VIDEO,
    },
    Route {
        method: Method::POST,
        path: session::SESSIONS,
    },
    Route {
        method: Method::GET,
        path: session::SESSIONS,
    },
    Route {
        method: Method::GET,
        path: session::SESSION,
    },
    Route {
        method: Method::DELETE,
        path: session::SESSION,
    },
];

impl Contract for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn routes(&self) -> &'static [Route] {
        ROUTES
    }

    fn openapi(&self) -> &'static str {
        include_str!("openapi.json")
    }

    fn request_id(&self, random: [u8; 16], _at: SystemTime) -> String {
        let [a, b, c, d, e, f, g, h, ..] = random;
        format!("lv_{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    fn credentials<'a>(
        &self,
        _path: &str,
        headers: &'a HeaderMap,
    ) -> Result<Credentials<'a>, Failure> {
        key(headers).map(Credentials::Key)
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
            session::SESSIONS => Some(crate::SESSION_BYTES),
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

/// The key of `Authorization: Bearer KEY` or, without that header, of `x-api-key: KEY`.
///
/// # Errors
/// If there is none.
pub fn key(headers: &HeaderMap) -> Result<&str, Failure> {
    const WANTED: &str = "send your key as `Authorization: Bearer KEY` or as `x-api-key: KEY`";
    let unauthorized =
        |what: &str| Failure::new(FailureKind::Unauthorized, format!("{what}; {WANTED}"));
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let key = match text(header::AUTHORIZATION.as_str()) {
        Some(value) => match value.split_once(' ') {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
            _ => {
                return Err(unauthorized(
                    "the header `authorization` is not of scheme Bearer",
                ));
            }
        },
        None => text("x-api-key")
            .ok_or_else(|| unauthorized("no key was sent"))?
            .trim(),
    };
    if key.is_empty() {
        return Err(unauthorized("the key is blank or not ASCII"));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn keyed(pairs: &[(&'static str, &str)]) -> Result<String, FailureKind> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        key(&headers)
            .map(str::to_owned)
            .map_err(|failure| failure.kind)
    }

    #[test]
    fn the_key_comes_as_a_bearer_or_in_a_header_of_its_own() {
        assert_eq!(keyed(&[("authorization", "Bearer abc")]).unwrap(), "abc");
        assert_eq!(keyed(&[("authorization", "bearer  abc ")]).unwrap(), "abc");
        assert_eq!(keyed(&[("x-api-key", " abc")]).unwrap(), "abc");
        // The standard header wins, also where it is wrong.
        let both = [("authorization", "Bearer a"), ("x-api-key", "b")];
        assert_eq!(keyed(&both).unwrap(), "a");
        for wrong in [
            &[][..],
            &[("authorization", "Basic abc")],
            &[("authorization", "abc")],
            &[("authorization", "Basic abc"), ("x-api-key", "abc")],
            &[("x-api-key", "")],
            &[("x-api-key", "\u{e4}")],
        ] {
            assert_eq!(keyed(wrong), Err(FailureKind::Unauthorized), "{wrong:?}");
        }
    }

    #[test]
    fn request_ids_are_lv_and_sixteen_lower_case_hex_digits() {
        let id = Native.request_id([0xAB; 16], SystemTime::UNIX_EPOCH);
        assert_eq!(id, "lv_abababababababab");
        let id = Native.request_id([0; 16], SystemTime::UNIX_EPOCH);
        assert_eq!(id, "lv_0000000000000000");
    }
}
