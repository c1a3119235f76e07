//! Image quality components in the words of ISO/IEC 29794-5, registered in [`ALL`].
//!
//! A component reads the immutable evidence and answers one value in its unit, or `None` where
//! it cannot be measured. Beyond the limits of the calibration it raises a reason, which informs
//! the person and never changes the verdict.

mod capture;
mod cover;
mod exposure;
mod eyes;
mod framing;
pub mod gaze;
mod head_pose;
mod mouth;
mod sharpness;
pub mod skin;

use lifesign_domain::{QualityComponent, ReasonCode};

use crate::{Calibration, Evidence};

/// One quality component.
pub struct Component {
    /// Name after ISO/IEC 29794-5 where it has one.
    pub name: &'static str,
    /// Unit of the value: `px`, `deg`, `ratio`, `count` or `variance`.
    pub unit: &'static str,
    /// The native value, if it can be measured.
    pub measure: fn(&View<'_>) -> Option<f64>,
    /// The reason that a value raises.
    pub judge: fn(f64, &Calibration) -> Option<ReasonCode>,
}

/// What the components look at: the evidence and what several of them need of it.
pub struct View<'a> {
    /// The evidence.
    pub evidence: &'a Evidence,
    /// The numbers that decide.
    pub calibration: &'a Calibration,
    /// Luma of the skin of both halves of the face.
    pub skin: skin::SkinLuma,
}

/// Every component, in the order in which results list them.
pub static ALL: &[Component] = &[
    framing::SINGLE_FACE_PRESENT,
    framing::INTER_EYE_DISTANCE,
    framing::HEAD_SIZE,
    framing::CROP_OF_THE_FACE,
    head_pose::YAW,
    head_pose::PITCH,
    head_pose::ROLL,
    exposure::LUMINANCE_MEAN,
    exposure::UNDER_EXPOSURE,
    exposure::OVER_EXPOSURE,
    exposure::ILLUMINATION_UNIFORMITY,
    sharpness::SHARPNESS,
    cover::EYES_VISIBLE,
    cover::MOUTH_OCCLUSION_PREVENTION,
    cover::FACE_OCCLUSION_PREVENTION,
    cover::NO_HEAD_COVERINGS,
    eyes::EYES_OPEN,
    gaze::GAZE_FRONTAL,
    mouth::MOUTH_CLOSED,
    capture::SCREENSHOT_MARKS,
];

/// Measures every component; those that cannot be measured are left out.
pub fn assess(evidence: &Evidence, calibration: &Calibration) -> Vec<QualityComponent> {
    let view = View {
        evidence,
        calibration,
        skin: skin::SkinLuma::of(evidence),
    };
    ALL.iter()
        .filter_map(|component| {
            let value = (component.measure)(&view).filter(|v| v.is_finite())?;
            let reason = (component.judge)(value, calibration);
            Some(QualityComponent {
                name: component.name.to_owned(),
                value,
                unit: component.unit.to_owned(),
                passed: reason.is_none(),
                reason,
            })
        })
        .collect()
}

/// The reason, if it holds.
fn when(raised: bool, reason: ReasonCode) -> Option<ReasonCode> {
    raised.then_some(reason)
}
