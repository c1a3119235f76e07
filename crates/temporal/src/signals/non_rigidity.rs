//! Expression and speech: what lips, brows and lids do beyond the motion of the head.
//!
//! The best plane-and-parallax motion of the rigid vertices is taken away (`planar`); what the soft
//! vertices do beyond it is deformation. Jitter of the mesh is white in time and expression is
//! smooth, so only the covariance of neighbouring frames counts. After the use of expression as a
//! cue in Pan, Sun, Wu and Lao, "Eyeblink-based Anti-Spoofing in Face Recognition from a Generic
//! Webcamera", ICCV 2007, and Kollreider et al., 2009.
//!
//! Weak in both directions: a replay shows expression too, and people hold still when told to.

use super::micro_motion::{motions, reference};
use super::{Measured, Reading, Signal, SignalParams, enough};
use crate::Track;
use crate::stats::{lagged_covariance, rms};

/// Deformation of the face over time.
pub(super) struct NonRigidity;

impl Signal for NonRigidity {
    fn name(&self) -> &'static str {
        "non_rigidity"
    }

    fn label(&self) -> &'static str {
        "Play of features"
    }

    fn read(&self, track: &Track, params: &SignalParams) -> Reading {
        let params = &params.non_rigidity;
        let Some((reference, pose)) = reference(track) else {
            return Reading::NotAssessable("there is no face of measurable size".to_owned());
        };
        let (times, motions): (Vec<f64>, Vec<_>) =
            motions(track, &reference, pose, params.max_turn_deg).unzip();
        if let Err(why) = enough(&times, params.min_seconds, params.min_fps) {
            return Reading::NotAssessable(why);
        }
        let coordinates = motions.first().map_or(0, |m| m.soft.len());
        let smooth: f64 = (0..coordinates)
            .map(|i| {
                let path: Vec<f64> = motions
                    .iter()
                    .filter_map(|m| m.soft.get(i))
                    .copied()
                    .collect();
                lagged_covariance(&path, &path)
            })
            .sum();
        // Two coordinates a vertex: the mean square of the way of one.
        let deformation = (2.0 * smooth.max(0.0) / coordinates.max(1) as f64).sqrt();
        let unexplained = rms(motions.iter().map(|m| m.rigid_rms));
        if !deformation.is_finite() {
            return Reading::NotAssessable("the deformation of the face has no measure".to_owned());
        }
        Reading::Measured(Measured {
            values: vec![("deformation", deformation), ("unexplained", unexplained)],
            score: params.score.at(deformation),
            detail: format!(
                "Lips, brows and lids move by {:.1} % of the distance between the eyes beyond the \
                 motion of the head.",
                deformation * 100.0
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{measure, refusal, value};
    use super::*;
    use crate::synthetic::{PlaneMotion, Script};

    fn deformation(script: &Script) -> f64 {
        value(
            &measure(&NonRigidity, &script.play().record()),
            "deformation",
        )
    }

    #[test]
    fn speech_smiles_and_blinks_deform_and_turning_does_not() {
        let calm = Script {
            sway_deg: [4.0, 2.0, 2.0],
            ..Script::calm(2, 6.0, 25.0)
        };
        let still = deformation(&calm);
        assert!(still < 0.01, "{still}");
        let mut last = still;
        for speech_cm in [0.4, 0.8, 1.4] {
            let talking = deformation(&Script {
                speech_cm,
                ..calm.clone()
            });
            assert!(talking > last + 0.003, "{speech_cm}: {talking} {last}");
            last = talking;
        }
        assert!(
            deformation(&Script {
                mimic: 1.0,
                ..calm.clone()
            }) > still + 0.005
        );
    }

    #[test]
    fn a_tilted_print_does_not_deform() {
        let print = Script::calm(4, 6.0, 25.0).play().printed(10);
        let hand = PlaneMotion::new(&mut fastrand::Rng::with_seed(1), 10.0, 20.0);
        let found = measure(&NonRigidity, &print.on_plane(&hand).record());
        assert!(value(&found, "deformation") < 0.012, "{:?}", found.values);
        assert!(found.score < 0.5);
    }

    #[test]
    fn short_and_empty_clips_are_refused() {
        assert!(refusal(&NonRigidity, &Track::default()).contains("no face"));
        let short = Script::calm(4, 1.0, 25.0).play().record();
        assert!(refusal(&NonRigidity, &short).contains("seconds"));
    }
}
