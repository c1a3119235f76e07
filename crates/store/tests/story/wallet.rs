use lifesign_store::{LedgerKind, Store, StoreError};

use crate::bench::{NOW, act, check, free};
use crate::stories;

stories! {
    async fn the_ledger_tells_how_the_balance_came_about(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        assert_eq!(store.top_up("t1", 10, &act(NOW)).await.unwrap(), 10);
        assert_eq!(store.top_up("t2", 5, &act(NOW)).await.unwrap(), 5);
        assert_eq!(store.top_up("t1", 1, &act(NOW + 1)).await.unwrap(), 11);
        let mut commit = free(check("t1", "a", NOW + 2));
        commit.price = 4;
        store.commit(&commit).await.unwrap();
        let lines = store.statement("t1", None, 10).await.unwrap();
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line.kind, line.at, line.amount, line.balance, line.check_id.as_deref()))
            .collect();
        assert_eq!(told, [
            (LedgerKind::Debit, NOW + 2, -4, 7, Some("a")),
            (LedgerKind::TopUp, NOW + 1, 1, 11, None),
            (LedgerKind::TopUp, NOW, 10, 10, None),
        ]);
        assert!(lines.iter().all(|line| line.tenant_id == "t1"));
        let page = store.statement("t1", None, 2).await.unwrap();
        assert_eq!(page, lines[..2]);
        let rest = store.statement("t1", Some(page[1].id), 2).await.unwrap();
        assert_eq!(rest, lines[2..]);
        assert_eq!(store.statement("t2", None, 10).await.unwrap().len(), 1);
        assert!(store.statement("t9", None, 10).await.unwrap().is_empty());
        assert_eq!((bench.balance("t1").await, bench.balance("t2").await), (7, 5));
    }

    async fn a_top_up_is_at_least_one_and_never_too_much(bench) {
        let store = &bench.store;
        bench.tenant("t1", 1).await;
        for amount in [0, -1, i64::MIN] {
            let refused = store.top_up("t1", amount, &act(NOW)).await;
            assert!(matches!(refused, Err(StoreError::Invalid(_))), "{amount}");
        }
        let refused = store.top_up("t1", i64::MAX, &act(NOW)).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))));
        assert_eq!(store.top_up("t1", i64::MAX - 1, &act(NOW)).await.unwrap(), i64::MAX);
        let nobody = store.top_up("t9", 1, &act(NOW)).await;
        assert!(matches!(nobody, Err(StoreError::NotFound { .. })));
        assert_eq!(store.statement("t1", None, 10).await.unwrap().len(), 2);
        assert_eq!(bench.balance("t1").await, i64::MAX);
    }
}
