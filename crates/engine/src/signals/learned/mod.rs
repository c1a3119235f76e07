//! The two signals of the project's own network (`train/`): what was photographed again, and what
//! was never photographed.
//!
//! One run of the network answers both, and only where a profile weighs one of them.

mod network;
mod pad_context;
mod synthetic_face;

use std::sync::Arc;

pub(crate) use network::PadNetwork;
pub use network::{Head, MAP_SIDE, PadAnswer};
pub(super) use pad_context::PadContext;
pub(crate) use pad_context::contributions as recapture_contributions;
pub(super) use synthetic_face::SyntheticFace;
pub(crate) use synthetic_face::contributions as synthesis_contributions;

use super::{Measured, Reading, SignalParams, wording};
use crate::Evidence;

/// Asks the network about the face, unless the face is one that it cannot judge.
fn ask(
    network: &Arc<PadNetwork>,
    evidence: &Evidence,
    params: &SignalParams,
) -> Result<PadAnswer, String> {
    let limits = &params.learned;
    let extent = &evidence.face_bounds;
    let side = f64::from(extent.width.max(extent.height));
    if side.is_nan() || side < limits.min_face_side_px {
        return Err(format!(
            "the face measures {side:.0} pixels, {:.0} are needed",
            limits.min_face_side_px
        ));
    }
    let angles = evidence.pose.degrees;
    for (name, angle, limit) in [
        ("to the side", angles.yaw, limits.max_yaw_deg),
        ("up or down", angles.pitch, limits.max_pitch_deg),
    ] {
        if angle.is_nan() || angle.abs() > limit {
            return Err(format!(
                "the head is turned {:.0} degrees {name}, at most {limit:.0} can be judged",
                angle.abs()
            ));
        }
    }
    evidence.pad_answer(network)
}

/// The reading of a probability that the face is no attack of one kind.
fn reading(
    probability: f64,
    values: Vec<(&'static str, f64)>,
    words: [&'static str; 3],
) -> Reading {
    let [live, unsure, attack] = words;
    let finding = wording(probability, [(0.7, live), (0.3, unsure)], attack);
    Reading::Measured(Measured {
        values,
        score: probability,
        detail: format!("{finding}: probability of a living face {probability:.2}."),
    })
}

/// Logistic function in double precision.
fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
