//! From the confidences of single frames to one for all of them.

use serde::{Deserialize, Serialize};

use crate::CalibrationError;
use crate::calibration::{positive, unit_interval};
use crate::stats::median_step;

/// What the still pipeline said of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Still {
    /// Time of the frame in seconds.
    pub at_s: f64,
    /// Its confidence in [0, 1].
    pub confidence: f64,
}

/// How frames are summed up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StillParams {
    /// Judged frames under which there is no decision.
    pub min_frames: usize,
    /// Share of the time that is left out at either end of the order of confidences.
    pub trim: f64,
    /// Which quantile stands for the worse frames.
    pub quantile: f64,
    /// Its share in the summary; the trimmed mean has the rest.
    pub quantile_share: f64,
    /// Seconds that one frame may stand for at most, in multiples of the usual step.
    pub max_step_multiple: f64,
}

/// The frames of a clip together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StillSummary {
    /// The summary in [0, 1].
    pub confidence: f64,
    /// Mean without the best and worst frames.
    pub trimmed_mean: f64,
    /// The quantile that stands for the worse frames.
    pub low_quantile: f64,
    /// Lowest of all.
    pub lowest: f64,
    /// Frames that were judged.
    pub frames: usize,
}

impl StillParams {
    pub(crate) fn validate(&self) -> Result<(), CalibrationError> {
        for (key, value) in [
            ("still.trim", self.trim),
            ("still.quantile", self.quantile),
            ("still.quantile_share", self.quantile_share),
        ] {
            unit_interval(key, value)?;
        }
        unit_interval("2 * still.trim", 2.0 * self.trim)?;
        positive("still.min_frames", self.min_frames as f64)?;
        positive("still.max_step_multiple", self.max_step_multiple)
    }

    /// Sums up; `None` for no frames. A confidence that is not a number counts as 0.
    pub fn summary(&self, stills: &[Still]) -> Option<StillSummary> {
        let mut weighted = self.weighted(stills);
        weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let lowest = weighted.first()?.0;
        let trimmed_mean = mean_between(&weighted, self.trim, 1.0 - self.trim);
        let low_quantile = quantile(&weighted, self.quantile);
        let confidence =
            (1.0 - self.quantile_share) * trimmed_mean + self.quantile_share * low_quantile;
        Some(StillSummary {
            confidence: confidence.clamp(0.0, 1.0),
            trimmed_mean,
            low_quantile,
            lowest,
            frames: stills.len(),
        })
    }

    /// Confidences with the share of the time that each stands for: half way to its neighbours,
    /// but not over long gaps, so that an attacker cannot leave one good frame to speak for
    /// many that were not judged.
    fn weighted(&self, stills: &[Still]) -> Vec<(f64, f64)> {
        let mut sorted: Vec<Still> = stills
            .iter()
            .copied()
            .filter(|s| s.at_s.is_finite())
            .collect();
        sorted.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        let times: Vec<f64> = sorted.iter().map(|s| s.at_s).collect();
        let usual = median_step(&times)
            .filter(|step| *step > 0.0)
            .unwrap_or(1.0);
        let half =
            |a: f64, b: f64| ((b - a) / 2.0).clamp(0.0, usual * self.max_step_multiple / 2.0);
        let mut weighted = Vec::with_capacity(sorted.len());
        for (i, still) in sorted.iter().enumerate() {
            let before = i.checked_sub(1).and_then(|j| times.get(j));
            let after = times.get(i + 1);
            let seconds = before.map_or(usual / 2.0, |t| half(*t, still.at_s))
                + after.map_or(usual / 2.0, |t| half(still.at_s, *t));
            let confidence = if still.confidence.is_finite() {
                still.confidence.clamp(0.0, 1.0)
            } else {
                0.0
            };
            weighted.push((confidence, seconds));
        }
        let sum: f64 = weighted.iter().map(|(_, s)| s).sum();
        if sum > 0.0 {
            weighted.iter_mut().for_each(|(_, s)| *s /= sum);
        }
        weighted
    }
}

/// Mean of what lies between two shares of the order.
fn mean_between(sorted: &[(f64, f64)], from: f64, to: f64) -> f64 {
    let (mut passed, mut sum, mut weight) = (0.0_f64, 0.0, 0.0);
    for (value, share) in sorted {
        let inside = ((passed + share).min(to) - passed.max(from)).max(0.0);
        sum += value * inside;
        weight += inside;
        passed += share;
    }
    if weight > 0.0 {
        sum / weight
    } else {
        quantile(sorted, 0.5)
    }
}

/// The value at a share of the order.
fn quantile(sorted: &[(f64, f64)], q: f64) -> f64 {
    let mut passed = 0.0;
    for (value, share) in sorted {
        passed += share;
        if passed >= q - 1e-12 {
            return *value;
        }
    }
    sorted.last().map_or(0.0, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Calibration;

    fn summary(confidences: &[f64]) -> StillSummary {
        let stills: Vec<Still> = confidences
            .iter()
            .enumerate()
            .map(|(i, c)| Still {
                at_s: i as f64 * 0.25,
                confidence: *c,
            })
            .collect();
        Calibration::embedded().still.summary(&stills).unwrap()
    }

    #[test]
    fn equal_frames_are_their_own_summary() {
        let same = summary(&[0.7; 9]);
        assert!((same.confidence - 0.7).abs() < 1e-12 && (same.lowest - 0.7).abs() < 1e-12);
        assert_eq!(same.frames, 9);
        assert!((summary(&[0.4]).confidence - 0.4).abs() < 1e-12);
        assert!(Calibration::embedded().still.summary(&[]).is_none());
    }

    #[test]
    fn a_few_good_frames_lift_little_and_one_bad_frame_sinks_little() {
        let few_good = summary(&[0.1, 0.1, 0.1, 0.99, 0.99, 0.1, 0.1, 0.1, 0.1, 0.1]);
        assert!(few_good.confidence < 0.15, "{few_good:?}");
        let one_bad = summary(&[0.9, 0.9, 0.9, 0.05, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]);
        assert!(one_bad.confidence > 0.85, "{one_bad:?}");
        let half = summary(&[0.1, 0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9, 0.9]);
        assert!(half.confidence < 0.5, "{half:?}");
        assert_eq!(summary(&[f64::NAN; 3]).confidence, 0.0);
    }

    #[test]
    fn a_frame_before_a_long_gap_does_not_stand_for_it() {
        let mut stills: Vec<Still> = (0..8)
            .map(|i| Still {
                at_s: f64::from(i) * 0.1,
                confidence: 0.1,
            })
            .collect();
        stills.push(Still {
            at_s: 9.0,
            confidence: 0.99,
        });
        let summary = Calibration::embedded().still.summary(&stills).unwrap();
        assert!(summary.confidence < 0.2, "{summary:?}");
    }
}
