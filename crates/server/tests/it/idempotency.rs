//! A request that comes again: under a key it is answered once, under a label it is judged anew.

use std::sync::Arc;

use serde_json::json;

use crate::support::ask::{
    africa, authkey, decentro, json_post, native_with, plain, syntizen, text_of,
};
use crate::support::pictures::picture;
use crate::support::site::{Ground, UNITS};
use crate::support::{Answer, Fake, base64, live, real_checker, sample};

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_repeats_the_answer_and_keeps_one_check() {
    let ground = Ground::new().await;
    let bank = ground.tenant("bank").await;
    let site = ground.open(real_checker()).await;
    let image = sample("astronaut.jpg");
    let ask = async |query: &str, key: &str, image: &[u8]| {
        let headers = [("idempotency-key", key)];
        site.call(native_with(&bank.api_key, query, &headers, image))
            .await
    };
    let first = ask("", "order-1", &image).await;
    assert_eq!(first.header("idempotency-replayed"), "");
    for key in ["order-1", " order-1 "] {
        let again = ask("", key, &image).await;
        assert_eq!(again.body, first.body, "byte for byte");
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("content-type"), first.header("content-type"));
    }
    for (query, image) in [
        ("", sample("grace_hopper.jpg")),
        ("?profile=classic", image.clone()),
        ("?reference=other", image.clone()),
    ] {
        let refused = ask(query, "order-1", &image).await;
        refused.refusal(409, "IDEMPOTENCY_KEY_REUSED");
    }
    assert_eq!(site.ground.checks(&bank.tenant_id).await.len(), 1);
    // The same picture in another wrapping is another request.
    let json = json_post(
        "/v1/liveness",
        &[
            ("x-api-key", bank.api_key.as_str()),
            ("idempotency-key", "order-1"),
        ],
        &json!({ "image": base64(&image) }),
    );
    site.call(json).await.refusal(409, "IDEMPOTENCY_KEY_REUSED");
    let other = ask("", "order-2", &image).await;
    assert_ne!(text_of(&other, "request_id"), text_of(&first, "request_id"));

    // Once the check is erased, so is its answer.
    let path = format!("/v1/checks/{}", text_of(&first, "request_id"));
    site.call(plain("DELETE", &path, &bank.api_key)).await;
    let anew = ask("", "order-1", &image).await;
    assert_eq!(anew.header("idempotency-replayed"), "");
    assert_ne!(text_of(&anew, "request_id"), text_of(&first, "request_id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_at_the_same_time_are_one_check_with_one_answer() {
    const DUPLICATES: usize = 8;
    let mut setup = crate::support::Setup::new();
    (setup.config.workers, setup.config.queue) = (DUPLICATES, 0);
    let ground = Ground::of(setup).await;
    let bank = ground.tenant("bank").await;
    // All are judged before any is kept.
    let barrier = std::sync::Barrier::new(DUPLICATES);
    let together = Fake(move |_: &[u8]| {
        barrier.wait();
        Ok(live())
    });
    let site = ground.open(Arc::new(together)).await;
    for round in ["native", "verified_africa"] {
        let request = || match round {
            "native" => native_with(&bank.api_key, "", &[("idempotency-key", "order-1")], b"x"),
            _ => africa(&bank.verified_africa, b"x", "ORDER-1"),
        };
        let calls = (0..DUPLICATES).map(|_| site.call(request()));
        let answers: Vec<Answer> = futures_util::future::join_all(calls).await;
        let fresh = answers
            .iter()
            .filter(|a| a.header("idempotency-replayed").is_empty());
        assert_eq!(fresh.count(), 1, "{round}");
        for answer in &answers {
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.body, answers[0].body, "{round}");
        }
        let kept = site.ground.checks(&bank.tenant_id).await;
        assert_eq!(
            kept.iter().filter(|check| check.contract == round).count(),
            1
        );
    }
    assert_eq!(site.ground.balance(&bank.tenant_id).await, UNITS - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_rrn_or_reference_id_is_judged_anew() {
    let ground = Ground::new().await;
    let bank = ground.tenant("bank").await;
    let site = ground.open(real_checker()).await;
    let token = authkey(&site, &bank.syntizen).await;
    for image in ["live_image", "spoof_image", "live_image"] {
        let request = syntizen("0", &token, "case-1", &base64(&picture(image)));
        let body = site.call(request).await.json();
        let expected = if image == "live_image" {
            "Success"
        } else {
            "Failure"
        };
        assert_eq!(body["data"]["liveness_status"], expected, "{body}");
    }
    for image in ["camera_image", "camera_spoof_image", "camera_image"] {
        let request = decentro(&bank.decentro, &picture(image), "case-1");
        let body = site.call(request).await.json();
        let expected = if image == "camera_image" { "yes" } else { "no" };
        assert_eq!(body["data"]["live"], expected, "{body}");
    }
    let kept = site.ground.checks(&bank.tenant_id).await;
    assert_eq!(kept.len(), 6);
    assert!(
        kept.iter()
            .all(|check| check.reference.as_deref() == Some("case-1"))
    );
}
