//! One place before a camera: a session after the other, with the manners of the capture page.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use lifesign_bench::Outcome;
use lifesign_bench::client::{Client, post};
use lifesign_challenge::{Guidance, Prompt};
use lifesign_testkit::{Page as Picture, Player};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::tally::Tally;

/// Between two frames.
const PERIOD: Duration = Duration::from_millis(100);
/// Frames that may be on their way before newer ones are left out, as the page has it.
const IN_FLIGHT: usize = 6;
/// Even then a frame is sent this often.
const LEAST_EVERY: Duration = Duration::from_millis(500);
/// Before somebody who was sent away comes again.
const PAUSE: Duration = Duration::from_secs(2);

/// When a row begins to count, and for how long.
#[derive(Clone, Copy)]
pub(crate) struct Stop {
    pub(crate) counts_from: Instant,
    pub(crate) length: Duration,
}

impl Stop {
    fn is_over(&self) -> bool {
        Instant::now() >= self.counts_from + self.length
    }

    fn counts(&self) -> bool {
        Instant::now() >= self.counts_from && !self.is_over()
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum FromServer {
    Ready {},
    State {
        prompt: Option<Prompt>,
        guidance: Option<Guidance>,
        received: Option<u32>,
    },
    Processing {},
    Finished {
        reason: Option<String>,
    },
    Refused {
        code: String,
    },
}

/// Plays session after session until the time is over.
pub(crate) async fn play(address: SocketAddr, book: &[Vec<u8>], seat: u64, stop: Stop) -> Tally {
    let mut tally = Tally::default();
    let mut number = 0;
    while !stop.is_over() {
        number += 1;
        if let Err(error) = session(address, book, seat * 1_000 + number, stop, &mut tally).await {
            tally.broken += 1;
            tally.note(error.to_string());
            sleep(PAUSE).await;
        }
    }
    tally
}

async fn session(
    address: SocketAddr,
    book: &[Vec<u8>],
    seed: u64,
    stop: Stop,
    tally: &mut Tally,
) -> Outcome<()> {
    let token = tokio::task::spawn_blocking(move || make(address)).await??;
    let url = format!("ws://{address}/verify-video/{token}/stream");
    let mut page = Page {
        socket: connect_async(url).await?.0,
        began: Instant::now(),
        player: Player::new(seed),
        sent: Vec::new(),
        received: 0,
        shown: None,
    };
    page.say(&json!({ "type": "start", "consent": true, "microphone": false }))
        .await?;
    let mut frames = interval(PERIOD);
    frames.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_ready = false;
    loop {
        tokio::select! {
            _ = frames.tick() => {
                if stop.is_over() {
                    return Ok(());
                }
                if is_ready {
                    page.show(book).await?;
                }
            }
            message = page.socket.next() => {
                let text = match message.ok_or("the server is gone")?? {
                    Message::Text(text) => text,
                    Message::Ping(_) | Message::Pong(_) => continue,
                    _ => return Err("the connection was closed".into()),
                };
                match serde_json::from_str(&text)? {
                    FromServer::Ready {} => is_ready = true,
                    FromServer::State { prompt, guidance, received } => {
                        page.see(prompt, guidance, received, stop, tally).await?;
                    }
                    FromServer::Processing {} => is_ready = false,
                    FromServer::Finished { reason } => {
                        tally.ended += 1;
                        match reason {
                            None => tally.answered_all += 1,
                            Some(reason) => tally.note(reason),
                        }
                        return Ok(());
                    }
                    FromServer::Refused { code } => {
                        tally.refused += 1;
                        tally.note(code);
                        sleep(PAUSE).await;
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// Asks for a session; its token.
fn make(address: SocketAddr) -> Outcome<String> {
    let wish = json!({
        "consent": true, "purpose": "a measurement", "reference_id": "load", "digits": "off", "attempts": 1,
    });
    let request = post(
        "/v1/sessions",
        "application/json",
        wish.to_string().as_bytes(),
    );
    let (status, body) = Client::new(address).ask(&request)?;
    if status != 200 {
        return Err(format!("a session was refused with {status}").into());
    }
    let answer: Value = serde_json::from_slice(&body)?;
    let url = answer["result"]["url"].as_str().ok_or("no link")?;
    let token = url.rsplit('/').next().ok_or("no token in the link")?;
    Ok(token.to_owned())
}

struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    began: Instant,
    player: Player,
    /// When each frame was sent; the first has the number 1.
    sent: Vec<Instant>,
    received: usize,
    shown: Option<usize>,
}

impl Page {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn say(&mut self, message: &Value) -> Outcome<()> {
        let text = Message::Text(message.to_string().into());
        Ok(self.socket.send(text).await?)
    }

    async fn show(&mut self, book: &[Vec<u8>]) -> Outcome<()> {
        let waits = self.sent.len() - self.received >= IN_FLIGHT;
        if waits
            && self
                .sent
                .last()
                .is_some_and(|at| at.elapsed() < LEAST_EVERY)
        {
            return Ok(());
        }
        let state = self.player.state(self.now_ms());
        let jpeg = book.get(Picture::nearest(&state)).ok_or("no picture")?;
        self.sent.push(Instant::now());
        let mut message = vec![1];
        message.extend_from_slice(&u32::try_from(self.sent.len())?.to_le_bytes());
        message.extend_from_slice(jpeg);
        Ok(self.socket.send(Message::Binary(message.into())).await?)
    }

    async fn see(
        &mut self,
        prompt: Option<Prompt>,
        guidance: Option<Guidance>,
        received: Option<u32>,
        stop: Stop,
        tally: &mut Tally,
    ) -> Outcome<()> {
        let received = usize::try_from(received.unwrap_or(0))?;
        if received > self.received {
            self.received = received;
            let sent = self.sent.get(received - 1).ok_or("an unsent frame")?;
            if stop.counts() {
                tally.guidance.add(sent.elapsed());
            }
        }
        self.player.see(self.now_ms(), prompt.as_ref(), guidance);
        if let Some(prompt) = prompt
            && self.shown != Some(prompt.step)
        {
            self.shown = Some(prompt.step);
            self.say(&json!({ "type": "shown", "step": prompt.step }))
                .await?;
        }
        Ok(())
    }
}
