//! Head pose: yaw, pitch and roll in degrees, each with its limit.

use lifesign_domain::ReasonCode;

use super::{Component, when};

/// Turn to the side.
pub(super) const YAW: Component = Component {
    name: "head_pose_yaw",
    unit: "deg",
    measure: |view| Some(view.evidence.pose.degrees.yaw),
    judge: |deg, calibration| {
        when(
            deg.abs() > calibration.quality.max_yaw_deg,
            ReasonCode::TurnedAway,
        )
    },
};

/// Look up or down.
pub(super) const PITCH: Component = Component {
    name: "head_pose_pitch",
    unit: "deg",
    measure: |view| Some(view.evidence.pose.degrees.pitch),
    judge: |deg, calibration| {
        when(
            deg.abs() > calibration.quality.max_pitch_deg,
            ReasonCode::TurnedAway,
        )
    },
};

/// Tilt towards a shoulder.
pub(super) const ROLL: Component = Component {
    name: "head_pose_roll",
    unit: "deg",
    measure: |view| Some(view.evidence.pose.degrees.roll),
    judge: |deg, calibration| {
        when(
            deg.abs() > calibration.quality.max_roll_deg,
            ReasonCode::TurnedAway,
        )
    },
};
