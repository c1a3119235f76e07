//! The numbers that turn measurements into scores; their values live in the calibration file.

use serde::{Deserialize, Serialize};

use crate::calibration::{CalibrationError, positive, unit_interval};

/// Parameters of the signals. The names are the configuration keys of the native API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalParams {
    /// Laplacian variance under which an image counts as soft.
    pub min_blur_variance: f64,
    /// Eye aspect ratio under which an eye counts as closed.
    pub min_ear: f64,
    /// Yaw in degrees beyond which the pose score decays.
    pub max_yaw_deg: f64,
    /// Pitch in degrees beyond which the pose score decays.
    pub max_pitch_deg: f64,
    /// Face area as a share of the image under which the score is penalised.
    pub min_face_area_ratio: f64,
    /// Symmetry index at which the symmetry score reaches 0.
    pub max_asymmetry: f64,
    /// Share of the dominant LBP bin above which texture counts as suspiciously uniform.
    pub lbp_dominant_bin_spoof_threshold: f64,
    /// Ring kurtosis ceiling.
    pub fft_kurtosis_max: f64,
    /// High-frequency energy ratio expected of a natural compressed selfie.
    pub fft_hf_ratio_baseline: f64,
    /// Azimuthal variance above which the spectrum counts as directional.
    pub fft_az_variance_max: f64,
}

impl SignalParams {
    /// Checks that every number is in its range.
    pub(crate) fn validate(&self) -> Result<(), CalibrationError> {
        for (key, value) in [
            ("signals.min_blur_variance", self.min_blur_variance),
            ("signals.max_yaw_deg", self.max_yaw_deg),
            ("signals.max_pitch_deg", self.max_pitch_deg),
            ("signals.max_asymmetry", self.max_asymmetry),
            ("signals.fft_kurtosis_max", self.fft_kurtosis_max),
            ("signals.fft_az_variance_max", self.fft_az_variance_max),
        ] {
            positive(key, value)?;
        }
        for (key, value) in [
            ("signals.min_ear", self.min_ear),
            ("signals.min_face_area_ratio", self.min_face_area_ratio),
            (
                "signals.lbp_dominant_bin_spoof_threshold",
                self.lbp_dominant_bin_spoof_threshold,
            ),
            ("signals.fft_hf_ratio_baseline", self.fft_hf_ratio_baseline),
        ] {
            unit_interval(key, value)?;
        }
        Ok(())
    }
}
