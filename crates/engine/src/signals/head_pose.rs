//! How far the head is turned away from the camera.

use super::{Measured, Reading, Signal, SignalParams, wording};
use crate::Evidence;

/// Yaw, pitch and roll, each against its limit; the worst of the three counts.
pub(super) struct HeadPose;

impl Signal for HeadPose {
    fn name(&self) -> &'static str {
        "head_pose"
    }

    fn label(&self) -> &'static str {
        "Head pose"
    }

    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading {
        let pose = evidence.pose.degrees;
        let axes = [
            (pose.yaw, params.max_yaw_deg),
            (pose.pitch, params.max_pitch_deg),
            (pose.roll, params.head_pose.max_roll_deg),
        ];
        if axes.iter().any(|(angle, _)| !angle.is_finite()) {
            return Reading::NotAssessable("the head's rotation could not be found".to_owned());
        }
        let worst = axes
            .iter()
            .map(|(angle, limit)| angle.abs() / limit)
            .fold(0.0, f64::max);
        let score = params.head_pose.score.at(worst);
        let finding = wording(
            score,
            [(0.85, "Facing the camera"), (0.5, "Slightly turned")],
            "Turned far away",
        );
        let [yaw, pitch, roll] = axes.map(|(angle, _)| whole_degrees(angle));
        let [max_yaw, max_pitch, max_roll] = axes.map(|(_, limit)| whole_degrees(limit));
        Reading::Measured(Measured {
            values: vec![
                ("yaw_deg", pose.yaw),
                ("pitch_deg", pose.pitch),
                ("roll_deg", pose.roll),
            ],
            score,
            detail: format!(
                "{finding}: yaw {yaw}, pitch {pitch} and roll {roll} degrees (limits {max_yaw}, \
                 {max_pitch} and {max_roll})."
            ),
        })
    }
}

/// Rounded, and never "-0".
fn whole_degrees(angle: f64) -> i64 {
    angle.round() as i64
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{Scene, measure, refusal};
    use super::*;

    fn turned(yaw: f64, pitch: f64, roll: f64) -> Measured {
        let degrees = lifesign_domain::PoseDegrees { yaw, pitch, roll };
        measure(
            &HeadPose,
            &Scene {
                degrees,
                ..Scene::default()
            }
            .evidence(),
        )
    }

    #[test]
    fn rows_and_edges_of_the_contracts_table() {
        assert_eq!(turned(0.0, 0.0, 0.0).score, 1.0);
        assert!((turned(14.0, 0.0, 0.0).score - 0.85).abs() < 1e-9);
        assert!((0.5..0.85).contains(&turned(20.0, 0.0, 0.0).score));
        for at_the_limit in [[35.0, 0.0, 0.0], [0.0, 30.0, 0.0], [0.0, 0.0, 30.0]] {
            let [yaw, pitch, roll] = at_the_limit;
            assert!(
                (turned(yaw, pitch, roll).score - 0.5).abs() < 1e-9,
                "{at_the_limit:?}"
            );
            assert!(turned(yaw * 1.01, pitch * 1.01, roll * 1.01).score < 0.5);
        }
        assert_eq!(turned(70.0, 0.0, 0.0).score, 0.0);
    }

    #[test]
    fn turning_either_way_lowers_the_score_alike() {
        for axis in 0..3 {
            let at = |angle: f64| {
                let mut axes = [0.0; 3];
                axes[axis] = angle;
                turned(axes[0], axes[1], axes[2]).score
            };
            for angle in [5.0, 15.0, 25.0, 35.0, 45.0] {
                assert!(at(angle + 5.0) < at(angle), "axis {axis}, {angle} degrees");
                assert_eq!(at(angle), at(-angle));
            }
        }
    }

    #[test]
    fn the_worst_axis_counts_and_the_detail_names_all() {
        let found = turned(-40.0, 5.0, -0.2);
        assert_eq!(found.score, turned(40.0, 0.0, 0.0).score);
        assert_eq!(
            found.detail,
            "Turned far away: yaw -40, pitch 5 and roll 0 degrees (limits 35, 30 and 30)."
        );
    }

    #[test]
    fn an_angle_that_is_no_number_is_refused() {
        let mut evidence = Scene::default().evidence();
        evidence.pose.degrees.pitch = f64::NAN;
        assert!(refusal(&HeadPose, &evidence).contains("could not be found"));
    }
}
