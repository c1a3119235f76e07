use lifesign_store::{Commit, Committed, SealedImage, Store, StoreError, StoredAnswer};

use crate::bench::{DAY, NOW, act, answer, check, free};
use crate::stories;

fn full(tenant_id: &str, id: &str, key: &str) -> Commit {
    Commit {
        price: 3,
        image: Some(SealedImage {
            sealed: vec![0, 255, 1],
            expires_at: NOW + DAY,
        }),
        answer: Some(answer(key, id)),
        ..free(check(tenant_id, id, NOW))
    }
}

stories! {
    async fn a_commit_keeps_everything(bench) {
        let store = &bench.store;
        bench.tenant("t1", 10).await;
        bench.credential("t1", "c1").await;
        let mut commit = full("t1", "a", "Schlüssel 🔑");
        commit.check.credential_id = Some("c1".to_owned());
        let done = store.commit(&commit).await.unwrap();
        assert_eq!(done, Committed::Done { balance: 7 });
        assert_eq!(store.check(Some("t1"), "a").await.unwrap(), Some(commit.check));
        assert!(store.has_image("a").await.unwrap());
        let kept = store.answer("t1", "native", "Schlüssel 🔑", NOW).await.unwrap();
        assert_eq!(kept, commit.answer);
        assert_eq!(store.used_this_month("c1", NOW).await.unwrap(), 1);
        assert_eq!(store.statement("t1", None, 1).await.unwrap()[0].amount, -3);
    }

    async fn the_second_under_a_key_changes_nothing(bench) {
        let store = &bench.store;
        bench.tenant("t1", 10).await;
        bench.tenant("t2", 10).await;
        bench.credential("t1", "c1").await;
        store.commit(&full("t1", "a", "k")).await.unwrap();
        let mut second = full("t1", "b", "k");
        second.check.credential_id = Some("c1".to_owned());
        second.answer.as_mut().unwrap().request_hash = [8; 32];
        let before = store.commit(&second).await.unwrap();
        assert_eq!(before, Committed::AnsweredBefore(answer("k", "a")));
        assert_eq!(bench.balance("t1").await, 7);
        assert_eq!(store.check(None, "b").await.unwrap(), None);
        assert!(!store.has_image("b").await.unwrap());
        assert_eq!(store.used_this_month("c1", NOW).await.unwrap(), 0);
        assert_eq!(store.statement("t1", None, 10).await.unwrap().len(), 2);
        // The same key belongs to each tenant and to each scope anew.
        let other = store.commit(&full("t2", "c", "k")).await.unwrap();
        assert_eq!(other, Committed::Done { balance: 7 });
        let mut scoped = full("t1", "d", "k");
        scoped.answer.as_mut().unwrap().scope = "verified_africa".to_owned();
        assert_eq!(store.commit(&scoped).await.unwrap(), Committed::Done { balance: 4 });
        let kept = store.answer("t2", "native", "k", NOW).await.unwrap().unwrap();
        assert_eq!(kept.body, b"c");
        for (tenant, scope, key) in
            [("t2", "verified_africa", "k"), ("t9", "native", "k"), ("t1", "native", "k\0")]
        {
            assert_eq!(store.answer(tenant, scope, key, NOW).await.unwrap(), None);
        }
    }

    async fn an_expired_answer_makes_room(bench) {
        let store = &bench.store;
        bench.tenant("t1", 10).await;
        store.commit(&full("t1", "a", "k")).await.unwrap();
        let until = NOW + DAY;
        assert!(store.answer("t1", "native", "k", until - 1).await.unwrap().is_some());
        assert!(store.answer("t1", "native", "k", until).await.unwrap().is_none());
        let mut late = full("t1", "b", "k");
        late.check.at = until - 1;
        assert!(matches!(store.commit(&late).await.unwrap(), Committed::AnsweredBefore(_)));
        late.check.at = until;
        let fresh = StoredAnswer { expires_at: until + DAY, ..answer("k", "b") };
        late.answer = Some(fresh.clone());
        assert_eq!(store.commit(&late).await.unwrap(), Committed::Done { balance: 4 });
        assert_eq!(store.answer("t1", "native", "k", until).await.unwrap(), Some(fresh));
    }

    async fn a_balance_too_low_keeps_nothing(bench) {
        let store = &bench.store;
        bench.tenant("t1", 5).await;
        bench.tenant("rich", 1000).await;
        assert_eq!(store.commit(&full("t1", "a", "1")).await.unwrap(), Committed::Done { balance: 2 });
        let low = store.commit(&full("t1", "b", "2")).await.unwrap();
        assert_eq!(low, Committed::BalanceTooLow { balance: 2 });
        assert_eq!(store.check(None, "b").await.unwrap(), None);
        assert_eq!(store.answer("t1", "native", "2", NOW).await.unwrap(), None);
        assert!(!store.has_image("b").await.unwrap());
        assert_eq!(store.statement("t1", None, 10).await.unwrap().len(), 2);
        // Under the key of an answer that is there, the answer wins.
        let again = store.commit(&full("t1", "c", "1")).await.unwrap();
        assert!(matches!(again, Committed::AnsweredBefore(_)));
        // Exactly the price is enough, and afterwards the same request goes through.
        store.top_up("t1", 1, &act(NOW)).await.unwrap();
        assert_eq!(store.commit(&full("t1", "b", "2")).await.unwrap(), Committed::Done { balance: 0 });
        // What costs nothing is kept with an empty wallet.
        let nothing = store.commit(&free(check("t1", "d", NOW))).await.unwrap();
        assert_eq!(nothing, Committed::Done { balance: 0 });
        assert_eq!(bench.balance("rich").await, 1000);
    }

    async fn what_cannot_be_kept_is_refused_as_a_whole(bench) {
        let store = &bench.store;
        bench.tenant("t1", 10).await;
        bench.tenant("t2", 10).await;
        bench.keep(check("t1", "a", NOW)).await;
        for tenant in ["t1", "t2"] {
            let taken = store.commit(&full(tenant, "a", "k")).await;
            assert!(matches!(taken, Err(StoreError::Exists { .. })), "{taken:?}");
        }
        for price in [0, 3] {
            let nobody = store.commit(&Commit { price, ..full("t9", "b", "k") }).await;
            assert!(matches!(nobody, Err(StoreError::NotFound { .. })), "{nobody:?}");
        }
        let mut bad = vec![full("t1", "b", "k"); 7];
        bad[0].price = -1;
        bad[1].check.confidence = f64::NAN;
        bad[2].check.latency_ms = f64::INFINITY;
        bad[3].check.signals[0].values.insert("x".to_owned(), f64::NAN);
        bad[4].check.reference = Some("a\0b".to_owned());
        bad[5].answer.as_mut().unwrap().key = "\0".to_owned();
        bad[6].check.signals[0].score = f64::NEG_INFINITY;
        for commit in bad {
            let refused = store.commit(&commit).await;
            assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
        }
        assert_eq!((bench.balance("t1").await, bench.balance("t2").await), (10, 10));
        assert_eq!(store.answer("t1", "native", "k", NOW).await.unwrap(), None);
        assert_eq!(store.check(None, "b").await.unwrap(), None);
    }
}
