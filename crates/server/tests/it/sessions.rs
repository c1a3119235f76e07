//! Active sessions from their initiation to their erasure, the capture itself taken for granted.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use lifesign_contracts::Location;
use lifesign_domain::{SessionState, Verdict};
use lifesign_server::service::sessions::{
    CaptureFailure, Captured, Fate, Refusal, Start, close_capture, open_capture,
};
use lifesign_store::{Rules, TenantSettings};
use serde_json::{Value, json};

use crate::support::ask::plain;
use crate::support::base64;
use crate::support::document::{conforms, document};
use crate::support::sessions::{
    FakeFaces, Made, ask, capture, captured, make, make_decentro, open, result_decentro, start,
};
use crate::support::site::{Ground, Site, act, now};

async fn bank() -> (Site, String) {
    let ground = Ground::new().await;
    let bank = ground.tenant("bank").await;
    (ground.open(Arc::new(FakeFaces)).await, bank.api_key)
}

async fn look(site: &Site, key: &str, made: &Made) -> Value {
    let answer = site
        .call(plain("GET", &format!("/v1/sessions/{}", made.id), key))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.envelope()["result"].clone()
}

async fn page(site: &Site, made: &Made) -> Value {
    let path = format!("/verify-video/{}/session", made.token);
    let answer = site.client.get(&path).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("cache-control"), "no-store");
    conforms(
        &document(&site.client).await,
        "get",
        "/verify-video/{token}/session",
        &answer,
    )
    .unwrap();
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_made_captured_and_told() {
    let (site, key) = bank().await;
    let more = json!({
        "face_image_base64s": [base64(b"one"), base64(b"another")],
        "redirect_url": "https://bank.example/done?case=7",
        "language": "de", "geolocation": "optional", "attempts": 2,
    });
    let made = make(&site, &key, &more).await;
    assert_eq!((made.token.len(), made.token != made.id), (32, true));
    let told = page(&site, &made).await;
    let redirect = format!(
        "https://bank.example/done?case=7&transaction_id={}",
        made.id
    );
    assert_eq!(told["redirect_url"], redirect.as_str());
    assert_eq!(
        (&told["language"], &told["state"]),
        (&json!("de"), &json!("created"))
    );
    // Neither the token nor an address is in the database as it is.
    let file = std::fs::read(site.ground.setup.config.data.join("lifesign.db")).unwrap();
    let wal = std::fs::read(site.ground.setup.config.data.join("lifesign.db-wal")).unwrap();
    for secret in [made.token.as_str(), "bank.example"] {
        for bytes in [&file, &wal] {
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} is in the database");
        }
    }
    let here = Start {
        geolocation: Some(Location {
            latitude: 48.1,
            longitude: 11.5,
        }),
        ..start()
    };
    let ticket = open_capture(&site.app, &made.token, here).await.unwrap();
    assert_eq!(ticket.references.len(), 2);
    assert_eq!(ticket.references[0].values()[0], f32::from(b'o'));
    assert_eq!((ticket.plan.steps().len(), ticket.attempts_left), (5, 1));
    assert_eq!(page(&site, &made).await["state"], "in_progress");
    ticket.processing(&site.app).await.unwrap();
    assert_eq!(look(&site, &key, &made).await["state"], "processing");
    let ended = close_capture(&site.app, ticket, Ok(captured(Verdict::Live, &[2, 2]))).await;
    let ended = ended.unwrap();
    assert_eq!(
        (ended.state, ended.may_retry),
        (SessionState::Succeeded, false)
    );
    assert_eq!(ended.redirect_url, Some(redirect));
    let told = look(&site, &key, &made).await;
    assert_eq!(told["state"], "succeeded");
    assert_eq!(
        told["geolocation"],
        json!({ "latitude": 48.1, "longitude": 11.5 })
    );
    assert_eq!(told["liveness"]["verdict"], "LIVE");
    let matches = told["face_matches"].as_array().unwrap();
    assert_eq!(matches[1]["original_image"], "face_image_base64s[1]");
    assert_eq!(matches[0]["score"], 90);
    // Both matched best in the same frame, which is kept once.
    let link = matches[0]["final_match_image"].as_str().unwrap();
    assert_eq!(link, matches[1]["final_match_image"]);
    let path = link.strip_prefix("http://127.0.0.1:0").unwrap();
    let frame = site.client.get(path).await;
    assert_eq!(
        (frame.status.as_u16(), &frame.body[..]),
        (200, &b"frame 2"[..])
    );
    assert_eq!(frame.header("content-type"), "image/jpeg");
    let tampered = [
        path.replace("/0?", "/1?"),
        path.replace("expires=", "expires=9"),
        path[..path.len() - 1].to_owned(),
        path.split('?').next().unwrap().to_owned(),
    ];
    for path in tampered {
        site.client.get(&path).await.refusal(403, "FORBIDDEN");
    }
    // Used is used.
    let again = open_capture(&site.app, &made.token, start()).await;
    assert_eq!(again.err(), Some(Refusal::Used));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reference_image_has_one_usable_face_or_is_named() {
    let (site, key) = bank().await;
    for (images, named) in [
        (
            json!([base64(b"one"), base64(b"none")]),
            "face_image_base64s[1]",
        ),
        (json!([base64(b"two")]), "face_image_base64s[0]"),
        (json!(["!!!"]), "face_image_base64s[0]"),
    ] {
        let answer = ask(&site, &key, &json!({ "face_image_base64s": images })).await;
        let message = answer.refusal(422, "INVALID_REQUEST");
        assert!(message.contains(named), "{message}");
    }
    let answer = ask(
        &site,
        &key,
        &json!({ "face_image_urls": ["https://10.0.0.1/a.jpg"] }),
    )
    .await;
    let message = answer.refusal(422, "INVALID_REQUEST");
    assert!(message.contains("face_image_urls[0]"), "{message}");
    assert!(
        site.ground
            .store
            .actives(None, None, 9)
            .await
            .unwrap()
            .sessions
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_begins_without_consent_or_a_place_that_is_required() {
    let (site, key) = bank().await;
    let made = make(&site, &key, &json!({ "geolocation": "required" })).await;
    let at = |latitude, longitude| {
        Some(Location {
            latitude,
            longitude,
        })
    };
    for (consent, geolocation, refusal) in [
        (false, at(1.0, 1.0), Refusal::NoConsent),
        (true, None, Refusal::NoLocation),
        (true, at(91.0, 1.0), Refusal::NoLocation),
        (true, at(f64::NAN, 1.0), Refusal::NoLocation),
    ] {
        let begun = Start {
            consent,
            geolocation,
            microphone: true,
        };
        let opened = open_capture(&site.app, &made.token, begun).await;
        assert_eq!(opened.err(), Some(refusal));
    }
    assert_eq!(page(&site, &made).await["state"], "created");
    let unknown = open_capture(&site.app, &"0".repeat(32), start()).await;
    assert_eq!(unknown.err(), Some(Refusal::NotFound));
    let nothing = site.client.get("/verify-video/0/session").await;
    nothing.refusal(404, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_shut_out_has_no_links_either() {
    let ground = Ground::new().await;
    let bank = ground.tenant("bank").await;
    let site = ground.open(Arc::new(FakeFaces)).await;
    let made = make(&site, &bank.api_key, &json!({})).await;
    let enable = |enabled| {
        let store = &site.ground.store;
        let id = bank.tenant_id.clone();
        async move {
            store
                .set_tenant_enabled(&id, enabled, &act())
                .await
                .unwrap()
        }
    };
    enable(false).await;
    let opened = open_capture(&site.app, &made.token, start()).await;
    assert_eq!(opened.err(), Some(Refusal::NotFound));
    enable(true).await;
    assert!(open_capture(&site.app, &made.token, start()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_answer_may_be_tried_again_and_an_attack_may_not() {
    let (site, key) = bank().await;
    let made = make(&site, &key, &json!({ "attempts": 2 })).await;
    let wrong = || Captured {
        retry: true,
        ..captured(Verdict::Spoof, &[])
    };
    let ended = capture(&site.app, &made, wrong()).await;
    assert_eq!(
        (ended.state, ended.may_retry),
        (SessionState::Created, true)
    );
    assert_eq!(ended.reason.as_deref(), Some("wrong_answer"));
    assert_eq!(look(&site, &key, &made).await["attempts_left"], 1);
    let ticket = open(&site.app, &made).await;
    assert_eq!(
        (ticket.plan.steps().len(), ticket.attempts_left),
        (6, 0),
        "a second attempt asks for a movement more"
    );
    let ended = close_capture(&site.app, ticket, Ok(wrong())).await.unwrap();
    assert_eq!(
        (ended.state, ended.may_retry),
        (SessionState::Failed, false)
    );
    assert_eq!(look(&site, &key, &made).await["failure"], "wrong_answer");
    let attacked = make(&site, &key, &json!({ "attempts": 5 })).await;
    let ended = capture(&site.app, &attacked, captured(Verdict::Spoof, &[])).await;
    assert_eq!(
        (ended.state, ended.may_retry),
        (SessionState::Failed, false)
    );
    // Somebody who leaves before anything was shown has lost nothing.
    let left = make(&site, &key, &json!({ "attempts": 1 })).await;
    let ticket = open_capture(&site.app, &left.token, start()).await.unwrap();
    let ended = close_capture(&site.app, ticket, Err(CaptureFailure::Aborted))
        .await
        .unwrap();
    assert!(ended.may_retry);
    let ticket = open(&site.app, &left).await;
    let ended = close_capture(&site.app, ticket, Err(CaptureFailure::Aborted))
        .await
        .unwrap();
    assert_eq!(
        (ended.state, ended.may_retry),
        (SessionState::Failed, false)
    );
    assert_eq!(look(&site, &key, &left).await["failure"], "aborted");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_and_erasing_reach_a_running_capture() {
    let (site, key) = bank().await;
    for erase in [false, true] {
        let made = make(
            &site,
            &key,
            &json!({ "redirect_url": "https://bank.example/" }),
        )
        .await;
        let mut ticket = open(&site.app, &made).await;
        let path = match erase {
            true => "/v1/checks?reference=case%201".to_owned(),
            false => format!("/v1/sessions/{}", made.id),
        };
        let answer = site.call(plain("DELETE", &path, &key)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let fate = tokio::time::timeout(Duration::from_secs(60), ticket.ended())
            .await
            .unwrap();
        assert_eq!(fate, if erase { Fate::Lost } else { Fate::Cancelled });
        assert!(ticket.reveal(&site.app).await.is_err());
        let ended = close_capture(&site.app, ticket, Ok(captured(Verdict::Live, &[]))).await;
        assert_ne!(ended.unwrap().state, SessionState::Succeeded);
        if !erase {
            assert_eq!(look(&site, &key, &made).await["state"], "cancelled");
            let opened = open_capture(&site.app, &made.token, start()).await;
            assert_eq!(opened.err(), Some(Refusal::Cancelled));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_on_the_database_goes_on_where_one_has_died() {
    let (site, key) = bank().await;
    let made = make(&site, &key, &json!({ "attempts": 1 })).await;
    // "Restarted": nothing is shared with the first server but the database and the data key.
    let second = site.ground.app(Arc::new(FakeFaces)).await;
    let ticket = open_capture(&second, &made.token, start()).await.unwrap();
    let busy = open_capture(&site.app, &made.token, start()).await;
    assert_eq!(busy.err(), Some(Refusal::Used));
    // It dies before anything was shown, and then once more after something was.
    drop(ticket);
    let store = &site.ground.store;
    assert_eq!(
        store.end_overdue(now()).await.unwrap(),
        0,
        "the lease still runs"
    );
    assert_eq!(store.end_overdue(now() + 11_000).await.unwrap(), 1);
    assert_eq!(page(&site, &made).await["state"], "created");
    drop(open(&site.app, &made).await);
    assert_eq!(store.end_overdue(now() + 11_000).await.unwrap(), 1);
    let told = look(&site, &key, &made).await;
    assert_eq!(
        (&told["state"], &told["failure"]),
        (&json!("failed"), &json!("interrupted"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_its_tenants_contracts_and_references_alone() {
    let ground = Ground::new().await;
    let (bank, shop) = (ground.tenant("bank").await, ground.tenant("shop").await);
    let site = ground.open(Arc::new(FakeFaces)).await;
    let decentro = make_decentro(&site, &bank, &json!({})).await;
    let native = make(&site, &bank.api_key, &json!({})).await;
    for (key, id) in [
        (&shop.api_key, &native.id),
        (&shop.api_key, &decentro.id),
        (&bank.api_key, &decentro.id),
        (&bank.api_key, &"lv_%00".to_owned()),
    ] {
        for method in ["GET", "DELETE"] {
            let answer = site
                .call(plain(method, &format!("/v1/sessions/{id}"), key))
                .await;
            answer.refusal(404, "NOT_FOUND");
        }
    }
    assert_eq!(
        result_decentro(&site, &bank, &decentro.id).await.status,
        200
    );
    for (tenant, id) in [(&shop, &decentro.id), (&bank, &native.id)] {
        let answer = result_decentro(&site, tenant, id).await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.json()["responseCode"], "E00019");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_told_also_where_the_quota_is_used_up() {
    let ground = Ground::new().await;
    let bank = ground.tenant("bank").await;
    let rules = Rules {
        quota_per_month: Some(1),
        scopes: vec!["check".to_owned()],
        ..Rules::default()
    };
    let (_, key) = ground.native_key(&bank.tenant_id, &rules).await;
    let site = ground.open(Arc::new(FakeFaces)).await;
    let made = make(&site, &key, &json!({})).await;
    ask(&site, &key, &json!({}))
        .await
        .refusal(429, "QUOTA_EXCEEDED");
    assert_eq!(look(&site, &key, &made).await["state"], "created");
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_are_kept_as_long_as_the_tenant_says_and_none_without_references() {
    let ground = Ground::new().await;
    let settings = TenantSettings {
        keep_session_media_s: 0,
        ..TenantSettings::default()
    };
    let (forgetful, bank) = (
        ground.tenant_with("forgetful", settings).await,
        ground.tenant("bank").await,
    );
    let site = ground.open(Arc::new(FakeFaces)).await;
    let with_face = json!({ "face_image_base64s": [base64(b"one")] });
    let made = make(&site, &forgetful.api_key, &with_face).await;
    capture(&site.app, &made, captured(Verdict::Live, &[1])).await;
    let told = look(&site, &forgetful.api_key, &made).await;
    assert_eq!(told["face_matches"][0]["final_match_image"], Value::Null);
    let bare = make(&site, &bank.api_key, &json!({})).await;
    capture(&site.app, &bare, captured(Verdict::Live, &[])).await;
    let faced = make(&site, &bank.api_key, &with_face).await;
    capture(&site.app, &faced, captured(Verdict::Live, &[1])).await;
    let store = &site.ground.store;
    let kept = async |made: &Made| store.session_media(&made.id, 0, now()).await.unwrap();
    assert!(kept(&made).await.is_none() && kept(&bare).await.is_none());
    let sealed = kept(&faced).await.unwrap();
    let day = 86_400_000;
    assert!((sealed.expires_at - now() - day).abs() < 60_000);
    assert!(!sealed.sealed.windows(5).any(|part| part == b"frame"));
    let erased = store.erase_expired(now() + day + 1_000).await.unwrap();
    assert_eq!((erased.media, erased.sessions), (1, 0));
    let told = look(&site, &bank.api_key, &faced).await;
    let link = told["face_matches"][0]["final_match_image"]
        .as_str()
        .unwrap();
    let path = link.strip_prefix("http://127.0.0.1:0").unwrap();
    site.client.get(path).await.refusal(404, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_callers_see_is_the_public_url() {
    let mut setup = crate::support::Setup::new();
    setup.config.public_url = "https://id.bank.example/".to_owned();
    let ground = Ground::of(setup).await;
    let bank = ground.tenant("bank").await;
    let site = ground.open(Arc::new(FakeFaces)).await;
    let answer = ask(&site, &bank.api_key, &json!({})).await;
    let url = answer.envelope()["result"]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        url.starts_with("https://id.bank.example/verify-video/"),
        "{url}"
    );
    let request = Request::get("/v1/sessions").header("x-api-key", &bank.api_key);
    let listed = site.call(request.body(Body::empty()).unwrap()).await;
    let sessions = listed.envelope()["result"]["sessions"].clone();
    assert_eq!(sessions.as_array().unwrap().len(), 1);
    assert_eq!(sessions[0].get("url"), None, "a link is told once");
}
