//! Checks and everything that is kept with them.

use lifesign_domain::{Reason, SignalReport, Verdict};
use serde::Serialize;

use crate::Millis;

/// Most bits in which the perceptual hashes of two copies of a picture differ.
pub const NEAR_BITS: u32 = 3;

/// One answered check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckRecord {
    /// Identifier of the request, as the caller was told; unique.
    pub id: String,
    /// Whose it is.
    pub tenant_id: String,
    /// Credential that asked, if one did.
    pub credential_id: Option<String>,
    /// Name of the contract.
    pub contract: String,
    /// The caller's own reference, a label and no key.
    pub reference: Option<String>,
    /// When it was asked.
    pub at: Millis,
    /// The decision that the caller was told.
    pub verdict: Verdict,
    /// Aggregate liveness in [0, 1].
    pub confidence: f64,
    /// Profile that decided.
    pub profile: String,
    /// Version of the calibration that decided.
    pub calibration: String,
    /// One entry for each signal.
    pub signals: Vec<SignalReport>,
    /// Why the verdict is not better.
    pub reasons: Vec<Reason>,
    /// What the picture is recognised by.
    pub fingerprint: Fingerprint,
    /// Milliseconds from the request's head to its answer.
    pub latency_ms: f64,
    /// Until when the record is kept.
    pub expires_at: Millis,
}

/// What a picture is recognised by when it comes again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fingerprint {
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Perceptual hash of the upright picture, 64 bits.
    pub phash: u64,
}

/// A picture, sealed by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedImage {
    /// Nonce and ciphertext in the caller's form.
    pub sealed: Vec<u8>,
    /// Until when it is kept.
    pub expires_at: Millis,
}

/// An answer that is repeated when the same request comes again under the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// What the key belongs to, for instance a contract's name.
    pub scope: String,
    /// The caller's key; unique for tenant and scope.
    pub key: String,
    /// SHA-256 of the request.
    pub request_hash: [u8; 32],
    /// HTTP status.
    pub status: u16,
    /// Content type of the body.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
    /// Until when it is repeated.
    pub expires_at: Millis,
}

/// Everything that becomes true with the answer to a check, all at once or not at all.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The check.
    pub check: CheckRecord,
    /// The picture, where the tenant keeps it.
    pub image: Option<SealedImage>,
    /// Units to take from the wallet; 0 where the contract has none.
    pub price: i64,
    /// The answer, where the caller gave it a key.
    pub answer: Option<StoredAnswer>,
}

/// How a commit ended. Only [`Committed::Done`] changed anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Everything is kept.
    Done {
        /// Units left in the wallet.
        balance: i64,
    },
    /// An answer under that key is there already: give it (or refuse, where its request differs).
    AnsweredBefore(StoredAnswer),
    /// The wallet holds less than the price.
    BalanceTooLow {
        /// Units in the wallet.
        balance: i64,
    },
}

/// An earlier check of the same picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The earlier check.
    pub check_id: String,
    /// When it was asked.
    pub at: Millis,
    /// Bits in which the perceptual hashes differ; none for the very same file.
    pub distance: Option<u32>,
}

/// Which checks are meant; every field that is set narrows them.
#[derive(Clone, Debug, Default)]
pub struct CheckFilter {
    /// Of this tenant.
    pub tenant_id: Option<String>,
    /// By this contract.
    pub contract: Option<String>,
    /// With this verdict.
    pub verdict: Option<Verdict>,
    /// With this caller's reference.
    pub reference: Option<String>,
    /// With this reason's code among the reasons.
    pub reason: Option<String>,
    /// Not before this moment.
    pub from: Option<Millis>,
    /// Before this moment.
    pub until: Option<Millis>,
}

/// A page of checks, newest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckPage {
    /// The checks.
    pub checks: Vec<CheckRecord>,
    /// Where the next page begins, if there is one; opaque to callers.
    pub next: Option<String>,
}

/// How many of each were erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Checks with all their hashes and answers.
    pub checks: u64,
    /// Pictures.
    pub images: u64,
    /// Answers kept for repetition.
    pub answers: u64,
    /// Tokens and log-ins.
    pub tokens: u64,
    /// Active sessions.
    pub sessions: u64,
    /// Frames of active sessions.
    pub media: u64,
    /// Faces of galleries.
    pub faces: u64,
}
