//! Callbacks: the body that the result request answers, signed by the Standard Webhooks scheme
//! (<https://www.standardwebhooks.com>), sent from a durable queue until it is taken or a day has passed.

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lifesign_contracts::{About, Answer, Echo, Failure};
use lifesign_net::{FetchError, Policy};
use lifesign_store::{
    CredentialKind, Delivery, DeliveryAttempt, DeliveryState, Millis, StoreError, TakenDelivery,
};
use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

use super::super::access::{is_open, unavailable};
use super::super::conversation::fault;
use super::record::Asked;
use super::view::of_session;
use crate::{App, clock, secrets};

/// How long the receiver may take; its answer is not read beyond its status.
const TIMEOUT: Duration = Duration::from_secs(15);
/// For how long a callback is nobody else's: longer than an attempt can take.
const LEASE: Duration = Duration::from_secs(60);
/// First pause before another attempt; each next one is twice as long.
const FIRST_PAUSE_MS: i64 = 5_000;
/// Longest pause.
const LONGEST_PAUSE_MS: i64 = 2 * 3_600_000;
/// What a receiver answers that never wants to hear of it again.
const GONE: u16 = 410;

/// Sends the callback whose turn it is; false where there is none.
///
/// # Errors
/// If the queue cannot be read or written.
pub(crate) async fn deliver_due(app: &Arc<App>) -> Result<bool, StoreError> {
    let owner = secrets::random("").map_err(|e| StoreError::Invalid(e.to_string()))?;
    let store = &app.memory.store;
    let now = clock::now();
    let lease_until = now.saturating_add(clock::millis(LEASE));
    let Some(taken) = store.take_delivery(&owner, now, lease_until).await? else {
        return Ok(false);
    };
    let id = taken.delivery.session_id.clone();
    let span = info_span!(
        "callback",
        otel.kind = "client",
        otel.status_code = Empty,
        session.id = %id,
        callback.attempt = taken.delivery.attempts + 1,
        http.response.status_code = Empty,
    );
    let since = Instant::now();
    let sent = attempt(app, &taken).instrument(span.clone()).await;
    match &sent {
        Ok(status) => span.record("http.response.status_code", status),
        Err(_) => span.record("otel.status_code", "ERROR"),
    };
    let noted = DeliveryAttempt {
        at: now,
        took_ms: clock::millis(since.elapsed()),
        status: sent.as_ref().ok().copied(),
        error: sent.as_ref().err().cloned(),
    };
    let (then, next_at) = next(&taken.delivery, sent.as_ref().ok().copied(), clock::now());
    match (then, &sent) {
        (DeliveryState::Delivered, _) => {
            tracing::info!(session.id = %id, "callback delivered");
        }
        (_, Ok(status)) => {
            tracing::warn!(session.id = %id, http.status = status, "callback answered with {status}");
        }
        (_, Err(error)) => {
            tracing::warn!(session.id = %id, error = %error, "callback failed: {error}")
        }
    }
    store
        .note_delivery(&id, &owner, &noted, then, next_at)
        .await?;
    Ok(true)
}

/// What follows an attempt that ended with this status at `now`, and when.
fn next(delivery: &Delivery, status: Option<u16>, now: Millis) -> (DeliveryState, Millis) {
    match status {
        Some(200..=299) => return (DeliveryState::Delivered, now),
        Some(GONE) => return (DeliveryState::GivenUp, now),
        _ => {}
    }
    let next_at = now.saturating_add(pause_ms(delivery.attempts, jitter()));
    if next_at >= delivery.give_up_at {
        return (DeliveryState::GivenUp, now);
    }
    (DeliveryState::Waiting, next_at)
}

/// The pause after attempt number `before` (from 0), for `jitter` in 0 to 1: three quarters to five quarters of
/// it, so that receivers that were down are not all called at once.
fn pause_ms(before: u32, jitter: f64) -> i64 {
    let doubled =
        FIRST_PAUSE_MS.saturating_mul(1_i64.checked_shl(before.min(20)).unwrap_or(i64::MAX));
    let pause = doubled.min(LONGEST_PAUSE_MS);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 2.5 hours in milliseconds"
    )]
    let spread = (pause as f64 * (0.75 + jitter.clamp(0.0, 1.0) / 2.0)) as i64;
    spread
}

fn jitter() -> f64 {
    let mut byte = [128];
    // Without random bytes the pause is the middle one.
    let _ = getrandom::fill(&mut byte);
    f64::from(byte[0]) / 255.0
}

