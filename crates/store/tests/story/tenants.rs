use lifesign_store::{ReplayPolicy, Store, StoreError, TenantSettings};

use crate::bench::{NOW, act, credential};
use crate::stories;

stories! {
    async fn a_tenant_is_kept_as_it_was_made(bench) {
        let store = &bench.store;
        let settings = TenantSettings {
            price: 3,
            keep_images_s: 60,
            replay_policy: ReplayPolicy::Spoof,
            allow_http: true,
            ..TenantSettings::default()
        };
        let first = [credential("t1", "c1"), credential("t1", "c2")];
        let made = store.create_tenant("t1", "Zürich 銀行 🏦", &settings, &first, &act(NOW)).await;
        let made = made.unwrap();
        assert_eq!(made.settings, settings);
        assert_eq!((made.created_at, made.balance, made.disabled_at), (NOW, 0, None));
        assert_eq!(store.tenant("t1").await.unwrap(), Some(made.clone()));
        assert_eq!(store.tenant("Zürich 銀行 🏦").await.unwrap(), Some(made));
        assert_eq!(store.tenant("zürich 銀行 🏦").await.unwrap(), None);
        assert_eq!(store.tenant("t\0").await.unwrap(), None);
        assert_eq!(store.credentials(Some("t1")).await.unwrap().len(), 2);
        assert_eq!(bench.actions().await, ["tenant.create"]);
    }

    async fn a_name_is_taken_once(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        let settings = TenantSettings::default();
        let again = store.create_tenant("t2", "t1", &settings, &[], &act(NOW)).await;
        assert!(matches!(again, Err(StoreError::Exists { .. })), "{again:?}");
        // With the credential of another tenant nothing is made.
        let foreign = [credential("t1", "c1")];
        let mixed = store.create_tenant("t3", "t3", &settings, &foreign, &act(NOW)).await;
        assert!(matches!(mixed, Err(StoreError::Invalid(_))), "{mixed:?}");
        for name in ["", "  ", "a\0b", "a\nb"] {
            let bad = store.create_tenant("t4", name, &settings, &[], &act(NOW)).await;
            assert!(matches!(bad, Err(StoreError::Invalid(_))), "{name:?}");
        }
        assert_eq!(store.tenants().await.unwrap().len(), 1);
        assert_eq!(bench.actions().await, ["tenant.create"]);
        assert!(store.credentials(None).await.unwrap().is_empty());
    }

    async fn tenants_come_in_the_order_of_their_names_bytes(bench) {
        for name in ["b", "a", "ä", "B", "_", "Z", "10", "9"] {
            bench.tenant(name, 0).await;
        }
        let tenants = bench.store.tenants().await.unwrap();
        let names: Vec<_> = tenants.iter().map(|tenant| tenant.name.as_str()).collect();
        assert_eq!(names, ["10", "9", "B", "Z", "_", "a", "b", "ä"]);
    }

    async fn nobody_hides_behind_the_identifier_of_another(bench) {
        bench.tenant("t1", 0).await;
        let settings = TenantSettings::default();
        let named = bench.store.create_tenant("t2", "t1x", &settings, &[], &act(NOW)).await;
        named.unwrap();
        bench.raw("UPDATE tenants SET name = 'other' WHERE id = 't1'").await;
        bench.raw("UPDATE tenants SET name = 't1' WHERE id = 't2'").await;
        assert_eq!(bench.store.tenant("t1").await.unwrap().unwrap().id, "t1");
    }

    async fn a_tenant_is_shut_out_and_let_in_again(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        store.set_tenant_enabled("t1", false, &act(NOW + 1)).await.unwrap();
        store.set_tenant_enabled("t1", false, &act(NOW + 2)).await.unwrap();
        assert_eq!(store.tenant("t1").await.unwrap().unwrap().disabled_at, Some(NOW + 1));
        assert_eq!(store.tenant("t2").await.unwrap().unwrap().disabled_at, None);
        store.set_tenant_enabled("t1", true, &act(NOW + 3)).await.unwrap();
        assert_eq!(store.tenant("t1").await.unwrap().unwrap().disabled_at, None);
        let nobody = store.set_tenant_enabled("t9", false, &act(NOW)).await;
        assert!(matches!(nobody, Err(StoreError::NotFound { .. })));
        let actions = bench.actions().await;
        assert_eq!(actions[2..], ["tenant.disable", "tenant.disable", "tenant.enable"]);
    }

    async fn settings_are_checked_before_they_hold(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        let fresh = TenantSettings { price: 7, replay_window_s: 0, ..TenantSettings::default() };
        store.set_tenant_settings("t1", &fresh, &act(NOW)).await.unwrap();
        assert_eq!(store.tenant("t1").await.unwrap().unwrap().settings, fresh);
        let other = store.tenant("t2").await.unwrap().unwrap().settings;
        assert_eq!(other, TenantSettings::default());
        for bad in [
            TenantSettings { price: -1, ..fresh.clone() },
            TenantSettings { keep_checks_s: -1, ..fresh.clone() },
            TenantSettings { keep_images_s: -1, ..fresh.clone() },
            TenantSettings { replay_window_s: -1, ..fresh.clone() },
            TenantSettings { keep_checks_s: i64::MAX, ..fresh.clone() },
        ] {
            let refused = store.set_tenant_settings("t1", &bad, &act(NOW)).await;
            assert!(matches!(refused, Err(StoreError::Invalid(_))), "{bad:?}");
            let refused = store.create_tenant("t3", "t3", &bad, &[], &act(NOW)).await;
            assert!(matches!(refused, Err(StoreError::Invalid(_))), "{bad:?}");
        }
        assert_eq!(store.tenant("t1").await.unwrap().unwrap().settings, fresh);
        let nobody = store.set_tenant_settings("t9", &fresh, &act(NOW)).await;
        assert!(matches!(nobody, Err(StoreError::NotFound { .. })));
        assert_eq!(bench.actions().await.len(), 3);
    }

    async fn settings_that_nobody_understands_are_corrupt(bench) {
        bench.tenant("t1", 0).await;
        bench.raw("UPDATE tenants SET settings = '{\"price\":\"geheim\"}'").await;
        let error = bench.store.tenant("t1").await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt(_)));
        assert!(!format!("{error} {error:?}").contains("geheim"));
    }
}
