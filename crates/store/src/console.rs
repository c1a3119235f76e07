//! Who works at the console, and what its charts are drawn from.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Millis;

/// A person who works at the console, as it is made.
#[derive(Clone, Debug)]
pub struct NewOperator {
    /// Identifier, made by the caller.
    pub id: String,
    /// Name to log in with; unique.
    pub name: String,
    /// argon2 of the password in PHC form.
    pub password_hash: String,
}

/// A person who works at the console.
#[derive(Clone, Debug)]
pub struct Operator {
    /// What it was made of.
    pub made: NewOperator,
    /// When it was made.
    pub created_at: Millis,
    /// Since when it is shut out.
    pub disabled_at: Option<Millis>,
}

/// A log-in at the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie's value.
    pub hash: Vec<u8>,
    /// Who logged in.
    pub operator_id: String,
    /// When.
    pub created_at: Millis,
    /// Until when it lasts.
    pub expires_at: Millis,
}

/// What happened in one stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Bucket {
    /// Where it begins.
    pub from: Millis,
    /// Checks by verdict (the wire word).
    pub verdicts: BTreeMap<String, u64>,
    /// Checks by reason's code; one check may have several.
    pub reasons: BTreeMap<String, u64>,
    /// Mean latency in milliseconds; 0 without checks.
    pub mean_latency_ms: f64,
    /// Longest latency in milliseconds; 0 without checks.
    pub max_latency_ms: f64,
}
