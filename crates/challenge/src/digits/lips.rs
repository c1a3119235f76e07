//! The opening of the mouth against the sound's envelope: normalised cross-correlation over a range of delays.
//!
//! Lips and envelope go together when somebody speaks (Chandrasekaran et al. 2009,
//! doi:10.1371/journal.pcbi.1000436), between 2 and 7 Hz. At ten frames a second much of that is lost and
//! three seconds are short, so a good score is weak evidence; a mouth that stands still while a voice is
//! heard is strong evidence of the contrary and scores 0.

use super::{Measured, Unheard};

/// One value at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Milliseconds on the clock of the events.
    pub at: u64,
    /// Opening of the mouth, or root mean square of the sound (full scale 1).
    pub value: f64,
}

/// Both series are brought to this step; twice the rate of the frames.
const STEP_MS: u64 = 50;
/// Shortest overlap that is compared: four digits take longer.
const LEAST_STEPS: usize = 30;
/// Longest, as guard against times that make no sense: 60 seconds.
const MOST_STEPS: u64 = 1_200;
/// Sound may come before the picture by this many steps, and after it by [`LATEST`]: lips open up to 200 ms
/// before the voice, and phones delay either.
const EARLIEST: i64 = -4;
/// See [`EARLIEST`].
const LATEST: i64 = 8;
/// Quieter than -46 dB at its loudest is silence.
const SILENCE: f64 = 0.005;
/// Standard deviation of the mouth's opening below which it stands still: the mesh's noise.
const STILL: f64 = 0.006;

/// Score of the lips against the sound while digits were read.
pub fn score_lips(mouth: &[Sample], envelope: &[Sample]) -> Measured {
    let mouth = ordered(mouth);
    let envelope = ordered(envelope);
    let loudest = envelope.iter().map(|s| s.value).fold(0.0, f64::max);
    if loudest < SILENCE {
        return Measured::Unavailable(Unheard::Silence);
    }
    let from = first(&mouth).max(first(&envelope));
    let until = last(&mouth).min(last(&envelope));
    let steps = (until.saturating_sub(from) / STEP_MS).min(MOST_STEPS) as usize;
    if steps < LEAST_STEPS {
        return Measured::Unavailable(Unheard::TooShort);
    }
    let mouth = resample(&mouth, from, steps);
    let envelope = resample(&envelope, from, steps);
    if deviation(&mouth) < STILL {
        return Measured::Score(0);
    }
    let best = (EARLIEST..=LATEST)
        .map(|lag| correlation(&mouth, &envelope, lag))
        .fold(0.0, f64::max);
    Measured::of(best)
}

/// The samples that can be used, times rising.
fn ordered(samples: &[Sample]) -> Vec<Sample> {
    let mut kept: Vec<Sample> = Vec::with_capacity(samples.len());
    for sample in samples {
        let follows = kept.last().is_none_or(|last| sample.at > last.at);
        if follows && sample.value.is_finite() {
            kept.push(*sample);
        }
    }
    kept
}

fn first(samples: &[Sample]) -> u64 {
    samples.first().map_or(u64::MAX, |s| s.at)
}

fn last(samples: &[Sample]) -> u64 {
    samples.last().map_or(0, |s| s.at)
}

/// Mean of the samples around each step, or the line between its neighbours where none is near.
fn resample(samples: &[Sample], from: u64, steps: usize) -> Vec<f64> {
    let mut values = Vec::with_capacity(steps);
    for step in 0..steps as u64 {
        let at = from + step * STEP_MS;
        let begin = samples.partition_point(|s| s.at.saturating_add(STEP_MS / 2) < at);
        let end = samples.partition_point(|s| s.at <= at + STEP_MS / 2);
        let near = samples.get(begin..end).unwrap_or_default();
        values.push(if near.is_empty() {
            line(samples, begin, at)
        } else {
            mean_of(near)
        });
    }
    values
}

fn mean_of(samples: &[Sample]) -> f64 {
    samples.iter().map(|s| s.value).sum::<f64>() / samples.len() as f64
}

/// Value at `at` on the line from the sample before index `next` to the one there.
fn line(samples: &[Sample], next: usize, at: u64) -> f64 {
    let before = next.checked_sub(1).and_then(|i| samples.get(i));
    match (before, samples.get(next)) {
        (Some(a), Some(b)) => {
            let part = (at - a.at) as f64 / (b.at - a.at) as f64;
            a.value + part * (b.value - a.value)
        }
        (Some(only), None) | (None, Some(only)) => only.value,
        (None, None) => 0.0,
    }
}

