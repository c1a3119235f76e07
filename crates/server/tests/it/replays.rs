//! A picture that comes again, as the real engine's hash recognises it.

use std::collections::BTreeSet;

use image::imageops::{self, FilterType};
use lifesign_domain::{ReasonCode, Verdict};
use lifesign_server::service::admin::TenantCredentials;
use lifesign_store::{CheckRecord, Commit, ReplayPolicy, TenantSettings};
use serde_json::{Value, json};

use crate::support::ask::{
    africa, authkey, decentro, native, native_with, plain, syntizen, text_of,
};
use crate::support::pictures::{astronaut, bmp, decoded, jpeg_of_quality, picture, webp};
use crate::support::site::{Ground, Site, UNITS, now};
use crate::support::{Answer, base64, real_checker, sample};

const WINDOW_S: i64 = 3600;

fn settings(replay_policy: ReplayPolicy) -> TenantSettings {
    TenantSettings {
        replay_window_s: WINDOW_S,
        replay_policy,
        ..TenantSettings::default()
    }
}

async fn with_tenant(replay_policy: ReplayPolicy) -> (Site, TenantCredentials) {
    let ground = Ground::new().await;
    let bank = ground.tenant_with("bank", settings(replay_policy)).await;
    (ground.open(real_checker()).await, bank)
}

