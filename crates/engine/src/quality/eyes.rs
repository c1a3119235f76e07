//! Whether the eyes are open, by the eye aspect ratio (Soukupova and Cech, "Real-Time Eye Blink
//! Detection using Facial Landmarks", 2016).

use lifesign_domain::ReasonCode;

use super::{Component, when};
use crate::geometry::eye_aspect_ratios;

/// Larger eye aspect ratio of the two eyes: a wink is no closed face.
pub(super) const EYES_OPEN: Component = Component {
    name: "eyes_open",
    unit: "ratio",
    measure: |view| {
        let [a, b] = eye_aspect_ratios(&view.evidence.landmarks)?;
        Some(a.max(b))
    },
    judge: |ratio, calibration| when(ratio < calibration.signals.min_ear, ReasonCode::EyesClosed),
};
