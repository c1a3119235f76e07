//! Callbacks: signed, durable, at least once, and never to a private address.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lifesign_domain::Verdict;
use lifesign_net::Ports;
use lifesign_server::Policy;
use lifesign_server::service::admin::TenantCredentials;
use lifesign_store::{CredentialKind, DeliveryState, Rules, TenantSettings};
use serde_json::{Value, json};

use crate::support::ask::plain;
use crate::support::sessions::{
    FakeFaces, Made, ask, capture, captured, make, make_decentro, result_decentro,
};
use crate::support::site::{Ground, Site, act, now};
use crate::support::sockets::{Listening, Receiver, Sent};
use crate::support::{Setup, base64};

/// A tenant whose callbacks may go to this machine, as those of no real server may.
async fn bank() -> (Site, TenantCredentials) {
    let mut setup = Setup::new();
    setup.config.fetch = Policy::for_loopback_tests();
    let ground = Ground::of(setup).await;
    let settings = TenantSettings {
        allow_http: true,
        ..TenantSettings::default()
    };
    let bank = ground.tenant_with("bank", settings).await;
    (ground.open(Arc::new(FakeFaces)).await, bank)
}

/// Checks a callback as its receiver would, by the scheme and nothing of ours.
fn verify(sent: &Sent, secrets: &[&str], session: &str) {
    let (id, time) = (sent.header("webhook-id"), sent.header("webhook-timestamp"));
    assert_eq!(id, format!("msg_{session}"));
    assert!((time.parse::<i64>().unwrap() - now() / 1000).abs() < 60);
    assert_eq!(sent.header("content-type"), "application/json");
    let signed = [format!("{id}.{time}.").as_bytes(), &sent.body].concat();
    let signatures = Vec::from_iter(sent.header("webhook-signature").split(' '));
    assert_eq!(signatures.len(), secrets.len());
    for secret in secrets {
        let key = BASE64_STANDARD
            .decode(secret.strip_prefix("whsec_").unwrap())
            .unwrap();
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
        let good = signatures.iter().any(|signature| {
            let tag = BASE64_STANDARD
                .decode(signature.strip_prefix("v1,").unwrap())
                .unwrap();
            ring::hmac::verify(&key, &signed, &tag).is_ok()
        });
        assert!(good, "no signature is by {}", &secret[..10]);
    }
}

