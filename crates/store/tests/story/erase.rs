use lifesign_domain::ReasonCode;
use lifesign_store::{
    CheckRecord, Commit, Erased, NewOperator, NewToken, SealedImage, Session, Store,
};

use crate::bench::{Bench, DAY, NOW, act, answer, check, free, with_reasons};
use crate::stories;

const SECRET: &str = "Geheimnummer-4711";

/// Keeps a check with all that can be kept with it.
async fn keep_all(bench: &Bench, tenant: &str, id: &str, reference: &str) {
    let record = CheckRecord {
        reference: Some(reference.to_owned()),
        ..with_reasons(check(tenant, id, NOW), &[ReasonCode::TooDark])
    };
    let commit = Commit {
        image: Some(SealedImage {
            sealed: format!("{SECRET} as a picture").into_bytes(),
            expires_at: NOW + 30 * DAY,
        }),
        price: 2,
        answer: Some(answer(&format!("key {id}"), SECRET)),
        ..free(record)
    };
    bench.store.commit(&commit).await.unwrap();
}

/// Rows that tell of checks: records, reasons, pictures, answers, ledger lines.
async fn traces(bench: &Bench) -> [i64; 5] {
    [
        bench.number("SELECT COUNT(*) FROM checks").await,
        bench.number("SELECT COUNT(*) FROM check_reasons").await,
        bench.number("SELECT COUNT(*) FROM images").await,
        bench.number("SELECT COUNT(*) FROM answers").await,
        bench
            .number("SELECT COUNT(*) FROM ledger WHERE check_id IS NOT NULL")
            .await,
    ]
}

const ONE: Erased = Erased {
    checks: 1,
    images: 1,
    answers: 1,
    tokens: 0,
    sessions: 0,
    media: 0,
    faces: 0,
};

