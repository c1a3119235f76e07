//! The wallet behind verified.africa: paid once for what was decided, never below zero.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use lifesign_server::service::admin::TenantCredentials;
use lifesign_store::{LedgerKind, TenantSettings};
use serde_json::{Value, json};

use crate::support::ask::{africa, json_post, native};
use crate::support::pictures::picture;
use crate::support::site::{Ground, Site};
use crate::support::{Answer, Fake, base64, live, real_checker, sample};

const PRICE: i64 = 3;

fn priced() -> TenantSettings {
    TenantSettings {
        price: PRICE,
        replay_window_s: 0,
        ..TenantSettings::default()
    }
}

async fn with_units(units: i64) -> (Site, TenantCredentials) {
    let ground = Ground::new().await;
    let shop = ground.tenant_of("shop", priced(), units).await;
    (ground.open(real_checker()).await, shop)
}

fn told(answer: &Answer) -> [Value; 3] {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut body = answer.json();
    ["responseCode", "verificationStatus", "transactionStatus"].map(|key| body[key].take())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decided_check_is_paid_and_a_pending_one_is_free() {
    let (site, shop) = with_units(10).await;
    let balance = async || site.ground.balance(&shop.tenant_id).await;
    for (image, expected, left) in [
        ("live_image", ["00", "VERIFIED", "SUCCESSFUL"], 7),
        ("undecided_image", ["01", "PENDING", "FAILED"], 7),
        ("no_face_image", ["02", "PENDING", "FAILED"], 7),
        ("spoof_image", ["00", "NOT VERIFIED", "SUCCESSFUL"], 4),
    ] {
        let answer = site
            .call(africa(&shop.verified_africa, &picture(image), image))
            .await;
        assert_eq!(json!(told(&answer)), json!(expected), "{image}");
        assert_eq!(answer.json()["response"].is_null(), expected[2] == "FAILED");
        assert_eq!(balance().await, left, "{image}");
    }
    // The other contracts have no wallet.
    site.call(native(&shop.api_key, &sample("astronaut.jpg")))
        .await;
    assert_eq!(balance().await, 4);

    let ledger = site
        .ground
        .store
        .statement(&shop.tenant_id, None, 10)
        .await
        .unwrap();
    let lines: Vec<_> = ledger
        .iter()
        .map(|line| (line.kind, line.amount, line.balance))
        .collect();
    let debit = LedgerKind::Debit;
    let expected = [
        (debit, -PRICE, 4),
        (debit, -PRICE, 7),
        (LedgerKind::TopUp, 10, 10),
    ];
    assert_eq!(lines, expected);
    let paid = ledger[0].check_id.as_deref().unwrap();
    let check = site
        .ground
        .store
        .check(Some(&shop.tenant_id), paid)
        .await
        .unwrap();
    assert_eq!(check.unwrap().reference.as_deref(), Some("spoof_image"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_reference_costs_nothing_and_another_body_is_refused() {
    let (site, shop) = with_units(10).await;
    let ask = async |image: &str, reference: &str| {
        site.call(africa(&shop.verified_africa, &picture(image), reference))
            .await
    };
    let first = ask("live_image", "ORDER-1").await;
    for _ in 0..3 {
        let again = ask("live_image", "ORDER-1").await;
        assert_eq!(again.body, first.body, "byte for byte");
    }
    assert_eq!(site.ground.balance(&shop.tenant_id).await, 7);
    let refused = ask("spoof_image", "ORDER-1").await;
    assert_eq!(refused.status, 400);
    let body = refused.json();
    assert_eq!(body["responseCode"], "13", "{body}");
    assert_eq!(body["transactionReference"], "ORDER-1");
    assert_eq!(site.ground.balance(&shop.tenant_id).await, 7);

    // A check that was pending is repeated as well, and stays free.
    let pending = ask("undecided_image", "ORDER-2").await;
    assert_eq!(ask("undecided_image", "ORDER-2").await.body, pending.body);
    assert_eq!(ask("live_image", "ORDER-2").await.status, 400);
    assert_eq!(site.ground.balance(&shop.tenant_id).await, 7);

    // Without a reference of the caller's each is a transaction of its own.
    for _ in 0..2 {
        assert_eq!(told(&ask("live_image", "").await)[2], "SUCCESSFUL");
    }
    assert_eq!(site.ground.balance(&shop.tenant_id).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_holds_too_little_is_told_and_not_touched() {
    let (site, shop) = with_units(PRICE - 1).await;
    let ask = async |image: &str, reference: &str| {
        site.call(africa(&shop.verified_africa, &picture(image), reference))
            .await
    };
    let poor = ask("live_image", "ORDER-1").await;
    assert_eq!(json!(told(&poor)), json!(["03", "PENDING", "FAILED"]));
    assert!(poor.json()["response"].is_null());
    assert_eq!(site.ground.balance(&shop.tenant_id).await, PRICE - 1);
    assert_eq!(site.ground.checks(&shop.tenant_id).await, []);
    // Topped up, the same reference is answered: nothing was said before.
    let act = crate::support::site::act();
    site.ground
        .store
        .top_up(&shop.tenant_id, 1, &act)
        .await
        .unwrap();
    assert_eq!(told(&ask("live_image", "ORDER-1").await)[2], "SUCCESSFUL");
    assert_eq!(site.ground.balance(&shop.tenant_id).await, 0);
    // What was paid is repeated by a wallet that is empty.
    assert_eq!(told(&ask("live_image", "ORDER-1").await)[2], "SUCCESSFUL");
    assert_eq!(told(&ask("live_image", "ORDER-3").await)[0], "03");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_never_spend_more_than_there_is() {
    const CALLS: usize = 20;
    const AFFORDED: i64 = 7;
    let mut setup = crate::support::Setup::new();
    (setup.config.workers, setup.config.queue) = (CALLS, 0);
    let ground = Ground::of(setup).await;
    let shop = ground
        .tenant_of("shop", priced(), AFFORDED * PRICE + 2)
        .await;
    let judged = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&judged);
    let barrier = std::sync::Barrier::new(CALLS);
    let checker = Fake(move |_: &[u8]| {
        count.fetch_add(1, Ordering::SeqCst);
        // Each found enough in the wallet when it came; nobody has paid yet.
        barrier.wait();
        Ok(live())
    });
    let site = ground.open(Arc::new(checker)).await;
    let ask = |number: usize| {
        let reference = format!("ORDER-{number}");
        site.call(africa(&shop.verified_africa, b"x", &reference))
    };
    let answers = join_all((0..CALLS).map(ask)).await;
    assert_eq!(judged.load(Ordering::SeqCst), CALLS);
    let paid = answers
        .iter()
        .filter(|answer| told(answer)[2] == "SUCCESSFUL");
    assert_eq!(paid.count() as i64, AFFORDED);
    let poor = answers.iter().filter(|answer| told(answer)[0] == "03");
    assert_eq!(poor.count(), CALLS - AFFORDED as usize);
    assert_eq!(site.ground.balance(&shop.tenant_id).await, 2);
    let kept = site.ground.checks(&shop.tenant_id).await;
    assert_eq!(
        kept.len() as i64,
        AFFORDED,
        "who did not pay was not answered"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_free_check_is_successful_without_a_unit() {
    let ground = Ground::new().await;
    let settings = TenantSettings {
        price: 0,
        ..priced()
    };
    let shop = ground.tenant_of("shop", settings, 0).await;
    let site = ground.open(real_checker()).await;
    let headers = [
        ("USERID", shop.verified_africa.userid.as_str()),
        ("apikey", &shop.verified_africa.api_key),
    ];
    let body = json!({
        "verificationType": "PASSIVE-LIVELINESS-VERIFICATION",
        "Selfie": base64(&sample("astronaut.jpg")),
    });
    let answer = site
        .call(json_post("/sfx-verify/v3/id-service/", &headers, &body))
        .await;
    assert_eq!(told(&answer)[2], "SUCCESSFUL");
    let ledger = site
        .ground
        .store
        .statement(&shop.tenant_id, None, 10)
        .await
        .unwrap();
    assert_eq!(ledger, []);
}
