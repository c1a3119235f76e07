//! The seam between the kept session and whoever captures it: [`open_capture`] takes a session for one attempt,
//! [`close_capture`] says what came of it.
//!
//! In between a [`Ticket`] holds the session by a lease that it prolongs by itself. Where the process dies, the
//! lease runs out and the session begins again or has failed (`Store::end_overdue`).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lifesign_challenge::{Limits, Options, Plan};
use lifesign_contracts::{Failure, Geolocation, Language, Location};
use lifesign_domain::{SessionResult, SessionState, Verdict};
use lifesign_engine::Descriptor;
use lifesign_store::{ActiveSession, Claim, SealedImage, SessionEnd};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::super::access::unavailable;
use super::super::conversation::fault;
use super::keeper::{Keeper, LEASE};
use super::record::{Asked, Told, media_context};
use super::view::{media_until, redirect, state_now};
use crate::{App, clock, secrets};

/// How long a capture may take, whatever its link's time: the four minutes of a challenge and what comes before
/// and after it.
const CAPTURE: Duration = Duration::from_secs(300);

/// What a page says when it begins.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The person agrees on the page.
    pub consent: bool,
    /// Whether the page sends sound.
    pub microphone: bool,
    /// Where the person is, if the browser tells.
    pub geolocation: Option<Location>,
}

/// A session that is being captured.
pub struct Ticket {
    /// Identifier of the session.
    pub session_id: String,
    /// What the person is asked for; drawn for this attempt, kept nowhere.
    pub plan: Plan,
    /// Profile by which frames are judged.
    pub profile: String,
    /// Faces that are expected.
    pub references: Vec<Descriptor>,
    /// Whether the page sends sound.
    pub microphone: bool,
    /// When the capture must be over.
    pub deadline: tokio::time::Instant,
    /// Language that the caller chose.
    pub language: Option<Language>,
    /// Attempts that are left after this one.
    pub attempts_left: u32,
    asked: Asked,
    location: Option<Location>,
    owner: String,
    revealed: Arc<AtomicBool>,
    fate: watch::Receiver<Option<Fate>>,
    keeper: JoinHandle<()>,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({})", self.session_id)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// Why a capture must end that has not ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The caller has cancelled the session.
    Cancelled,
    /// It took too long.
    Expired,
    /// The session is this capture's no longer: erased, or its lease ran out.
    Lost,
}

/// What a capture came to.
#[derive(Clone, Debug)]
pub struct Captured {
    /// What it told; a `best_frame` of it points into `frames`.
    pub result: SessionResult,
    /// Frames of which the best matching ones are kept.
    pub frames: Vec<KeptFrame>,
    /// Whether the person may try again, if an attempt is left: the answer was wrong or late, and nothing
    /// speaks of an attack.
    pub retry: bool,
}

/// A frame as the page sent it.
#[derive(Clone, Debug)]
pub struct KeptFrame {
    /// When it came, in milliseconds of the capture.
    pub at_ms: u64,
    /// JPEG.
    pub jpeg: Vec<u8>,
}

/// Why a capture came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureFailure {
    /// The page has left, or the person gave up.
    Aborted,
    /// It took too long.
    Expired,
    /// A fault of the server; the text is for the log.
    Fault(String),
}

impl CaptureFailure {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Aborted => "aborted",
            Self::Expired => "too_late",
            Self::Fault(_) => "server_fault",
        }
    }
}

/// How a session stands after a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its state; created where it can be captured again.
    pub state: SessionState,
    /// Why it did not succeed, by a word.
    pub reason: Option<String>,
    /// Whether the person may try again.
    pub may_retry: bool,
    /// Where the person goes, with the transaction's identifier; not before the end.
    pub redirect_url: Option<String>,
}

/// Why a session is not captured now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No session has this token.
    NotFound,
    /// Its link is too old.
    Expired,
    /// It is captured elsewhere, or was.
    Used,
    /// Its caller has cancelled it.
    Cancelled,
    /// The person has not agreed.
    NoConsent,
    /// The caller wants to know where the person is.
    NoLocation,
    /// The server cannot reach what it remembers; the text is for the log.
    Unavailable(String),
}