stories! {
    async fn an_erased_check_leaves_only_what_it_cost(bench) {
        let store = &bench.store;
        bench.tenant("t1", 10).await;
        bench.tenant("t2", 10).await;
        keep_all(bench, "t1", "a", "r").await;
        keep_all(bench, "t1", "b", "r").await;
        keep_all(bench, "t2", "c", "r").await;
        let fingerprint = check("t1", "a", NOW).fingerprint;
        for (tenant, id) in [("t2", "a"), ("t9", "a"), ("t1", "x"), ("t1", "a\0")] {
            let nothing = store.erase_check(tenant, id, &act(NOW)).await.unwrap();
            assert_eq!(nothing, Erased::default());
        }
        assert_eq!(traces(bench).await, [3; 5]);
        assert_eq!(store.erase_check("t1", "a", &act(NOW + 1)).await.unwrap(), ONE);
        assert_eq!(traces(bench).await, [2; 5]);
        assert_eq!(store.check(None, "a").await.unwrap(), None);
        assert!(!store.has_image("a").await.unwrap());
        assert_eq!(store.answer("t1", "native", "key a", NOW).await.unwrap(), None);
        assert_eq!(store.replay_of("t1", &fingerprint, 0).await.unwrap(), None);
        assert_eq!(bench.balance("t1").await, 6);
        let lines = store.statement("t1", None, 10).await.unwrap();
        let told: Vec<_> =
            lines.iter().map(|line| (line.amount, line.check_id.as_deref())).collect();
        assert_eq!(told, [(-2, Some("b")), (-2, None), (10, None)]);
        assert_eq!(bench.actions().await.last().unwrap(), "check.erase");
        // The key is free again.
        keep_all(bench, "t1", "a", "r").await;
        assert_eq!(traces(bench).await, [3; 5]);
    }

    async fn a_reference_is_erased_for_its_tenant_alone(bench) {
        let store = &bench.store;
        bench.tenant("t1", 10).await;
        bench.tenant("t2", 10).await;
        for (tenant, id, reference) in
            [("t1", "a", SECRET), ("t1", "b", SECRET), ("t1", "c", "other"), ("t2", "d", SECRET)]
        {
            keep_all(bench, tenant, id, reference).await;
        }
        let nothing = store.erase_reference("t1", "nobody's", &act(NOW)).await.unwrap();
        assert_eq!(nothing, Erased::default());
        let erased = store.erase_reference("t1", SECRET, &act(NOW)).await.unwrap();
        assert_eq!(erased, Erased { checks: 2, images: 2, answers: 2, ..Erased::default() });
        assert_eq!(traces(bench).await, [2; 5]);
        assert!(store.check(Some("t1"), "c").await.unwrap().is_some());
        assert!(store.check(Some("t2"), "d").await.unwrap().is_some());
        let log = store.audit(None, 100).await.unwrap();
        assert_eq!(log[0].action, "reference.erase");
        assert!(!format!("{log:?}").contains(SECRET));
    }

    async fn what_is_expired_goes_by_itself(bench) {
        let store = &bench.store;
        bench.tenant("t1", 100).await;
        bench.credential("t1", "c1").await;
        for (hash, expires_at) in [(b"one", NOW + 1), (b"two", NOW + 90 * DAY)] {
            let token = NewToken {
                hash: hash.to_vec(),
                tenant_id: "t1".to_owned(),
                credential_id: "c1".to_owned(),
                created_at: NOW,
                expires_at,
            };
            store.create_token(&token).await.unwrap();
        }
        let operator = NewOperator {
            id: "o1".to_owned(),
            name: "Zoë".to_owned(),
            password_hash: String::new(),
        };
        store.create_operator(&operator, &act(NOW)).await.unwrap();
        let session = Session {
            hash: b"s".to_vec(),
            operator_id: "o1".to_owned(),
            created_at: NOW,
            expires_at: NOW + 1,
        };
        store.create_session(&session, &act(NOW)).await.unwrap();
        keep_all(bench, "t1", "a", "r").await;
        assert_eq!(store.erase_expired(NOW).await.unwrap(), Erased::default());
        // First the short-lived: a token and a session, then the answer, then the picture.
        let erased = store.erase_expired(NOW + 1).await.unwrap();
        assert_eq!(erased, Erased { tokens: 2, ..Erased::default() });
        let erased = store.erase_expired(NOW + DAY).await.unwrap();
        assert_eq!(erased, Erased { answers: 1, ..Erased::default() });
        let erased = store.erase_expired(NOW + 30 * DAY).await.unwrap();
        assert_eq!(erased, Erased { images: 1, ..Erased::default() });
        assert!(store.check(None, "a").await.unwrap().is_some());
        assert!(!store.has_image("a").await.unwrap());
        let erased = store.erase_expired(NOW + 90 * DAY).await.unwrap();
        assert_eq!(erased, Erased { checks: 1, tokens: 1, ..Erased::default() });
        assert_eq!(traces(bench).await, [0; 5]);
        assert_eq!(bench.balance("t1").await, 98);
        assert!(store.session(b"s", NOW).await.unwrap().is_none());
        assert!(store.token(b"two").await.unwrap().is_none());
    }

    async fn more_than_one_batch_expires(bench) {
        bench.tenant("t1", 0).await;
        bench.keep(check("t1", "first", NOW)).await;
        let copied = bench
            .raw(
                "INSERT INTO checks (id, tenant_no, contract, at, verdict, confidence, profile, \
                 calibration, signals, reasons, sha256, phash, band0, band1, band2, band3, \
                 latency_ms, expires_at) \
                 WITH RECURSIVE copies(nth) AS \
                 (SELECT 1 UNION ALL SELECT nth + 1 FROM copies WHERE nth < 449) \
                 SELECT CAST(nth AS TEXT), tenant_no, contract, at, verdict, confidence, profile, \
                 calibration, signals, reasons, sha256, phash, band0, band1, band2, band3, \
                 latency_ms, expires_at FROM checks, copies",
            )
            .await;
        assert_eq!(copied, 449);
        bench.keep(check("t1", "later", NOW + 1)).await;
        let erased = bench.store.erase_expired(NOW + 90 * DAY).await.unwrap();
        assert_eq!(erased, Erased { checks: 450, ..Erased::default() });
        assert_eq!(bench.number("SELECT COUNT(*) FROM checks").await, 1);
    }

    async fn the_file_forgets_what_was_erased(bench) {
        if !bench.is_sqlite() {
            return; // Postgres' own vacuum decides.
        }
        bench.tenant("t1", 10).await;
        keep_all(bench, "t1", "a", SECRET).await;
        let found = || {
            let file = bench.address.strip_prefix("sqlite:").unwrap();
            let bytes = [file.to_owned(), format!("{file}-wal")].map(|f| std::fs::read(f).unwrap());
            bytes.concat().windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
        };
        assert!(found());
        bench.store.erase_check("t1", "a", &act(NOW)).await.unwrap();
        assert!(!found());
    }
}
