use std::sync::Arc;

use lifesign_domain::SessionState;
use lifesign_store::{
    DeliveryAttempt, DeliveryState, NewActiveSession, SqlStore, Store, StoreError,
};
use tokio::task::JoinSet;

use super::active::{claim, end, session};
use crate::bench::{Bench, DAY, NOW, act};
use crate::stories;

async fn ended(bench: &Bench, id: &str) {
    let store = &bench.store;
    store.create_active(&session("t1", id)).await.unwrap();
    assert!(claim(store, id, id, NOW).await);
    assert!(
        store
            .finish_active(id, id, &end(SessionState::Succeeded, NOW))
            .await
            .unwrap()
    );
}

fn attempt(at: i64, status: Option<u16>) -> DeliveryAttempt {
    DeliveryAttempt {
        at,
        took_ms: 12,
        status,
        error: status.is_none().then(|| "the connection failed".to_owned()),
    }
}

stories! {
    async fn a_callback_is_taken_tried_again_and_delivered(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        ended(bench, "a").await;
        assert!(store.take_delivery("w", NOW - 1, NOW).await.unwrap().is_none());
        let taken = store.take_delivery("w", NOW, NOW + 60).await.unwrap().unwrap();
        assert_eq!(taken.session.made.id, "a");
        assert_eq!(taken.session.result.as_deref(), Some(&b"result"[..]));
        assert_eq!((taken.delivery.attempts, taken.delivery.give_up_at), (0, NOW + DAY));
        assert!(store.take_delivery("v", NOW + 59, NOW + 99).await.unwrap().is_none());
        // Who took it is gone: another one gets it, and the first has no say any more.
        assert!(store.take_delivery("v", NOW + 60, NOW + 120).await.unwrap().is_some());
        let failed = attempt(NOW + 60, None);
        let waiting = DeliveryState::Waiting;
        assert!(!store.note_delivery("a", "w", &failed, waiting, NOW).await.unwrap());
        assert!(store.note_delivery("a", "v", &failed, waiting, NOW + 500).await.unwrap());
        assert!(store.take_delivery("v", NOW + 499, NOW + 999).await.unwrap().is_none());
        let taken = store.take_delivery("v", NOW + 500, NOW + 999).await.unwrap().unwrap();
        assert_eq!(taken.delivery.attempts, 1);
        let good = attempt(NOW + 500, Some(204));
        let delivered = DeliveryState::Delivered;
        assert!(store.note_delivery("a", "v", &good, delivered, NOW + 501).await.unwrap());
        assert!(store.take_delivery("v", NOW + 10 * DAY, NOW).await.unwrap().is_none());
        assert_eq!(store.delivery_attempts("a").await.unwrap(), [failed, good]);
        let all = store.deliveries(Some("t1"), Some(delivered), 9).await.unwrap();
        assert_eq!((all.len(), all[0].attempts), (1, 2));
        assert!(store.deliveries(Some("t1"), Some(waiting), 9).await.unwrap().is_empty());
        assert!(store.deliveries(Some("t2"), None, 9).await.unwrap().is_empty());
        store.redeliver("a", &act(NOW + 2 * DAY)).await.unwrap();
        let taken = store.take_delivery("v", NOW + 2 * DAY, NOW + 3 * DAY).await.unwrap().unwrap();
        assert_eq!(taken.delivery.give_up_at, NOW + 3 * DAY);
        assert_eq!(bench.actions().await.last().unwrap(), "webhook.redeliver");
        let none = store.redeliver("x", &act(NOW)).await;
        assert!(matches!(none, Err(StoreError::NotFound { .. })));
    }

    async fn of_many_who_take_each_gets_another(bench) {
        bench.tenant("t1", 0).await;
        for id in ["a", "b", "c"] {
            ended(bench, id).await;
        }
        let other = SqlStore::open(&bench.address).await.unwrap();
        let stores = [Arc::new(bench.store.clone()), Arc::new(other.clone())];
        let mut tasks = JoinSet::new();
        for nth in 0..12 {
            let store = Arc::clone(&stores[nth % 2]);
            tasks.spawn(async move {
                let mut mine = Vec::new();
                // In Postgres two may choose the same row, and the second finds it taken.
                for _ in 0..5 {
                    let owner = nth.to_string();
                    let taken = store.take_delivery(&owner, NOW, NOW + 60_000).await.unwrap();
                    mine.extend(taken.map(|taken| taken.delivery.session_id));
                }
                mine
            });
        }
        let mut taken = tasks.join_all().await.concat();
        taken.sort();
        assert_eq!(taken, ["a", "b", "c"]);
        other.close().await;
    }

    async fn who_asked_for_no_callback_gets_none(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        let quiet = NewActiveSession { callback: false, ..session("t1", "a") };
        store.create_active(&quiet).await.unwrap();
        assert!(claim(store, "a", "a", NOW).await);
        assert!(store.finish_active("a", "a", &end(SessionState::Failed, NOW)).await.unwrap());
        assert!(store.take_delivery("w", NOW, NOW + 1).await.unwrap().is_none());
        assert!(store.redeliver("a", &act(NOW)).await.is_err());
    }
}
