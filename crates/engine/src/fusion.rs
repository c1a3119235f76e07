//! From readings to a verdict: a fused score, a threshold and a band of indecision.

use lifesign_domain::{PASS_SCORE, SignalReport, Verdict};

use crate::calibration::{Decision, Profile};
use crate::{Reading, Signal};

/// What a check's signals say together and what follows from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fused {
    /// One report for each signal of the profile, in registry order.
    pub signals: Vec<SignalReport>,
    /// The fused score, mapped where the profile has an operating score; in [0, 1].
    pub confidence: f64,
    /// The decision.
    pub verdict: Verdict,
    /// Whether enough was assessed to decide: [`Decision::min_assessed_weight`] of the profile's
    /// weight and every signal that it requires. If not, the verdict is INCONCLUSIVE.
    pub enough_assessed: bool,
}

/// Fuses `readings` by `profile` and decides.
///
/// Signals outside the profile are left out. The weight of a signal that could not be assessed
/// is shared among the others in proportion to theirs, so that the weights still sum to 1.
pub fn fuse(readings: &[(&dyn Signal, Reading)], profile: &Profile, decision: &Decision) -> Fused {
    let mut signals: Vec<SignalReport> = readings
        .iter()
        .filter_map(|(signal, reading)| {
            let weight = *profile.weights.get(signal.name())?;
            Some(report(*signal, reading, weight))
        })
        .collect();
    let fused = profile.fusion.fuse(
        signals
            .iter()
            .map(|s| (s.weight, s.assessed.then_some(s.score))),
    );
    let assessed = |name: &String| signals.iter().any(|s| s.assessed && s.name == *name);
    let enough_assessed = fused.assessed_weight >= decision.min_assessed_weight
        && profile.required.iter().all(assessed);
    for signal in &mut signals {
        signal.weight = if signal.assessed {
            fused.shared(signal.weight)
        } else {
            0.0
        };
    }
    let confidence = profile.confidence(fused.score);
    let verdict = if enough_assessed {
        decide(confidence, decision)
    } else {
        Verdict::Inconclusive
    };
    Fused {
        signals,
        confidence,
        verdict,
        enough_assessed,
    }
}

/// INCONCLUSIVE within the margin around the threshold (its edges included), else LIVE above and
/// SPOOF below. A confidence that is not a number is INCONCLUSIVE.
pub fn decide(confidence: f64, decision: &Decision) -> Verdict {
    // The edges of the band are decimal fractions; without the slack 0.62 - 0.58 would miss 0.04.
    const SLACK: f64 = 1e-9;
    let distance = confidence - decision.live_threshold;
    if distance.is_nan() || distance.abs() <= decision.inconclusive_margin + SLACK {
        Verdict::Inconclusive
    } else if distance > 0.0 {
        Verdict::Live
    } else {
        Verdict::Spoof
    }
}

/// `weight` is the profile's; it is shared once it is known what was assessed.
fn report(signal: &dyn Signal, reading: &Reading, weight: f64) -> SignalReport {
    let (score, detail, assessed, values) = match reading {
        // A score that is not a number must not reach the sum as something live-like.
        Reading::Measured(m) if m.score.is_finite() => (
            m.score.clamp(0.0, 1.0),
            m.detail.clone(),
            true,
            m.values
                .iter()
                .map(|(k, v)| ((*k).to_owned(), *v))
                .collect(),
        ),
        Reading::Measured(_) => (
            0.0,
            "Measured a value that is not a number; counted as 0.".to_owned(),
            true,
            Default::default(),
        ),
        Reading::NotAssessable(why) => (
            0.0,
            format!("Not assessed: {why}"),
            false,
            Default::default(),
        ),
    };
    SignalReport {
        name: signal.name().to_owned(),
        label: signal.label().to_owned(),
        score,
        weight,
        passed: score >= PASS_SCORE,
        detail,
        assessed,
        values,
    }
}

#[cfg(test)]
mod tests {
    use lifesign_domain::Fusion;
    use proptest::prelude::*;

    use super::*;
    use crate::signals::{Measured, SignalParams};
    use crate::{Calibration, Evidence};

