//! Tricks at the door: headers, paths and bodies that two readers could understand differently. Raw bytes, because a
//! well-kept client would not send them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::time::timeout;

use crate::support::site::{Ground, Site};
use crate::support::sockets::Listening;
use crate::support::{Fake, live};

const QUIET: Duration = Duration::from_secs(5);

async fn open() -> (Site, Listening, String) {
    let ground = Ground::new().await;
    let tenant = ground.tenant("bank").await;
    let site = ground.open(Arc::new(Fake(|_: &[u8]| Ok(live())))).await;
    let listening = Listening::start(&site).await;
    (site, listening, tenant.api_key)
}

/// Sends the bytes from an address of its own, because who fails often must wait, and gives the status of each answer
/// that comes until the server closes the connection or is quiet.
async fn statuses(address: SocketAddr, bytes: &[u8]) -> Vec<u16> {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let from = [127, 0, 7, NEXT.fetch_add(1, Ordering::Relaxed)];
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    // Who is refused may be cut off while bytes of his are unread.
    while let Ok(Ok(count)) = timeout(QUIET, stream.read(&mut piece)).await
        && count > 0
    {
        answer.extend_from_slice(&piece[..count]);
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    let heads = text.match_indices("HTTP/1.1 ");
    heads
        .filter_map(|(at, mark)| text.get(at + mark.len()..at + mark.len() + 3)?.parse().ok())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_almost_hold_a_key_open_nothing() {
    let (_site, door, key) = open().await;
    let (half, rest) = key.split_at(key.len() / 2);
    let ask = async |headers: &str| {
        let request =
            format!("GET /v1/checks HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
        statuses(door.address, request.as_bytes()).await
    };
    assert_eq!(ask(&format!("x-api-key: {key}\r\n")).await, [200]);
    assert_eq!(ask(&format!("X-API-KEY:\t{key} \r\n")).await, [200]);
    let tricks = [
        String::new(),
        "x-api-key:\r\n".to_owned(),
        "x-api-key: \t \r\n".to_owned(),
        // The first of several counts, so that none can be hidden behind another.
        format!("x-api-key: x\r\nx-api-key: {key}\r\n"),
        format!("x-api-key:\r\nx-api-key: {key}\r\n"),
        format!("authorization: Basic {key}\r\nx-api-key: {key}\r\n"),
        format!("authorization: Bearer\r\nx-api-key: {key}\r\n"),
        format!("authorization: Bearer{key}\r\n"),
        format!("x-api-key: {key},{key}\r\n"),
        format!("x-api-key: {half} {rest}\r\n"),
        format!("x-api-key: {}\r\n", key.to_uppercase()),
        // A space without width, a wide letter, a byte that is no UTF-8 on its own.
        format!("x-api-key: {key}\u{200b}\r\n"),
        format!("x-api-key: {half}\u{ff21}{rest}\r\n"),
        format!("x-api-key: {key}\u{e9}\r\n"),
        // Another name in every way but to the eye.
        format!("x_api_key: {key}\r\n"),
        format!("x-api-key : {key}\r\n"),
        format!("x-api-key: {half}\r\n {rest}\r\n"),
        format!("x-api-key\0: {key}\r\n"),
        format!("x-api-key: {key}\0\r\n"),
    ];
    for trick in tricks {
        let answers = ask(&trick).await;
        let is_refused = answers.len() == 1 && [400, 401].contains(&answers[0]);
        assert!(is_refused, "{trick:?}: {answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_that_almost_name_a_route_open_nothing() {
    let (_site, door, _) = open().await;
    let paths = [
        "/v1/checks",
        "//v1/checks",
        "/v1//checks",
        "/v1/./checks",
        "/healthz/../v1/checks",
        "/healthz/%2e%2e/v1/checks",
        "/V1/CHECKS",
        "/v1/checks/",
        "/v1/%63hecks",
        "/v1/checks%00",
        "/v1/checks;x=/healthz",
        "/v1/checks?key=/healthz",
        "http://x/v1/checks",
        "/console/../../../../etc/passwd",
        "/assets/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/console/tenants",
    ];
    for path in paths {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answers = statuses(door.address, request.as_bytes()).await;
        let is_closed = answers.len() == 1 && (300..500).contains(&answers[0]);
        assert!(is_closed, "{path}: {answers:?}");
    }
}

/// A proxy in front may end a request elsewhere than the server does; what follows would be read as the next
/// caller's. So whatever leaves that open is refused, and nothing behind it is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_end_is_in_doubt_is_refused_with_all_that_follows() {
    let (_site, door, key) = open().await;
    let hidden = format!(
        "GET /v1/checks HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: {key}\r\n\r\n"
    );
    let ask = async |headers: &str, body: &str| {
        let request = format!(
            "POST /v1/liveness HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: image/jpeg\r\n{headers}\r\n{body}{hidden}"
        );
        statuses(door.address, request.as_bytes()).await
    };
    // What is clear is answered, and so is what follows.
    assert_eq!(ask("content-length: 4\r\n", "abcd").await, [200, 200]);
    let chunked = "transfer-encoding: chunked\r\n";
    assert_eq!(ask(chunked, "4\r\nabcd\r\n0\r\n\r\n").await, [200, 200]);
    let doubtful = [
        ("content-length: 4\r\ncontent-length: 5\r\n", "abcd"),
        ("content-length: 4, 5\r\n", "abcd"),
        ("content-length: +4\r\n", "abcd"),
        ("content-length: -4\r\n", "abcd"),
        ("content-length: 0x4\r\n", "abcd"),
        ("content-length: 99999999999999999999\r\n", "abcd"),
        ("transfer-encoding: xchunked\r\n", "0\r\n\r\n"),
        ("transfer-encoding: chunked, identity\r\n", "0\r\n\r\n"),
        ("transfer-encoding : chunked\r\n", "0\r\n\r\n"),
        (chunked, "zz\r\nabcd\r\n0\r\n\r\n"),
        (chunked, "-4\r\nabcd\r\n0\r\n\r\n"),
        (chunked, "0x4\r\nabcd\r\n0\r\n\r\n"),
        (chunked, "10000000000000004\r\nabcd\r\n0\r\n\r\n"),
        (chunked, "4\r\nabcdefgh\r\n0\r\n\r\n"),
    ];
    for (headers, body) in doubtful {
        let answers = ask(headers, body).await;
        let is_refused = answers.len() <= 1 && answers.iter().all(|s| (400..500).contains(s));
        assert!(is_refused, "{headers:?} {body:?}: {answers:?}");
    }
}

/// A length beside chunks is read by the chunks, as RFC 9112, 6.3 says; never by the length.
#[tokio::test(flavor = "multi_thread")]
async fn chunks_win_over_a_length() {
    let (_site, door, key) = open().await;
    for headers in [
        "content-length: 3\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
    ] {
        let request = format!(
            "POST /v1/liveness HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: {key}\r\ncontent-type: image/jpeg\r\n{headers}\r\n4\r\nabcd\r\n0\r\n\r\n"
        );
        let answers = statuses(door.address, request.as_bytes()).await;
        assert!(
            answers == [200] || answers == [400],
            "{headers:?}: {answers:?}"
        );
    }
}
