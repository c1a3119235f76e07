//! One session while it streams: messages come in, frames are judged on blocking threads, the state goes
//! out.
//!
//! The capture travels: it is either here, idle, or with the one piece of work that runs. A piece of work
//! takes everything that has arrived by the time that it has a thread, so that of the frames only the newest
//! is judged, however long it waited.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::ws::{Message, WebSocket};
use lifesign_challenge::Output;
use lifesign_session::{Capture, CaptureError, Listening, PageEvent, Recognised};
use tokio::task::JoinError;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::inbox::{Arrived, Inbox, Item};
use crate::App;
use crate::service::sessions::{Fate, Ticket};
use lifesign_contracts::capture::{FromPage, Media, Refusal, ToPage, read_binary, read_text};

/// How often time passes for the session.
const TICK: Duration = Duration::from_millis(50);
/// Between two frames of a session that are judged; more than 20 a second tell no more.
const FRAME_GAP: Duration = Duration::from_millis(50);
/// A page that does not take a message within this time is gone.
const SEND: Duration = Duration::from_secs(5);

/// How a stream ended.
pub(super) enum Ended {
    /// The challenge is over.
    Over(Box<Capture>),
    /// The connection is gone.
    Lost(Box<Capture>),
    /// The page sent what it must not.
    Refused(Box<Capture>, Refusal),
    /// The session was ended from elsewhere.
    Stopped(Fate),
    /// The analysis failed.
    Failed(String),
}

/// Sends one message; `Err` if the page is gone.
pub(super) async fn send(socket: &mut WebSocket, message: &ToPage<'_>) -> Result<(), ()> {
    let text = serde_json::to_string(message).map_err(|_| ())?;
    match timeout(SEND, socket.send(Message::Text(text.into()))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(()),
    }
}

/// Streams until the challenge is over, the page is gone, or the ticket says that the session has ended.
pub(super) async fn run(
    app: &Arc<App>,
    socket: &mut WebSocket,
    capture: Box<Capture>,
    ticket: &mut Ticket,
) -> Ended {
    let mut stream = Stream {
        app: Arc::clone(app),
        inbox: Arc::default(),
        began: Instant::now(),
        idle: Some(capture),
        working: None,
        listening: None,
        judged_at: None,
        received: None,
        sent: None,
        is_revealed: false,
    };
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        stream.start_work();
        let step = tokio::select! {
            fate = ticket.ended() => return Ended::Stopped(fate),
            message = socket.recv() => match message {
                Some(Ok(message)) => stream.take(message),
                Some(Err(error)) => stream.broken(&error),
                None => Err(End::Lost),
            },
            worked = done(&mut stream.working) => stream.worked(socket, ticket, worked).await,
            heard = done(&mut stream.listening) => stream.heard(heard),
            _ = ticks.tick() => stream.tick(),
        };
        if let Err(end) = step {
            return stream.end(end).await;
        }
    }
}

type Working = Pin<Box<dyn Future<Output = Result<Work, JoinError>> + Send>>;
type Hearing = tokio::task::JoinHandle<Recognised>;

struct Stream {
    app: Arc<App>,
    inbox: Arc<Mutex<Inbox>>,
    began: Instant,
    idle: Option<Box<Capture>>,
    working: Option<Working>,
    listening: Option<Hearing>,
    judged_at: Option<Instant>,
    /// Sequence number of the newest frame that was judged.
    received: Option<u32>,
    sent: Option<Output>,
    is_revealed: bool,
}

/// Why a stream ends; the capture is not at hand where that is noticed.
enum End {
    Over,
    Lost,
    Refused(Refusal),
    Stopped(Fate),
    Failed(String),
}

/// What came of one piece of work.
struct Work {
    capture: Box<Capture>,
    /// Sequence number and arrival of the frame that was judged.
    frame: Option<(u32, Instant)>,
    listening: Option<Listening>,
    failed: Option<CaptureError>,
}

impl Stream {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets to work where there is something to do and nothing runs.
    fn start_work(&mut self) {
        let (is_empty, has_frame) = {
            let inbox = self.inbox();
            (inbox.is_empty(), inbox.has_frame())
        };
        let too_soon = self.judged_at.is_some_and(|at| at.elapsed() < FRAME_GAP);
        if is_empty || (has_frame && too_soon) {
            return;
        }
        if let Some(capture) = self.idle.take() {
            if has_frame {
                self.judged_at = Some(Instant::now());
            }
            let inbox = Arc::clone(&self.inbox);
            self.working = Some(Box::pin(work(Arc::clone(&self.app), inbox, capture)));
        }
    }

    fn take(&mut self, message: Message) -> Result<(), End> {
        let at_ms = self.now_ms();
        let taken = match message {
            Message::Text(text) => read_text(&text).and_then(|said| {
                let event = match said {
                    FromPage::Shown { step } => PageEvent::Shown(step),
                    FromPage::Skip { step } => PageEvent::Skip(step),
                    FromPage::Abort => PageEvent::Abort,
                    FromPage::Start(_) => {
                        return Err(Refusal::bad_message("the session has begun already"));
                    }
                };
                self.inbox().page(at_ms, event)
            }),
            Message::Binary(bytes) => read_binary(&bytes).and_then(|media| match media {
                Media::Frame { sequence, jpeg } => {
                    let replaced = self.inbox().frame(Arrived {
                        at_ms,
                        arrived: Instant::now(),
                        sequence,
                        jpeg,
                    })?;
                    if replaced {
                        self.app.metrics.capture_frames_dropped.inc();
                    }
                    Ok(())
                }
                Media::Sound(pcm) => self.inbox().sound(at_ms, pcm),
            }),
            // Answered by the library.
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => return Err(End::Lost),
        };
        taken.map_err(End::Refused)
    }

