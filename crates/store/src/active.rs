//! Active sessions, the frames that are kept of them, and their callbacks.

use lifesign_domain::SessionState;
use serde::Serialize;

use crate::{Millis, SealedImage};

/// An active session as it is made.
#[derive(Clone, Debug)]
pub struct NewActiveSession {
    /// Identifier as the caller was told; unique.
    pub id: String,
    /// Whose it is.
    pub tenant_id: String,
    /// Credential that asked, if one did. The session counts against its month.
    pub credential_id: Option<String>,
    /// Name of the contract, which words the callback.
    pub contract: String,
    /// The caller's own reference, a label and no key.
    pub reference: Option<String>,
    /// SHA-256 of the token in the link.
    pub token_hash: Vec<u8>,
    /// When it was asked for.
    pub created_at: Millis,
    /// Until when the link may be opened.
    pub expires_at: Millis,
    /// How often it may be captured, at least 1.
    pub attempts: u32,
    /// Whether a callback is sent when it ends.
    pub callback: bool,
    /// What was asked for, sealed by the caller.
    pub asked: Vec<u8>,
    /// Until when the record is kept.
    pub erase_at: Millis,
}

/// An active session as it is kept.
#[derive(Clone, Debug)]
pub struct ActiveSession {
    /// What it was made of; `attempts` counts those that are left.
    pub made: NewActiveSession,
    /// Where it stands. What is past its time may not have been ended yet.
    pub state: SessionState,
    /// What came of it, sealed by the caller.
    pub result: Option<Vec<u8>>,
    /// Why it ended without a result.
    pub failure: Option<String>,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// When a capture that runs must be over.
    pub deadline: Option<Millis>,
}

/// Takes a session for one capture.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// SHA-256 of the token.
    pub token_hash: &'a [u8],
    /// Who takes it; no two captures have the same.
    pub owner: &'a str,
    /// Now.
    pub at: Millis,
    /// Until when the owner must be heard of.
    pub lease_until: Millis,
    /// When the capture must be over.
    pub deadline: Millis,
}

/// How a session ends.
#[derive(Clone, Debug)]
pub struct SessionEnd {
    /// One of the four ends.
    pub state: SessionState,
    /// What came of it, sealed by the caller.
    pub result: Option<Vec<u8>>,
    /// Why there is no result.
    pub failure: Option<String>,
    /// Now.
    pub at: Millis,
    /// Frames to keep; `FaceMatch` and the like point at their place in this list.
    pub media: Vec<SealedImage>,
}

/// A page of active sessions, newest first.
#[derive(Clone, Debug)]
pub struct ActivePage {
    /// The sessions.
    pub sessions: Vec<ActiveSession>,
    /// Where the next page begins, if there is one; opaque to callers.
    pub next: Option<String>,
}

/// Where a callback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// To be sent, or to be sent again.
    Waiting,
    /// Taken by the receiver.
    Delivered,
    /// Not taken in time.
    GivenUp,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::GivenUp];

    /// The word that is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }
}

/// The callback of one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The session.
    pub session_id: String,
    /// Whose it is.
    pub tenant_id: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// When the session ended.
    pub created_at: Millis,
    /// When it is tried next, while it waits.
    pub next_at: Millis,
    /// When it is given up.
    pub give_up_at: Millis,
    /// Attempts so far.
    pub attempts: u32,
}

/// One attempt to deliver a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryAttempt {
    /// When.
    pub at: Millis,
    /// How long it took.
    pub took_ms: i64,
    /// HTTP status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why it failed, without anything of the address or the answer.
    pub error: Option<String>,
}

/// A callback that was taken to be sent.
#[derive(Clone, Debug)]
pub struct TakenDelivery {
    /// The callback.
    pub delivery: Delivery,
    /// Its session.
    pub session: ActiveSession,
}
