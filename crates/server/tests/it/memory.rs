//! What is kept of each check, and that nothing is answered without being kept.

use std::sync::Arc;

use lifesign_contracts::{Failure, FailureKind};
use lifesign_domain::{ReasonCode, Verdict};
use lifesign_server::{App, Memory, secrets};
use lifesign_store::{CredentialKind, Store};
use serde_json::json;

use crate::support::ask::{africa, authkey, decentro, json_post, native, native_with, syntizen};
use crate::support::failing_store::FailingStore;
use crate::support::pictures::picture;
use crate::support::site::{Ground, Site, UNITS, now, vault};
use crate::support::{Client, Fake, base64, live, real_checker, sample};

const DAY_MS: i64 = 86_400_000;

#[tokio::test(flavor = "multi_thread")]
async fn each_contract_keeps_every_field() {
    let ground = Ground::new().await;
    let bank = ground.tenant("bank").await;
    let site = ground.open(real_checker()).await;
    let token = authkey(&site, &bank.syntizen).await;
    let (jpeg, camera) = (sample("astronaut.jpg"), picture("camera_image"));
    let spoof = picture("spoof_image");
    use CredentialKind::{Decentro, Native, SyntizenUser, VerifiedAfrica};
    let decentro = json_post(
        "/v3/kyc/farsight/liveness/passive",
        &[
            ("client_id", bank.decentro.client_id.as_str()),
            ("client_secret", &bank.decentro.client_secret),
            ("module_secret", &bank.decentro.module_secret),
        ],
        &json!({
            "reference_id": "case-4",
            "consent": true,
            "purpose": "a purpose that is not kept",
            "image": base64(&camera),
        }),
    );
    for (request, contract, kind, reference, image) in [
        (
            native_with(&bank.api_key, "?reference=case-1", &[], &jpeg),
            "native",
            Native,
            Some("case-1"),
            &jpeg,
        ),
        (
            native(&bank.api_key, &spoof),
            "native",
            Native,
            None,
            &*spoof,
        ),
        (
            syntizen("0", &token, "case-2", &base64(&jpeg)),
            "syntizen",
            SyntizenUser,
            Some("case-2"),
            &jpeg,
        ),
        (
            africa(&bank.verified_africa, &jpeg, "case-3"),
            "verified_africa",
            VerifiedAfrica,
            Some("case-3"),
            &jpeg,
        ),
        (decentro, "decentro", Decentro, Some("case-4"), &*camera),
    ] {
        let before = now();
        let answer = site.call(request).await;
        let after = now();
        assert_eq!(answer.status, 200, "{}", answer.text());
        let told = answer.header("x-request-id");
        let kept = site.ground.store.check(None, told).await.unwrap().unwrap();
        assert_eq!(kept.id, told);
        assert_eq!(kept.tenant_id, bank.tenant_id);
        let credential = site.ground.id_of(&bank.tenant_id, kind).await;
        assert_eq!(kept.credential_id, Some(credential));
        assert_eq!(kept.contract, contract);
        assert_eq!(kept.reference.as_deref(), reference);
        assert!((before..=after).contains(&kept.at), "{}", kept.at);
        assert_eq!(kept.expires_at, kept.at + 90 * DAY_MS);
        assert_eq!(kept.profile, "ensemble");
        assert!(!kept.calibration.is_empty());
        assert_eq!(kept.signals.len(), 12);
        assert_eq!(kept.fingerprint.sha256, secrets::sha256(image));
        assert_eq!(
            kept.fingerprint.phash.count_ones(),
            32,
            "a picture has structure"
        );
        let took = (after - before) as f64;
        assert!(
            (1.0..=took + 1.0).contains(&kept.latency_ms),
            "{} of {took}",
            kept.latency_ms
        );
        let is_spoof = std::ptr::eq(image, &*spoof);
        let expected = if is_spoof {
            Verdict::Spoof
        } else {
            Verdict::Live
        };
        assert_eq!(kept.verdict, expected);
        match contract {
            "native" => {
                let result = &answer.envelope()["result"];
                assert_eq!(result["verdict"], json!(kept.verdict));
                assert_eq!(result["confidence"], json!(kept.confidence));
                assert_eq!(result["signals"], json!(kept.signals));
                assert_eq!(result["reasons"], json!(kept.reasons));
                assert_eq!(result["calibration"], kept.calibration);
            }
            "syntizen" => {
                let score = format!("{:.6}", kept.confidence * 100.0);
                assert_eq!(answer.json()["data"]["liveness_score"], score);
            }
            "verified_africa" => {
                let score = answer.json()["response"]["live_score"].as_f64().unwrap();
                assert!((score - kept.confidence * 100.0).abs() < 0.001);
            }
            _ => assert_eq!(answer.json()["decentroTxnId"], kept.id),
        }
    }
    assert_eq!(site.ground.checks(&bank.tenant_id).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_keeps_nothing_and_no_face_is_kept() {
    let ground = Ground::new().await;
    let bank = ground.tenant("bank").await;
    let site = ground.open(real_checker()).await;
    let consent = |consent: bool| {
        json_post(
            "/v3/kyc/farsight/liveness/passive",
            &[
                ("client_id", bank.decentro.client_id.as_str()),
                ("client_secret", &bank.decentro.client_secret),
                ("module_secret", &bank.decentro.module_secret),
            ],
            &json!({
                "reference_id": "Case 1",
                "consent": consent,
                "purpose": "for a test",
                "image": base64(&picture("camera_image")),
            }),
        )
    };
    for (request, status) in [
        (native(&bank.api_key, b"no image"), 422),
        (africa(&bank.verified_africa, b"no image", "ORDER-1"), 400),
        (consent(false), 400),
        (
            decentro(&bank.decentro, &sample("astronaut.jpg"), "Case 1"),
            422,
        ),
    ] {
        assert_eq!(site.call(request).await.status, status);
    }
    assert_eq!(site.ground.checks(&bank.tenant_id).await, []);
    // A reference under which nothing was answered is free for another body.
    let again = africa(&bank.verified_africa, &sample("astronaut.jpg"), "ORDER-1");
    assert_eq!(
        site.call(again).await.json()["transactionStatus"],
        "SUCCESSFUL"
    );
    assert_eq!(site.call(consent(true)).await.status, 200);
    let no_face = sample("coffee.jpg");
    site.call(native(&bank.api_key, &no_face)).await;
    let kept = site.ground.checks(&bank.tenant_id).await;
    assert_eq!(kept.len(), 3);
    let no_face = kept
        .iter()
        .find(|check| check.verdict == Verdict::Inconclusive)
        .unwrap();
    assert_eq!(no_face.reasons[0].code, ReasonCode::NoFace);
    assert_eq!(no_face.signals, []);
}

/// A server on a store that can be made to fail.
async fn failing() -> (
    Site,
    Client,
    Arc<FailingStore>,
    [axum::http::Request<axum::body::Body>; 4],
) {
    let ground = Ground::new().await;
    let settings = lifesign_store::TenantSettings::default();
    let bank = ground.tenant_with("bank", settings).await;
    let site = ground.open(Arc::new(Fake(|_: &[u8]| Ok(live())))).await;
    let token = authkey(&site, &bank.syntizen).await;
    let store = FailingStore::new(Arc::clone(&site.ground.store));
    let memory = Memory::new(Arc::clone(&store) as Arc<dyn Store>, vault(), 600);
    let setup = &site.ground.setup;
    let app = App::new(
        setup.config.clone(),
        setup.edge.clone(),
        Arc::new(Fake(|_: &[u8]| Ok(live()))),
        None,
        memory.await.unwrap(),
    );
    let client = Client {
        router: lifesign_server::router(app.unwrap()),
        _data: None,
    };
    let requests = [
        native_with(&bank.api_key, "", &[("idempotency-key", "order-1")], b"x"),
        syntizen("0", &token, "1", &base64(b"x")),
        africa(&bank.verified_africa, b"x", "ORDER-1"),
        decentro(&bank.decentro, b"x", "Case 1"),
    ];
    (site, client, store, requests)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_lets_nobody_through() {
    for method in [
        "credential",
        "commit",
        "replay_of",
        "touch_credential",
        "answer",
        "token",
    ] {
        let (site, client, store, requests) = failing().await;
        store.fail(method);
        for (request, contract) in requests.into_iter().zip(["n", "s", "v", "d"]) {
            // Not every contract needs every method: a token is asked for by one alone.
            let needs = match method {
                "credential" => contract != "s",
                "token" => contract == "s",
                "answer" => contract == "n" || contract == "v",
                _ => true,
            };
            let answer = client.call(request).await;
            let expected = if needs { 500 } else { 200 };
            assert_eq!(
                answer.status,
                expected,
                "{method}, {contract}: {}",
                answer.text()
            );
            if needs {
                for yes in [
                    "LIVE",
                    "VERIFIED",
                    "SUCCESSFUL",
                    "Success",
                    "SUCCESS",
                    "yes",
                ] {
                    let word = format!("\"{yes}\"");
                    assert!(!answer.text().contains(&word), "{}", answer.text());
                }
                assert!(
                    !answer.text().contains("a test wants"),
                    "the cause is for the log"
                );
            }
        }
        store.heal();
        let tenants = site.ground.store.tenants().await.unwrap();
        let bank = tenants.iter().find(|tenant| tenant.name == "bank").unwrap();
        let kept = site.ground.checks(&bank.id).await.len();
        let paid = UNITS - bank.balance;
        let passed = match method {
            "credential" => (1, 0),
            "token" => (3, 1),
            "answer" => (2, 0),
            _ => (0, 0),
        };
        assert_eq!((kept, paid), passed, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_or_panicking_analysis_keeps_and_costs_nothing() {
    let ground = Ground::new().await;
    let bank = ground.tenant("bank").await;
    let failing = Fake(|image: &[u8]| {
        assert_ne!(image, b"boom", "this panic is meant to be");
        Err(Failure::new(FailureKind::Inference, "the analysis failed"))
    });
    let site = ground.open(Arc::new(failing)).await;
    for image in [&b"boom"[..], b"fails"] {
        let answer = site
            .call(africa(&bank.verified_africa, image, "ORDER-1"))
            .await;
        assert_eq!(answer.status, 500);
        assert_eq!(answer.json()["transactionStatus"], "FAILED");
    }
    assert_eq!(site.ground.balance(&bank.tenant_id).await, UNITS);
    assert_eq!(site.ground.checks(&bank.tenant_id).await, []);
}
