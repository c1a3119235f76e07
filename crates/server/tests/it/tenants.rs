//! Two tenants of one server: nothing of one is ever the other's. Real engine, real pictures.

use lifesign_server::service::admin::TenantCredentials;
use lifesign_server::vault::Vault;
use lifesign_store::TenantSettings;
use serde_json::json;

use crate::support::ask::{
    africa, authkey, decentro, json_post, native, native_with, plain, syntizen, text_of,
};
use crate::support::pictures::picture;
use crate::support::site::{Ground, Site, UNITS};
use crate::support::{Answer, base64, real_checker, sample};

struct Two {
    site: Site,
    one: TenantCredentials,
    other: TenantCredentials,
}

/// Two tenants that look for replayed pictures.
async fn two() -> Two {
    let ground = Ground::new().await;
    let one = ground.tenant_with("one", TenantSettings::default()).await;
    let other = ground.tenant_with("other", TenantSettings::default()).await;
    let site = ground.open(real_checker()).await;
    Two { site, one, other }
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
async fn nobody_sees_lists_or_erases_what_is_anothers() {
    let Two { site, one, other } = two().await;
    let image = sample("astronaut.jpg");
    let request = native_with(&one.api_key, "?reference=case-7", &[], &image);
    let id = text_of(&site.call(request).await, "request_id");
    let path = format!("/v1/checks/{id}");
    let listed = async |key: &str, query: &str| {
        let path = format!("/v1/checks{query}");
        let answer = site.call(plain("GET", &path, key)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["checks"].as_array().unwrap().len()
    };

    let (mine, theirs) = (one.api_key.as_str(), other.api_key.as_str());
    let unseen = site.call(plain("GET", &path, theirs)).await;
    unseen.refusal(404, "NOT_FOUND");
    let nowhere = site
        .call(plain("GET", "/v1/checks/lv_0000000000000000", theirs))
        .await;
    let message = |answer: &Answer| answer.json()["error"]["message"].clone();
    assert_eq!(
        message(&unseen),
        message(&nowhere),
        "nothing tells that it exists"
    );
    assert_eq!(listed(theirs, "").await, 0);
    assert_eq!(listed(theirs, "?reference=case-7").await, 0);
    for target in [path.as_str(), "/v1/checks?reference=case-7"] {
        let erased = site.call(plain("DELETE", target, theirs)).await;
        assert_eq!(erased.status, 200, "{}", erased.text());
        assert_eq!(
            erased.json(),
            json!({ "erased": { "checks": 0, "images": 0, "sessions": 0, "session_media": 0, "faces": 0 } })
        );
    }

    assert_eq!(listed(mine, "?reference=case-7").await, 1);
    assert_eq!(site.call(plain("GET", &path, mine)).await.status, 200);
    let erased = site.call(plain("DELETE", &path, mine)).await;
    assert_eq!(erased.json()["erased"]["checks"], 1);
    site.call(plain("GET", &path, mine))
        .await
        .refusal(404, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_one_is_no_page_of_the_other() {
    let Two { site, one, other } = two().await;
    let image = sample("astronaut.jpg");
    for _ in 0..2 {
        site.call(native(&one.api_key, &image)).await;
    }
    site.call(native(&other.api_key, &image)).await;
    // Where one stands in its list, asked by the other.
    let store = &site.ground.store;
    let filter = lifesign_store::CheckFilter {
        tenant_id: Some(one.tenant_id.clone()),
        ..lifesign_store::CheckFilter::default()
    };
    let next = store.checks(&filter, None, 1).await.unwrap().next.unwrap();
    let request = plain("GET", &format!("/v1/checks?after={next}"), &other.api_key);
    let page = site.call(request).await.json();
    let own = site.ground.checks(&other.tenant_id).await.remove(0);
    for check in page["checks"].as_array().unwrap() {
        assert_eq!(check["request_id"], own.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_one_is_no_replay_for_the_other() {
    let Two { site, one, other } = two().await;
    let image = sample("astronaut.jpg");
    assert!(!is_replayed(&site.call(native(&one.api_key, &image)).await));
    assert!(!is_replayed(
        &site.call(native(&other.api_key, &image)).await
    ));
    assert!(is_replayed(&site.call(native(&one.api_key, &image)).await));
    assert!(is_replayed(
        &site.call(native(&other.api_key, &image)).await
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_spends_from_anothers_wallet() {
    let Two { site, one, other } = two().await;
    let (mine, theirs) = (&one.verified_africa, &other.verified_africa);
    let image = sample("astronaut.jpg");
    let answer = site.call(africa(mine, &image, "ORDER-1")).await;
    assert_eq!(answer.json()["transactionStatus"], "SUCCESSFUL");
    let balances = async || {
        let ground = &site.ground;
        (
            ground.balance(&one.tenant_id).await,
            ground.balance(&other.tenant_id).await,
        )
    };
    assert_eq!(balances().await, (UNITS - 1, UNITS));

    let mixed = |userid: &str, api_key: &str| {
        let body = json!({
            "verificationType": "PASSIVE-LIVELINESS-VERIFICATION",
            "selfie": base64(&image),
        });
        let headers = [("userid", userid), ("apiKey", api_key)];
        json_post("/sfx-verify/v3/id-service/", &headers, &body)
    };
    for request in [
        mixed(&mine.userid, &theirs.api_key),
        mixed(&theirs.userid, &mine.api_key),
        mixed(&one.tenant_id, &theirs.api_key),
        mixed(&mine.userid, &one.api_key),
    ] {
        assert_eq!(site.call(request).await.status, 401);
    }
    assert_eq!(balances().await, (UNITS - 1, UNITS));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_two_tenants_do_not_mix() {
    let Two { site, one, other } = two().await;
    let image = picture("bare_image");
    let mut mixed = other.decentro;
    mixed.client_id.clone_from(&one.decentro.client_id);
    assert_eq!(
        site.call(decentro(&mixed, &image, "Case 1")).await.status,
        401
    );
    mixed.client_secret.clone_from(&one.decentro.client_secret);
    assert_eq!(
        site.call(decentro(&mixed, &image, "Case 1")).await.status,
        401
    );
    mixed.module_secret.clone_from(&one.decentro.module_secret);
    assert_eq!(
        site.call(decentro(&mixed, &image, "Case 1")).await.status,
        200
    );

    let mut user = other.syntizen;
    user.password.clone_from(&one.syntizen.password);
    let refused = site.call(crate::support::ask::login(&user)).await;
    assert_eq!(refused.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_under_anothers_key_stays_sealed() {
    let Two { site, one, other } = two().await;
    let authkey = authkey(&site, &other.syntizen).await;
    let seal = |hex: &str| {
        let key = std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap());
        let sealed = Vault::from_key(key).seal(b"", &sample("astronaut.jpg"));
        base64(&sealed.unwrap()[1..])
    };
    let (mine, theirs) = (&one.syntizen, &other.syntizen);
    let sealed = seal(&mine.apikey_secret);
    let ask = async |apikey: &str, sealed: &str| {
        let answer = site.call(syntizen(apikey, &authkey, "1", sealed)).await;
        (answer.status.as_u16(), text_of(&answer, "respdesc"))
    };
    let foreign = ask(&mine.apikey, &sealed).await;
    assert_eq!(foreign.0, 400);
    let unknown = ask("lsa_0000000000000000", &sealed).await;
    assert_eq!(foreign, unknown, "nothing tells that the key exists");
    assert_eq!(ask(&theirs.apikey, &sealed).await, foreign);
    let own = ask(&theirs.apikey, &seal(&theirs.apikey_secret)).await;
    assert_eq!(own, (200, "success".to_owned()));
    assert_eq!(site.ground.checks(&other.tenant_id).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_one_is_never_repeated_to_the_other() {
    let Two { site, one, other } = two().await;
    let image = sample("astronaut.jpg");
    let key = [("idempotency-key", "order-1")];
    let ask = async |tenant: &TenantCredentials| {
        let answer = site
            .call(native_with(&tenant.api_key, "", &key, &image))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let repeated = answer.header("idempotency-replayed") == "true";
        (text_of(&answer, "request_id"), repeated)
    };
    let (first, repeated) = ask(&one).await;
    assert!(!repeated);
    let (others, repeated) = ask(&other).await;
    assert!(!repeated && others != first);
    assert_eq!(ask(&one).await, (first, true));
    // Another picture under a key that is used already is only refused to whom the key is.
    let different = sample("grace_hopper.jpg");
    let third = native_with(
        &other.api_key,
        "",
        &[("idempotency-key", "order-2")],
        &different,
    );
    assert_eq!(site.call(third).await.status, 200);
    let reused = native_with(&one.api_key, "", &[("idempotency-key", "order-2")], &image);
    assert_eq!(site.call(reused).await.status, 200);

    let first = site
        .call(africa(&one.verified_africa, &image, "ORDER-1"))
        .await;
    let others = site
        .call(africa(&other.verified_africa, &image, "ORDER-1"))
        .await;
    for answer in [&first, &others] {
        assert_eq!(answer.header("idempotency-replayed"), "");
        assert_eq!(answer.json()["transactionStatus"], "SUCCESSFUL");
    }
    for tenant in [&one, &other] {
        assert_eq!(site.ground.balance(&tenant.tenant_id).await, UNITS - 1);
    }
}
