//! From the scores of several signals to one confidence.

use serde::{Deserialize, Serialize};

/// Scores below this count as this in the geometric mean, whose logarithm has no end at 0.
pub const MIN_GEOMETRIC_SCORE: f64 = 1e-4;

/// Confidence at which the target of a calibration lies: the threshold of the native contract. It
/// stays where it is when an operator moves the threshold, so that a higher threshold is stricter.
pub const OPERATING_POINT: f64 = 0.58;

/// How the scores of several signals become one fused score in [0, 1]. Neither rule ever falls
/// when a score rises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fusion {
    /// The weighted sum of the scores.
    #[default]
    Mean,
    /// The weighted product: `exp(sum(weight * ln(max(score, MIN_GEOMETRIC_SCORE))))`. One score
    /// near 0 pulls the whole near 0, whatever the others say.
    Geometric,
}

/// What the signals say together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FusedScore {
    /// The fused score in [0, 1]; 0 where nothing with a weight was assessed.
    pub score: f64,
    /// Sum of the weights of the signals that were assessed.
    pub assessed_weight: f64,
}

impl FusedScore {
    /// The weight of an assessed signal once those of the others that were not assessed are
    /// shared out in proportion, so that weights sum to 1 again.
    pub fn shared(&self, weight: f64) -> f64 {
        share(self.assessed_weight) * weight
    }
}

impl Fusion {
    /// Fuses pairs of weight and score; `None` is a signal that was not assessed and leaves its
    /// weight to the others in proportion. A score that is not a finite number counts as 0.
    pub fn fuse(self, signals: impl Iterator<Item = (f64, Option<f64>)> + Clone) -> FusedScore {
        let assessed = || {
            let pairs = signals.clone();
            pairs.filter_map(|(weight, score)| Some((weight, score?)))
        };
        let assessed_weight: f64 = assessed().map(|(weight, _)| weight).sum();
        let share = share(assessed_weight);
        let sum: f64 = assessed()
            .map(|(weight, score)| weight * share * self.term(score))
            .sum();
        let score = match self {
            _ if share == 0.0 => 0.0,
            Self::Mean => sum,
            Self::Geometric => sum.exp(),
        };
        FusedScore {
            score: score.clamp(0.0, 1.0),
            assessed_weight,
        }
    }

    /// What is weighed and summed: the score itself, or its logarithm.
    pub fn term(self, score: f64) -> f64 {
        let score = if score.is_finite() {
            score.clamp(0.0, 1.0)
        } else {
            0.0
        };
        match self {
            Self::Mean => score,
            Self::Geometric => score.max(MIN_GEOMETRIC_SCORE).ln(),
        }
    }

    /// The fused score of signals that all say 0.
    pub fn lowest(self) -> f64 {
        match self {
            Self::Mean => 0.0,
            Self::Geometric => MIN_GEOMETRIC_SCORE,
        }
    }
}

fn share(assessed_weight: f64) -> f64 {
    if assessed_weight > 0.0 {
        1.0 / assessed_weight
    } else {
        0.0
    }
}

/// From the fused score to the confidence: an increasing map of [0, 1] onto itself, made of two
/// straight lines that meet where the operating score becomes the threshold.
///
/// Fused scores of different profiles spread differently; the map gives the threshold one
/// meaning for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceMap {
    /// Fused score that becomes the threshold, strictly between 0 and 1.
    pub operating_score: f64,
    /// Confidence at the operating score, in [0, 1].
    pub threshold: f64,
}

impl ConfidenceMap {
    /// How close to 0 and 1 an operating score may lie, so that neither line is upright.
    const EDGE: f64 = 1e-6;

    /// The map that moves `operating_score` to `threshold`. An operating score at or beyond an
    /// edge of [0, 1] is moved just inside.
    pub fn new(operating_score: f64, threshold: f64) -> Self {
        Self {
            operating_score: operating_score.clamp(Self::EDGE, 1.0 - Self::EDGE),
            threshold,
        }
    }

    /// The confidence of a fused score; scores outside [0, 1] are clamped, NaN becomes 0.
    pub fn apply(&self, score: f64) -> f64 {
        if score.is_nan() {
            return 0.0;
        }
        let score = score.clamp(0.0, 1.0);
        if score <= self.operating_score {
            score / self.operating_score * self.threshold
        } else {
            let left = (1.0 - score) / (1.0 - self.operating_score);
            // Rounding must not take the upper line below the lower one's end.
            (1.0 - left * (1.0 - self.threshold)).max(self.threshold)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fuse(rule: Fusion, signals: &[(f64, Option<f64>)]) -> FusedScore {
        rule.fuse(signals.iter().copied())
    }

    #[test]
    fn the_mean_sums_and_the_geometric_mean_multiplies() {
        let signals = [(0.5, Some(0.81)), (0.5, Some(0.25))];
        assert!((fuse(Fusion::Mean, &signals).score - 0.53).abs() < 1e-12);
        // sqrt(0.81 * 0.25)
        assert!((fuse(Fusion::Geometric, &signals).score - 0.45).abs() < 1e-12);
    }

    #[test]
    fn one_sure_signal_is_outvoted_in_the_mean_only() {
        let signals = [(0.8, Some(1.0)), (0.2, Some(0.0))];
        assert!((fuse(Fusion::Mean, &signals).score - 0.8).abs() < 1e-12);
        // 1e-4 to the power of 0.2
        let geometric = fuse(Fusion::Geometric, &signals).score;
        assert!((geometric - 0.158_489_319).abs() < 1e-9, "{geometric}");
    }

    #[test]
    fn a_missing_signals_weight_is_shared_in_proportion() {
        let signals = [(0.5, Some(0.8)), (0.2, None), (0.3, Some(0.2))];
        let fused = fuse(Fusion::Mean, &signals);
        assert!((fused.score - 0.575).abs() < 1e-12);
        assert!((fused.assessed_weight - 0.8).abs() < 1e-12);
        assert!((fused.shared(0.5) - 0.625).abs() < 1e-12);
    }

    #[test]
    fn nothing_assessed_or_not_a_number_is_never_live_like() {
        for rule in [Fusion::Mean, Fusion::Geometric] {
            for nothing in [&[][..], &[(1.0, None)], &[(0.0, Some(1.0)), (1.0, None)]] {
                assert_eq!(fuse(rule, nothing).score, 0.0);
                assert_eq!(fuse(rule, nothing).shared(1.0), 0.0);
            }
            for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
                let fused = fuse(rule, &[(1.0, Some(bad))]).score;
                assert!((fused - rule.lowest()).abs() < 1e-12, "{bad}: {fused}");
            }
        }
    }

    #[test]
    fn the_operating_score_lands_on_the_threshold() {
        let map = ConfidenceMap::new(0.31, 0.58);
        assert_eq!(map.apply(0.31), 0.58);
        assert_eq!((map.apply(0.0), map.apply(1.0)), (0.0, 1.0));
        assert!((map.apply(0.155) - 0.29).abs() < 1e-12);
        assert!((map.apply(0.655) - 0.79).abs() < 1e-12);
        assert_eq!(map.apply(f64::NAN), 0.0);
    }

    proptest! {
        #[test]
        fn the_map_never_falls(
            o in 0.0..=1.0f64, t in 0.0..=1.0f64, a in 0.0..=1.0f64, b in 0.0..=1.0f64,
        ) {
            let map = ConfidenceMap::new(o, t);
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(map.apply(low) <= map.apply(high));
            prop_assert!((0.0..=1.0).contains(&map.apply(a)));
        }
    }
}
