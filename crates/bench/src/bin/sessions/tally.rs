//! What came of the sessions of one row.

use std::collections::BTreeMap;
use std::time::Duration;

use lifesign_bench::timing::Samples;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// From sending a frame to the arrival of the state that it led to.
    pub(crate) guidance: Samples,
    /// Sessions that the server ended.
    pub(crate) ended: usize,
    /// Of these, those whose every step was answered (a puppet is still not LIVE).
    pub(crate) answered_all: usize,
    /// Sessions that were sent away.
    pub(crate) refused: usize,
    /// Connections that broke, and answers that are none.
    pub(crate) broken: usize,
    /// Why sessions were not passed, were refused, or broke, and how often.
    pub(crate) why: BTreeMap<String, usize>,
    pub(crate) took: Duration,
}

impl Tally {
    pub(crate) fn note(&mut self, why: impl Into<String>) {
        *self.why.entry(why.into()).or_default() += 1;
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.guidance.join(other.guidance);
        self.ended += other.ended;
        self.answered_all += other.answered_all;
        self.refused += other.refused;
        self.broken += other.broken;
        for (why, times) in other.why {
            *self.why.entry(why).or_default() += times;
        }
    }

    pub(crate) fn judged_per_second(&self) -> f64 {
        self.guidance.len() as f64 / self.took.as_secs_f64()
    }

    /// For the terminal alone.
    pub(crate) fn reasons(&self) -> String {
        let told = self.why.iter().map(|(why, times)| format!("{times} {why}"));
        match self.why.is_empty() {
            true => String::new(),
            false => format!(" ({})", told.collect::<Vec<_>>().join(", ")),
        }
    }
}
