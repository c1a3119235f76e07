use lifesign_store::{CredentialKind, NewCredential, NewToken, Rules, Store, StoreError};

use crate::bench::{Bench, DAY, NOW, act, check, credential, free};
use crate::stories;

async fn token(bench: &Bench, tenant_id: &str, credential_id: &str, hash: &[u8]) {
    let token = NewToken {
        hash: hash.to_vec(),
        tenant_id: tenant_id.to_owned(),
        credential_id: credential_id.to_owned(),
        created_at: NOW,
        expires_at: NOW + DAY,
    };
    bench.store.create_token(&token).await.unwrap();
}

async fn is_revoked(bench: &Bench, hash: &[u8]) -> bool {
    let (token, ..) = bench.store.token(hash).await.unwrap().unwrap();
    token.revoked_at.is_some()
}

stories! {
    async fn a_credential_is_found_by_kind_and_public_part(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        let made = NewCredential {
            kind: CredentialKind::Decentro,
            second_hash: Some(vec![9; 32]),
            sealed_secret: Some(Vec::new()),
            rules: Rules {
                scopes: vec!["check".to_owned()],
                allowed_ips: vec!["10.0.0.0/8".to_owned()],
                rate_per_minute: Some(u32::MAX),
                quota_per_month: Some(0),
            },
            expires_at: Some(NOW + 1),
            ..credential("t1", "c1")
        };
        store.create_credential(&made, &act(NOW)).await.unwrap();
        let (kept, tenant) =
            store.credential(CredentialKind::Decentro, "ls_c1").await.unwrap().unwrap();
        assert_eq!(tenant.id, "t1");
        assert_eq!(format!("{:?}", kept.made), format!("{made:?}"));
        assert_eq!((kept.created_at, kept.revoked_at, kept.last_used_at), (NOW, None, None));
        for (kind, public_id) in [
            (CredentialKind::Native, "ls_c1"),
            (CredentialKind::Decentro, "LS_C1"),
            (CredentialKind::Decentro, "ls_c1\0"),
            (CredentialKind::Decentro, "' OR 1 = 1 --"),
        ] {
            assert!(store.credential(kind, public_id).await.unwrap().is_none());
        }
        // The same public part may serve another kind, not another tenant.
        let other_kind = NewCredential {
            kind: CredentialKind::Native,
            id: "c2".to_owned(),
            ..made.clone()
        };
        store.create_credential(&other_kind, &act(NOW)).await.unwrap();
        bench.tenant("t2", 0).await;
        let taken = NewCredential { id: "c3".to_owned(), tenant_id: "t2".to_owned(), ..made };
        let refused = store.create_credential(&taken, &act(NOW)).await;
        assert!(matches!(refused, Err(StoreError::Exists { .. })), "{refused:?}");
        let nobodys = store.create_credential(&credential("t9", "c4"), &act(NOW)).await;
        assert!(matches!(nobodys, Err(StoreError::NotFound { .. })), "{nobodys:?}");
    }

    async fn credentials_are_listed_newest_first(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        for (tenant, id, at) in [("t1", "a", 1), ("t1", "b", 3), ("t2", "c", 2), ("t1", "d", 1)] {
            let made = credential(tenant, id);
            store.create_credential(&made, &act(NOW + at)).await.unwrap();
        }
        let ids = |list: Vec<lifesign_store::Credential>| -> Vec<String> {
            list.into_iter().map(|credential| credential.made.id).collect()
        };
        assert_eq!(ids(store.credentials(Some("t1")).await.unwrap()), ["b", "d", "a"]);
        assert_eq!(ids(store.credentials(Some("t2")).await.unwrap()), ["c"]);
        assert_eq!(ids(store.credentials(None).await.unwrap()), ["b", "c", "d", "a"]);
    }

    async fn a_rotation_ends_the_old_secret_and_its_tokens(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        let old = bench.credential("t1", "c1").await;
        bench.credential("t1", "c2").await;
        token(bench, "t1", "c1", b"one").await;
        token(bench, "t1", "c2", b"two").await;
        let fresh = NewCredential {
            public_id: "ls_fresh".to_owned(),
            secret_hash: Some(vec![5]),
            second_hash: Some(vec![6]),
            sealed_secret: Some(vec![7]),
            label: "another".to_owned(),
            ..old.clone()
        };
        store.rotate_credential("c1", &fresh, &act(NOW + 1)).await.unwrap();
        assert!(store.credential(old.kind, &old.public_id).await.unwrap().is_none());
        let (kept, _) = store.credential(old.kind, "ls_fresh").await.unwrap().unwrap();
        assert_eq!(kept.made.id, "c1");
        assert_eq!(kept.made.label, old.label);
        assert_eq!(kept.made.secret_hash, Some(vec![5]));
        assert_eq!(kept.made.second_hash, Some(vec![6]));
        assert_eq!(kept.made.sealed_secret, Some(vec![7]));
        assert!(is_revoked(bench, b"one").await);
        assert!(!is_revoked(bench, b"two").await);
        // The public part of another, another tenant, another kind.
        let taken = NewCredential { public_id: "ls_c2".to_owned(), ..fresh.clone() };
        let refused = store.rotate_credential("c1", &taken, &act(NOW)).await;
        assert!(matches!(refused, Err(StoreError::Exists { .. })), "{refused:?}");
        for bad in [
            NewCredential { tenant_id: "t2".to_owned(), ..fresh.clone() },
            NewCredential { kind: CredentialKind::Decentro, ..fresh.clone() },
        ] {
            let refused = store.rotate_credential("c1", &bad, &act(NOW)).await;
            assert!(matches!(refused, Err(StoreError::NotFound { .. })), "{refused:?}");
        }
        assert_eq!(bench.actions().await.last().unwrap(), "credential.rotate");
    }

    async fn a_revoked_credential_stays_so(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        let made = bench.credential("t1", "c1").await;
        token(bench, "t1", "c1", b"one").await;
        store.revoke_credential("c1", &act(NOW + 1)).await.unwrap();
        store.revoke_credential("c1", &act(NOW + 2)).await.unwrap();
        let (kept, _) = store.credential(made.kind, &made.public_id).await.unwrap().unwrap();
        assert_eq!(kept.revoked_at, Some(NOW + 1));
        assert!(is_revoked(bench, b"one").await);
        let again = store.rotate_credential("c1", &made, &act(NOW)).await;
        assert!(matches!(again, Err(StoreError::NotFound { .. })), "{again:?}");
        let late = NewToken {
            hash: b"late".to_vec(),
            tenant_id: "t1".to_owned(),
            credential_id: "c1".to_owned(),
            created_at: NOW,
            expires_at: NOW + DAY,
        };
        let refused = store.create_token(&late).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })), "{refused:?}");
        let nobody = store.revoke_credential("c9", &act(NOW)).await;
        assert!(matches!(nobody, Err(StoreError::NotFound { .. })));
    }

    async fn a_token_comes_with_its_credential_and_tenant(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        bench.credential("t1", "c1").await;
        token(bench, "t1", "c1", b"one").await;
        store.set_tenant_enabled("t1", false, &act(NOW)).await.unwrap();
        let (token, credential, tenant) = store.token(b"one").await.unwrap().unwrap();
        assert_eq!(token.made.hash, b"one");
        assert_eq!((token.made.created_at, token.made.expires_at), (NOW, NOW + DAY));
        assert_eq!(credential.made.id, "c1");
        assert_eq!(tenant.disabled_at, Some(NOW));
        assert!(store.token(b"two").await.unwrap().is_none());
        let foreign = NewToken { tenant_id: "t2".to_owned(), ..token.made.clone() };
        let refused = store.create_token(&foreign).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })), "{refused:?}");
        let twice = store.create_token(&token.made).await;
        assert!(matches!(twice, Err(StoreError::Exists { .. })), "{twice:?}");
        store.revoke_token(b"one", NOW + 5).await.unwrap();
        store.revoke_token(b"one", NOW + 6).await.unwrap();
        store.revoke_token(b"two", NOW).await.unwrap();
        let (token, ..) = store.token(b"one").await.unwrap().unwrap();
        assert_eq!(token.revoked_at, Some(NOW + 5));
    }

    async fn a_use_is_noted_to_the_minute(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        let made = bench.credential("t1", "c1").await;
        let minute = NOW - NOW % 60_000;
        for (at, noted) in [
            (NOW, minute),
            (minute + 59_999, minute),
            (minute - 1, minute),
            (minute + 60_000, minute + 60_000),
        ] {
            store.touch_credential("c1", at).await.unwrap();
            let (kept, _) = store.credential(made.kind, &made.public_id).await.unwrap().unwrap();
            assert_eq!(kept.last_used_at, Some(noted));
        }
        store.touch_credential("c9", NOW).await.unwrap();
    }

    async fn answered_checks_count_against_their_month(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        bench.credential("t1", "c1").await;
        let december = 1_796_083_200_000;
        for (id, at) in [("a", NOW), ("b", december - 1), ("c", december)] {
            let mut commit = free(check("t1", id, at));
            commit.check.credential_id = Some("c1".to_owned());
            store.commit(&commit).await.unwrap();
        }
        assert_eq!(store.used_this_month("c1", NOW).await.unwrap(), 2);
        assert_eq!(store.used_this_month("c1", december).await.unwrap(), 1);
        assert_eq!(store.used_this_month("c1", december + 40 * DAY).await.unwrap(), 0);
        assert_eq!(store.used_this_month("c9", NOW).await.unwrap(), 0);
        // Nobody spends the quota of another tenant's credential.
        let mut commit = free(check("t2", "d", NOW));
        commit.check.credential_id = Some("c1".to_owned());
        let refused = store.commit(&commit).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })), "{refused:?}");
        assert_eq!(store.used_this_month("c1", NOW).await.unwrap(), 2);
        assert_eq!(store.check(None, "d").await.unwrap(), None);
    }
}