async fn settled(site: &Site, made: &Made, state: DeliveryState, attempts: usize) {
    let store = &site.ground.store;
    for _ in 0..500 {
        let all = store.deliveries(None, Some(state), 99).await.unwrap();
        let tried = store.delivery_attempts(&made.id).await.unwrap();
        if all.iter().any(|d| d.session_id == made.id) && tried.len() == attempts {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", store.delivery_attempts(&made.id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_is_the_answer_to_the_result_request() {
    let (site, bank) = bank().await;
    let _listening = Listening::start(&site).await;
    let receiver = Receiver::start(&["204 No Content"]);
    let more = json!({
        "callback_url": receiver.url(), "face_image_base64s": [base64(b"one")],
    });
    let made = make_decentro(&site, &bank, &more).await;
    capture(&site.app, &made, captured(Verdict::Live, &[1])).await;
    let sent = receiver.until(1).await;
    verify(&sent[0], &[&bank.webhook_secret], &made.id);
    let result = result_decentro(&site, &bank, &made.id).await;
    assert_eq!(String::from_utf8_lossy(&sent[0].body), result.text());
    assert_eq!(result.json()["data"]["liveliness"], "yes");
    settled(&site, &made, DeliveryState::Delivered, 1).await;

    let native = make(&site, &bank.api_key, &more).await;
    capture(&site.app, &native, captured(Verdict::Spoof, &[0])).await;
    let sent = receiver.until(2).await;
    verify(&sent[1], &[&bank.webhook_secret], &native.id);
    let told: Value = serde_json::from_slice(&sent[1].body).unwrap();
    let path = format!("/v1/sessions/{}", native.id);
    let asked = site
        .call(plain("GET", &path, &bank.api_key))
        .await
        .envelope();
    assert_eq!(told["result"], asked["result"]);
    assert_eq!(told["result"]["state"], "failed");
    // A link that nobody opened is told of too; a session that was cancelled is not.
    let expired = make(&site, &bank.api_key, &more).await;
    let cancelled = make(&site, &bank.api_key, &more).await;
    let path = format!("/v1/sessions/{}", cancelled.id);
    site.call(plain("DELETE", &path, &bank.api_key)).await;
    assert_eq!(
        site.ground
            .store
            .end_overdue(now() + 601_000)
            .await
            .unwrap(),
        1
    );
    let due = site.ground.store.redeliver(&expired.id, &act()).await;
    due.unwrap();
    let sent = receiver.until(3).await;
    let told: Value = serde_json::from_slice(&sent[2].body).unwrap();
    assert_eq!(told["result"]["state"], "expired");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(receiver.count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_died_after_the_result_is_stood_in_for() {
    let (site, bank) = bank().await;
    let receiver = Receiver::start(&["200 OK"]);
    let more = json!({ "callback_url": receiver.url() });
    let made = make(&site, &bank.api_key, &more).await;
    // The first server has no jobs: as if it were killed the moment after the result was kept.
    capture(&site.app, &made, captured(Verdict::Live, &[])).await;
    let waiting = site.ground.store.deliveries(None, None, 9).await.unwrap();
    assert_eq!(
        (waiting.len(), waiting[0].state),
        (1, DeliveryState::Waiting)
    );
    let second = Site {
        app: site.ground.app(Arc::new(FakeFaces)).await,
        ..site
    };
    let _listening = Listening::start(&second).await;
    let sent = receiver.until(1).await;
    verify(&sent[0], &[&bank.webhook_secret], &made.id);
    settled(&second, &made, DeliveryState::Delivered, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_tried_again_with_the_same_message_and_each_attempt_is_kept() {
    let (site, bank) = bank().await;
    let _listening = Listening::start(&site).await;
    let elsewhere = Receiver::start(&["200 OK"]);
    let receiver = Receiver::start(&[
        "302 Found\r\nLocation: http://127.0.0.1:1/",
        "500 Internal Server Error",
        "202 Accepted",
    ]);
    let made = make(
        &site,
        &bank.api_key,
        &json!({ "callback_url": receiver.url() }),
    )
    .await;
    capture(&site.app, &made, captured(Verdict::Live, &[])).await;
    receiver.until(1).await;
    settled(&site, &made, DeliveryState::Waiting, 1).await;
    let store = &site.ground.store;
    let waiting = store.deliveries(None, None, 9).await.unwrap();
    assert!(
        (3_000..8_000).contains(&(waiting[0].next_at - now())),
        "{waiting:?}"
    );
    // Another secret, before the old one is revoked: both sign.
    let (id, told) = site
        .ground
        .key(
            &bank.tenant_id,
            CredentialKind::Webhook,
            &Rules::default(),
            None,
        )
        .await;
    let secret = told[0].1.clone();
    store.redeliver(&made.id, &act()).await.unwrap();
    receiver.until(2).await;
    settled(&site, &made, DeliveryState::Waiting, 2).await;
    let first = site
        .ground
        .id_of(&bank.tenant_id, CredentialKind::Webhook)
        .await;
    let old = if first == id {
        store
            .credentials(Some(&bank.tenant_id))
            .await
            .unwrap()
            .into_iter()
            .filter(|c| c.made.kind == CredentialKind::Webhook && c.made.id != id)
            .map(|c| c.made.id)
            .next()
            .unwrap()
    } else {
        first
    };
    store.revoke_credential(&old, &act()).await.unwrap();
    store.redeliver(&made.id, &act()).await.unwrap();
    let sent = receiver.until(3).await;
    settled(&site, &made, DeliveryState::Delivered, 3).await;
    verify(&sent[0], &[&bank.webhook_secret], &made.id);
    verify(&sent[1], &[&bank.webhook_secret, &secret], &made.id);
    verify(&sent[2], &[&secret], &made.id);
    assert!(sent.iter().all(|one| one.body == sent[0].body));
    let statuses = store.delivery_attempts(&made.id).await.unwrap();
    let statuses = Vec::from_iter(statuses.iter().map(|attempt| attempt.status));
    assert_eq!(statuses, [Some(302), Some(500), Some(202)]);
    assert_eq!(elsewhere.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_inner_is_called_whatever_its_name() {
    let mut setup = Setup::new();
    setup.config.fetch.ports = Ports::Any;
    let ground = Ground::of(setup).await;
    let settings = TenantSettings {
        allow_http: true,
        ..TenantSettings::default()
    };
    let bank = ground.tenant_with("bank", settings).await;
    let site = ground.open(Arc::new(FakeFaces)).await;
    let _listening = Listening::start(&site).await;
    let receiver = Receiver::start(&["200 OK"]);
    let refused = ask(
        &site,
        &bank.api_key,
        &json!({ "callback_url": receiver.url() }),
    )
    .await;
    let message = refused.refusal(422, "INVALID_REQUEST");
    assert!(message.contains("`callback_url`"), "{message}");
    // What a name means is known when it is called.
    let named = receiver.url().replace("127.0.0.1", "localhost");
    let made = make(&site, &bank.api_key, &json!({ "callback_url": named })).await;
    capture(&site.app, &made, captured(Verdict::Live, &[])).await;
    settled(&site, &made, DeliveryState::Waiting, 1).await;
    let tried = site.ground.store.delivery_attempts(&made.id).await.unwrap();
    let why = tried[0].error.clone().unwrap();
    assert!(why.contains("not on the public internet"), "{why}");
    assert!(!why.contains("localhost"));
    assert_eq!(receiver.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_secret_no_callback_is_promised() {
    let (site, bank) = bank().await;
    let id = site
        .ground
        .id_of(&bank.tenant_id, CredentialKind::Webhook)
        .await;
    site.ground
        .store
        .revoke_credential(&id, &act())
        .await
        .unwrap();
    let more = json!({ "callback_url": "https://bank.example/callback" });
    let message = ask(&site, &bank.api_key, &more)
        .await
        .refusal(422, "INVALID_REQUEST");
    assert!(
        message.contains("lifesign keys create bank --kind webhook"),
        "{message}"
    );
}
