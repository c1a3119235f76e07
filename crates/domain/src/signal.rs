//! One signal of a verdict, as it is reported.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A signal whose score is at least this counts as passed.
pub const PASS_SCORE: f64 = 0.5;

/// What one signal measured and how much it counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalReport {
    /// Machine-readable name, for instance `lbp_texture`.
    pub name: String,
    /// Name for people.
    pub label: String,
    /// Score in [0, 1]; higher is more live-like. 0 where the signal could not be assessed.
    pub score: f64,
    /// Share of the confidence in [0, 1]; the weights of a verdict sum to 1. 0 where the
    /// signal could not be assessed: its weight went to the others in proportion.
    pub weight: f64,
    /// `score >= PASS_SCORE`; does not decide by itself.
    pub passed: bool,
    /// Plain-language finding that names the measured figure.
    pub detail: String,
    /// Whether the signal could be computed.
    pub assessed: bool,
    /// Native values behind the score, by name; units are in docs/SIGNALS.md.
    pub values: BTreeMap<String, f64>,
}