impl Refusal {
    /// The word on the wire.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Expired => "expired",
            Self::Used => "used",
            Self::Cancelled => "cancelled",
            Self::NoConsent => "consent_missing",
            Self::NoLocation => "location_missing",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// For people who read protocols; the page has its own words.
    pub const fn message(&self) -> &'static str {
        match self {
            Self::NotFound => "there is no such session",
            Self::Expired => "the link is too old; ask for another one",
            Self::Used => "the link is in use or was used; a session is captured once",
            Self::Cancelled => "the session was cancelled",
            Self::NoConsent => "nothing begins without consent",
            Self::NoLocation => "this session needs to know where the person is",
            Self::Unavailable(_) => "the server cannot reach what it remembers; try again",
        }
    }

    fn of(failure: &Failure) -> Self {
        let cause = failure.cause.as_ref();
        Self::Unavailable(cause.unwrap_or(&failure.message).clone())
    }
}

/// Takes the session of `token` for one attempt: created becomes in progress, for nobody else.
///
/// # Errors
/// With what stands against it; nothing has changed then.
pub async fn open_capture(app: &Arc<App>, token: &str, start: Start) -> Result<Ticket, Refusal> {
    let hash = secrets::sha256(token.as_bytes());
    let found = found(app, &hash).await?;
    let asked = Asked::open(&app.memory.vault, &found).map_err(|e| Refusal::of(&e))?;
    refuse_state(&found)?;
    let tenant = app.memory.store.tenant(&found.made.tenant_id).await;
    let tenant = tenant.map_err(|e| Refusal::of(&unavailable(&e)))?;
    // Who is shut out has no links either.
    if tenant.is_none_or(|tenant| tenant.disabled_at.is_some()) {
        return Err(Refusal::NotFound);
    }
    if !start.consent {
        return Err(Refusal::NoConsent);
    }
    let location = start.geolocation.filter(is_on_earth);
    if asked.geolocation == Geolocation::Required && location.is_none() {
        return Err(Refusal::NoLocation);
    }
    let limits = &app.config.session_calibration.challenge;
    let tried = asked.attempts.saturating_sub(found.made.attempts);
    let plan = draw(&asked.challenge.harder(tried), limits).map_err(|e| Refusal::of(&e))?;
    let descriptors = asked
        .references
        .iter()
        .map(|kept| Descriptor::new(&kept.descriptor));
    let references = descriptors.collect::<Option<Vec<_>>>();
    let references =
        references.ok_or_else(|| Refusal::of(&fault("a kept descriptor cannot be read")))?;
    let owner = secrets::random("").map_err(|e| Refusal::Unavailable(e.to_string()))?;
    let now = clock::now();
    let claim = Claim {
        token_hash: &hash,
        owner: &owner,
        at: now,
        lease_until: now.saturating_add(clock::millis(LEASE)),
        deadline: now.saturating_add(clock::millis(CAPTURE)),
    };
    let claimed = app.memory.store.claim_active(&claim).await;
    if !claimed.map_err(|e| Refusal::of(&unavailable(&e)))? {
        // Somebody was faster, or it ended meanwhile.
        refuse_state(&self::found(app, &hash).await?)?;
        return Err(Refusal::Used);
    }
    let deadline = tokio::time::Instant::now() + CAPTURE;
    let (tell, fate) = watch::channel(None);
    let revealed = Arc::new(AtomicBool::new(false));
    let keeper = Keeper {
        app: Arc::clone(app),
        tenant_id: found.made.tenant_id,
        session_id: found.made.id.clone(),
        owner: owner.clone(),
        revealed: Arc::clone(&revealed),
        deadline,
        tell,
    };
    tracing::info!(session.id = %keeper.session_id, "session taken for a capture");
    Ok(Ticket {
        session_id: found.made.id,
        plan,
        profile: asked.profile.clone(),
        references,
        microphone: start.microphone,
        deadline,
        language: asked.language,
        attempts_left: found.made.attempts.saturating_sub(1),
        location: location.filter(|_| asked.geolocation != Geolocation::None),
        asked,
        owner,
        revealed,
        fate,
        keeper: tokio::spawn(keeper.run()),
    })
}

