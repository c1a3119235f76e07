use std::sync::Arc;

use lifesign_domain::SessionState;
use lifesign_store::{
    Claim, Erased, NewActiveSession, SealedImage, SessionEnd, SqlStore, Store, StoreError,
};
use tokio::task::JoinSet;

use crate::bench::{Bench, DAY, NOW, act};
use crate::stories;

const TTL: i64 = 600_000;
const LEASE: i64 = 10_000;

pub(crate) fn session(tenant_id: &str, id: &str) -> NewActiveSession {
    NewActiveSession {
        id: id.to_owned(),
        tenant_id: tenant_id.to_owned(),
        credential_id: None,
        contract: "native".to_owned(),
        reference: Some("case 1".to_owned()),
        token_hash: format!("hash of {id}").into_bytes(),
        created_at: NOW,
        expires_at: NOW + TTL,
        attempts: 2,
        callback: true,
        asked: b"asked".to_vec(),
        erase_at: NOW + TTL + 90 * DAY,
    }
}

pub(crate) async fn claim(store: &SqlStore, id: &str, owner: &str, at: i64) -> bool {
    let token_hash = format!("hash of {id}").into_bytes();
    let claim = Claim {
        token_hash: &token_hash,
        owner,
        at,
        lease_until: at + LEASE,
        deadline: at + 300_000,
    };
    store.claim_active(&claim).await.unwrap()
}

pub(crate) fn end(state: SessionState, at: i64) -> SessionEnd {
    SessionEnd {
        state,
        result: Some(b"result".to_vec()),
        failure: None,
        at,
        media: vec![SealedImage {
            sealed: b"frame".to_vec(),
            expires_at: at + DAY,
        }],
    }
}

async fn state(bench: &Bench, id: &str) -> (SessionState, u32) {
    let session = bench.store.active("t1", id).await.unwrap().unwrap();
    (session.state, session.made.attempts)
}

