//! Who looks at the console: an operator with a session, or anybody in development mode.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lifesign_store::Act;
use serde_json::{Value, json};

use super::csrf;
use super::problem::Problem;
use super::view;
use crate::memory::{DEVELOPMENT, Mode};
use crate::{App, clock, secrets};

/// How long a log-in lasts.
pub(super) const LIFETIME: Duration = Duration::from_secs(8 * 3600);

/// Holds the session.
const SESSION: &str = "lifesign_console";
/// Holds what forms are bound to where there is no session.
const FORM: &str = "lifesign_console_form";

/// Somebody who may see and do everything at the console.
pub(super) struct Visitor {
    /// Name of the operator; none in development mode.
    operator: Option<String>,
    guest: Guest,
}

/// A browser, whoever sits at it.
pub(super) struct Guest {
    /// The value of the cookie that its forms are bound to.
    secret: String,
    /// The cookie, if the browser does not have it yet.
    fresh: Option<HeaderValue>,
}

impl Guest {
    /// The browser that asks, by a cookie of its own.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        if let Some(secret) = cookie(headers, FORM).filter(|value| value.len() >= 43) {
            let secret = secret.to_owned();
            return Ok(Self {
                secret,
                fresh: None,
            });
        }
        let secret = secrets::random("")?;
        let fresh = set_cookie(headers, FORM, &secret, LIFETIME)?;
        Ok(Self {
            secret,
            fresh: Some(fresh),
        })
    }

    /// What each form of its pages carries.
    pub(super) fn token(&self) -> String {
        csrf::token(&self.secret)
    }

    /// A page for it; `section` of the content says which part of the console it belongs to.
    pub(super) fn page(
        &self,
        status: StatusCode,
        template: &str,
        operator: Option<&str>,
        mut content: Value,
    ) -> Result<Response, Problem> {
        content["me"] = json!({ "operator": operator, "token": self.token() });
        let page = view::render(template, &content).map_err(Problem::Fault)?;
        let mut response = (status, page).into_response();
        if let Some(cookie) = &self.fresh {
            response
                .headers_mut()
                .append(header::SET_COOKIE, cookie.clone());
        }
        Ok(response)
    }
}

impl Visitor {
    /// Who acts, and that it is now.
    pub(super) fn act(&self) -> Act {
        Act {
            actor: match &self.operator {
                Some(name) => actor(name),
                None => DEVELOPMENT.to_owned(),
            },
            at: clock::now(),
        }
    }

    pub(super) fn token(&self) -> String {
        self.guest.token()
    }

    /// A page with status 200.
    pub(super) fn page(&self, template: &str, content: Value) -> Result<Response, Problem> {
        self.page_with(StatusCode::OK, template, content)
    }

    /// The page of a form that was not filled in right.
    pub(super) fn page_again(&self, template: &str, content: Value) -> Result<Response, Problem> {
        self.page_with(StatusCode::UNPROCESSABLE_ENTITY, template, content)
    }

    fn page_with(
        &self,
        status: StatusCode,
        template: &str,
        content: Value,
    ) -> Result<Response, Problem> {
        self.guest
            .page(status, template, self.operator.as_deref(), content)
    }
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        if app.memory.mode == Mode::Development {
            refuse_foreign_host(&parts.headers)?;
            return Ok(Self {
                operator: None,
                guest: Guest::of(&parts.headers)?,
            });
        }
        if let Some(secret) = cookie(&parts.headers, SESSION) {
            let found = app
                .memory
                .store
                .session(&hash(secret), clock::now())
                .await?;
            if let Some((_, operator)) = found {
                return Ok(Self {
                    operator: Some(operator.made.name),
                    guest: Guest {
                        secret: secret.to_owned(),
                        fresh: None,
                    },
                });
            }
        }
        let asked = parts.uri.path_and_query().map(|path| path.as_str());
        let next = asked.filter(|_| parts.method == Method::GET);
        Err(Problem::LogIn {
            next: next.unwrap_or("/console").to_owned(),
        })
    }
}

/// How an operator is called in the audit log.
pub(super) fn actor(name: &str) -> String {
    format!("operator:{name}")
}

/// What is kept of a session's cookie.
pub(super) fn hash(secret: &str) -> Vec<u8> {
    secrets::sha256(secret.as_bytes()).to_vec()
}

/// The hash of the session that the browser says it has.
pub(super) fn session_hash(headers: &HeaderMap) -> Option<Vec<u8>> {
    cookie(headers, SESSION).map(hash)
}

/// The cookie that begins a session.
pub(super) fn begin(headers: &HeaderMap, secret: &str) -> Result<HeaderValue, Problem> {
    set_cookie(headers, SESSION, secret, LIFETIME)
}

/// The cookie that ends a session.
pub(super) fn end(headers: &HeaderMap) -> Result<HeaderValue, Problem> {
    set_cookie(headers, SESSION, "", Duration::ZERO)
}

fn set_cookie(
    headers: &HeaderMap,
    name: &str,
    value: &str,
    lifetime: Duration,
) -> Result<HeaderValue, Problem> {
    let https = headers
        .get("x-forwarded-proto")
        .is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"));
    let text = format!(
        "{name}={value}; Max-Age={}; Path=/console; HttpOnly; SameSite=Strict{}",
        lifetime.as_secs(),
        if https { "; Secure" } else { "" }
    );
    HeaderValue::try_from(text).map_err(|e| Problem::Fault(e.to_string()))
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter();
    let texts = all.filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';'));
    pairs.find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name && !value.is_empty()).then_some(value)
    })
}

/// Without log-in the console is for this machine alone. A foreign page can give its own name this
/// machine's address (DNS rebinding), but then its name is in the request.
fn refuse_foreign_host(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(host) = headers.get(header::HOST) else {
        return Ok(());
    };
    let authority = Authority::try_from(host.as_bytes());
    let is_local = authority.is_ok_and(|authority| {
        let name = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']');
        let address = name.parse::<IpAddr>();
        name == "localhost"
            || name.ends_with(".localhost")
            || address.is_ok_and(|address| address.is_loopback())
    });
    if is_local {
        return Ok(());
    }
    Err(Problem::Refused(
        "In development mode the console answers under localhost alone.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = headers(&[("cookie", "a=1; lifesign_console=x=y"), ("cookie", "b=2")]);
        assert_eq!(cookie(&headers, SESSION), Some("x=y"));
        assert_eq!(cookie(&headers, "b"), Some("2"));
        assert_eq!(cookie(&headers, "c"), None);
    }

    #[test]
    fn without_log_in_other_names_than_this_machines_are_refused() {
        for host in ["localhost:8080", "127.0.0.1:80", "[::1]:80", "a.localhost"] {
            assert!(
                refuse_foreign_host(&headers(&[("host", host)])).is_ok(),
                "{host}"
            );
        }
        for host in [
            "evil.example:8080",
            "10.0.0.1",
            "localhost.evil.example",
            "",
            "@",
        ] {
            assert!(
                refuse_foreign_host(&headers(&[("host", host)])).is_err(),
                "{host}"
            );
        }
    }
}
