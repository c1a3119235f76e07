//! What happens on real sockets: limits, slow clients, callers that hang up, draining.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lifesign_contracts::Checked;
use lifesign_contracts::Failure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::{Fake, Setup, live};

const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    address: std::net::SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    done: JoinHandle<()>,
    _setup: Setup,
}

impl Server {
    async fn start(
        setup: Setup,
        check: impl Fn(&[u8]) -> Result<Checked, Failure> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = setup.app(Arc::new(Fake(check))).await;
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(lifesign_server::serve_on(listener, app, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            stop: Some(stop),
            done,
            _setup: setup,
        }
    }

    async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }
}

/// All that comes until the server closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    timeout(PATIENCE, read).await.expect("no end came").unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What comes up to the end of one answer's JSON.
async fn one_answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    while !text.ends_with('}') {
        let mut bytes = [0; 4096];
        let read = timeout(PATIENCE, stream.read(&mut bytes));
        let count = read.await.expect("no answer came").unwrap();
        assert_ne!(count, 0, "the connection closed after {text:?}");
        text.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    text
}

fn request(content_length: usize, body: &str) -> Vec<u8> {
    format!(
        "POST /v1/liveness HTTP/1.1\r\nhost: test\r\ncontent-type: image/jpeg\r\n\
         content-length: {content_length}\r\n\r\n{body}"
    )
    .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_declared_too_large_is_refused_before_it_comes() {
    let server = Server::start(Setup::new(), |_| Ok(live())).await;
    let mut stream = server.send(&request(1 << 40, "a little of it")).await;
    let answer = one_answer(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    assert!(answer.contains("INVALID_REQUEST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_a_too_large_body_whole_gets_to_read_the_answer() {
    let server = Server::start(Setup::new(), |_| Ok(live())).await;
    let size = 30_000_000;
    let mut stream = server.send(&request(size, "")).await;
    let chunk = vec![b'x'; 1_000_000];
    for _ in 0..size / chunk.len() {
        stream.write_all(&chunk).await.unwrap();
    }
    let answer = one_answer(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_before_sending_too_much_is_told_not_to() {
    let server = Server::start(Setup::new(), |_| Ok(live())).await;
    let head = "POST /v1/liveness HTTP/1.1\r\nhost: test\r\ncontent-type: image/jpeg\r\n\
                expect: 100-continue\r\ncontent-length: 30000000\r\n\r\n";
    let mut stream = server.send(head.as_bytes()).await;
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_chunked_body_is_cut_off() {
    let server = Server::start(Setup::new(), |_| Ok(live())).await;
    let head = "POST /v1/liveness HTTP/1.1\r\nhost: test\r\ncontent-type: image/jpeg\r\n\
                transfer-encoding: chunked\r\n\r\n";
    let stream = server.send(head.as_bytes()).await;
    let (mut from, mut to) = stream.into_split();
    let sender = tokio::spawn(async move {
        let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, "x".repeat(1 << 20));
        let mut sent = 0_usize;
        while to.write_all(chunk.as_bytes()).await.is_ok() {
            sent += 1;
            assert!(sent < 1000, "a gigabyte was taken");
        }
    });
    let mut answer = [0; 12];
    timeout(PATIENCE, from.read_exact(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&answer, b"HTTP/1.1 422");
    drop(from);
    timeout(PATIENCE, sender).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_are_cut_off() {
    let mut setup = Setup::new();
    setup.edge.head_timeout = Duration::from_millis(200);
    setup.edge.body_pause = Duration::from_millis(200);
    let server = Server::start(setup, |_| Ok(live())).await;

    let mut half_a_body = server.send(&request(100, "half")).await;
    let answer = rest(&mut half_a_body).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("REQUEST_TIMEOUT"));

    let mut half_a_head = server.send(b"POST /v1/liveness HTTP/1.1\r\nho").await;
    rest(&mut half_a_head).await;
    let mut silent = server.send(b"").await;
    rest(&mut silent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_too_long_is_refused() {
    let server = Server::start(Setup::new(), |_| Ok(live())).await;
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    let mut stream = server.send(&long.as_bytes()[..40_000]).await;
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 431"));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(100));
    let mut stream = server.send(many.as_bytes()).await;
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_in_the_queue_is_not_computed() {
    let mut setup = Setup::new();
    setup.config.workers = 1;
    let (seen, count) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    let server = Server::start(setup, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(500));
        Ok(live())
    })
    .await;
    let mut first = server.send(&request(1, "1")).await;
    while count.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let second = server.send(&request(1, "2")).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(second);
    one_answer(&mut first).await;
    seen.store(count.load(Ordering::SeqCst), Ordering::SeqCst);
    // Long enough for the second one to have begun.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_to_stop_finishes_what_is_in_flight_and_takes_no_more() {
    let begun = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&begun);
    let mut server = Server::start(Setup::new(), move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(400));
        Ok(live())
    })
    .await;
    let mut idle = server.send(b"").await;
    let mut in_flight = server.send(&request(1, "x")).await;
    while begun.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.stop();
    let answer = rest(&mut in_flight).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("LIVE"));
    rest(&mut idle).await;
    timeout(PATIENCE, server.done).await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn draining_ends_at_its_timeout() {
    let mut setup = Setup::new();
    setup.config.drain_timeout = Duration::from_millis(200);
    let mut server = Server::start(setup, |_| Ok(live())).await;
    let _half = server.send(&request(100, "half")).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop();
    timeout(PATIENCE, server.done).await.unwrap().unwrap();
}
