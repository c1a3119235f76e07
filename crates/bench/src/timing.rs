//! Percentiles of repeated runs, interleaved so that a noisy moment hits every stage alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Durations of one stage.
#[derive(Debug, Default)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    /// Runs `stage` once and keeps how long it took.
    pub(crate) fn time<T>(&mut self, stage: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let out = black_box(stage());
        self.0.push(start.elapsed());
        out
    }

    /// The `share` quantile in milliseconds (nearest rank); not a number without samples.
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (share * (sorted.len().saturating_sub(1)) as f64).round() as usize;
        sorted
            .get(rank)
            .map_or(f64::NAN, |d| d.as_secs_f64() * 1000.0)
    }
}
