//! A kept session as its caller, and as the page behind its link, see it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lifesign_contracts::{Failure, SessionView};
use lifesign_domain::SessionState;
use lifesign_store::{ActiveSession, Millis};
use serde_json::{Value, json};

use super::super::access::unavailable;
use super::super::conversation::fault;
use super::record::{Asked, Told, media_context};
use crate::{App, clock, secrets};

/// How long after the end frames are kept at least where a callback tells of them: as long as it is tried.
const CALLBACK_MEDIA_S: i64 = 86_400;

/// Where a session stands now, also if nobody has come round to ending it.
pub(super) fn state_now(session: &ActiveSession, now: Millis) -> SessionState {
    match session.state {
        SessionState::Created if session.made.expires_at <= now => SessionState::Expired,
        state => state,
    }
}

/// Until when the frames of a session that ended are kept.
pub(super) fn media_until(asked: &Asked, ended_at: Millis) -> Millis {
    let least = if asked.callback_url.is_some() {
        CALLBACK_MEDIA_S
    } else {
        0
    };
    ended_at.saturating_add(asked.keep_media_s.max(least).saturating_mul(1000))
}

/// The session as its caller sees it, without its link.
pub(super) fn of_session(app: &App, session: &ActiveSession) -> Result<SessionView, Failure> {
    let vault = &app.memory.vault;
    let (asked, told) = (Asked::open(vault, session)?, Told::open(vault, session)?);
    let now = clock::now();
    let made = &session.made;
    let ended_at = session.ended_at;
    let media_until = ended_at
        .map(|at| media_until(&asked, at))
        .filter(|until| *until > now);
    let match_urls = told.iter().flat_map(|told| &told.result.face_matches);
    let match_urls = match_urls.map(|found| {
        let (until, ordinal) = (media_until?, u32::try_from(found.best_frame?).ok()?);
        Some(media_url(app, &made.id, ordinal, until))
    });
    Ok(SessionView {
        id: made.id.clone(),
        url: None,
        state: state_now(session, now),
        match_urls: match_urls.collect(),
        purpose: asked.purpose,
        reference: made.reference.clone(),
        created_at: moment(made.created_at),
        expires_at: moment(made.expires_at),
        ended_at: ended_at.map(moment),
        attempts_left: made.attempts,
        originals: asked
            .references
            .into_iter()
            .map(|reference| reference.name)
            .collect(),
        location: told.as_ref().and_then(|told| told.location),
        result: told.map(|told| told.result),
        failure: session.failure.clone(),
    })
}

fn moment(at: Millis) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(at).unwrap_or(0))
}

/// What the page behind a token is told; `None` where there is no such session.
pub(crate) async fn of_token(app: &App, token: &str) -> Result<Option<Value>, Failure> {
    let hash = secrets::sha256(token.as_bytes());
    let found = app.memory.store.active_by_token(&hash).await;
    let Some(session) = found.map_err(|e| unavailable(&e))? else {
        return Ok(None);
    };
    let asked = Asked::open(&app.memory.vault, &session)?;
    Ok(Some(json!({
        "state": state_now(&session, clock::now()),
        "language": asked.language,
        "expires_at": clock::rfc3339(session.made.expires_at),
        "digits": asked.challenge.digits,
        "light": asked.challenge.light,
        "geolocation": asked.geolocation,
        "attempts_left": session.made.attempts,
        "redirect_url": asked.redirect_url.map(|url| redirect(&url, &session.made.id)),
        "purpose": asked.purpose,
    })))
}

/// The caller's redirect with the transaction's identifier.
pub(super) fn redirect(url: &str, id: &str) -> String {
    let (before, fragment) = url
        .split_once('#')
        .map_or((url, None), |(b, f)| (b, Some(f)));
    let joint = if before.contains('?') { '&' } else { '?' };
    let fragment = fragment.map_or_else(String::new, |fragment| format!("#{fragment}"));
    format!("{before}{joint}transaction_id={id}{fragment}")
}

/// The link to a kept frame, good until `until`.
fn media_url(app: &App, id: &str, ordinal: u32, until: Millis) -> String {
    let expires = until / 1000;
    let signature = app.memory.vault.sign(&media_text(id, ordinal, expires));
    format!(
        "{}/v1/media/{id}/{ordinal}?expires={expires}&signature={}",
        app.public_url(),
        crate::http::hex(&signature)
    )
}

fn media_text(id: &str, ordinal: u32, expires: i64) -> Vec<u8> {
    format!("media url\0{id}\0{ordinal}\0{expires}").into_bytes()
}

/// Whether a link to a frame is ours and not past its time.
pub(crate) fn media_signed(
    app: &App,
    id: &str,
    ordinal: u32,
    expires: i64,
    signature: &str,
) -> bool {
    let ours = app.memory.vault.sign(&media_text(id, ordinal, expires));
    let is_ours = secrets::same(crate::http::hex(&ours).as_bytes(), signature.as_bytes());
    is_ours && expires.saturating_mul(1000) > clock::now()
}

/// A kept frame, JPEG.
pub(crate) async fn found_media(
    app: &App,
    id: &str,
    ordinal: u32,
) -> Result<Option<Vec<u8>>, Failure> {
    let kept = app
        .memory
        .store
        .session_media(id, ordinal, clock::now())
        .await;
    let Some(image) = kept.map_err(|e| unavailable(&e))? else {
        return Ok(None);
    };
    let opened = app
        .memory
        .vault
        .open(&media_context(id, ordinal), &image.sealed);
    opened.map(Some).map_err(|e| fault(&e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transaction_joins_the_query_before_the_fragment() {
        for (url, expected) in [
            (
                "https://a.example/x",
                "https://a.example/x?transaction_id=T",
            ),
            (
                "https://a.example/x?y=1",
                "https://a.example/x?y=1&transaction_id=T",
            ),
            (
                "https://a.example/#/x?y",
                "https://a.example/?transaction_id=T#/x?y",
            ),
        ] {
            assert_eq!(redirect(url, "T"), expected);
        }
    }
}
