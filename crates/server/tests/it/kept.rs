//! What a tenant may do with what was kept: `/v1/checks`, held against the document.

use std::sync::Arc;

use lifesign_store::Rules;
use serde_json::{Value, json};

use crate::support::ask::{
    africa, authkey, decentro, native, native_with, plain, syntizen, text_of,
};
use crate::support::document::{conforms, document};
use crate::support::pictures::picture;
use crate::support::site::Ground;
use crate::support::{Fake, base64, live, real_checker, sample};

/// Checks of each contract with the real engine, looked at as their tenant does.
#[tokio::test(flavor = "multi_thread")]
async fn every_look_and_every_refusal_conforms_to_the_document() {
    let ground = Ground::new().await;
    let bank = ground.tenant("bank").await;
    let (_, reader) = ground.native_key(&bank.tenant_id, &scoped("read")).await;
    let site = ground.open(real_checker()).await;
    let document = document(&site.client).await;
    let image = sample("astronaut.jpg");
    let token = authkey(&site, &bank.syntizen).await;
    for request in [
        native_with(&bank.api_key, "?reference=case-1", &[], &image),
        syntizen("0", &token, "case-2", &base64(&image)),
        africa(&bank.verified_africa, &image, "case-3"),
        decentro(&bank.decentro, &picture("bare_image"), "case-4"),
        native(&bank.api_key, &sample("coffee.jpg")),
    ] {
        let answer = site.call(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let look = async |method: &str, path: &str, documented: &str, key: &str| {
        let answer = site.call(plain(method, path, key)).await;
        let held = conforms(&document, &method.to_lowercase(), documented, &answer);
        held.unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        assert_eq!(answer.header("cache-control"), "no-store");
        // Who may not ask at all takes nothing from a rate.
        let nameless = [401, 403].contains(&answer.status.as_u16());
        let untold = answer.header("ratelimit-limit").is_empty();
        assert_eq!(untold, nameless, "{method} {path}: {}", answer.text());
        answer
    };
    let (all, one) = ("/v1/checks", "/v1/checks/{id}");
    let key = bank.api_key.as_str();
    let page = look("GET", all, all, key).await.json();
    let checks = page["checks"].as_array().unwrap();
    let told: Vec<_> = checks
        .iter()
        .rev()
        .map(|c| (&c["contract"], &c["reference"]))
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["native", "case-1"],
            ["syntizen", "case-2"],
            ["verified_africa", "case-3"],
            ["decentro", "case-4"],
            ["native", null],
        ])
    );
    assert_eq!(page["next"], Value::Null);
    for check in checks {
        let path = format!("{all}/{}", check["request_id"].as_str().unwrap());
        assert_eq!(look("GET", &path, one, key).await.json(), *check);
    }

    for (method, path, documented, key, status) in [
        ("GET", "/v1/checks?after=nonsense", all, key, 422),
        ("GET", "/v1/checks?reference=%00", all, key, 200),
        (
            "GET",
            "/v1/checks?reference=%FF&other=1&reference=x",
            all,
            key,
            200,
        ),
        ("DELETE", "/v1/checks", all, key, 422),
        ("DELETE", "/v1/checks?reference=", all, key, 422),
        ("GET", "/v1/checks/lv_0", one, key, 404),
        ("GET", "/v1/checks/%00", one, key, 404),
        ("GET", "/v1/checks/%FF", one, key, 404),
        ("DELETE", "/v1/checks/%FF", one, key, 404),
        ("GET", all, all, "", 401),
        ("GET", "/v1/checks/lv_0", one, "wrong", 401),
        ("DELETE", "/v1/checks/lv_0", one, reader.as_str(), 403),
        (
            "DELETE",
            "/v1/checks?reference=x",
            all,
            reader.as_str(),
            403,
        ),
    ] {
        let answer = look(method, path, documented, key).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
    for path in [all, "/v1/checks/lv_0"] {
        let answer = site.call(plain("POST", path, key)).await;
        answer.refusal(405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), "GET,HEAD,DELETE");
    }

    let erased = look("DELETE", "/v1/checks?reference=case-2", all, key).await;
    assert_eq!(
        erased.json(),
        json!({ "erased": { "checks": 1, "images": 0, "sessions": 0, "session_media": 0, "faces": 0 } })
    );
    let id = checks[0]["request_id"].as_str().unwrap();
    let path = format!("{all}/{id}");
    let erased = look("DELETE", &path, one, key).await;
    assert_eq!(
        erased.json(),
        json!({ "erased": { "checks": 1, "images": 0, "sessions": 0, "session_media": 0, "faces": 0 } })
    );
    look("GET", &path, one, key).await.refusal(404, "NOT_FOUND");
    let left = look("GET", all, all, key).await.json();
    assert_eq!(left["checks"].as_array().unwrap().len(), 3);
    let wanted = look("GET", "/v1/checks?reference=case-2", all, key)
        .await
        .json();
    assert_eq!(wanted, json!({ "checks": [], "next": null }));
}

fn scoped(scope: &str) -> Rules {
    Rules {
        scopes: vec![scope.to_owned()],
        ..Rules::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_fifty_and_together_every_check_once() {
    let ground = Ground::new().await;
    let bank = ground.tenant("bank").await;
    let site = ground.open(Arc::new(Fake(|_: &[u8]| Ok(live())))).await;
    let mut asked = [Vec::new(), Vec::new()];
    for number in 0..120 {
        let query = format!("?reference=case-{}", number % 2);
        let answer = site
            .call(native_with(&bank.api_key, &query, &[], b"x"))
            .await;
        asked[number % 2].push(text_of(&answer, "request_id"));
    }
    for (query, mut expected) in [
        ("", asked.concat()),
        ("reference=case-1&", asked[1].clone()),
    ] {
        let mut seen: Vec<Value> = Vec::new();
        let mut path = format!("/v1/checks?{query}");
        loop {
            let answer = site.call(plain("GET", &path, &bank.api_key)).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let page = answer.json();
            let checks = page["checks"].as_array().unwrap();
            seen.extend_from_slice(checks);
            match &page["next"] {
                Value::String(next) => {
                    assert_eq!(checks.len(), 50);
                    let next = form_urlencoded::byte_serialize(next.as_bytes());
                    path = format!("/v1/checks?{query}after={}", next.collect::<String>());
                }
                _ => break,
            }
        }
        // Newest first; those of one millisecond in any order.
        let times = seen
            .iter()
            .map(|check| check["timestamp"].as_str().unwrap());
        assert!(times.is_sorted_by(|newer, older| newer >= older));
        let ids = seen
            .iter()
            .map(|check| check["request_id"].as_str().unwrap());
        let mut ids = Vec::from_iter(ids.map(str::to_owned));
        ids.sort_unstable();
        expected.sort_unstable();
        assert_eq!(ids, expected, "every check once");
    }
    let erased = plain("DELETE", "/v1/checks?reference=case-0", &bank.api_key);
    let erased = site.call(erased).await.json();
    assert_eq!(erased["erased"]["checks"], 60);
    assert_eq!(site.ground.checks(&bank.tenant_id).await.len(), 60);
    let audit = site.ground.store.audit(None, 1).await.unwrap();
    assert_eq!(audit[0].action, "reference.erase");
    assert!(audit[0].actor.starts_with("key:k_"), "{}", audit[0].actor);
    assert!(
        !format!("{audit:?}").contains("case-0"),
        "a reference is in the log"
    );
}