/// Correlation of `a` with `b` taken `lag` steps later, over what overlaps.
fn correlation(a: &[f64], b: &[f64], lag: i64) -> f64 {
    let shift = lag.unsigned_abs() as usize;
    let (skip_a, skip_b) = if lag < 0 { (shift, 0) } else { (0, shift) };
    let a = a.get(skip_a..).unwrap_or_default();
    let b = b.get(skip_b..).unwrap_or_default();
    let count = a.len().min(b.len());
    let (a, b) = (
        a.get(..count).unwrap_or_default(),
        b.get(..count).unwrap_or_default(),
    );
    let (mean_a, mean_b) = (mean(a), mean(b));
    let covariance: f64 = a
        .iter()
        .zip(b)
        .map(|(x, y)| (x - mean_a) * (y - mean_b))
        .sum();
    let norm = deviation(a) * deviation(b) * count as f64;
    if norm > 0.0 { covariance / norm } else { 0.0 }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    (squares / values.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    /// Four syllables of 300 ms, 600 ms apart.
    fn syllables(t: f64) -> f64 {
        let within = (t - 500.0).rem_euclid(600.0);
        let voiced = (500.0..2_900.0).contains(&t) && within < 300.0;
        if voiced {
            (within / 300.0 * TAU / 2.0).sin()
        } else {
            0.0
        }
    }

    fn series(step: usize, value: impl Fn(f64) -> f64) -> Vec<Sample> {
        (0..4_000)
            .step_by(step)
            .map(|at| Sample {
                at,
                value: value(at as f64),
            })
            .collect()
    }

    fn score(mouth: &[Sample], sound: &[Sample]) -> u8 {
        score_lips(mouth, sound).score().unwrap()
    }

    #[test]
    fn the_same_movement_scores_high_at_every_delay_in_range() {
        let mouth = series(100, |t| 0.02 + 0.1 * syllables(t));
        for delay in [-200, -100, 0, 150, 300, 400] {
            let sound = series(10, |t| 0.2 * syllables(t - f64::from(delay)));
            let score = score(&mouth, &sound);
            println!("delay {delay} ms: {score}");
            assert!(score >= 85, "delay {delay}: {score}");
        }
    }

    #[test]
    fn a_mouth_that_goes_another_way_scores_low() {
        let sound = series(10, |t| 0.2 * syllables(t));
        let slow = series(100, |t| 0.05 + 0.05 * (t / 4_000.0));
        assert!(score(&slow, &sound) < 40);
        let once = series(100, |t| if t < 400.0 { 0.2 } else { 0.02 });
        assert!(score(&once, &sound) < 40);
    }

    #[test]
    fn unrelated_signals_of_three_seconds_score_up_to_chance() {
        let mut rng = fastrand::Rng::with_seed(4);
        let mut noise = |step: usize| -> Vec<Sample> {
            let at = (0..3_000).step_by(step);
            at.map(|at| Sample {
                at: at as u64,
                value: rng.f64() * 0.2,
            })
            .collect()
        };
        let mut scores: Vec<u8> = (0..1_000)
            .map(|_| score(&noise(100), &noise(100)))
            .collect();
        scores.sort_unstable();
        let (median, most) = (scores[500], scores[950]);
        println!("unrelated signals of 3 s: half score {median} or more, 5 % {most} or more");
        assert!(most < 60, "{most}");
    }

    #[test]
    fn a_still_mouth_scores_nothing() {
        let sound = series(10, |t| 0.2 * syllables(t));
        let noisy = series(100, |t| 0.02 + 0.004 * (t * 7.7).sin());
        assert_eq!(score_lips(&noisy, &sound), Measured::Score(0));
    }

    #[test]
    fn what_cannot_be_compared_says_why() {
        let mouth = series(100, syllables);
        let quiet = series(10, |_| 0.001);
        assert_eq!(
            score_lips(&mouth, &quiet),
            Measured::Unavailable(Unheard::Silence)
        );
        assert_eq!(
            score_lips(&mouth, &[]),
            Measured::Unavailable(Unheard::Silence)
        );
        let sound = series(10, syllables);
        let few = mouth.get(..5).unwrap();
        assert_eq!(
            score_lips(few, &sound),
            Measured::Unavailable(Unheard::TooShort)
        );
        assert_eq!(
            score_lips(&[], &sound),
            Measured::Unavailable(Unheard::TooShort)
        );
    }

    #[test]
    fn odd_times_and_values_are_passed_over() {
        let odd = |at, value| Sample { at, value };
        let mouth = [
            odd(u64::MAX, 1.0),
            odd(0, f64::NAN),
            odd(5, f64::INFINITY),
            odd(1, 0.1),
        ];
        let _ = score_lips(&mouth, &mouth);
        let long = [odd(0, 0.1), odd(u64::MAX - 1_000, 0.9)];
        let _ = score_lips(&long, &long);
    }
}
