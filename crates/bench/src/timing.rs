//! Percentiles of repeated runs, interleaved so that a noisy moment hits every stage alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Durations of one stage.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Runs `stage` once and keeps how long it took.
    pub fn time<T>(&mut self, stage: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let out = black_box(stage());
        self.0.push(start.elapsed());
        out
    }

    /// Keeps a duration that was measured elsewhere.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// Takes the durations of another.
    pub fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The `share` quantile in milliseconds (nearest rank); not a number without samples.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (share * (sorted.len().saturating_sub(1)) as f64).round() as usize;
        sorted
            .get(rank)
            .map_or(f64::NAN, |d| d.as_secs_f64() * 1000.0)
    }
}
