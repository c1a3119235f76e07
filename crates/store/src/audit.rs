//! The append-only, hash-chained log of administrative acts and of every look at a kept picture.

use serde::Serialize;

use crate::Millis;

/// Who does something administrative, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Who: `cli`, or `operator:NAME`.
    pub actor: String,
    /// When.
    pub at: Millis,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// Number, from 1, without gaps.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// Who.
    pub actor: String,
    /// What was done, for instance `tenant.create`.
    pub action: String,
    /// To what: identifiers, never a secret or a caller's reference.
    pub target: String,
    /// Figures as JSON, never a secret.
    pub detail: String,
    /// SHA-256 over the hash of the line before and every field of this one, in hexadecimal.
    pub hash: String,
}

/// What the verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Lines that were read.
    pub entries: i64,
    /// Hash of the last line, to be noted elsewhere: it vouches for all lines before.
    pub head: String,
    /// The first thing that is wrong, if anything is.
    pub fault: Option<AuditFault>,
}

/// Something wrong with the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditFault {
    /// Number of the line.
    pub seq: i64,
    /// What is wrong with it.
    pub what: String,
}