impl Ticket {
    /// Waits until the capture must end for a reason of the session's.
    pub async fn ended(&mut self) -> Fate {
        match self.fate.wait_for(Option::is_some).await {
            Ok(fate) => fate.unwrap_or(Fate::Lost),
            Err(_) => Fate::Lost,
        }
    }

    /// To be called, and waited for, before the first step is shown: from then on the attempt is spent.
    ///
    /// # Errors
    /// If the session is not this capture's any more.
    pub async fn reveal(&self, app: &App) -> Result<(), Fate> {
        self.revealed.store(true, Ordering::Relaxed);
        self.note(app, true, false).await
    }

    /// Notes that everything is captured and is being judged.
    ///
    /// # Errors
    /// If the session is not this capture's any more.
    pub async fn processing(&self, app: &App) -> Result<(), Fate> {
        self.note(app, false, true).await
    }

    async fn note(&self, app: &App, revealed: bool, processing: bool) -> Result<(), Fate> {
        let lease = clock::now().saturating_add(clock::millis(LEASE));
        let store = &app.memory.store;
        let held = store
            .hold_active(&self.session_id, &self.owner, lease, revealed, processing)
            .await;
        match held {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.fate.borrow().unwrap_or(Fate::Lost)),
            Err(error) => {
                tracing::error!(session.id = %self.session_id, error = %error, "a session cannot be held");
                Err(Fate::Lost)
            }
        }
    }
}

/// Says what came of a capture: result, frames and callback are kept in one transaction, or the session can be
/// captured again.
///
/// # Errors
/// [`Refusal::Unavailable`] if nothing can be kept; the session then ends by its lease.
pub async fn close_capture(
    app: &Arc<App>,
    ticket: Ticket,
    outcome: Result<Captured, CaptureFailure>,
) -> Result<Ended, Refusal> {
    let closing = close(app, &ticket, outcome).await;
    closing.map_err(|failure| {
        let refusal = Refusal::of(&failure);
        tracing::error!(session.id = %ticket.session_id, "a capture cannot be kept: {refusal:?}");
        refusal
    })
}

async fn close(
    app: &Arc<App>,
    ticket: &Ticket,
    outcome: Result<Captured, CaptureFailure>,
) -> Result<Ended, Failure> {
    let (store, now) = (&app.memory.store, clock::now());
    let (id, owner) = (&ticket.session_id, ticket.owner.as_str());
    let reason = match &outcome {
        Ok(captured) => captured.result.failure.clone(),
        Err(failure) => Some(failure.as_str().to_owned()),
    };
    if let Err(CaptureFailure::Fault(cause)) = &outcome {
        tracing::error!(session.id = %id, failure.cause = %cause, "a capture failed: {cause}");
    }
    let again = match &outcome {
        Ok(captured) => captured.retry && captured.result.verdict != Verdict::Live,
        Err(_) => true,
    };
    if again {
        let reopened = store.reopen_active(id, owner, now).await;
        if reopened.map_err(|e| unavailable(&e))? {
            tracing::info!(session.id = %id, "session may be captured again");
            return Ok(Ended {
                state: SessionState::Created,
                reason,
                may_retry: true,
                redirect_url: None,
            });
        }
    }
    let end = end(app, ticket, outcome, now)?;
    let redirect_url = ticket
        .asked
        .redirect_url
        .as_ref()
        .map(|url| redirect(url, id));
    let finished = store.finish_active(id, owner, &end).await;
    if !finished.map_err(|e| unavailable(&e))? {
        let state = match *ticket.fate.borrow() {
            Some(Fate::Cancelled) | None => SessionState::Cancelled,
            Some(Fate::Expired | Fate::Lost) => SessionState::Expired,
        };
        return Ok(Ended {
            state,
            reason: Some("lost".to_owned()),
            may_retry: false,
            redirect_url,
        });
    }
    app.deliveries.notify_one();
    let state = end.state;
    tracing::info!(session.id = %id, session.state = state.as_str(), "session {}", state.as_str());
    Ok(Ended {
        state,
        reason: reason.filter(|_| state != SessionState::Succeeded),
        may_retry: false,
        redirect_url,
    })
}

