//! Light on the face: mean luminance, under- and over-exposure, evenness.

use lifesign_domain::ReasonCode;

use super::{Component, when};

/// Luma up to this is black to the eye (ISO/IEC 29794-5, under-exposure).
const BLACK: f64 = 25.0;
/// Luma from this on is blown out (ISO/IEC 29794-5, over-exposure).
const WHITE: f64 = 247.0;

/// Mean luma of the face as a share of the full range.
pub(super) const LUMINANCE_MEAN: Component = Component {
    name: "luminance_mean",
    unit: "ratio",
    measure: |view| mean(&view.skin.all).map(|luma| luma / 255.0),
    judge: |level, calibration| {
        let limits = &calibration.quality;
        when(level < limits.min_luminance_mean, ReasonCode::TooDark).or(when(
            level > limits.max_luminance_mean,
            ReasonCode::TooBright,
        ))
    },
};

/// Share of the face that is black.
pub(super) const UNDER_EXPOSURE: Component = Component {
    name: "under_exposure",
    unit: "ratio",
    measure: |view| share(&view.skin.all, |luma| luma <= BLACK),
    judge: |black, calibration| {
        when(
            black > calibration.quality.max_under_exposure,
            ReasonCode::TooDark,
        )
    },
};

/// Share of the face that is blown out.
pub(super) const OVER_EXPOSURE: Component = Component {
    name: "over_exposure",
    unit: "ratio",
    measure: |view| share(&view.skin.all, |luma| luma >= WHITE),
    judge: |white, calibration| {
        when(
            white > calibration.quality.max_over_exposure,
            ReasonCode::TooBright,
        )
    },
};

/// Mean luma of the darker half of the face as a share of the brighter half's. A head turned
/// away shows too little of one half to be compared.
pub(super) const ILLUMINATION_UNIFORMITY: Component = Component {
    name: "illumination_uniformity",
    unit: "ratio",
    measure: |view| {
        let (left, right) = (mean(&view.skin.left)?, mean(&view.skin.right)?);
        // One grey level keeps two black halves comparable.
        Some((left.min(right) + 1.0) / (left.max(right) + 1.0))
    },
    judge: |evenness, calibration| {
        let limit = calibration.quality.min_illumination_uniformity;
        when(evenness < limit, ReasonCode::UnevenLight)
    },
};

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn share(values: &[f64], holds: impl Fn(f64) -> bool) -> Option<f64> {
    let count = values.iter().filter(|&&v| holds(v)).count();
    (!values.is_empty()).then(|| count as f64 / values.len() as f64)
}
