//! How often a credential may ask: the rate and the quota, with their headers.

use std::sync::Arc;

use lifesign_store::{CredentialKind, Rules};

use crate::support::ask::{json_post, native, plain};
use crate::support::site::{Ground, Site};
use crate::support::{Answer, Fake, live};

const IMAGE: &[u8] = b"a picture, as the fake checker sees it";

async fn with_key(rules: Rules) -> (Site, String, String) {
    let ground = Ground::new().await;
    let tenant = ground.tenant("bank").await;
    let (_, key) = ground.native_key(&tenant.tenant_id, &rules).await;
    let site = ground.open(Arc::new(Fake(|_: &[u8]| Ok(live())))).await;
    (site, key, tenant.api_key)
}

/// `RateLimit-Limit`, `-Remaining` and `-Reset`.
fn told(answer: &Answer) -> [u64; 3] {
    ["limit", "remaining", "reset"].map(|what| {
        let value = answer.header(&format!("ratelimit-{what}"));
        value
            .parse()
            .unwrap_or_else(|_| panic!("ratelimit-{what} is {value:?}"))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rate_of_a_key_is_told_and_kept() {
    let rules = Rules {
        rate_per_minute: Some(2),
        ..Rules::default()
    };
    let (site, key, other) = with_key(rules).await;
    let first = site.call(native(&key, IMAGE)).await;
    let [limit, remaining, reset] = told(&first);
    assert_eq!((first.status.as_u16(), limit, remaining), (200, 2, 1));
    assert!((1..=30).contains(&reset), "{reset}");
    let second = site.call(native(&key, IMAGE)).await;
    assert_eq!(told(&second)[..2], [2, 0]);
    assert!((31..=60).contains(&told(&second)[2]), "{:?}", told(&second));

    let refused = site.call(native(&key, IMAGE)).await;
    let message = refused.refusal(429, "RATE_LIMITED");
    assert_eq!(message, "more than 2 requests a minute");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    let [limit, remaining, reset] = told(&refused);
    assert_eq!((limit, remaining), (2, 0));
    assert_eq!(
        reset, wait,
        "both name the moment when it may be tried again"
    );
    // What is kept may not be asked for more often either.
    let refused = site.call(plain("GET", "/v1/checks", &key)).await;
    refused.refusal(429, "RATE_LIMITED");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    // Another key of the tenant has a rate of its own.
    assert_eq!(
        told(&site.call(native(&other, IMAGE)).await)[..2],
        [600, 599]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rate_holds_for_logins_too() {
    let rules = Rules {
        rate_per_minute: Some(1),
        ..Rules::default()
    };
    let (site, _, _) = with_key(Rules::default()).await;
    let ground = &site.ground;
    let tenant = ground.store.tenant("bank").await.unwrap().unwrap();
    let kind = CredentialKind::SyntizenUser;
    let (_, user) = ground.key(&tenant.id, kind, &rules, None).await;
    let body = serde_json::json!({ "username": user[0].1, "password": user[1].1 });
    let login = || json_post("/userauthentication", &[], &body);
    assert_eq!(site.call(login()).await.status, 200);
    let refused = site.call(login()).await;
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quota_of_a_month_counts_answered_checks() {
    let rules = Rules {
        quota_per_month: Some(2),
        ..Rules::default()
    };
    let (site, key, other) = with_key(rules).await;
    // A refused request is no check.
    for _ in 0..3 {
        site.call(native(&key, b""))
            .await
            .refusal(422, "INVALID_REQUEST");
    }
    for _ in 0..2 {
        assert_eq!(site.call(native(&key, IMAGE)).await.status, 200);
    }
    let refused = site.call(native(&key, IMAGE)).await;
    let message = refused.refusal(429, "QUOTA_EXCEEDED");
    assert!(message.contains("all 2 checks"), "{message}");
    assert_eq!(told(&refused)[0], 600, "its rate is told all the same");
    // Waiting a second or two is of no use.
    assert_eq!(refused.header("retry-after"), "");
    // What was kept can still be looked at.
    let list = site.call(plain("GET", "/v1/checks", &key)).await;
    assert_eq!(list.json()["checks"].as_array().unwrap().len(), 2);
    assert_eq!(site.call(native(&other, IMAGE)).await.status, 200);
}
