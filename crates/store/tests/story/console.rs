use lifesign_store::{NewOperator, Session, Store, StoreError};

use crate::bench::{Bench, DAY, NOW, act};
use crate::stories;

async fn operator(bench: &Bench, id: &str, name: &str) -> NewOperator {
    let made = NewOperator {
        id: id.to_owned(),
        name: name.to_owned(),
        password_hash: "$argon2id$…".to_owned(),
    };
    bench.store.create_operator(&made, &act(NOW)).await.unwrap();
    made
}

async fn session(bench: &Bench, operator_id: &str, hash: &[u8]) -> Session {
    let made = Session {
        hash: hash.to_vec(),
        operator_id: operator_id.to_owned(),
        created_at: NOW,
        expires_at: NOW + DAY,
    };
    bench.store.create_session(&made, &act(NOW)).await.unwrap();
    made
}

stories! {
    async fn operators_come_by_name(bench) {
        let store = &bench.store;
        operator(bench, "o1", "b").await;
        let zoe = operator(bench, "o2", "Zoë").await;
        let kept = store.operator("Zoë").await.unwrap().unwrap();
        assert_eq!(format!("{:?}", kept.made), format!("{zoe:?}"));
        assert_eq!((kept.created_at, kept.disabled_at), (NOW, None));
        for name in ["zoë", "Zoe", "", "Zoë\0"] {
            assert!(store.operator(name).await.unwrap().is_none());
        }
        let names: Vec<_> =
            store.operators().await.unwrap().into_iter().map(|o| o.made.name).collect();
        assert_eq!(names, ["Zoë", "b"]);
        let again = NewOperator { id: "o3".to_owned(), ..zoe };
        let refused = store.create_operator(&again, &act(NOW)).await;
        assert!(matches!(refused, Err(StoreError::Exists { .. })), "{refused:?}");
        assert_eq!(bench.actions().await, ["operator.create", "operator.create"]);
    }

    async fn a_session_lasts_until_it_ends(bench) {
        let store = &bench.store;
        operator(bench, "o1", "Zoë").await;
        let made = session(bench, "o1", b"one").await;
        let (kept, who) = store.session(b"one", NOW + DAY - 1).await.unwrap().unwrap();
        assert_eq!(kept, made);
        assert_eq!(who.made.name, "Zoë");
        assert!(store.session(b"one", NOW + DAY).await.unwrap().is_none());
        assert!(store.session(b"two", NOW).await.unwrap().is_none());
        store.end_session(b"two", &act(NOW)).await.unwrap();
        store.end_session(b"one", &act(NOW)).await.unwrap();
        store.end_session(b"one", &act(NOW)).await.unwrap();
        assert!(store.session(b"one", NOW).await.unwrap().is_none());
        assert_eq!(bench.actions().await, ["operator.create", "session.create", "session.end"]);
        let nobody = Session { operator_id: "o9".to_owned(), ..made };
        let refused = store.create_session(&nobody, &act(NOW)).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })), "{refused:?}");
    }

    async fn a_new_password_ends_the_sessions(bench) {
        let store = &bench.store;
        operator(bench, "o1", "Zoë").await;
        operator(bench, "o2", "b").await;
        session(bench, "o1", b"one").await;
        session(bench, "o1", b"two").await;
        session(bench, "o2", b"other").await;
        store.set_operator_password("Zoë", "$new", &act(NOW)).await.unwrap();
        assert_eq!(store.operator("Zoë").await.unwrap().unwrap().made.password_hash, "$new");
        assert!(store.session(b"one", NOW).await.unwrap().is_none());
        assert!(store.session(b"two", NOW).await.unwrap().is_none());
        assert!(store.session(b"other", NOW).await.unwrap().is_some());
        let nobody = store.set_operator_password("x", "$new", &act(NOW)).await;
        assert!(matches!(nobody, Err(StoreError::NotFound { .. })));
        let log = store.audit(None, 100).await.unwrap();
        assert_eq!(log[0].action, "operator.password");
        assert!(!format!("{log:?}").contains("$new"));
    }

    async fn who_is_shut_out_has_no_session(bench) {
        let store = &bench.store;
        operator(bench, "o1", "Zoë").await;
        let made = session(bench, "o1", b"one").await;
        store.set_operator_enabled("Zoë", false, &act(NOW + 1)).await.unwrap();
        store.set_operator_enabled("Zoë", false, &act(NOW + 2)).await.unwrap();
        assert_eq!(store.operator("Zoë").await.unwrap().unwrap().disabled_at, Some(NOW + 1));
        assert!(store.session(b"one", NOW).await.unwrap().is_none());
        let refused = store.create_session(&made, &act(NOW)).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })), "{refused:?}");
        store.set_operator_enabled("Zoë", true, &act(NOW + 3)).await.unwrap();
        assert!(store.session(b"one", NOW).await.unwrap().is_none());
        session(bench, "o1", b"two").await;
        assert!(store.session(b"two", NOW).await.unwrap().is_some());
        let nobody = store.set_operator_enabled("x", true, &act(NOW)).await;
        assert!(matches!(nobody, Err(StoreError::NotFound { .. })));
        let actions = bench.actions().await;
        assert_eq!(actions[2..5], ["operator.disable", "operator.disable", "operator.enable"]);
    }
}