/// Sends it once; answers the status, or why there is none.
async fn attempt(app: &Arc<App>, taken: &TakenDelivery) -> Result<u16, String> {
    let told = |failure: Failure| failure.cause.unwrap_or(failure.message);
    let tenant_id = taken.delivery.tenant_id.as_str();
    let asked = Asked::open(&app.memory.vault, &taken.session).map_err(told)?;
    let url = asked.callback_url.ok_or("the session names no callback")?;
    let body = body(app, taken).map_err(told)?;
    let keys = keys(app, tenant_id).await.map_err(told)?;
    if keys.is_empty() {
        return Err("the tenant has no secret to sign callbacks with".to_owned());
    }
    let tenant = app
        .memory
        .store
        .tenant(tenant_id)
        .await
        .map_err(|e| e.to_string())?;
    let policy = Policy {
        allow_http: tenant.is_some_and(|tenant| tenant.settings.allow_http),
        timeout: TIMEOUT,
        ..app.config.fetch
    };
    let message_id = format!("msg_{}", taken.delivery.session_id);
    let timestamp = (clock::now() / 1000).to_string();
    let signature = signature(&keys, &message_id, &timestamp, &body);
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("webhook-id", message_id),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", signature),
    ];
    let trace = lifesign_traces::traceparent(&Span::current());
    headers.extend(trace.map(|trace| ("traceparent", trace)));
    let fetcher = app.fetcher.clone();
    let sending = tokio::task::spawn_blocking(move || fetcher.post(&url, &headers, &body, &policy));
    let sent = sending
        .await
        .map_err(|_| "the attempt panicked".to_owned())?;
    sent.map_err(|error: FetchError| error.to_string())
}

/// The same for every attempt: nothing in it depends on when it is made, as long as the frames are kept.
fn body(app: &App, taken: &TakenDelivery) -> Result<Vec<u8>, Failure> {
    let session = &taken.session;
    let mut contracts = app.contracts.iter();
    let contract = contracts.find(|contract| contract.name() == session.made.contract);
    let contract = contract.ok_or_else(|| fault("the contract of a session is gone"))?;
    let ended = u64::try_from(session.ended_at.unwrap_or(0)).unwrap_or(0);
    let about = About {
        request_id: session.made.id.clone(),
        at: UNIX_EPOCH + Duration::from_millis(ended),
        echo: Echo::new(),
    };
    let answer = Answer::Session(Box::new(of_session(app, session)?));
    Ok(contract.answer(&about, Ok(&answer)).into_body())
}

/// `webhook-signature`: one for each secret in force, so that secrets are changed without a gap.
fn signature(keys: &[Vec<u8>], message_id: &str, timestamp: &str, body: &[u8]) -> String {
    let signed = [format!("{message_id}.{timestamp}.").as_bytes(), body].concat();
    let signatures = keys.iter().map(|key| {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
        let tag = ring::hmac::sign(&key, &signed);
        format!("v1,{}", BASE64_STANDARD.encode(tag))
    });
    Vec::from_iter(signatures).join(" ")
}

/// The secrets of a tenant that sign its callbacks.
pub(super) async fn keys(app: &App, tenant_id: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let store = &app.memory.store;
    let credentials = store
        .credentials(Some(tenant_id))
        .await
        .map_err(|e| unavailable(&e))?;
    let tenant = store.tenant(tenant_id).await.map_err(|e| unavailable(&e))?;
    let tenant = tenant.ok_or_else(|| fault("the tenant of a session is gone"))?;
    let now = clock::now();
    let mut keys = Vec::new();
    for credential in credentials {
        if credential.made.kind != CredentialKind::Webhook || !is_open(&credential, &tenant, now) {
            continue;
        }
        let Some(sealed) = &credential.made.sealed_secret else {
            continue;
        };
        let context = credential.made.public_id.as_bytes();
        let key = app
            .memory
            .vault
            .open(context, sealed)
            .map_err(|e| fault(&e.to_string()))?;
        keys.push(key);
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the scheme's own specification and libraries.
    #[test]
    fn the_published_example_has_its_signature() {
        let key = BASE64_STANDARD
            .decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            .unwrap();
        let signed = signature(
            &[key],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn pauses_double_to_two_hours_and_end_within_a_day() {
        assert_eq!(pause_ms(0, 0.5), 5_000);
        assert_eq!(pause_ms(3, 0.5), 40_000);
        assert_eq!(pause_ms(40, 0.5), LONGEST_PAUSE_MS);
        assert_eq!(pause_ms(0, 0.0), 3_750);
        assert_eq!(pause_ms(0, 1.0), 6_250);
        let mut delivery = Delivery {
            session_id: String::new(),
            tenant_id: String::new(),
            state: DeliveryState::Waiting,
            created_at: 0,
            next_at: 0,
            give_up_at: 86_400_000,
            attempts: 0,
        };
        let mut now = 0;
        loop {
            match next(&delivery, Some(503), now) {
                (DeliveryState::Waiting, at) => now = at,
                (then, _) => {
                    assert_eq!(then, DeliveryState::GivenUp);
                    break;
                }
            }
            delivery.attempts += 1;
        }
        assert!(
            (15..30).contains(&delivery.attempts),
            "{}",
            delivery.attempts
        );
        assert!(now > 70_000_000 && now < 86_400_000, "{now}");
        assert_eq!(next(&delivery, Some(204), 1), (DeliveryState::Delivered, 1));
        assert_eq!(next(&delivery, Some(410), 1), (DeliveryState::GivenUp, 1));
    }
}
