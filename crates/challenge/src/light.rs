//! The light challenge: does the face throw back the colours that the screen showed?
//!
//! A screen near a face tints it. Exposure, white balance and the room's light multiply or add slowly, so
//! the test looks at changes only: the mean log colour of the skin during each flash, its difference to the
//! flash before, and of that the part by which the channels differ (what all channels share is exposure).
//! The changes of the sequence shown are correlated with them at each delay in range, and the best is held
//! against the best of other sequences drawn by the same rule: the part of them that fits as well is
//! the probability of a false alarm, whatever the noise is.

use serde::{Deserialize, Serialize};

use crate::limits::LightLimits;
use crate::plan::draw_colours;

/// A colour that a screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// #ff0000
    Red,
    /// #00ff00
    Green,
    /// #0000ff
    Blue,
    /// #00ffff
    Cyan,
    /// #ff00ff
    Magenta,
    /// #ffff00
    Yellow,
    /// #ffffff
    White,
}

impl Colour {
    /// All colours.
    pub const ALL: [Self; 7] = [
        Self::Red,
        Self::Green,
        Self::Blue,
        Self::Cyan,
        Self::Magenta,
        Self::Yellow,
        Self::White,
    ];

    /// Light of the three channels, 0 or 1.
    pub const fn rgb(self) -> [f64; 3] {
        match self {
            Self::Red => [1.0, 0.0, 0.0],
            Self::Green => [0.0, 1.0, 0.0],
            Self::Blue => [0.0, 0.0, 1.0],
            Self::Cyan => [0.0, 1.0, 1.0],
            Self::Magenta => [1.0, 0.0, 1.0],
            Self::Yellow => [1.0, 1.0, 0.0],
            Self::White => [1.0, 1.0, 1.0],
        }
    }
}

/// The skin's colour at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Milliseconds since the first colour was shown.
    pub at: u64,
    /// Mean colour of the skin, each channel 0 to 255.
    pub colour: [f64; 3],
}

/// What the light says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LightVerdict {
    /// The face threw back the colours shown.
    Matches,
    /// It changed its colour otherwise.
    Differs,
    /// It hardly changed its colour, or too few frames came.
    TooWeak,
}

/// How the skin's colour answers a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LightMatch {
    /// The decision.
    pub verdict: LightVerdict,
    /// Best correlation over the delays, -1 to 1.
    pub correlation: f64,
    /// The delay of the best correlation.
    pub lag_ms: u64,
    /// Root mean square of the skin's changes, in log units.
    pub response: f64,
    /// Part of other sequences that fit at least as well.
    pub false_alarm: f64,
}

/// Step of the delays that are tried; half a frame at 10 a second.
const LAG_STEP_MS: u64 = 50;
/// Part of a flash at its beginning that is left out: a frame that spans two colours shows neither.
const SETTLE_MS: u64 = 100;
/// Other sequences that are tried.
const ALTERNATIVES: usize = 999;
/// Seed of the other sequences. Knowing them helps nobody: they are only held against what was measured.
const SEED: u64 = 0x6c69_6768_7421;

type Changes = Vec<[f64; 3]>;

/// Holds the skin's colours against the sequence shown.
pub fn compare(
    colours: &[Colour],
    flash_ms: u64,
    samples: &[Sample],
    limits: &LightLimits,
) -> LightMatch {
    let count = colours.len();
    let measured: Vec<(u64, Changes)> = (0..=limits.lag_ms / LAG_STEP_MS)
        .map(|i| i * LAG_STEP_MS)
        .filter_map(|lag| Some((lag, skin_changes(samples, count, flash_ms, lag)?)))
        .collect();
    let Some(best) = best_fit(colours, &measured) else {
        return LightMatch {
            verdict: LightVerdict::TooWeak,
            correlation: 0.0,
            lag_ms: 0,
            response: 0.0,
            false_alarm: 1.0,
        };
    };
    let mut random = split_mix(SEED);
    let as_good = (0..ALTERNATIVES)
        .filter(|_| {
            let other = draw_colours(&mut random, count);
            other != colours
                && best_fit(&other, &measured).is_some_and(|o| o.correlation >= best.correlation)
        })
        .count();
    let false_alarm = (as_good + 1) as f64 / (ALTERNATIVES + 1) as f64;
    let verdict = if best.response < limits.response {
        LightVerdict::TooWeak
    } else if best.correlation > 0.0 && false_alarm <= limits.false_alarm {
        LightVerdict::Matches
    } else {
        LightVerdict::Differs
    };
    LightMatch {
        verdict,
        false_alarm,
        ..best
    }
}

fn best_fit(colours: &[Colour], measured: &[(u64, Changes)]) -> Option<LightMatch> {
    let shown: Vec<[f64; 3]> = colours.iter().map(|c| c.rgb()).collect();
    let shown = changes(&shown);
    let fits = measured.iter().map(|(lag_ms, skin)| LightMatch {
        verdict: LightVerdict::TooWeak,
        correlation: correlation(&shown, skin),
        lag_ms: *lag_ms,
        response: (square(skin) / (skin.len().max(1) * 3) as f64).sqrt(),
        false_alarm: 1.0,
    });
    fits.max_by(|a, b| a.correlation.total_cmp(&b.correlation))
}

/// Changes of the skin's log colour from flash to flash, if each flash was seen.
fn skin_changes(samples: &[Sample], count: usize, flash_ms: u64, lag_ms: u64) -> Option<Changes> {
    let mut means = Vec::with_capacity(count);
    for flash in 0..count as u64 {
        let from = lag_ms + flash * flash_ms + SETTLE_MS.min(flash_ms / 2);
        let until = lag_ms + (flash + 1) * flash_ms;
        let seen: Vec<[f64; 3]> = samples
            .iter()
            .filter(|s| (from..until).contains(&s.at))
            .map(|s| s.colour.map(|v| (v + 1.0).ln()))
            .collect();
        if seen.is_empty() {
            return None;
        }
        let mean = |channel: usize| {
            let sum: f64 = seen.iter().filter_map(|c| c.get(channel)).sum();
            sum / seen.len() as f64
        };
        means.push([mean(0), mean(1), mean(2)]);
    }
    (count > 1).then(|| changes(&means))
}

/// First differences, less what the channels share.
fn changes(colours: &[[f64; 3]]) -> Changes {
    let pairs = colours.iter().zip(colours.iter().skip(1));
    pairs
        .map(|([r0, g0, b0], [r1, g1, b1])| {
            let change = [r1 - r0, g1 - g0, b1 - b0];
            let shared = change.iter().sum::<f64>() / 3.0;
            change.map(|c| c - shared)
        })
        .collect()
}

fn correlation(a: &Changes, b: &Changes) -> f64 {
    let product: f64 = a
        .iter()
        .flatten()
        .zip(b.iter().flatten())
        .map(|(x, y)| x * y)
        .sum();
    let norm = (square(a) * square(b)).sqrt();
    if norm > 0.0 { product / norm } else { 0.0 }
}

fn square(changes: &Changes) -> f64 {
    changes.iter().flatten().map(|v| v * v).sum()
}

/// Steele, Lea and Flood's SplitMix64: enough to spread the other sequences evenly.
fn split_mix(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
