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
