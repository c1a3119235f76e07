//! More work than the pool takes, callers that leave, and checks that take too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use crate::support::{Client, Fake, Setup, live};

/// A client whose checks wait until the sender lets one go, and the count of those begun.
async fn gated(setup: Setup) -> (Arc<Client>, mpsc::Sender<()>, Arc<AtomicUsize>) {
    let (open, gate) = mpsc::channel();
    let gate = std::sync::Mutex::new(gate);
    let begun = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&begun);
    let checker = Fake(move |_: &[u8]| {
        count.fetch_add(1, Ordering::SeqCst);
        let _ = gate.lock().unwrap().recv();
        Ok(live())
    });
    (Arc::new(setup.client(Arc::new(checker)).await), open, begun)
}

fn small() -> Setup {
    let mut setup = Setup::new();
    setup.config.workers = 1;
    setup.config.queue = 2;
    setup
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_503_at_once_with_retry_after() {
    let (client, open, begun) = gated(small()).await;
    let call = || {
        let client = Arc::clone(&client);
        tokio::spawn(async move { client.post_image(b"x").await })
    };
    let mut calls = vec![call()];
    // Only once the worker has the first is there room for two more.
    client.until("lifesign_checks_in_flight", 1.0).await;
    calls.extend([call(), call()]);
    client.until("lifesign_queue_depth", 2.0).await;

    // The gate is shut: an answer now is one that did not wait.
    let refused = client.post_image(b"x").await;
    refused.refusal(503, "OVERLOADED");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(begun.load(Ordering::SeqCst), 1, "one worker, one check");

    // The two that wait may have come in either order, so the gate opens for all at once.
    for _ in &calls {
        open.send(()).unwrap();
    }
    for call in calls {
        assert_eq!(call.await.unwrap().envelope()["status"], "success");
    }
    let refusals = r#"lifesign_failures_total{contract="native",kind="overloaded"}"#;
    assert_eq!(client.metric(refusals).await, 1.0);
    open.send(()).unwrap();
    assert_eq!(client.post_image(b"x").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_left_the_queue_is_not_computed() {
    let (client, open, begun) = gated(small()).await;
    let spawn = || {
        let client = Arc::clone(&client);
        tokio::spawn(async move { client.post_image(b"x").await })
    };
    let first = spawn();
    client.until("lifesign_checks_in_flight", 1.0).await;
    let leaves = spawn();
    client.until("lifesign_queue_depth", 1.0).await;
    leaves.abort();
    client.until("lifesign_queue_depth", 0.0).await;
    assert_eq!(client.metric("lifesign_abandoned_total").await, 1.0);

    open.send(()).unwrap();
    assert_eq!(first.await.unwrap().status, 200);
    client.until("lifesign_checks_in_flight", 0.0).await;
    assert_eq!(begun.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_takes_too_long_is_503_and_keeps_its_worker_until_it_ends() {
    let mut setup = small();
    setup.config.request_timeout = Duration::from_millis(100);
    let (client, open, begun) = gated(setup).await;
    let answer = client.post_image(b"x").await;
    answer.refusal(503, "TIMED_OUT");
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(client.metric("lifesign_checks_in_flight").await, 1.0);

    // It waits for the worker in vain, and is never begun.
    client.post_image(b"x").await.refusal(503, "TIMED_OUT");
    assert_eq!(client.metric("lifesign_abandoned_total").await, 1.0);
    open.send(()).unwrap();
    client.until("lifesign_checks_in_flight", 0.0).await;
    assert_eq!(begun.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_beyond_the_memory_for_them_are_503() {
    let mut setup = Setup::new();
    setup.edge.bodies_bytes = 1000;
    let client = setup.client(Arc::new(Fake(|_: &[u8]| Ok(live())))).await;
    client
        .post_image(&[1; 900])
        .await
        .refusal(503, "OVERLOADED");
    for _ in 0..5 {
        // What an answered request held is free again.
        assert_eq!(client.post_image(&[1; 600]).await.status, 200);
    }
}
