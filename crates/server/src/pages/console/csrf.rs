//! A form counts only if it came from a page of the console that this very browser was shown.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, header};
use tokio::time::timeout;

use super::form::Fields;
use super::problem::Problem;
use super::session::Visitor;
use crate::http::hex;
use crate::{App, secrets};

/// The field that carries the token.
const FIELD: &str = "token";
/// Far more than any form of ours.
const MOST_BYTES: usize = 64 * 1024;

/// A visitor's form from a page of ours.
pub(super) struct Posted {
    pub(super) visitor: Visitor,
    pub(super) fields: Fields,
}

impl FromRequest<Arc<App>> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        refuse_foreign(&parts.headers)?;
        let visitor = Visitor::from_request_parts(&mut parts, app).await?;
        let fields = receive(app, body, &visitor.token()).await?;
        Ok(Self { visitor, fields })
    }
}

/// What a form must carry: bound to the cookie, which no other site can read, and without telling
/// it.
pub(super) fn token(secret: &str) -> String {
    hex(&secrets::sha256(
        format!("lifesign console form\0{secret}").as_bytes(),
    ))
}

/// Reads a form and looks at its token.
pub(super) async fn receive(app: &App, body: Body, token: &str) -> Result<Fields, Problem> {
    let bytes = timeout(app.edge.body_timeout, to_bytes(body, MOST_BYTES))
        .await
        .ok()
        .and_then(Result::ok)
        .ok_or_else(|| Problem::Bad("The form did not arrive whole, or is too long.".to_owned()))?;
    let fields = Fields::parse(&bytes);
    if !secrets::same(fields.get(FIELD).as_bytes(), token.as_bytes()) {
        return Err(Problem::Refused(
            "This form is out of date. Go back, load the page again and send it once more.",
        ));
    }
    Ok(fields)
}

/// Refuses what browsers say comes from another site. Other clients say nothing; the token stands.
pub(super) fn refuse_foreign(headers: &HeaderMap) -> Result<(), Problem> {
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    let from_here = matches!(site, None | Some(b"same-origin" | b"none"));
    if from_here && origin_is_ours(headers) {
        return Ok(());
    }
    Err(Problem::Refused(
        "This form was sent from another site. Nothing was done.",
    ))
}

/// Whether the origin, if one is told, is the host that was asked. A proxy that changes the host
/// tells the former one; no form of a foreign page can add that header.
fn origin_is_ours(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Some((_, authority)) = origin.to_str().ok().and_then(|text| text.split_once("://")) else {
        return false;
    };
    let names = [headers.get(header::HOST), headers.get("x-forwarded-host")];
    let mut names = names.into_iter().flatten();
    names.any(|name| name.as_bytes().eq_ignore_ascii_case(authority.as_bytes()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn is_refused(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        refuse_foreign(&headers).is_err()
    }

    #[test]
    fn what_comes_from_elsewhere_is_refused() {
        let host = ("host", "desk.example:8080");
        let ours = ("origin", "https://desk.example:8080");
        assert!(!is_refused(&[host]));
        assert!(!is_refused(&[
            host,
            ours,
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!is_refused(&[host, ("sec-fetch-site", "none")]));
        for foreign in [
            "https://evil.example",
            "null",
            "https://desk.example",
            "",
            "x",
        ] {
            assert!(is_refused(&[host, ("origin", foreign)]), "{foreign}");
        }
        for site in ["cross-site", "same-site", ""] {
            assert!(
                is_refused(&[host, ours, ("sec-fetch-site", site)]),
                "{site}"
            );
        }
        let proxied = [
            ("host", "10.0.0.7"),
            ("x-forwarded-host", "desk.example:8080"),
        ];
        assert!(!is_refused(&[proxied[0], proxied[1], ours]));
    }

    #[test]
    fn tokens_of_two_cookies_differ_and_tell_neither() {
        assert_ne!(token("one"), token("two"));
        assert_eq!(token("one").len(), 64);
        assert_ne!(token("one"), hex(&secrets::sha256(b"one")));
    }
}
