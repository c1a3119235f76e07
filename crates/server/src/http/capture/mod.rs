//! The stream of one active session: `GET /verify-video/{token}/stream`, a WebSocket.
//!
//! [`lifesign_contracts::capture`] has the messages, `inbox` what has arrived, `stream` the session while it runs. Here it is
//! admitted, opened, judged in the end and closed. Whoever is refused is told so by a message, because a
//! browser shows a page nothing of a failed handshake.

mod inbox;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use lifesign_challenge::DigitsPolicy;
use lifesign_contracts::Location;
use lifesign_contracts::capture::{FromPage, HEAD_BYTES, Refusal, Start, ToPage, read_text};
use lifesign_domain::SessionState;
use lifesign_session::{Capture, SessionJudge, SessionSpec};
use tokio::time::timeout;
use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

use crate::App;
use crate::service::sessions::{
    self, CaptureFailure, Captured, Fate, Ticket, close_capture, open_capture,
};
use stream::{Ended, send};

/// Largest message of any kind in bytes.
const MAX_MESSAGE_BYTES: usize = lifesign_session::MAX_FRAME_BYTES + HEAD_BYTES;
/// How long a page may take to begin: somebody reads what they agree to.
const START: Duration = Duration::from_secs(120);
/// Longest name of a camera that is looked at, in characters.
const MAX_CAMERA: usize = 256;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/verify-video/{token}/stream", get(open))
}

async fn open(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let Some(door) = app.captures.knock() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .on_upgrade(move |mut socket| async move {
            let _door = door;
            let span = info_span!(
                "capture",
                otel.kind = "server",
                session.id = Empty,
                capture.end = Empty,
            );
            let serving = serve(&app, &mut socket, &token).instrument(span.clone());
            let outcome = serving.await;
            span.record("capture.end", outcome);
            app.metrics.capture_ended(outcome);
            // A page that is gone hears nothing.
            let _ = timeout(Duration::from_secs(1), socket.send(Message::Close(None))).await;
        })
}

/// From the first message to the last; how it ended, in a word for the metrics.
async fn serve(app: &Arc<App>, socket: &mut WebSocket, token: &str) -> &'static str {
    let start = match started(socket).await {
        Ok(Some(start)) => start,
        Ok(None) => return "lost",
        Err(refusal) => return refuse(socket, &refusal).await,
    };
    let Some(judge) = app.session_judge.get().filter(|_| app.is_ready()) else {
        let refusal = Refusal::new("unavailable", "no session can be captured here now");
        return refuse(socket, &refusal).await;
    };
    let Some(_place) = app.captures.admit() else {
        let message = format!(
            "all {} places are taken; try again in a minute",
            app.captures.most()
        );
        return refuse(socket, &Refusal::new("busy", message)).await;
    };
    let opened = open_capture(app, token, asked(&start)).await;
    let mut ticket = match opened {
        Ok(ticket) => ticket,
        Err(refusal) => return refuse(socket, &of_seam(&refusal)).await,
    };
    Span::current().record("session.id", &ticket.session_id);
    let _open = app.metrics.capture_opened();
    if ticket.plan.digits() == DigitsPolicy::Required && !start.microphone {
        let message = "this session is answered aloud; allow the microphone";
        let failure = Err(CaptureFailure::Aborted);
        let _ = close_capture(app, ticket, failure).await;
        return refuse(socket, &Refusal::new("microphone_missing", message)).await;
    }
    let capture = match begin(judge, &ticket, start) {
        Ok(capture) => Box::new(capture),
        Err(fault) => return fail(app, socket, ticket, fault).await,
    };
    let total = capture.output().progress.total;
    if send(socket, &ToPage::Ready { total }).await.is_err() {
        let _ = close_capture(app, ticket, Err(CaptureFailure::Aborted)).await;
        return "lost";
    }
    let ended = stream::run(app, socket, capture, &mut ticket).await;
    conclude(app, socket, ticket, ended).await
}

/// The first message, which must be a start; `None` if the page leaves before.
async fn started(socket: &mut WebSocket) -> Result<Option<Start>, Refusal> {
    let first = timeout(START, async {
        loop {
            match socket.recv().await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                message => return message,
            }
        }
    });
    let Ok(first) = first.await else {
        return Err(Refusal::new("too_late", "the page did not begin in time"));
    };
    match first {
        Some(Ok(Message::Text(text))) => match read_text(&text)? {
            FromPage::Start(start) => Ok(Some(start)),
            _ => Err(Refusal::bad_message("the first message must be a start")),
        },
        Some(Ok(Message::Binary(_))) => {
            Err(Refusal::bad_message("the first message must be a start"))
        }
        Some(Err(error)) if stream::is_too_large(&error) => Err(stream::too_large()),
        _ => Ok(None),
    }
}

