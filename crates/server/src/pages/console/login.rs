//! In and out.

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use lifesign_store::{Act, Operator, Session, StoreError};
use serde_json::json;

use super::csrf::{self, Posted};
use super::form::Fields;
use super::problem::Problem;
use super::session::{self, Guest};
use crate::memory::Mode;
use crate::{App, Peer, clock, secrets};

/// The log-in page's address; afterwards the visitor goes on to `next`.
pub(super) fn address(next: &str) -> String {
    if next == "/console" {
        return "/console/login".to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("next", next)
        .finish();
    format!("/console/login?{query}")
}

/// A page of the console, or its start where `asked` is anything else: nobody is led away.
fn local(asked: &str) -> &str {
    const LONGEST: usize = 2000;
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    let inside = asked.starts_with("/console/") || asked.starts_with("/console?");
    let loops = asked.starts_with("/console/log");
    if inside && !loops && asked.len() <= LONGEST && asked.bytes().all(plain) {
        asked
    } else {
        "/console"
    }
}

pub(super) async fn page(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let fields = Fields::of_query(query);
    let next = local(fields.get("next"));
    if app.memory.mode == Mode::Development || is_logged_in(&app, &headers).await? {
        return Ok(Redirect::to(next).into_response());
    }
    let guest = Guest::of(&headers)?;
    shown(&app, &guest, StatusCode::OK, next, "", None).await
}

async fn is_logged_in(app: &App, headers: &HeaderMap) -> Result<bool, Problem> {
    let Some(hash) = session::session_hash(headers) else {
        return Ok(false);
    };
    let session = app.memory.store.session(&hash, clock::now()).await?;
    Ok(session.is_some())
}

async fn shown(
    app: &App,
    guest: &Guest,
    status: StatusCode,
    next: &str,
    name: &str,
    error: Option<&str>,
) -> Result<Response, Problem> {
    let nobody = app.memory.store.operators().await?.is_empty();
    let content = json!({
        "next": next, "name": name, "error": error, "nobody": nobody,
        "data": app.config.data.display().to_string(),
    });
    guest.page(status, "login.html", None, content)
}

pub(super) async fn log_in(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    csrf::refuse_foreign(&parts.headers)?;
    let guest = Guest::of(&parts.headers)?;
    let fields = csrf::receive(&app, body, &guest.token()).await?;
    let next = local(fields.get("next"));
    if app.memory.mode == Mode::Development {
        return Ok(Redirect::to(next).into_response());
    }
    let peer = parts.extensions.get::<Peer>().map(|peer| peer.0);
    app.memory.slowdown.wait(peer).await;
    let name = fields.get("name").trim();
    if let Some(operator) = proven(&app, name, fields.get("password")).await?
        && let Some(secret) = begin(&app, &operator).await?
    {
        let cookie = session::begin(&parts.headers, &secret)?;
        return Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response());
    }
    app.memory.slowdown.failed(peer);
    tracing::warn!("a log-in at the console was refused");
    let error = "Name and password do not fit together, or you may not log in.";
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    shown(&app, &guest, status, next, name, Some(error)).await
}

/// The operator whose name and password these are. An unknown name costs the same time as a wrong
/// password, and each takes a place among the checks, so that guessing cannot fill the memory.
async fn proven(app: &App, name: &str, password: &str) -> Result<Option<Operator>, Problem> {
    let found = app.memory.store.operator(name).await?;
    let hash = found
        .as_ref()
        .map(|operator| operator.made.password_hash.clone());
    let password = password.to_owned();
    let place = app.pool.enter().map_err(|_| Problem::Busy)?;
    let good = place.run(move || match hash {
        Some(hash) => secrets::verify_password(hash.as_bytes(), &password),
        None => secrets::verify_nobody(&password),
    });
    let good = good.await.map_err(|_| Problem::Busy)?;
    Ok(found.filter(|operator| good && operator.disabled_at.is_none()))
}

/// Begins a session and answers its secret; none if the operator was shut out this moment.
async fn begin(app: &App, operator: &Operator) -> Result<Option<String>, Problem> {
    let secret = secrets::random("")?;
    let now = clock::now();
    let begun = Session {
        hash: session::hash(&secret),
        operator_id: operator.made.id.clone(),
        created_at: now,
        expires_at: now.saturating_add(clock::millis(session::LIFETIME)),
    };
    let act = Act {
        actor: session::actor(&operator.made.name),
        at: now,
    };
    match app.memory.store.create_session(&begun, &act).await {
        Ok(()) => Ok(Some(secret)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn log_out(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Problem> {
    if let Some(hash) = session::session_hash(&headers) {
        let act = posted.visitor.act();
        app.memory.store.end_session(&hash, &act).await?;
    }
    let cookie = session::end(&headers)?;
    let login = Redirect::to("/console/login");
    Ok(([(header::SET_COOKIE, cookie)], login).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_away_after_log_in() {
        let good = [
            "/console/checks?verdict=SPOOF",
            "/console/tenants/t_1",
            "/console?x=1",
        ];
        for page in good {
            assert_eq!(local(page), page);
        }
        for bad in [
            "",
            "/",
            "//evil.example",
            "https://evil.example/console/",
            "/consolex",
            "/console/\\evil",
            "/console/a\r\nb",
            "/console/ä",
            "/console/login?next=x",
        ] {
            assert_eq!(local(bad), "/console", "{bad}");
        }
    }

    #[test]
    fn the_page_asked_for_is_in_the_address() {
        assert_eq!(address("/console"), "/console/login");
        assert_eq!(
            address("/console/checks?a=b&c"),
            "/console/login?next=%2Fconsole%2Fchecks%3Fa%3Db%26c"
        );
    }
}