stories! {
    async fn a_session_is_found_by_its_tenant_and_by_its_token(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        bench.credential("t1", "c1").await;
        let made = NewActiveSession { credential_id: Some("c1".to_owned()), ..session("t1", "a") };
        store.create_active(&made).await.unwrap();
        assert_eq!(store.used_this_month("c1", NOW).await.unwrap(), 1);
        let found = store.active("t1", "a").await.unwrap().unwrap();
        assert_eq!(format!("{:?}", found.made), format!("{made:?}"));
        assert_eq!((found.state, found.result, found.ended_at), (SessionState::Created, None, None));
        let by_token = store.active_by_token(b"hash of a").await.unwrap().unwrap();
        assert_eq!(by_token.made.tenant_id, "t1");
        for (tenant, id) in [("t2", "a"), ("t1", "b"), ("t1", "a\0")] {
            assert!(store.active(tenant, id).await.unwrap().is_none());
        }
        assert!(store.active_by_token(b"another").await.unwrap().is_none());
        let twice = store.create_active(&session("t2", "a")).await;
        assert!(matches!(twice, Err(StoreError::Exists { .. })), "{twice:?}");
        let nobodys = store.create_active(&session("t9", "b")).await;
        assert!(matches!(nobodys, Err(StoreError::NotFound { .. })), "{nobodys:?}");
        let foreign = NewActiveSession { credential_id: Some("c1".to_owned()), ..session("t2", "c") };
        assert!(store.create_active(&foreign).await.is_err());
        assert!(store.active("t2", "c").await.unwrap().is_none());
    }

    async fn of_many_who_claim_one_gets_it(bench) {
        bench.tenant("t1", 0).await;
        bench.store.create_active(&session("t1", "a")).await.unwrap();
        let other = SqlStore::open(&bench.address).await.unwrap();
        let stores = [Arc::new(bench.store.clone()), Arc::new(other.clone())];
        let mut tasks = JoinSet::new();
        for nth in 0..16 {
            let store = Arc::clone(&stores[nth % 2]);
            tasks.spawn(async move { claim(&store, "a", &nth.to_string(), NOW).await });
        }
        let won = tasks.join_all().await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 1);
        assert_eq!(state(bench, "a").await, (SessionState::InProgress, 1));
        other.close().await;
    }

    async fn only_the_owner_holds_and_ends(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        store.create_active(&session("t1", "a")).await.unwrap();
        assert!(!claim(store, "a", "me", NOW + TTL).await, "expired");
        assert!(claim(store, "a", "me", NOW).await);
        assert!(!store.hold_active("a", "you", NOW + 1, true, false).await.unwrap());
        assert!(!store.finish_active("a", "you", &end(SessionState::Failed, NOW)).await.unwrap());
        assert!(store.hold_active("a", "me", NOW + 1, true, true).await.unwrap());
        assert_eq!(state(bench, "a").await.0, SessionState::Processing);
        let no_end = store.finish_active("a", "me", &end(SessionState::Created, NOW)).await;
        assert!(matches!(no_end, Err(StoreError::Invalid(_))));
        let at = NOW + 60_000;
        assert!(store.finish_active("a", "me", &end(SessionState::Succeeded, at)).await.unwrap());
        assert!(!store.finish_active("a", "me", &end(SessionState::Failed, at)).await.unwrap());
        let ended = store.active("t1", "a").await.unwrap().unwrap();
        assert_eq!(ended.state, SessionState::Succeeded);
        assert_eq!(ended.result.as_deref(), Some(&b"result"[..]));
        assert_eq!((ended.ended_at, ended.made.erase_at), (Some(at), at + 90 * DAY));
        let frame = store.session_media("a", 0, at).await.unwrap().unwrap();
        assert_eq!(frame.sealed, b"frame");
        assert!(store.session_media("a", 1, at).await.unwrap().is_none());
        assert!(store.session_media("a", 0, at + DAY).await.unwrap().is_none());
        assert!(!claim(store, "a", "again", NOW).await);
    }

    async fn an_attempt_that_showed_nothing_is_given_back(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        store.create_active(&session("t1", "a")).await.unwrap();
        assert!(claim(store, "a", "1", NOW).await);
        assert!(store.reopen_active("a", "1", NOW).await.unwrap());
        assert_eq!(state(bench, "a").await, (SessionState::Created, 2));
        assert!(claim(store, "a", "2", NOW).await);
        assert!(store.hold_active("a", "2", NOW, true, false).await.unwrap());
        // Said once, it stays.
        assert!(store.hold_active("a", "2", NOW, false, false).await.unwrap());
        assert!(store.reopen_active("a", "2", NOW).await.unwrap());
        assert_eq!(state(bench, "a").await, (SessionState::Created, 1));
        assert!(claim(store, "a", "3", NOW).await);
        assert!(store.hold_active("a", "3", NOW, true, false).await.unwrap());
        assert!(!store.reopen_active("a", "3", NOW).await.unwrap(), "no attempt is left");
        assert_eq!(state(bench, "a").await, (SessionState::InProgress, 0));
    }

    async fn a_cancelled_session_is_lost_to_its_owner(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        for id in ["a", "b"] {
            store.create_active(&session("t1", id)).await.unwrap();
        }
        assert!(claim(store, "a", "me", NOW).await);
        assert!(store.cancel_active("t2", "a", NOW).await.unwrap().is_none());
        for id in ["a", "b"] {
            let cancelled = store.cancel_active("t1", id, NOW + 5).await.unwrap().unwrap();
            assert_eq!((cancelled.state, cancelled.ended_at), (SessionState::Cancelled, Some(NOW + 5)));
        }
        assert!(!store.hold_active("a", "me", NOW + 9, false, false).await.unwrap());
        assert!(!store.finish_active("a", "me", &end(SessionState::Succeeded, NOW)).await.unwrap());
        assert!(!claim(store, "b", "me", NOW).await);
        let again = store.cancel_active("t1", "a", NOW + 9).await.unwrap().unwrap();
        assert_eq!(again.ended_at, Some(NOW + 5), "an end is an end");
        assert!(store.deliveries(None, None, 9).await.unwrap().is_empty());
    }

    async fn what_is_past_its_time_ends(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        for id in ["unopened", "untold", "shown", "spent", "alive", "late"] {
            let attempts = if id == "spent" { 1 } else { 2 };
            let made = NewActiveSession { attempts, ..session("t1", id) };
            store.create_active(&made).await.unwrap();
        }
        for id in ["untold", "shown", "spent", "alive"] {
            assert!(claim(store, id, id, NOW).await);
        }
        assert!(claim(store, "late", "late", NOW + TTL - 1).await);
        for (id, lease) in [("shown", NOW + LEASE), ("spent", NOW + LEASE), ("alive", NOW + 2 * TTL)] {
            assert!(store.hold_active(id, id, lease, true, false).await.unwrap());
        }
        assert_eq!(store.end_overdue(NOW + LEASE - 1).await.unwrap(), 0);
        assert_eq!(store.end_overdue(NOW + LEASE).await.unwrap(), 3);
        assert_eq!(state(bench, "untold").await, (SessionState::Created, 2));
        assert_eq!(state(bench, "shown").await, (SessionState::Created, 1));
        assert_eq!(state(bench, "spent").await, (SessionState::Failed, 0));
        let spent = store.active("t1", "spent").await.unwrap().unwrap();
        assert_eq!(spent.failure.as_deref(), Some("interrupted"));
        assert!(!store.hold_active("shown", "shown", NOW + TTL, false, false).await.unwrap());
        let later = NOW + TTL + LEASE;
        assert_eq!(store.end_overdue(later).await.unwrap(), 4);
        for id in ["unopened", "untold", "shown", "late"] {
            assert_eq!(state(bench, id).await.0, SessionState::Expired, "{id}");
        }
        assert_eq!(state(bench, "alive").await.0, SessionState::InProgress);
        assert_eq!(store.deliveries(Some("t1"), None, 9).await.unwrap().len(), 5);
    }

    async fn pages_hold_every_session_once_newest_first(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        for nth in 0..7 {
            let made = session(if nth == 3 { "t2" } else { "t1" }, &format!("s{nth}"));
            let made = NewActiveSession { created_at: NOW + nth / 2, ..made };
            store.create_active(&made).await.unwrap();
        }
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = store.actives(Some("t1"), after.as_deref(), 2).await.unwrap();
            seen.extend(page.sessions.into_iter().map(|session| session.made.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["s6", "s5", "s4", "s2", "s1", "s0"]);
        assert_eq!(store.actives(None, None, 100).await.unwrap().sessions.len(), 7);
        let wrong = store.actives(None, Some("nonsense"), 2).await;
        assert!(matches!(wrong, Err(StoreError::Invalid(_))));
    }

    async fn sessions_are_erased_by_reference_and_by_time(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        for (tenant, id) in [("t1", "a"), ("t1", "b"), ("t2", "c")] {
            store.create_active(&session(tenant, id)).await.unwrap();
            assert!(claim(store, id, id, NOW).await);
        }
        assert!(store.finish_active("a", "a", &end(SessionState::Failed, NOW)).await.unwrap());
        assert!(store.finish_active("c", "c", &end(SessionState::Failed, NOW)).await.unwrap());
        let erased = store.erase_reference("t1", "case 1", &act(NOW)).await.unwrap();
        assert_eq!(erased, Erased { sessions: 2, media: 1, ..Erased::default() });
        assert!(!store.hold_active("b", "b", NOW, false, false).await.unwrap());
        assert_eq!(bench.number("SELECT COUNT(*) FROM deliveries").await, 1);
        assert_eq!(store.erase_expired(NOW + DAY - 1).await.unwrap(), Erased::default());
        let erased = store.erase_expired(NOW + DAY).await.unwrap();
        assert_eq!(erased, Erased { media: 1, ..Erased::default() });
        let erased = store.erase_expired(NOW + 90 * DAY).await.unwrap();
        assert_eq!(erased, Erased { sessions: 1, ..Erased::default() });
        for table in ["active_sessions", "session_media", "deliveries"] {
            let left = bench.number(&format!("SELECT COUNT(*) FROM {table}")).await;
            assert_eq!(left, 0, "{table}");
        }
    }
}
