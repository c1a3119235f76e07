//! The signals: one file each, one type each, registered in [`all`].
//!
//! A signal reads the immutable [`Evidence`] and answers a [`Reading`]. It has no clock, no IO,
//! writes nothing and knows neither its weight nor the verdict.

mod params;

pub use params::SignalParams;

use crate::Evidence;

/// One independent measure of liveness.
pub trait Signal: Send + Sync {
    /// Machine-readable name, also its key in configuration and calibration.
    fn name(&self) -> &'static str;
    /// Name for people.
    fn label(&self) -> &'static str;
    /// Measures the evidence.
    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading;
}

/// What a signal found.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// The signal could be computed.
    Measured(Measured),
    /// The signal could not be computed; the text says why, in plain language.
    NotAssessable(String),
}

/// A computed signal.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Native values by name.
    pub values: Vec<(&'static str, f64)>,
    /// Score in [0, 1]; higher is more live-like.
    pub score: f64,
    /// Plain-language finding that names the measured figure.
    pub detail: String,
}

/// Every signal that exists, in the order in which verdicts list them.
pub fn all() -> Vec<Box<dyn Signal>> {
    Vec::new()
}
