//! What was answered is there after the process is gone.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use lifesign_store::{Commit, SqlStore, Store};

use crate::bench::{NOW, answer, check, free};
use crate::stories;

const ADDRESS: &str = "LIFESIGN_TEST_CHILD";

fn paid(id: &str) -> Commit {
    Commit {
        price: 1,
        answer: Some(answer(id, id)),
        ..free(check("t1", id, NOW))
    }
}

/// Not a test: the process that another test kills. Each commit that is answered is a line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as the child of another test"]
async fn child() {
    let Ok(address) = std::env::var(ADDRESS) else {
        return;
    };
    let store = SqlStore::open(&address).await.unwrap();
    for lane in 0..4 {
        let store = store.clone();
        tokio::spawn(async move {
            for nth in 0.. {
                let id = format!("{lane}-{nth}");
                store.commit(&paid(&id)).await.unwrap();
                println!("kept {id}");
            }
        });
    }
    std::future::pending().await
}

stories! {
    async fn a_second_store_sees_what_the_first_kept(bench) {
        bench.tenant("t1", 10).await;
        bench.store.commit(&paid("a")).await.unwrap();
        let other = SqlStore::open(&bench.address).await.unwrap();
        assert!(other.check(Some("t1"), "a").await.unwrap().is_some());
        other.commit(&paid("b")).await.unwrap();
        assert!(bench.store.check(Some("t1"), "b").await.unwrap().is_some());
        assert_eq!(bench.balance("t1").await, 8);
        bench.store.close().await;
        assert_eq!(other.statement("t1", None, 10).await.unwrap().len(), 3);
        assert_eq!(other.verify_audit().await.unwrap().fault, None);
        other.close().await;
    }

    async fn a_process_that_is_killed_loses_nothing_it_answered(bench) {
        bench.tenant("t1", 1_000_000).await;
        let address = bench.address.clone();
        let kept = tokio::task::spawn_blocking(move || until_killed(&address)).await.unwrap();
        assert!(kept.len() >= 40);
        let other = SqlStore::open(&bench.address).await.unwrap();
        for id in &kept {
            assert!(other.check(Some("t1"), id).await.unwrap().is_some(), "{id}");
            let kept = other.answer("t1", "native", id, NOW).await.unwrap();
            assert_eq!(kept, Some(answer(id, id)));
        }
        // What was under way when the process died is there as a whole or not at all.
        let checks = bench.number("SELECT COUNT(*) FROM checks").await;
        let debits = bench.number("SELECT COUNT(*) FROM ledger WHERE amount = -1").await;
        assert_eq!(debits, checks);
        assert_eq!(bench.number("SELECT COUNT(*) FROM answers").await, checks);
        assert_eq!(bench.balance("t1").await, 1_000_000 - checks);
        other.close().await;
    }
}

/// Lets a child commit, kills it in the middle and tells what it had been answered.
fn until_killed(address: &str) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::child", "--ignored", "--nocapture"])
        .env(ADDRESS, address)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut kept = Vec::new();
    let mut killed = false;
    // What it had printed before it died counts too.
    for line in lines.map_while(Result::ok) {
        if let Some(id) = line.strip_prefix("kept ") {
            kept.push(id.to_owned());
        }
        if kept.len() >= 40 && !killed {
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    kept
}