fn is_replayed(answer: &Answer) -> bool {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    let reasons = body["result"]["reasons"].as_array().unwrap();
    reasons
        .iter()
        .any(|reason| reason["code"] == "replayed_image")
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_recognised_and_other_pictures_are_not() {
    let (site, bank) = with_tenant(ReplayPolicy::Report).await;
    let portrait = astronaut();
    let smaller = |factor: f64| {
        let side = (512.0 * factor) as u32;
        imageops::resize(&portrait, side, side, FilterType::Lanczos3)
    };
    let original = sample("astronaut.jpg");
    for first in [&original, &sample("coffee.jpg")] {
        let answer = site.call(native(&bank.api_key, first)).await;
        assert!(!is_replayed(&answer));
    }
    for (what, copy) in [
        ("the same file", original.clone()),
        ("one byte more", [&original[..], b"\0"].concat()),
        ("quality 70", jpeg_of_quality(&portrait, 70, None)),
        ("PNG", picture("live_png_image").to_vec()),
        ("WebP", webp(&portrait)),
        ("BMP", bmp(&portrait)),
        ("70 % of the size", jpeg_of_quality(&smaller(0.7), 80, None)),
        ("twice the size", jpeg_of_quality(&smaller(2.0), 90, None)),
        (
            "without a face",
            jpeg_of_quality(&decoded("coffee.jpg"), 70, None),
        ),
    ] {
        let answer = site.call(native(&bank.api_key, &copy)).await;
        assert!(is_replayed(&answer), "{what}");
        // Report says it and changes nothing else.
        let expected = if what == "without a face" {
            "INCONCLUSIVE"
        } else {
            "LIVE"
        };
        assert_eq!(answer.envelope()["result"]["verdict"], expected, "{what}");
    }
    for other in ["grace_hopper.jpg", "two_faces.jpg", "chelsea.jpg"] {
        let answer = site.call(native(&bank.api_key, &sample(other))).await;
        assert!(!is_replayed(&answer), "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_from_before_the_window_is_new() {
    let ground = Ground::new().await;
    let model = ground.tenant("model").await;
    let inside = ground
        .tenant_with("inside", settings(ReplayPolicy::Report))
        .await;
    let outside = ground
        .tenant_with("outside", settings(ReplayPolicy::Report))
        .await;
    let site = ground.open(real_checker()).await;
    let image = sample("astronaut.jpg");
    // Asked once, then put back to what would have been kept at another time.
    site.call(native(&model.api_key, &image)).await;
    let kept = site.ground.checks(&model.tenant_id).await.remove(0);
    for (tenant, ago_s, expected) in [
        (&inside, WINDOW_S - 60, true),
        (&outside, WINDOW_S + 60, false),
    ] {
        let check = CheckRecord {
            id: format!("lv_{ago_s}"),
            tenant_id: tenant.tenant_id.clone(),
            credential_id: None,
            at: now() - ago_s * 1000,
            ..kept.clone()
        };
        let commit = Commit {
            check,
            image: None,
            price: 0,
            answer: None,
        };
        site.ground.store.commit(&commit).await.unwrap();
        let answer = site.call(native(&tenant.api_key, &image)).await;
        assert_eq!(is_replayed(&answer), expected, "{ago_s} s ago");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_erased_or_repeated_is_no_replay() {
    let (site, bank) = with_tenant(ReplayPolicy::Spoof).await;
    let image = sample("astronaut.jpg");
    let headers = [("idempotency-key", "order-1")];
    let ask = || native_with(&bank.api_key, "", &headers, &image);
    let first = site.call(ask()).await;
    assert!(
        !is_replayed(&site.call(ask()).await),
        "the same answer again"
    );
    let path = format!("/v1/checks/{}", text_of(&first, "request_id"));
    site.call(plain("DELETE", &path, &bank.api_key)).await;
    assert!(!is_replayed(
        &site.call(native(&bank.api_key, &image)).await
    ));
    assert!(is_replayed(&site.call(native(&bank.api_key, &image)).await));
    // Hashes go with their checks.
    let years = now() + 3 * 365 * 86_400_000;
    site.ground.store.erase_expired(years).await.unwrap();
    assert!(!is_replayed(
        &site.call(native(&bank.api_key, &image)).await
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_may_look_for_none() {
    let ground = Ground::new().await;
    let bank = ground.tenant("bank").await;
    let site = ground.open(real_checker()).await;
    let image = sample("astronaut.jpg");
    for _ in 0..2 {
        assert!(!is_replayed(
            &site.call(native(&bank.api_key, &image)).await
        ));
    }
}

/// The fields of each contract that tell the verdict.
async fn verdicts(site: &Site, tenant: &TenantCredentials, token: &str, turn: &str) -> [Value; 4] {
    let (small, large) = (sample("astronaut.jpg"), picture("bare_image"));
    let requests = [
        native(&tenant.api_key, &small),
        syntizen("0", token, turn, &base64(&small)),
        africa(&tenant.verified_africa, &small, turn),
        decentro(&tenant.decentro, &large, turn),
    ];
    let pointers: [&[&str]; 4] = [
        &["/result/verdict"],
        &["/data/liveness_status"],
        &["/verificationStatus", "/transactionStatus"],
        &["/data/live", "/data/needToReview"],
    ];
    let mut told = [const { Value::Null }; 4];
    for ((request, pointers), told) in requests.into_iter().zip(pointers).zip(&mut told) {
        let answer = site.call(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let body = answer.json();
        let words = pointers
            .iter()
            .map(|pointer| body.pointer(pointer).unwrap());
        *told = words.cloned().collect();
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_lowers_the_verdict_in_every_contract() {
    use ReplayPolicy::{Inconclusive, Report, Spoof};
    let live = json!([
        ["LIVE"],
        ["Success"],
        ["VERIFIED", "SUCCESSFUL"],
        ["yes", "no"]
    ]);
    let unsure = json!([
        ["INCONCLUSIVE"],
        ["Failure"],
        ["PENDING", "FAILED"],
        ["no", "yes"]
    ]);
    let spoof = json!([
        ["SPOOF"],
        ["Failure"],
        ["NOT VERIFIED", "SUCCESSFUL"],
        ["no", "no"]
    ]);
    for (policy, expected, verdict, paid) in [
        (Report, live, Verdict::Live, 1),
        (Inconclusive, unsure, Verdict::Inconclusive, 0),
        (Spoof, spoof, Verdict::Spoof, 1),
    ] {
        let (site, bank) = with_tenant(policy).await;
        let token = authkey(&site, &bank.syntizen).await;
        // By one contract, and again by each.
        let first = site
            .call(native(&bank.api_key, &sample("astronaut.jpg")))
            .await;
        assert_eq!(first.envelope()["result"]["verdict"], "LIVE");
        let told = verdicts(&site, &bank, &token, "again").await;
        assert_eq!(json!(told), expected, "{policy:?}");
        assert_eq!(
            site.ground.balance(&bank.tenant_id).await,
            UNITS - paid,
            "{policy:?}"
        );

        let kept = site.ground.checks(&bank.tenant_id).await;
        let again: Vec<_> = kept
            .iter()
            .filter(|check| check.id != text_of(&first, "request_id"))
            .collect();
        assert_eq!(again.len(), 4);
        let contracts: BTreeSet<&str> = again.iter().map(|check| check.contract.as_str()).collect();
        assert_eq!(contracts.len(), 4);
        for check in again {
            assert_eq!(check.verdict, verdict, "what was told is kept");
            let last = check.reasons.last().unwrap();
            assert_eq!(last.code, ReasonCode::ReplayedImage);
            // Contracts that answer a score alone tell the same story.
            assert_eq!(check.confidence >= 0.58, verdict != Verdict::Spoof);
            assert!(check.confidence > 0.62 || verdict != Verdict::Live);
        }
    }
}