/// How the session ends by what came of its capture.
fn end(
    app: &App,
    ticket: &Ticket,
    outcome: Result<Captured, CaptureFailure>,
    now: i64,
) -> Result<SessionEnd, Failure> {
    let mut end = SessionEnd {
        state: SessionState::Failed,
        result: None,
        failure: None,
        at: now,
        media: Vec::new(),
    };
    let captured = match outcome {
        Ok(captured) => captured,
        Err(failure) => {
            if failure == CaptureFailure::Expired {
                end.state = SessionState::Expired;
            }
            end.failure = Some(failure.as_str().to_owned());
            return Ok(end);
        }
    };
    let Captured {
        mut result, frames, ..
    } = captured;
    if result.verdict == Verdict::Live {
        end.state = SessionState::Succeeded;
    }
    end.media = kept_frames(app, ticket, &mut result, frames, now)?;
    let told = Told {
        result,
        location: ticket.location,
    };
    end.result = Some(told.seal(&app.memory.vault, &ticket.session_id)?);
    Ok(end)
}

/// Seals the best matching frames, each once, and points the matches at them. No other frame is kept.
fn kept_frames(
    app: &App,
    ticket: &Ticket,
    result: &mut SessionResult,
    frames: Vec<KeptFrame>,
    now: i64,
) -> Result<Vec<SealedImage>, Failure> {
    let expires_at = media_until(&ticket.asked, now);
    let mut places: Vec<usize> = Vec::new();
    let mut kept = Vec::new();
    for found in &mut result.face_matches {
        let frame = found.best_frame.take().filter(|_| expires_at > now);
        let Some((at, frame)) = frame.and_then(|at| Some((at, frames.get(at)?))) else {
            continue;
        };
        if let Some(place) = places.iter().position(|known| *known == at) {
            found.best_frame = Some(place);
            continue;
        }
        let ordinal = u32::try_from(kept.len()).map_err(|_| fault("too many frames"))?;
        let context = media_context(&ticket.session_id, ordinal);
        let sealed = app.memory.vault.seal(&context, &frame.jpeg);
        found.best_frame = Some(kept.len());
        places.push(at);
        kept.push(SealedImage {
            sealed: sealed.map_err(|e| fault(&e.to_string()))?,
            expires_at,
        });
    }
    Ok(kept)
}

async fn found(app: &App, token_hash: &[u8]) -> Result<ActiveSession, Refusal> {
    let found = app.memory.store.active_by_token(token_hash).await;
    let found = found.map_err(|e| Refusal::of(&unavailable(&e)))?;
    found.ok_or(Refusal::NotFound)
}

fn refuse_state(session: &ActiveSession) -> Result<(), Refusal> {
    match state_now(session, clock::now()) {
        SessionState::Created => Ok(()),
        SessionState::Expired => Err(Refusal::Expired),
        SessionState::Cancelled => Err(Refusal::Cancelled),
        SessionState::InProgress
        | SessionState::Processing
        | SessionState::Succeeded
        | SessionState::Failed => Err(Refusal::Used),
    }
}

fn is_on_earth(location: &Location) -> bool {
    location.latitude.abs() <= 90.0 && location.longitude.abs() <= 180.0
}

/// Draws the steps with bits of the operating system.
fn draw(challenge: &Options, limits: &Limits) -> Result<Plan, Failure> {
    let mut broken = None;
    let mut random = || {
        let mut bytes = [0; 8];
        if let Err(error) = getrandom::fill(&mut bytes) {
            broken = Some(error.to_string());
        }
        u64::from_ne_bytes(bytes)
    };
    let plan = Plan::draw(&mut random, challenge, limits);
    if let Some(error) = broken {
        return Err(fault(&error));
    }
    plan.map_err(|error| fault(&error.to_string()))
}
