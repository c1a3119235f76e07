//! The native API: `POST /v1/liveness`.
//!
//! The image comes as JSON, as a form or as it is; the answer is one envelope in every case, with
//! `result` on success and `error` on failure. Query parameters that we add to the documented
//! ones: `explain` (pictures beside `result`) and `profile`.

mod answer;
mod read;

use std::time::SystemTime;

use http::Method;

use crate::{About, CheckRequest, Checked, Contract, Echo, Failure, Incoming, Reply, Route};

pub use read::image_of_json;

/// See the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct Native;

const ROUTES: &[Route] = &[Route {
    method: Method::POST,
    path: "/v1/liveness",
}];

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

    fn read<'a>(
        &self,
        incoming: &'a Incoming,
        _echo: &mut Echo,
    ) -> Result<CheckRequest<'a>, Failure> {
        read::check_request(incoming)
    }

    fn answer(&self, about: &About, outcome: Result<&Checked, &Failure>) -> Reply {
        answer::reply(about, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_lv_and_sixteen_lower_case_hex_digits() {
        let id = Native.request_id([0xAB; 16], SystemTime::UNIX_EPOCH);
        assert_eq!(id, "lv_abababababababab");
        let id = Native.request_id([0; 16], SystemTime::UNIX_EPOCH);
        assert_eq!(id, "lv_0000000000000000");
    }
}