    fn broken(&self, error: &axum::Error) -> Result<(), End> {
        Err(if is_too_large(error) {
            End::Refused(too_large())
        } else {
            End::Lost
        })
    }

    fn tick(&self) -> Result<(), End> {
        let at_ms = self.now_ms();
        let mut inbox = self.inbox();
        // What waits already lets time pass.
        if inbox.is_empty() {
            inbox.page(at_ms, PageEvent::Tick).map_err(End::Refused)?;
        }
        Ok(())
    }

    fn heard(&mut self, heard: Result<Recognised, JoinError>) -> Result<(), End> {
        let at_ms = self.now_ms();
        let recognised = heard.map_err(|error| End::Failed(error.to_string()))?;
        self.inbox().heard(at_ms, recognised).map_err(End::Refused)
    }

    async fn worked(
        &mut self,
        socket: &mut WebSocket,
        ticket: &Ticket,
        worked: Result<Work, JoinError>,
    ) -> Result<(), End> {
        let work = worked.map_err(|error| End::Failed(error.to_string()))?;
        let output = work.capture.output().clone();
        self.idle = Some(work.capture);
        if let Some(error) = work.failed {
            return Err(match error {
                CaptureError::Engine(error) => End::Failed(error.to_string()),
                error => End::Refused(Refusal::bad_message(error.to_string())),
            });
        }
        if let Some(listening) = work.listening {
            self.listening = Some(tokio::task::spawn_blocking(move || listening.recognise()));
        }
        if output.outcome.is_some() {
            return Err(End::Over);
        }
        if output.prompt.is_some() && !self.is_revealed {
            // From the first prompt on the attempt is spent, whatever becomes of the page.
            ticket.reveal(&self.app).await.map_err(End::Stopped)?;
            self.is_revealed = true;
        }
        if let Some((sequence, _)) = work.frame {
            self.received = Some(sequence);
        }
        if work.frame.is_some() || self.sent.as_ref() != Some(&output) {
            let state = ToPage::state(&output, self.received);
            send(socket, &state).await.map_err(|()| End::Lost)?;
            self.sent = Some(output);
        }
        if let Some((_, arrived)) = work.frame {
            self.app.metrics.guided(arrived.elapsed());
        }
        Ok(())
    }

    /// Waits for the capture where it is away.
    async fn end(mut self, end: End) -> Ended {
        let end = match end {
            End::Failed(error) => return Ended::Failed(error),
            End::Stopped(fate) => return Ended::Stopped(fate),
            end => end,
        };
        if let Some(working) = self.working.take() {
            match working.await {
                Ok(work) => self.idle = Some(work.capture),
                Err(error) => return Ended::Failed(error.to_string()),
            }
        }
        let now_ms = self.now_ms();
        match (self.idle, end) {
            (None, _) => Ended::Failed("the session was lost".to_owned()),
            (Some(_), End::Failed(error)) => Ended::Failed(error),
            (Some(_), End::Stopped(fate)) => Ended::Stopped(fate),
            (Some(capture), End::Over) => Ended::Over(capture),
            (Some(mut capture), End::Lost) => {
                capture.lose(now_ms);
                Ended::Lost(capture)
            }
            (Some(mut capture), End::Refused(refusal)) => {
                capture.event(now_ms, PageEvent::Abort);
                Ended::Refused(capture, refusal)
            }
        }
    }
}

/// The outcome of what runs, taking it away; never where nothing runs.
async fn done<F: Future + Unpin>(running: &mut Option<F>) -> F::Output {
    match running {
        Some(future) => {
            let output = future.await;
            *running = None;
            output
        }
        None => std::future::pending().await,
    }
}

/// Lets the capture take everything that has arrived: on a thread of its own, once one is free, where
/// there is a frame, else here, because nothing else costs time.
async fn work(
    app: Arc<App>,
    inbox: Arc<Mutex<Inbox>>,
    capture: Box<Capture>,
) -> Result<Work, JoinError> {
    let locked = || inbox.lock().unwrap_or_else(PoisonError::into_inner);
    let has_frame = locked().has_frame();
    if !has_frame {
        let items = locked().take();
        return Ok(process(capture, items));
    }
    let worker = app.captures.worker().await;
    let items = locked().take();
    tokio::task::spawn_blocking(move || {
        let _worker = worker;
        process(capture, items)
    })
    .await
}

fn process(mut capture: Box<Capture>, items: Vec<Item>) -> Work {
    let (mut frame, mut listening, mut failed) = (None, None, None);
    for item in items {
        match item {
            Item::Frame(arrived) => match capture.frame(arrived.at_ms, &arrived.jpeg) {
                Ok(_) => frame = Some((arrived.sequence, arrived.arrived)),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            },
            Item::PassedOver { at_ms } => capture.frame_passed_over(at_ms),
            Item::Sound { at_ms, pcm } => capture.sound(at_ms, &pcm),
            Item::Page { at_ms, event } => {
                capture.event(at_ms, event);
                if event == PageEvent::Tick && listening.is_none() {
                    listening = capture.listen(at_ms);
                }
            }
            Item::Heard { at_ms, recognised } => {
                capture.heard(at_ms, recognised);
            }
        }
    }
    Work {
        capture,
        frame,
        listening,
        failed,
    }
}

/// Whether a message was refused for its size.
pub(super) fn is_too_large(error: &axum::Error) -> bool {
    // The library says so in words alone, as its types are not ours.
    error.to_string().to_ascii_lowercase().contains("too long")
}

pub(super) fn too_large() -> Refusal {
    let most = super::MAX_MESSAGE_BYTES;
    Refusal::new(
        "too_large",
        format!("a message is too large, at most {most} bytes are accepted"),
    )
}
