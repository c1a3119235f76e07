use std::sync::Arc;

use lifesign_store::{Commit, Committed, LedgerKind, SqlStore, Store};
use tokio::task::JoinSet;

use crate::bench::{Bench, NOW, act, answer, check, free};
use crate::stories;

/// Runs commits at once, half of them through a second store as another process would.
async fn at_once(bench: &Bench, commits: Vec<Commit>) -> Vec<Committed> {
    let other = SqlStore::open(&bench.address).await.unwrap();
    let stores = [Arc::new(bench.store.clone()), Arc::new(other.clone())];
    let mut tasks = JoinSet::new();
    for (nth, commit) in commits.into_iter().enumerate() {
        let store = Arc::clone(&stores[nth % 2]);
        tasks.spawn(async move { store.commit(&commit).await.unwrap() });
    }
    let ended = tasks.join_all().await;
    other.close().await;
    ended
}

fn paid(id: usize, key: &str) -> Commit {
    Commit {
        price: 3,
        answer: Some(answer(key, "the answer")),
        ..free(check("t1", &id.to_string(), NOW))
    }
}

/// The sum of the lines is the balance, at every line; answers the number of debits.
async fn ledger_is_right(bench: &Bench) -> usize {
    let mut lines = bench.store.statement("t1", None, 1000).await.unwrap();
    lines.reverse();
    let mut sum = 0;
    for line in &lines {
        sum += line.amount;
        assert_eq!(line.balance, sum);
        assert!(line.balance >= 0);
    }
    assert_eq!(bench.balance("t1").await, sum);
    lines
        .iter()
        .filter(|line| line.kind == LedgerKind::Debit)
        .count()
}

stories! {
    async fn one_key_is_paid_once(bench) {
        bench.tenant("t1", 1000).await;
        let ended = at_once(bench, (0..64).map(|id| paid(id, "k")).collect()).await;
        let done = Committed::Done { balance: 997 };
        assert_eq!(ended.iter().filter(|end| **end == done).count(), 1);
        let before = Committed::AnsweredBefore(answer("k", "the answer"));
        assert_eq!(ended.iter().filter(|end| **end == before).count(), 63);
        assert_eq!(ledger_is_right(bench).await, 1);
        assert_eq!(bench.number("SELECT COUNT(*) FROM checks").await, 1);
    }

    async fn a_wallet_is_spent_to_its_end_and_no_further(bench) {
        // Enough for 20, with one unit left.
        bench.tenant("t1", 61).await;
        let commits = (0..64).map(|id| paid(id, &format!("k{id}"))).collect();
        let ended = at_once(bench, commits).await;
        let done = ended.iter().filter(|end| matches!(end, Committed::Done { .. })).count();
        let low = Committed::BalanceTooLow { balance: 1 };
        assert_eq!((done, ended.iter().filter(|end| **end == low).count()), (20, 44));
        assert_eq!(ledger_is_right(bench).await, 20);
        assert_eq!(bench.number("SELECT COUNT(*) FROM checks").await, 20);
        assert_eq!(bench.number("SELECT COUNT(*) FROM answers").await, 20);
    }

    async fn an_expired_key_is_replaced_once(bench) {
        bench.tenant("t1", 1000).await;
        let mut old = paid(100, "k");
        old.answer.as_mut().unwrap().expires_at = NOW;
        bench.store.commit(&old).await.unwrap();
        let ended = at_once(bench, (0..16).map(|id| paid(id, "k")).collect()).await;
        let done = ended.iter().filter(|end| matches!(end, Committed::Done { .. })).count();
        assert_eq!(done, 1);
        assert_eq!(ledger_is_right(bench).await, 2);
    }

    async fn uses_are_all_counted(bench) {
        bench.tenant("t1", 0).await;
        bench.credential("t1", "c1").await;
        let commits = (0..32).map(|id| {
            let mut commit = free(check("t1", &id.to_string(), NOW));
            commit.check.credential_id = Some("c1".to_owned());
            commit
        });
        at_once(bench, commits.collect()).await;
        assert_eq!(bench.store.used_this_month("c1", NOW).await.unwrap(), 32);
    }

    async fn acts_of_many_are_one_chain(bench) {
        bench.tenant("t1", 0).await;
        let other = SqlStore::open(&bench.address).await.unwrap();
        let mut tasks = JoinSet::new();
        for nth in 0..32_i64 {
            let store = [&bench.store, &other][usize::from(nth % 2 == 0)].clone();
            tasks.spawn(async move {
                match nth % 4 {
                    0 => store.note("x", "", "{}", &act(NOW)).await.unwrap(),
                    _ => drop(store.top_up("t1", nth, &act(NOW)).await.unwrap()),
                }
            });
        }
        tasks.join_all().await;
        other.close().await;
        ledger_is_right(bench).await;
        let report = bench.store.verify_audit().await.unwrap();
        assert_eq!((report.entries, report.fault), (33, None));
    }

    async fn erasing_and_committing_do_not_wait_for_each_other(bench) {
        bench.tenant("t1", 1000).await;
        let mut tasks = JoinSet::new();
        for nth in 0..24 {
            let store = bench.store.clone();
            tasks.spawn(async move {
                let mut commit = paid(nth, &format!("k{}", nth % 3));
                commit.check.reference = Some("r".to_owned());
                store.commit(&commit).await.unwrap();
                match nth % 3 {
                    0 => drop(store.erase_reference("t1", "r", &act(NOW)).await.unwrap()),
                    1 => drop(store.erase_check("t1", &nth.to_string(), &act(NOW)).await.unwrap()),
                    _ => drop(store.erase_expired(NOW * 2).await.unwrap()),
                }
            });
        }
        tasks.join_all().await;
        ledger_is_right(bench).await;
        assert_eq!(bench.store.verify_audit().await.unwrap().fault, None);
        assert_eq!(bench.number("SELECT COUNT(*) FROM answers").await, 0);
    }
}
