//! The WebSocket of an active session as a page meets it: real sockets, the real engine, a portrait that stands
//! still before the camera.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use lifesign_session::SessionJudge;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::ask::plain;
use crate::support::sessions::{FakeFaces, Made, make};
use crate::support::site::{Ground, Site};
use crate::support::sockets::Listening;
use crate::support::{engine, sample};

const PATIENCE: Duration = Duration::from_secs(60);

struct Page(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Page {
    async fn open(server: &Listening, token: &str) -> Self {
        let url = format!("ws://{}/verify-video/{token}/stream", server.address);
        Self(connect_async(url).await.unwrap().0)
    }

    async fn begin(server: &Listening, token: &str) -> Self {
        let mut page = Self::open(server, token).await;
        page.say(&json!({"type": "start", "consent": true, "microphone": false}))
            .await;
        page
    }

    async fn say(&mut self, message: &Value) {
        let text = Message::Text(message.to_string().into());
        self.0.send(text).await.unwrap();
    }

    async fn show(&mut self, sequence: u32, jpeg: &[u8]) {
        let mut message = vec![1];
        message.extend_from_slice(&sequence.to_le_bytes());
        message.extend_from_slice(jpeg);
        // The server may have ended the session meanwhile.
        let _ = self.0.send(Message::Binary(message.into())).await;
    }

    async fn hear(&mut self) -> Value {
        loop {
            match timeout(PATIENCE, self.0.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("no message but {other:?}"),
            }
        }
    }
}

async fn bank(captures: usize) -> (Site, String, Listening) {
    let mut ground = Ground::new().await;
    ground.setup.config.captures = captures;
    let bank = ground.tenant("bank").await;
    let site = ground.open(Arc::new(FakeFaces)).await;
    site.app.capture_with(SessionJudge::new(engine(), None));
    let server = Listening::start(&site).await;
    (site, bank.api_key, server)
}

async fn made(site: &Site, key: &str) -> Made {
    make(site, key, &json!({"redirect_url": "https://bank.example/"})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_stands_still_is_asked_and_fails() {
    let (site, key, server) = bank(0).await;
    let session = made(&site, &key).await;
    let mut page = Page::begin(&server, &session.token).await;
    assert_eq!(page.hear().await, json!({"type": "ready", "total": 5}));
    let portrait = sample("grace_hopper.jpg");
    let (mut sequence, mut shown, mut received) = (0, Vec::new(), None);
    let finished = loop {
        sequence += 1;
        page.show(sequence, &portrait).await;
        let message = page.hear().await;
        match message["type"].as_str().unwrap() {
            "state" => {
                if let Some(step) = message["prompt"]["step"].as_u64()
                    && !shown.contains(&step)
                {
                    shown.push(step);
                    page.say(&json!({"type": "shown", "step": step})).await;
                }
                received = message["received"].as_u64().or(received);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            "processing" => {}
            _ => break message,
        }
    };
    assert!(!shown.is_empty() && received.is_some());
    assert_eq!(finished["type"], "finished", "{finished}");
    assert_eq!(finished["state"], "failed");
    assert_eq!(finished["reason"], "no_reaction");
    assert_eq!(finished["may_retry"], false);
    let redirect = finished["redirect_url"].as_str().unwrap();
    assert!(redirect.contains(&session.id), "{redirect}");
    let path = format!("/v1/sessions/{}", session.id);
    let told = site.call(plain("GET", &path, &key)).await.envelope()["result"].clone();
    assert_eq!(told["state"], "failed");
    let metrics = site.client.get("/metrics").await.text();
    assert!(metrics.contains("lifesign_captures_total{end=\"failed\"} 1"));
    assert!(metrics.contains("lifesign_captures_open 0"));
    assert!(!metrics.contains("lifesign_guidance_seconds_count 0"));
    // Used is used.
    let mut again = Page::begin(&server, &session.token).await;
    assert_eq!(again.hear().await["code"], "used");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_session_more_than_there_are_places_is_told_so() {
    let (site, key, server) = bank(1).await;
    let sessions = [made(&site, &key).await, made(&site, &key).await];
    let mut first = Page::begin(&server, &sessions[0].token).await;
    assert_eq!(first.hear().await["type"], "ready");
    let mut second = Page::begin(&server, &sessions[1].token).await;
    let refused = second.hear().await;
    assert_eq!(refused["code"], "busy", "{refused}");
    // The place is free again once the first page is gone, and nothing of its session is spent.
    drop(first);
    let since = Instant::now();
    loop {
        let mut page = Page::begin(&server, &sessions[0].token).await;
        if page.hear().await["type"] == "ready" {
            break;
        }
        assert!(since.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_reaches_the_page() {
    let (site, key, server) = bank(0).await;
    let session = made(&site, &key).await;
    let mut page = Page::begin(&server, &session.token).await;
    assert_eq!(page.hear().await["type"], "ready");
    let path = format!("/v1/sessions/{}", session.id);
    let cancelled = site.call(plain("DELETE", &path, &key)).await;
    assert_eq!(cancelled.status, 200);
    let refused = loop {
        let message = page.hear().await;
        if message["type"] != "state" {
            break message;
        }
    };
    assert_eq!(refused["code"], "cancelled", "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_must_not_send_is_refused_by_name() {
    let (site, key, server) = bank(0).await;
    let mut unknown = Page::begin(&server, &"0".repeat(32)).await;
    assert_eq!(unknown.hear().await["code"], "not_found");
    let session = made(&site, &key).await;
    let mut silent = Page::open(&server, &session.token).await;
    silent
        .say(&json!({"type": "start", "microphone": false}))
        .await;
    assert_eq!(silent.hear().await["code"], "consent_missing");
    let mut early = Page::open(&server, &session.token).await;
    early.say(&json!({"type": "shown", "step": 0})).await;
    assert_eq!(early.hear().await["code"], "bad_message");
    for (bytes, code) in [
        (b"\x01\0\0\0\0not a picture".to_vec(), "bad_message"),
        (vec![1; 300 * 1024], "too_large"),
        (vec![9, 0, 0, 0, 0], "bad_message"),
    ] {
        let mut page = Page::begin(&server, &session.token).await;
        assert_eq!(page.hear().await["type"], "ready");
        page.0.send(Message::Binary(bytes.into())).await.unwrap();
        let refused = loop {
            let message = page.hear().await;
            if message["type"] != "state" {
                break message;
            }
        };
        assert_eq!(refused["code"], code, "{refused}");
    }
}
