//! Pictures: kept where the tenant wants it, sealed, for a time.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lifesign_server::service::admin::TenantCredentials;
use lifesign_server::vault::Vault;
use lifesign_store::{Commit, SealedImage, Store, TenantSettings};
use serde_json::json;

use crate::support::ask::{africa, authkey, decentro, native, native_with, plain, syntizen};
use crate::support::pictures::picture;
use crate::support::site::{Ground, Site, act, now, vault};
use crate::support::sockets::Listening;
use crate::support::{Fake, base64, live, real_checker, sample};

const KEEP_S: i64 = 3600;

async fn keeping(keep_images_s: i64) -> (Site, TenantCredentials) {
    let ground = Ground::new().await;
    let settings = TenantSettings {
        keep_images_s,
        replay_window_s: 0,
        ..TenantSettings::default()
    };
    let bank = ground.tenant_with("bank", settings).await;
    (ground.open(real_checker()).await, bank)
}

/// Whether these bytes stand anywhere in a file of the data folder.
fn on_disk(folder: &Path, bytes: &[u8]) -> bool {
    let files = std::fs::read_dir(folder).unwrap();
    let mut files = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    files.any(|file| file.windows(bytes.len()).any(|window| window == bytes))
}

/// What a kept picture is bound to.
fn context(tenant: &str, check: &str) -> Vec<u8> {
    format!("image\0{tenant}\0{check}").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_keeps_none_leaves_none() {
    let (site, bank) = keeping(0).await;
    let image = sample("astronaut.jpg");
    let answer = site
        .call(native_with(&bank.api_key, "?reference=x-1", &[], &image))
        .await;
    let id = answer.header("x-request-id");
    let store = &site.ground.store;
    assert!(!store.has_image(id).await.unwrap());
    assert_eq!(store.image(id, &act()).await.unwrap(), None);
    let data = &site.ground.setup.config.data;
    assert!(on_disk(data, id.as_bytes()), "the record itself is there");
    for part in [&image[2000..2032], base64(&image[2001..2046]).as_bytes()] {
        assert!(!on_disk(data, part));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_picture_is_sealed_and_opens_in_its_own_context_alone() {
    let (site, bank) = keeping(KEEP_S).await;
    let token = authkey(&site, &bank.syntizen).await;
    let image = sample("astronaut.jpg");
    let hex = &bank.syntizen.apikey_secret;
    let key = std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap());
    let sent = Vault::from_key(key).seal(b"", &image).unwrap();
    let large = picture("bare_image");
    let mut ids = Vec::new();
    for (request, file) in [
        (native(&bank.api_key, &image), &image),
        (africa(&bank.verified_africa, &image, ""), &image),
        (decentro(&bank.decentro, &large, "1"), &*large),
        // What came sealed is opened, and sealed again under the key of the data.
        (
            syntizen(&bank.syntizen.apikey, &token, "1", &base64(&sent[1..])),
            &image,
        ),
    ] {
        let answer = site.call(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let id = answer.header("x-request-id").to_owned();
        let store = &site.ground.store;
        let kept = store.check(None, &id).await.unwrap().unwrap();
        let sealed = store.image(&id, &act()).await.unwrap().unwrap();
        assert_eq!(sealed.expires_at, kept.at + KEEP_S * 1000);
        assert_ne!(sealed.sealed, *file);
        let own = context(&bank.tenant_id, &id);
        assert_eq!(vault().open(&own, &sealed.sealed).unwrap(), *file);
        for other in [
            context("t_other", &id),
            context(&bank.tenant_id, "lv_other"),
            Vec::new(),
        ] {
            assert!(vault().open(&other, &sealed.sealed).is_err());
        }
        assert!(Vault::from_key([8; 32]).open(&own, &sealed.sealed).is_err());
        let looked = store.audit(None, 1).await.unwrap().remove(0);
        assert_eq!(
            (looked.action.as_str(), looked.target.as_str()),
            ("image.read", id.as_str())
        );
        let data = &site.ground.setup.config.data;
        assert!(
            !on_disk(data, &file[2000..2032]),
            "the picture itself is on the disk"
        );
        assert!(on_disk(data, &sealed.sealed[100..132]), "the sealed one is");
        ids.push(id);
    }
    // Two seals of one picture have nothing in common.
    let store = &site.ground.store;
    let one = store.image(&ids[0], &act()).await.unwrap().unwrap().sealed;
    let other = store.image(&ids[1], &act()).await.unwrap().unwrap().sealed;
    assert_ne!(one[..32], other[..32]);
    assert!(store.verify_audit().await.unwrap().fault.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_goes_before_its_check() {
    let (site, bank) = keeping(KEEP_S).await;
    let answer = site
        .call(native(&bank.api_key, &sample("astronaut.jpg")))
        .await;
    let id = answer.header("x-request-id");
    let store = &site.ground.store;
    let kept = store.check(None, id).await.unwrap().unwrap();
    let ends = kept.at + KEEP_S * 1000;
    let erased = store.erase_expired(ends - 1).await.unwrap();
    assert_eq!((erased.images, erased.checks), (0, 0));
    let erased = store.erase_expired(ends + 1).await.unwrap();
    assert_eq!((erased.images, erased.checks), (1, 0));
    assert!(!store.has_image(id).await.unwrap());
    assert!(store.check(None, id).await.unwrap().is_some());
    let erased = store.erase_expired(kept.expires_at + 1).await.unwrap();
    assert_eq!(erased.checks, 1);
    assert_eq!(store.check(None, id).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_erases_a_check_erases_its_picture() {
    let (site, bank) = keeping(KEEP_S).await;
    let image = sample("astronaut.jpg");
    let store = &site.ground.store;
    for by_reference in [false, true] {
        let request = native_with(&bank.api_key, "?reference=case-7", &[], &image);
        let answer = site.call(request).await;
        let id = answer.header("x-request-id");
        let sealed = store.image(id, &act()).await.unwrap().unwrap().sealed;
        let path = if by_reference {
            "/v1/checks?reference=case-7".to_owned()
        } else {
            format!("/v1/checks/{id}")
        };
        let erased = site
            .call(plain("DELETE", &path, &bank.api_key))
            .await
            .json();
        assert_eq!(
            erased,
            json!({ "erased": { "checks": 1, "images": 1, "sessions": 0, "session_media": 0, "faces": 0 } })
        );
        assert!(!store.has_image(id).await.unwrap());
        let data = &site.ground.setup.config.data;
        assert!(!on_disk(data, &sealed[100..132]), "not even sealed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_eraser_of_a_server_that_listens_does_it_by_itself() {
    let ground = Ground::new().await;
    let bank = ground.tenant("bank").await;
    let site = ground.open(Arc::new(Fake(|_: &[u8]| Ok(live())))).await;
    site.call(native(&bank.api_key, b"x")).await;
    let store = &site.ground.store;
    let mut old = site.ground.checks(&bank.tenant_id).await.remove(0);
    old.id = "lv_old".to_owned();
    old.at = now() - 7_200_000;
    let commit = Commit {
        check: old,
        image: Some(SealedImage {
            sealed: vault().seal(b"", b"x").unwrap(),
            expires_at: now() - 3_600_000,
        }),
        price: 0,
        answer: None,
    };
    store.commit(&commit).await.unwrap();
    assert!(store.has_image("lv_old").await.unwrap());
    let _server = Listening::start(&site).await;
    gone(store, "lv_old").await;
    assert_eq!(site.ground.checks(&bank.tenant_id).await.len(), 2);
}

async fn gone(store: &Arc<dyn Store>, check: &str) {
    for _ in 0..1000 {
        if !store.has_image(check).await.unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the picture of {check} is never erased");
}