fn asked(start: &Start) -> sessions::Start {
    sessions::Start {
        consent: start.consent,
        microphone: start.microphone,
        geolocation: start.geolocation.map(|place| Location {
            latitude: place.latitude,
            longitude: place.longitude,
        }),
    }
}

fn begin(judge: &SessionJudge, ticket: &Ticket, start: Start) -> Result<Capture, String> {
    let spec = SessionSpec {
        plan: ticket.plan.clone(),
        profile: ticket.profile.clone(),
        references: ticket.references.clone(),
        microphone: start.microphone,
        camera: start
            .camera
            .map(|name| name.chars().take(MAX_CAMERA).collect()),
    };
    judge.begin(spec).map_err(|error| error.to_string())
}

/// Judges what was captured, keeps it, and tells the page.
async fn conclude(
    app: &Arc<App>,
    socket: &mut WebSocket,
    ticket: Ticket,
    ended: Ended,
) -> &'static str {
    match ended {
        Ended::Failed(fault) => fail(app, socket, ticket, fault).await,
        Ended::Stopped(fate) => {
            if fate == Fate::Expired {
                let _ = close_capture(app, ticket, Err(CaptureFailure::Expired)).await;
            }
            refuse(socket, &of_fate(fate)).await
        }
        Ended::Refused(capture, refusal) => {
            let revealed = is_revealed(&capture);
            let outcome = match revealed {
                true => judge(app, capture).await.map(|captured| Captured {
                    retry: false,
                    ..captured
                }),
                false => Err(CaptureFailure::Aborted),
            };
            let _ = close_capture(app, ticket, outcome).await;
            refuse(socket, &refusal).await
        }
        Ended::Over(capture) | Ended::Lost(capture) => {
            if let Err(fate) = ticket.processing(app).await {
                return refuse(socket, &of_fate(fate)).await;
            }
            let _ = send(socket, &ToPage::Processing).await;
            let outcome = match is_revealed(&capture) {
                true => judge(app, capture).await,
                false => Err(CaptureFailure::Aborted),
            };
            finish(app, socket, ticket, outcome).await
        }
    }
}

/// Whether the person has seen a step; before that nothing is spent and nothing can be judged.
fn is_revealed(capture: &Capture) -> bool {
    capture.has_asked()
}

/// The heavy judgement, on a thread of its own.
async fn judge(app: &App, capture: Box<Capture>) -> Result<Captured, CaptureFailure> {
    let finisher = app.captures.finisher().await;
    let judged = tokio::task::spawn_blocking(move || {
        let _finisher = finisher;
        capture.finish()
    });
    match judged.await {
        Ok(Ok(captured)) => Ok(Captured {
            result: captured.result,
            frames: captured
                .frames
                .into_iter()
                .map(|frame| sessions::KeptFrame {
                    at_ms: frame.at_ms,
                    jpeg: frame.jpeg,
                })
                .collect(),
            retry: captured.may_retry,
        }),
        Ok(Err(error)) => Err(CaptureFailure::Fault(error.to_string())),
        Err(error) => Err(CaptureFailure::Fault(error.to_string())),
    }
}

async fn fail(
    app: &Arc<App>,
    socket: &mut WebSocket,
    ticket: Ticket,
    fault: String,
) -> &'static str {
    finish(app, socket, ticket, Err(CaptureFailure::Fault(fault))).await
}

async fn finish(
    app: &Arc<App>,
    socket: &mut WebSocket,
    ticket: Ticket,
    outcome: Result<Captured, CaptureFailure>,
) -> &'static str {
    let closed = match close_capture(app, ticket, outcome).await {
        Ok(closed) => closed,
        Err(refusal) => return refuse(socket, &of_seam(&refusal)).await,
    };
    let state = match closed.state {
        SessionState::Created => SessionState::Failed,
        state => state,
    };
    let finished = ToPage::Finished {
        state: state.as_str(),
        reason: closed.reason.as_deref(),
        may_retry: closed.may_retry,
        redirect_url: closed.redirect_url.as_deref(),
    };
    let _ = send(socket, &finished).await;
    match closed.may_retry {
        true => "retry",
        false => state.as_str(),
    }
}

async fn refuse(socket: &mut WebSocket, refusal: &Refusal) -> &'static str {
    let message = ToPage::Refused {
        code: refusal.code,
        message: &refusal.message,
    };
    let _ = send(socket, &message).await;
    refusal.code
}

fn of_seam(refusal: &sessions::Refusal) -> Refusal {
    Refusal::new(refusal.code(), refusal.message())
}

fn of_fate(fate: Fate) -> Refusal {
    match fate {
        Fate::Cancelled => of_seam(&sessions::Refusal::Cancelled),
        Fate::Expired => Refusal::new("expired", "the session took too long"),
        Fate::Lost => Refusal::new("lost", "the session was taken over or has ended elsewhere"),
    }
}
