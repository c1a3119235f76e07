//! Credentials that are good for nothing, and what good ones may do.

use std::time::{Duration, Instant};

use lifesign_server::service::admin::{self, TenantCredentials};
use lifesign_server::{IpNet, secrets};
use lifesign_store::{CredentialKind, Rules};
use std::sync::Arc;

use crate::support::ask::{africa, authkey, decentro, login, native, plain, syntizen};
use crate::support::site::{Ground, Site, act, now, vault};
use crate::support::sockets::Listening;
use crate::support::{Fake, Setup, base64, live};

const IMAGE: &[u8] = b"a picture, as the fake checker sees it";

async fn open(ground: Ground) -> Site {
    ground.open(Arc::new(Fake(|_: &[u8]| Ok(live())))).await
}

async fn with_tenant() -> (Site, TenantCredentials) {
    let ground = Ground::new().await;
    let tenant = ground.tenant("bank").await;
    (open(ground).await, tenant)
}

/// The statuses of one request by each contract, and of a login.
async fn all_contracts(site: &Site, tenant: &TenantCredentials, authkey: &str) -> [u16; 5] {
    let mut statuses = [0; 5];
    let requests = [
        native(&tenant.api_key, IMAGE),
        syntizen("0", authkey, "1", &base64(IMAGE)),
        africa(&tenant.verified_africa, IMAGE, ""),
        decentro(&tenant.decentro, IMAGE, "Case 1"),
        login(&tenant.syntizen),
    ];
    for (status, request) in statuses.iter_mut().zip(requests) {
        *status = site.call(request).await.status.as_u16();
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_tenant_is_nobody_until_it_is_let_in_again() {
    let (site, tenant) = with_tenant().await;
    let token = authkey(&site, &tenant.syntizen).await;
    let store = &site.ground.store;
    assert_eq!(all_contracts(&site, &tenant, &token).await, [200; 5]);
    store
        .set_tenant_enabled(&tenant.tenant_id, false, &act())
        .await
        .unwrap();
    assert_eq!(all_contracts(&site, &tenant, &token).await, [401; 5]);
    let list = site.call(plain("GET", "/v1/checks", &tenant.api_key)).await;
    list.refusal(401, "UNAUTHORIZED");
    store
        .set_tenant_enabled(&tenant.tenant_id, true, &act())
        .await
        .unwrap();
    assert_eq!(all_contracts(&site, &tenant, &token).await, [200; 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_secrets_open_nothing_and_are_told_alike() {
    let (site, tenant) = with_tenant().await;
    let message = async |key: &str| {
        let answer = site.call(native(key, IMAGE)).await;
        answer.refusal(401, "UNAUTHORIZED")
    };
    // The right public part and a wrong rest, one character too many, one too few, nobody's.
    let key = &tenant.api_key;
    let mut changed = key.clone();
    let last = if key.ends_with('A') { 'B' } else { 'A' };
    changed.replace_range(key.len() - 1.., &last.to_string());
    let nobodys = secrets::random("lsk_").unwrap();
    let expected = message(&nobodys).await;
    let longer = format!("{key}A");
    for wrong in [&changed, &longer, &key[..key.len() - 1], &key[..12], "x"] {
        assert_eq!(message(wrong).await, expected, "{wrong}");
    }
    // Credentials of one contract are none of another.
    for foreign in [
        &tenant.verified_africa.api_key,
        &tenant.decentro.client_secret,
        &tenant.syntizen.password,
        &tenant.tenant_id,
    ] {
        assert_eq!(message(foreign).await, expected);
    }
    assert_eq!(site.ground.checks(&tenant.tenant_id).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_nothing_once_it_is_revoked_expired_or_rotated() {
    let (site, tenant) = with_tenant().await;
    let (ground, id) = (&site.ground, tenant.tenant_id.as_str());
    let status = async |key: &str| site.call(native(key, IMAGE)).await.status.as_u16();

    let (revoked, key) = ground.native_key(id, &Rules::default()).await;
    assert_eq!(status(&key).await, 200);
    ground
        .store
        .revoke_credential(&revoked, &act())
        .await
        .unwrap();
    assert_eq!(status(&key).await, 401);

    let (rotated, old) = ground.native_key(id, &Rules::default()).await;
    let (vault, act) = (vault(), act());
    let fresh = admin::rotate_key(&*ground.store, &vault, &rotated, &act)
        .await
        .unwrap();
    assert_eq!((status(&old).await, status(&fresh[0].1).await), (401, 200));

    let rules = Rules::default();
    for (expires_in_ms, expected) in [(-1, 401), (60_000, 200)] {
        let until = Some(now() + expires_in_ms);
        let made = ground.key(id, CredentialKind::Native, &rules, until).await;
        assert_eq!(status(&made.1[0].1).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authkey_ends_with_itself_its_user_or_a_new_password() {
    let (site, tenant) = with_tenant().await;
    let store = &site.ground.store;
    let status = async |token: &str| {
        let request = syntizen("0", token, "1", &base64(IMAGE));
        site.call(request).await.status.as_u16()
    };
    let (first, second) = (
        authkey(&site, &tenant.syntizen).await,
        authkey(&site, &tenant.syntizen).await,
    );
    assert_ne!(first, second);
    let hash = secrets::sha256(first.as_bytes());
    store.revoke_token(&hash, now()).await.unwrap();
    assert_eq!((status(&first).await, status(&second).await), (401, 200));

    let user = site
        .ground
        .id_of(&tenant.tenant_id, CredentialKind::SyntizenUser)
        .await;
    let (vault, act) = (vault(), act());
    let fresh = admin::rotate_key(&**store, &vault, &user, &act)
        .await
        .unwrap();
    assert_eq!(status(&second).await, 401);
    assert_eq!(site.call(login(&tenant.syntizen)).await.status, 401);
    let mut syntizen = tenant.syntizen;
    (syntizen.username, syntizen.password) = (fresh[0].1.clone(), fresh[1].1.clone());
    let third = authkey(&site, &syntizen).await;
    assert_eq!(status(&third).await, 200);
    store.revoke_credential(&user, &act).await.unwrap();
    assert_eq!(status(&third).await, 401);
    assert_eq!(site.call(login(&syntizen)).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealing_key_that_is_revoked_opens_no_picture() {
    let (site, tenant) = with_tenant().await;
    let token = authkey(&site, &tenant.syntizen).await;
    let hex = &tenant.syntizen.apikey_secret;
    let key = std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap());
    let sealed = lifesign_server::vault::Vault::from_key(key)
        .seal(b"", IMAGE)
        .unwrap();
    let ask = async || {
        let apikey = &tenant.syntizen.apikey;
        let request = syntizen(apikey, &token, "1", &base64(&sealed[1..]));
        site.call(request).await.status.as_u16()
    };
    assert_eq!(ask().await, 200);
    let id = site
        .ground
        .id_of(&tenant.tenant_id, CredentialKind::SyntizenSealing)
        .await;
    site.ground
        .store
        .revoke_credential(&id, &act())
        .await
        .unwrap();
    assert_eq!(ask().await, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_is_lacking_is_403() {
    let (site, tenant) = with_tenant().await;
    for (scopes, expected) in [
        (&["check"][..], [200, 403, 403, 403, 403]),
        (&["read"], [403, 200, 404, 403, 403]),
        (&["erase"], [403, 403, 403, 200, 200]),
        (&["read", "erase"], [403, 200, 404, 200, 200]),
        (&[], [200, 200, 404, 200, 200]),
    ] {
        let rules = Rules {
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            ..Rules::default()
        };
        let (_, key) = site.ground.native_key(&tenant.tenant_id, &rules).await;
        let requests = [
            native(&key, IMAGE),
            plain("GET", "/v1/checks", &key),
            plain("GET", "/v1/checks/lv_0", &key),
            plain("DELETE", "/v1/checks/lv_0", &key),
            plain("DELETE", "/v1/checks?reference=x", &key),
        ];
        for (request, expected) in requests.into_iter().zip(expected) {
            let answer = site.call(request).await;
            assert_eq!(answer.status, expected, "{scopes:?}: {}", answer.text());
            if expected == 403 {
                assert!(answer.refusal(403, "FORBIDDEN").contains("lack the scope"));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_allowed_is_403() {
    let mut setup = Setup::new();
    let proxy: IpNet = "203.0.113.5/32".parse().unwrap();
    setup.config.trusted_proxies = vec![proxy];
    let ground = Ground::of(setup).await;
    let tenant = ground.tenant("bank").await;
    let rules = Rules {
        allowed_ips: vec!["192.0.2.0/24".to_owned(), "2001:db8::7".to_owned()],
        ..Rules::default()
    };
    let (_, key) = ground.native_key(&tenant.tenant_id, &rules).await;
    let site = open(ground).await;
    for (peer, expected) in [
        ("192.0.2.200", 200),
        ("::ffff:192.0.2.200", 200),
        ("2001:db8::7", 200),
        ("2001:db8::8", 403),
        ("198.51.100.7", 403),
        ("127.0.0.1", 403),
        // The proxy itself is not on the list.
        ("203.0.113.5", 403),
    ] {
        let answer = site.call_from(peer, native(&key, IMAGE)).await;
        assert_eq!(answer.status, expected, "{peer}");
    }
    for (peer, expected) in [("203.0.113.5", 200), ("198.51.100.7", 403)] {
        let mut request = native(&key, IMAGE);
        let forwarded = "192.0.2.9".parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", forwarded);
        let answer = site.call_from(peer, request).await;
        assert_eq!(answer.status, expected, "{peer} speaks for another");
    }
    // Nobody knows where it comes from.
    assert_eq!(site.call(native(&key, IMAGE)).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_connection_its_other_end_is_the_address() {
    let (site, tenant) = with_tenant().await;
    let server = Listening::start(&site).await;
    for (allowed, expected) in [("127.0.0.2", "403"), ("127.0.0.1", "200")] {
        let rules = Rules {
            allowed_ips: vec![allowed.to_owned()],
            ..Rules::default()
        };
        let (_, key) = site.ground.native_key(&tenant.tenant_id, &rules).await;
        let head = format!("GET /v1/checks HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n");
        let answer = server.say(&head).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {expected}")),
            "{answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_waits_and_nobody_else() {
    let (site, tenant) = with_tenant().await;
    let (guesser, neighbour) = ("192.0.2.66", "192.0.2.67");
    let guess = || plain("GET", "/v1/checks", "lsk_nobodys-key-at-all");
    for _ in 0..6 {
        assert_eq!(site.call_from(guesser, guess()).await.status, 401);
    }
    // The seventh waits, and so do the right credentials from there.
    let first_back = async |peer: &str| {
        let request = plain("GET", "/v1/checks", &tenant.api_key);
        let since = Instant::now();
        let answer = site.call_from(peer, request).await;
        assert_eq!(answer.status, 200);
        (since.elapsed(), Instant::now())
    };
    let (slowed, not) = tokio::join!(first_back(guesser), first_back(neighbour));
    assert!(slowed.0 >= Duration::from_millis(250), "{slowed:?}");
    assert!(not.1 < slowed.1, "the neighbour waits too");
    let since = Instant::now();
    site.call_from(guesser, guess()).await;
    assert!(since.elapsed() >= Duration::from_millis(250));
    let since = Instant::now();
    site.call_from(guesser, guess()).await;
    assert!(
        since.elapsed() >= Duration::from_millis(500),
        "each costs more"
    );

    // Passwords are no easier to guess.
    let mut user = tenant.syntizen;
    user.password = "wrong".to_owned();
    let since = Instant::now();
    assert_eq!(site.call_from(guesser, login(&user)).await.status, 401);
    assert!(since.elapsed() >= Duration::from_millis(1000));
}
