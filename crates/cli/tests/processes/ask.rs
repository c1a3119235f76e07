//! Single requests, each over a connection of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::site::Server;

const PATIENCE: Duration = Duration::from_secs(120);

/// A status and a body.
pub(crate) type Answered = (u16, String);

pub(crate) fn sample() -> Vec<u8> {
    let image = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../assets/samples/astronaut.jpg"
    );
    std::fs::read(image).unwrap()
}

/// One check under a native key, with more lines for the head.
pub(crate) fn check_with(server: &Server, key: &str, more: &str, image: &[u8]) -> Option<Answered> {
    let head = format!(
        "POST /v1/liveness HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: image/jpeg\r\n{more}\
         content-length: {}\r\nconnection: close\r\n\r\n",
        image.len()
    );
    let mut stream = TcpStream::connect(server.address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    // A server that refuses before the end may close while this writes; the answer is there all the same.
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(image));
    answer(&mut stream)
}

pub(crate) fn check(server: &Server, key: &str) -> Answered {
    check_with(server, key, "", &sample()).expect("an answer")
}

pub(crate) fn get(server: &Server, path: &str, key: &str) -> Option<Answered> {
    let mut stream = TcpStream::connect(server.address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let head =
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    answer(&mut stream)
}

/// The answer of a connection that is closed behind it.
pub(crate) fn answer(stream: &mut TcpStream) -> Option<Answered> {
    let mut bytes = Vec::new();
    // A reset behind the answer takes nothing from it.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

/// A verdict came, and it is kept.
pub(crate) fn assert_kept(server: &Server, key: &str, answered: &Answered) {
    let (status, body) = answered;
    assert_eq!(*status, 200, "{body}");
    let told: serde_json::Value = serde_json::from_str(body).unwrap();
    let id = told["request_id"].as_str().unwrap();
    let (status, kept) = get(server, &format!("/v1/checks/{id}"), key).unwrap();
    assert_eq!(status, 200, "{kept}");
}

/// A POST of JSON.
pub(crate) fn post(
    server: &Server,
    path: &str,
    key: &str,
    body: &serde_json::Value,
) -> Option<Answered> {
    let body = body.to_string();
    let mut stream = TcpStream::connect(server.address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    answer(&mut stream)
}
