//! verified.africa Passive Liveness Verification: `POST /sfx-verify/v3/id-service/`.
//!
//! One envelope in every case. A check is paid for from the tenant's wallet if it came to LIVE or
//! SPOOF; a `transactionReference` that is sent again with the same body gets the first answer.

mod answer;
mod read;

use std::time::{Duration, SystemTime};

use http::{HeaderMap, Method};
use lifesign_domain::Verdict;

use crate::fields::header;
use crate::{
    About, Answer, Ask, Checked, Contract, Credentials, Echo, Failure, FailureKind, Incoming,
    Reply, Route,
};

/// See the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct VerifiedAfrica;

const ROUTES: &[Route] = &[
    Route {
        method: Method::POST,
        path: "/sfx-verify/v3/id-service/",
    },
    // Clients that join paths drop the slash.
    Route {
        method: Method::POST,
        path: "/sfx-verify/v3/id-service",
    },
];

/// The one service of theirs that is answered.
const VERIFICATION_TYPE: &str = "PASSIVE-LIVELINESS-VERIFICATION";

/// Names in the echo.
const TYPE: &str = "verificationType";
const REFERENCE: &str = "transactionReference";
const NOTE: &str = "note";

impl Contract for VerifiedAfrica {
    fn name(&self) -> &'static str {
        "verified_africa"
    }

    fn routes(&self) -> &'static [Route] {
        ROUTES
    }

    fn openapi(&self) -> &'static str {
        include_str!("openapi.json")
    }

    /// The generated `transactionReference`: milliseconds since 1970, 8 of `A-Z0-9`.
    fn request_id(&self, random: [u8; 16], at: SystemTime) -> String {
        const SYMBOLS: u128 = 36;
        let mut rest = u128::from_be_bytes(random);
        let mut id = format!("{:013}-", since_1970(at).as_millis());
        for _ in 0..8 {
            let digit = u32::try_from(rest % SYMBOLS).ok();
            let symbol = digit.and_then(|digit| char::from_digit(digit, 36));
            id.push(symbol.map_or('0', |symbol| symbol.to_ascii_uppercase()));
            rest /= SYMBOLS;
        }
        id
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
                    format!("the header `{name}` is missing or blank; send `userid` and `apiKey`"),
                )
            })
        };
        Ok(Credentials::User {
            userid: wanted("userid")?,
            api_key: wanted("apiKey")?,
        })
    }

    fn read<'a>(&self, incoming: &'a Incoming, echo: &mut Echo) -> Result<Ask<'a>, Failure> {
        read::check_request(incoming, echo).map(Ask::Check)
    }

    fn charges(&self, checked: &Checked) -> bool {
        decided(checked).is_some()
    }

    fn answer(&self, about: &About, outcome: Result<&Answer, &Failure>) -> Reply {
        answer::reply(about, outcome)
    }
}

/// Whether the picture passed; `None` where that could not be said, which is PENDING and free.
fn decided(checked: &Checked) -> Option<bool> {
    match checked.result.verdict {
        _ if !checked.result.face_detected => None,
        Verdict::Live => Some(true),
        Verdict::Spoof => Some(false),
        Verdict::Inconclusive => None,
    }
}

fn since_1970(at: SystemTime) -> Duration {
    at.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::testing::{checked, no_face};

    #[test]
    fn generated_references_have_the_documented_shape() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_628_016_393_774);
        let id = |random| VerifiedAfrica.request_id(random, at);
        assert_eq!(id([0; 16]), "1628016393774-00000000");
        for random in [[0xFF; 16], [0x5A; 16], *b"0123456789abcdef"] {
            let id = id(random);
            let (millis, tail) = id.split_once('-').unwrap();
            assert_eq!(millis, "1628016393774");
            assert_eq!(tail.len(), 8);
            let good = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
            assert!(tail.chars().all(good), "{tail}");
        }
        let early = VerifiedAfrica.request_id([0; 16], SystemTime::UNIX_EPOCH);
        assert_eq!(early, "0000000000000-00000000");
    }

    #[test]
    fn credentials_are_two_headers_in_any_case() {
        let of = |pairs: &[(&str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
            match VerifiedAfrica.credentials("/", &headers) {
                Ok(Credentials::User { userid, api_key }) => Ok(format!("{userid} {api_key}")),
                Ok(_) => panic!("other credentials"),
                Err(failure) => Err((failure.kind, failure.message)),
            }
        };
        assert_eq!(of(&[("Userid", "u"), ("ApiKey", "k")]).unwrap(), "u k");
        assert_eq!(of(&[("userid", "u"), ("apikey", " k")]).unwrap(), "u k");
        let (kind, message) = of(&[("userid", "u")]).unwrap_err();
        assert_eq!(kind, FailureKind::Unauthorized);
        assert!(message.contains("`apiKey` is missing"), "{message}");
        assert!(of(&[("userid", ""), ("apiKey", "k")]).is_err());
    }

    #[test]
    fn what_is_pending_costs_nothing() {
        assert!(VerifiedAfrica.charges(&checked(Verdict::Live, 0.9, &[])));
        assert!(VerifiedAfrica.charges(&checked(Verdict::Spoof, 0.1, &[])));
        assert!(!VerifiedAfrica.charges(&checked(Verdict::Inconclusive, 0.6, &[])));
        assert!(!VerifiedAfrica.charges(&no_face()));
    }
}
