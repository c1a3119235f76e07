//! Whether the face is free of what people wear or hold before it, by the network of
//! [`crate::FaceCover`]. Each value is the probability that nothing of its kind is there.

use lifesign_domain::ReasonCode;

use super::{Component, View, when};
use crate::FaceCover;

/// No dark glasses. Closed eyes are another component's.
pub(super) const EYES_VISIBLE: Component = Component {
    name: "eyes_visible",
    unit: "ratio",
    measure: |view| free(view, |cover| cover.sunglasses),
    judge: |free, calibration| {
        let limit = calibration.quality.min_eyes_visible;
        when(free < limit, ReasonCode::Sunglasses)
    },
};

/// No mask over the mouth.
pub(super) const MOUTH_OCCLUSION_PREVENTION: Component = Component {
    name: "mouth_occlusion_prevention",
    unit: "ratio",
    measure: |view| free(view, |cover| cover.mask),
    judge: |free, calibration| {
        let limit = calibration.quality.min_mouth_occlusion_prevention;
        when(free < limit, ReasonCode::FaceMask)
    },
};

/// No hand or thing before the face; glasses and masks have their own components.
pub(super) const FACE_OCCLUSION_PREVENTION: Component = Component {
    name: "face_occlusion_prevention",
    unit: "ratio",
    measure: |view| free(view, |cover| cover.object),
    judge: |free, calibration| {
        let limit = calibration.quality.min_face_occlusion_prevention;
        when(free < limit, ReasonCode::FaceOccluded)
    },
};

/// No hat, cap, hood or scarf.
pub(super) const NO_HEAD_COVERINGS: Component = Component {
    name: "no_head_coverings",
    unit: "ratio",
    measure: |view| free(view, |cover| cover.hat),
    judge: |free, calibration| {
        let limit = calibration.quality.min_no_head_coverings;
        when(free < limit, ReasonCode::HeadCovering)
    },
};

fn free(view: &View<'_>, covered: fn(&FaceCover) -> f32) -> Option<f64> {
    let cover = view.evidence.cover.as_ref()?;
    Some(1.0 - f64::from(covered(cover)))
}
