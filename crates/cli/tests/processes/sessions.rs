//! Active sessions across processes: captured by another one than made them, and told of after a kill.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

use crate::ask::{Answered, get, post};
use crate::site::{Server, Site, own_database};

const PATIENCE: Duration = Duration::from_secs(120);
/// Between two frames, as the page sends them.
const PERIOD: Duration = Duration::from_millis(100);

/// Made by one server, captured by the other, told by both; and the other way round.
#[test]
fn with_two_servers_on_one_postgres_the_page_may_land_on_either() {
    let Some(database) = own_database("either") else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let site = Site {
        data: data.path(),
        database: &database,
    };
    let tenant = site.lifesign(&["tenants", "create", "bank"]);
    let key = tenant["api_key"].as_str().unwrap();
    let servers = [site.serve(&[]), site.serve(&[])];
    for (maker, other) in [(0, 1), (1, 0)] {
        let (maker, other) = (&servers[maker], &servers[other]);
        let session = make(maker, key, &json!({ "attempts": 1, "digits": "off" }));
        let told = json_of(get(other, &session.page_path("/session"), ""));
        assert_eq!(told["state"], "created", "{told}");
        let mut page = Page::begin(other, &session);
        assert_eq!(page.hear()["type"], "ready");
        // One page at a time, wherever it lands.
        assert_eq!(Page::begin(maker, &session).hear()["code"], "used");
        assert_eq!(session.look(maker, key)["state"], "in_progress");
        assert_eq!(page.give_up_after_a_prompt(), "failed");
        for server in [maker, other] {
            let told = session.look(server, key);
            assert_eq!(
                (&told["state"], &told["failure"]),
                (&json!("failed"), &json!("aborted"))
            );
            assert_eq!(Page::begin(server, &session).hear()["code"], "used");
        }
    }
}

/// The result is kept, its callback is on its way or was refused, and the server is killed: the next one delivers it,
/// where nothing of the first try was noted once the lease of a minute has run out.
#[test]
fn a_callback_survives_kill_9_between_result_and_delivery() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::on_sqlite(data.path());
    let tenant = site.lifesign(&["tenants", "create", "bank", "--allow-http", "true"]);
    let key = tenant["api_key"].as_str().unwrap();
    let loopback = ["allow_loopback_urls=true"];
    let mut server = site.serve(&loopback);
    let receiver = Receiver::start();
    let url = format!("http://{}/hook", receiver.address);
    let session = make(
        &server,
        key,
        &json!({ "attempts": 1, "digits": "off", "callback_url": url }),
    );
    let mut page = Page::begin(&server, &session);
    assert_eq!(page.hear()["type"], "ready");
    assert_eq!(page.give_up_after_a_prompt(), "failed");
    let refused = receiver.next("503 Service Unavailable");
    // SIGKILL.
    server.process.kill().unwrap();
    server.process.wait().unwrap();

    let server = site.serve(&loopback);
    let taken = receiver.next("204 No Content");
    assert_eq!(taken.id, refused.id, "the same message again");
    assert_eq!(taken.traceparent, None, "no collector is named");
    assert_eq!(taken.body, refused.body);
    assert_eq!(taken.body["result"]["id"], session.id);
    assert_eq!(taken.body["result"]["state"], "failed");
    let since = Instant::now();
    loop {
        let listed = site.lifesign(&["webhooks", "list"]);
        let delivery = &listed[0]["callback"];
        if delivery["state"] == "delivered" {
            assert!(delivery["attempts"].as_u64() >= Some(1), "{delivery}");
            break;
        }
        assert!(since.elapsed() < PATIENCE, "{listed}");
        std::thread::sleep(PERIOD);
    }
    drop(server);
}

pub(crate) struct Session {
    pub(crate) id: String,
    token: String,
}

impl Session {
    fn page_path(&self, rest: &str) -> String {
        format!("/verify-video/{}{rest}", self.token)
    }

    fn look(&self, server: &Server, key: &str) -> Value {
        let path = format!("/v1/sessions/{}", self.id);
        json_of(get(server, &path, key))["result"].clone()
    }
}

pub(crate) fn make(server: &Server, key: &str, more: &Value) -> Session {
    let mut wish = json!({ "consent": true, "purpose": "a test", "reference_id": "case 1" });
    wish.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let answer = json_of(post(server, "/v1/sessions", key, &wish));
    let result = &answer["result"];
    let url = result["url"].as_str().expect("a link");
    Session {
        id: result["id"].as_str().unwrap().to_owned(),
        token: url.rsplit('/').next().unwrap().to_owned(),
    }
}

fn json_of(answered: Option<Answered>) -> Value {
    let (_, body) = answered.expect("an answer");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// A capture page before which a portrait stands.
pub(crate) struct Page {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    frames: u32,
}

impl Page {
    pub(crate) fn begin(server: &Server, session: &Session) -> Self {
        let stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let url = format!("ws://{}{}", server.address, session.page_path("/stream"));
        let (socket, _) = client(url, MaybeTlsStream::Plain(stream)).unwrap();
        let mut page = Self { socket, frames: 0 };
        page.say(&json!({ "type": "start", "consent": true, "microphone": false }));
        page
    }

    fn say(&mut self, message: &Value) {
        self.socket
            .send(Message::Text(message.to_string().into()))
            .unwrap();
    }

    pub(crate) fn hear(&mut self) -> Value {
        loop {
            match self.socket.read().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("no message but {other:?}"),
            }
        }
    }

    /// Shows itself until something is asked, and leaves then; the state in which the session ends.
    pub(crate) fn give_up_after_a_prompt(&mut self) -> String {
        let portrait = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../assets/samples/grace_hopper.jpg"
        );
        let jpeg = std::fs::read(portrait).unwrap();
        let mut has_left = false;
        loop {
            if !has_left {
                self.frames += 1;
                let mut message = vec![1];
                message.extend_from_slice(&self.frames.to_le_bytes());
                message.extend_from_slice(&jpeg);
                self.socket.send(Message::Binary(message.into())).unwrap();
            }
            let told = self.hear();
            match told["type"].as_str().unwrap() {
                "state" if !has_left && !told["prompt"].is_null() => {
                    self.say(&json!({ "type": "abort" }));
                    has_left = true;
                }
                "state" if !has_left => std::thread::sleep(PERIOD),
                "state" | "processing" => {}
                "finished" => return told["state"].as_str().unwrap().to_owned(),
                _ => panic!("{told}"),
            }
        }
    }
}

/// Takes callbacks one by one.
pub(crate) struct Receiver {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

pub(crate) struct Callback {
    id: String,
    pub(crate) traceparent: Option<String>,
    body: Value,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        Self { listener, address }
    }

    /// The next one, answered with `status`.
    pub(crate) fn next(&self, status: &str) -> Callback {
        let since = Instant::now();
        let stream = loop {
            if let Ok((stream, _)) = self.listener.accept() {
                break stream;
            }
            assert!(since.elapsed() < PATIENCE, "no callback came");
            std::thread::sleep(PERIOD);
        };
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut stream = BufReader::new(stream);
        let (mut id, mut length, mut traceparent) = (String::new(), 0, None);
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("webhook-id") => {
                    value.clone_into(&mut id)
                }
                Some((name, value)) if name.eq_ignore_ascii_case("traceparent") => {
                    traceparent = Some(value.to_owned());
                }
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().unwrap();
                }
                Some(_) => {}
                None if line.trim_end().is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.get_mut().write_all(answer.as_bytes()).unwrap();
        assert!(!id.is_empty());
        Callback {
            id,
            traceparent,
            body: serde_json::from_slice(&body).unwrap(),
        }
    }
}
