use lifesign_store::{AuditFault, AuditReport, Store, StoreError};

use crate::bench::{Bench, NOW, act};
use crate::stories;

async fn notes(bench: &Bench, count: i64) {
    for nth in 1..=count {
        let (target, detail) = (format!("thing {nth}"), format!("{{\"nth\":{nth}}}"));
        let note = bench
            .store
            .note("config.show", &target, &detail, &act(NOW + nth))
            .await;
        note.unwrap();
    }
}

/// Changes the log behind the store's back, and says what the verification then finds.
async fn tampered(bench: &Bench, sql: &str) -> (i64, String) {
    assert!(bench.raw(sql).await > 0, "{sql}");
    let report = bench.store.verify_audit().await.unwrap();
    let AuditFault { seq, what } = report.fault.unwrap();
    (seq, what)
}

stories! {
    async fn an_untouched_log_is_right(bench) {
        let store = &bench.store;
        let empty = store.verify_audit().await.unwrap();
        assert_eq!(empty, AuditReport { entries: 0, head: "00".repeat(32), fault: None });
        notes(bench, 3).await;
        let report = store.verify_audit().await.unwrap();
        let lines = store.audit(None, 10).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.seq).collect::<Vec<_>>(), [3, 2, 1]);
        assert_eq!(report, AuditReport { entries: 3, head: lines[0].hash.clone(), fault: None });
        assert_eq!(lines[2].target, "thing 1");
        assert_eq!(lines[2].detail, "{\"nth\":1}");
        assert_eq!((lines[2].at, lines[2].actor.as_str()), (NOW + 1, "operator:Zoë"));
        assert_eq!(store.audit(Some(3), 1).await.unwrap(), lines[1..2]);
        assert_eq!(store.audit(Some(1), 1).await.unwrap(), []);
        for (action, target, detail) in [("\0", "", ""), ("", "\0", ""), ("", "", "\0")] {
            let refused = store.note(action, target, detail, &act(NOW)).await;
            assert!(matches!(refused, Err(StoreError::Invalid(_))));
        }
        assert_eq!(store.verify_audit().await.unwrap(), report);
    }

    async fn what_fails_leaves_no_line(bench) {
        bench.tenant("t1", 0).await;
        let refused = bench.store.top_up("t9", 1, &act(NOW)).await;
        assert!(refused.is_err());
        assert_eq!(bench.actions().await, ["tenant.create"]);
        assert_eq!(bench.store.verify_audit().await.unwrap().entries, 1);
    }

    async fn a_changed_field_is_found(bench) {
        notes(bench, 5).await;
        for (sql, back) in [
            ("actor = 'cli'", "actor = 'operator:Zoë'"),
            ("at = at + 1", "at = at - 1"),
            ("action = 'config.shoW'", "action = 'config.show'"),
            ("target = ''", "target = 'thing 3'"),
            ("detail = '{}'", "detail = '{\"nth\":3}'"),
        ] {
            let line = |set: &str| format!("UPDATE audit_log SET {set} WHERE seq = 3");
            let (seq, what) = tampered(bench, &line(sql)).await;
            assert_eq!((seq, what.as_str()), (3, "the line does not fit its hash"), "{sql}");
            bench.raw(&line(back)).await;
            assert_eq!(bench.store.verify_audit().await.unwrap().fault, None);
        }
        let copied = "UPDATE audit_log SET hash = (SELECT hash FROM audit_head) WHERE seq = 2";
        assert_eq!(tampered(bench, copied).await.0, 2);
    }

    async fn a_missing_line_is_found(bench) {
        notes(bench, 5).await;
        let (seq, what) = tampered(bench, "DELETE FROM audit_log WHERE seq = 4").await;
        assert_eq!((seq, what.as_str()), (4, "the line is missing"));
        // Closing the gap does not help.
        let (seq, _) = tampered(bench, "UPDATE audit_log SET seq = 4 WHERE seq = 5").await;
        assert_eq!(seq, 4);
    }

    async fn lines_in_another_order_are_found(bench) {
        notes(bench, 5).await;
        bench.raw("UPDATE audit_log SET seq = 99 WHERE seq = 2").await;
        bench.raw("UPDATE audit_log SET seq = 2 WHERE seq = 3").await;
        let (seq, what) = tampered(bench, "UPDATE audit_log SET seq = 3 WHERE seq = 99").await;
        assert_eq!((seq, what.as_str()), (2, "the line does not fit its hash"));
    }

    async fn a_log_that_was_cut_off_is_found(bench) {
        notes(bench, 5).await;
        let (seq, what) = tampered(bench, "DELETE FROM audit_log WHERE seq = 5").await;
        assert_eq!((seq, what.as_str()), (5, "the line is missing"));
        let (seq, what) = tampered(bench, "UPDATE audit_head SET seq = 4").await;
        assert_eq!((seq, what.as_str()), (4, "the head of the log was changed"));
        let (seq, what) = tampered(bench, "DELETE FROM audit_log").await;
        assert_eq!((seq, what.as_str()), (1, "the line is missing"));
        let (seq, what) = tampered(bench, "DELETE FROM audit_head").await;
        assert_eq!((seq, what.as_str()), (0, "the head of the log is missing"));
    }

    async fn a_line_slipped_in_is_found(bench) {
        notes(bench, 3).await;
        let slip = |seq: i64| {
            format!(
                "INSERT INTO audit_log (seq, at, actor, action, target, detail, hash) \
                 SELECT {seq}, at, actor, action, target, detail, hash FROM audit_log WHERE seq = 3"
            )
        };
        let (seq, what) = tampered(bench, &slip(4)).await;
        assert_eq!((seq, what.as_str()), (4, "the line lies behind the head of the log"));
        let (seq, _) = tampered(bench, "UPDATE audit_head SET seq = 4").await;
        assert_eq!(seq, 4);
    }

    async fn a_long_log_is_read_in_pages(bench) {
        notes(bench, 2).await;
        // As 2500 lines from the store would take long, the chain is made of unchanged copies and
        // the fault is where the first of them begins; what counts is that all before are read.
        let report = bench.store.verify_audit().await.unwrap();
        assert_eq!(report.entries, 2);
        bench
            .raw(
                "INSERT INTO audit_log (seq, at, actor, action, target, detail, hash) \
                 WITH RECURSIVE copies(nth) AS \
                 (SELECT 3 UNION ALL SELECT nth + 1 FROM copies WHERE nth < 2500) \
                 SELECT nth, at, actor, action, target, detail, hash FROM audit_log, copies \
                 WHERE seq = 2",
            )
            .await;
        let (seq, _) = tampered(bench, "UPDATE audit_head SET seq = 2500").await;
        assert_eq!(seq, 3);
    }
}