    struct Named(&'static str);

    impl Signal for Named {
        fn name(&self) -> &'static str {
            self.0
        }
        fn label(&self) -> &'static str {
            self.0
        }
        fn read(&self, _: &Evidence, _: &SignalParams) -> Reading {
            Reading::NotAssessable("a fake measures nothing".to_owned())
        }
    }

    fn measured(score: f64) -> Reading {
        Reading::Measured(Measured {
            values: vec![],
            score,
            detail: String::new(),
        })
    }

    fn profile(weights: [f64; 3]) -> Profile {
        let names = ["a", "b", "c"].map(str::to_owned);
        Profile {
            weights: names.into_iter().zip(weights).collect(),
            ..Profile::default()
        }
    }

    fn fuse_by(profile: &Profile, readings: [Reading; 3]) -> Fused {
        let (a, b, c) = (Named("a"), Named("b"), Named("c"));
        let [ra, rb, rc] = readings;
        let readings: Vec<(&dyn Signal, Reading)> = vec![(&a, ra), (&b, rb), (&c, rc)];
        fuse(&readings, profile, &Calibration::embedded().decision)
    }

    fn fuse_three(readings: [Reading; 3], weights: [f64; 3]) -> Fused {
        fuse_by(&profile(weights), readings)
    }

    #[test]
    fn bands_of_the_contract() {
        let decision = Calibration::embedded().decision;
        for (confidence, verdict) in [
            (1.0, Verdict::Live),
            (0.6201, Verdict::Live),
            (0.62, Verdict::Inconclusive),
            (0.58, Verdict::Inconclusive),
            (0.54, Verdict::Inconclusive),
            (0.5399, Verdict::Spoof),
            (0.0, Verdict::Spoof),
            (f64::NAN, Verdict::Inconclusive),
        ] {
            assert_eq!(decide(confidence, &decision), verdict, "{confidence}");
        }
    }

    #[test]
    fn a_missing_signals_weight_is_shared_in_proportion() {
        let missing = Reading::NotAssessable("too small".to_owned());
        let fused = fuse_three([measured(0.8), missing, measured(0.2)], [0.5, 0.2, 0.3]);
        assert!((fused.signals[0].weight - 0.625).abs() < 1e-12);
        assert_eq!(fused.signals[1].weight, 0.0);
        assert!(!fused.signals[1].assessed);
        assert!(fused.signals[1].detail.contains("too small"));
        assert!((fused.confidence - (0.625 * 0.8 + 0.375 * 0.2)).abs() < 1e-12);
    }

    #[test]
    fn too_little_assessed_is_inconclusive_however_live_the_rest() {
        let missing = || Reading::NotAssessable("dark".to_owned());
        let fused = fuse_three([measured(1.0), missing(), missing()], [0.4, 0.3, 0.3]);
        assert_eq!(fused.verdict, Verdict::Inconclusive);
        let fused = fuse_three([missing(), missing(), missing()], [0.4, 0.3, 0.3]);
        assert_eq!(
            (fused.verdict, fused.confidence),
            (Verdict::Inconclusive, 0.0)
        );
    }

    #[test]
    fn a_score_that_is_not_a_number_counts_as_zero() {
        let fused = fuse_three(
            [measured(f64::NAN), measured(1.0), measured(1.0)],
            [0.6, 0.2, 0.2],
        );
        assert!((fused.confidence - 0.4).abs() < 1e-12);
    }

    #[test]
    fn a_required_signal_that_is_missing_leaves_no_decision() {
        let profile = Profile {
            required: vec!["b".to_owned()],
            ..profile([0.5, 0.1, 0.4])
        };
        let missing = Reading::NotAssessable("no model".to_owned());
        let fused = fuse_by(&profile, [measured(1.0), missing, measured(1.0)]);
        assert!(!fused.enough_assessed);
        assert_eq!(fused.verdict, Verdict::Inconclusive);
        let fused = fuse_by(&profile, [measured(1.0), measured(1.0), measured(1.0)]);
        assert!(fused.enough_assessed);
        assert_eq!(fused.verdict, Verdict::Live);
    }

    #[test]
    fn the_operating_score_is_where_live_begins() {
        let profile = Profile {
            fusion: Fusion::Geometric,
            operating_score: Some(0.25),
            ..profile([0.5, 0.5, 0.0])
        };
        // sqrt(0.5 * 0.125) is the operating score itself.
        let fused = fuse_by(&profile, [measured(0.5), measured(0.125), measured(0.0)]);
        assert!((fused.confidence - 0.58).abs() < 1e-9, "{fused:?}");
        let fused = fuse_by(&profile, [measured(0.5), measured(0.5), measured(0.0)]);
        assert_eq!(fused.verdict, Verdict::Live);
        let fused = fuse_by(&profile, [measured(1.0), measured(0.0), measured(1.0)]);
        assert_eq!(fused.verdict, Verdict::Spoof);
    }

    proptest! {
        #[test]
        fn the_mean_is_the_weighted_sum(
            scores in prop::array::uniform3(0.0..=1.0f64),
            weights in prop::array::uniform3(0.01..=1.0f64),
        ) {
            let sum: f64 = weights.iter().sum();
            let fused = fuse_three(scores.map(measured), weights.map(|w| w / sum));
            let by_hand: f64 = fused.signals.iter().map(|s| s.weight * s.score).sum();
            prop_assert!((fused.confidence - by_hand).abs() < 1e-9);
            prop_assert!((fused.signals.iter().map(|s| s.weight).sum::<f64>() - 1.0).abs() < 1e-9);
        }

        #[test]
        fn confidence_never_falls_when_a_score_rises(
            scores in prop::array::uniform3(0.0..=1.0f64),
            weights in prop::array::uniform3(0.01..=1.0f64),
            geometric in any::<bool>(),
            operating_score in prop::option::of(0.001..0.999f64),
            which in 0..3usize,
            gain in 0.0..=1.0f64,
        ) {
            let sum: f64 = weights.iter().sum();
            let profile = Profile {
                fusion: if geometric { Fusion::Geometric } else { Fusion::Mean },
                operating_score,
                ..profile(weights.map(|w| w / sum))
            };
            let before = fuse_by(&profile, scores.map(measured));
            let mut raised = scores;
            raised[which] = (raised[which] + gain).min(1.0);
            let after = fuse_by(&profile, raised.map(measured));
            // Steep where the operating score is near an edge: 1e-12 of a fused score times 1000.
            prop_assert!(after.confidence >= before.confidence - 1e-9);
            prop_assert!((0.0..=1.0).contains(&after.confidence));
        }
    }
}
