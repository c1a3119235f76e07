//! The numbers that turn measurements into scores; their values live in the calibration file.

use serde::{Deserialize, Serialize};

use super::Curve;
use crate::calibration::{CalibrationError, logistic_number, positive, unit_interval};

/// Parameters of the signals: first the configuration keys of the native API, then one table for
/// each signal. Curves are over the native value divided by its key unless said otherwise.
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
    /// `sharpness`.
    pub sharpness: SharpnessParams,
    /// `eye_aspect_ratio`.
    pub eye_aspect_ratio: EyeParams,
    /// `head_pose`.
    pub head_pose: PoseParams,
    /// `face_area_ratio`.
    pub face_area_ratio: AreaParams,
    /// `facial_symmetry`.
    pub facial_symmetry: SymmetryParams,
    /// `lbp_texture`.
    pub lbp_texture: LbpParams,
    /// `exif_metadata`.
    pub exif_metadata: ExifParams,
    /// `fft_deepfake`.
    pub fft_deepfake: FftParams,
    /// `gradient_kurtosis`.
    pub gradient_kurtosis: GradientParams,
    /// `chroma_detail`.
    pub chroma_detail: ChromaParams,
    /// Both learned signals.
    pub learned: LearnedParams,
    /// `pad_context`.
    pub pad_context: PadContextParams,
    /// `synthetic_face`.
    pub synthetic_face: SyntheticFaceParams,
}

/// Which faces the learned signals judge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedParams {
    /// Longer side of the face's extent in pixels under which there is too little to see.
    pub min_face_side_px: f64,
    /// Sides of what the network sees of the picture, in units of the face's longer side, under
    /// which there are too few surroundings; 2.7 is all that it looks at, 0 accepts any.
    pub min_context: f64,
    /// Yaw in degrees, to either side, beyond which the network was hardly trained.
    pub max_yaw_deg: f64,
    /// Pitch in degrees, up or down, beyond which the network was hardly trained.
    pub max_pitch_deg: f64,
    /// Roll in degrees, to either side, beyond which the network was hardly trained.
    pub max_roll_deg: f64,
}

/// Numbers of `pad_context`: its score is `1 / (1 + exp(recapture_weight * logit - bias))`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PadContextParams {
    /// Weight of the recapture logit, not negative.
    pub recapture_weight: f64,
    /// Log odds of a living face where the logit is 0.
    pub bias: f64,
}

/// Numbers of `synthetic_face`: its score is `1 / (1 + exp(synthesis_weight * logit - bias))`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyntheticFaceParams {
    /// Weight of the synthesis logit, not negative.
    pub synthesis_weight: f64,
    /// Log odds of a living face where the logit is 0.
    pub bias: f64,
}

/// Numbers of `sharpness`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharpnessParams {
    /// Over Laplacian variance / `min_blur_variance`.
    pub score: Curve,
}

/// Numbers of `eye_aspect_ratio`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EyeParams {
    /// Yaw in degrees beyond which an eye is hidden.
    pub max_yaw_deg: f64,
    /// Distance between the eyes in pixels under which lids cannot be told apart.
    pub min_inter_eye_distance_px: f64,
    /// Over mean eye aspect ratio / `min_ear`.
    pub score: Curve,
}

/// Numbers of `head_pose`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoseParams {
    /// Roll in degrees beyond which the score decays.
    pub max_roll_deg: f64,
    /// Over the largest of the three angles, each over its limit.
    pub score: Curve,
}

/// Numbers of `face_area_ratio`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AreaParams {
    /// Face area as a share of the image above which the score is fixed at 0.5.
    pub max_face_area_ratio: f64,
    /// Over face area as a share of the image, from `min_face_area_ratio` upwards; below, the
    /// score falls from 0.5 to 0.
    pub score: Curve,
}

/// Numbers of `facial_symmetry`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SymmetryParams {
    /// Yaw in degrees beyond which one half of the face is hidden.
    pub max_yaw_deg: f64,
    /// Over symmetry index / `max_asymmetry`.
    pub score: Curve,
}

/// Numbers of `lbp_texture`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LbpParams {
    /// Share of the entropy in the score; the dominant bin has the rest.
    pub entropy_weight: f64,
    /// Over Shannon entropy in bits.
    pub entropy_score: Curve,
    /// Over dominant bin ratio / `lbp_dominant_bin_spoof_threshold`.
    pub dominant_bin_score: Curve,
}

/// Numbers and words of `exif_metadata`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExifParams {
    /// Score without EXIF, or with EXIF that cannot be read.
    pub absent: f64,
    /// Score with EXIF but neither make nor model.
    pub no_camera: f64,
    /// Score with make or model.
    pub camera: f64,
    /// Added to `camera` for each capture setting; the sum ends at 1.
    pub optical_tag: f64,
    /// Score where a keyword of screen-capture or editing software is found.
    pub spoof_software: f64,
    /// Keywords looked for in the `Software` tag.
    pub spoof_keywords: Vec<String>,
    /// Keywords looked for in `ImageDescription` and `UserComment`.
    pub comment_keywords: Vec<String>,
}

/// Numbers of `fft_deepfake`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FftParams {
    /// Share of the ring kurtosis in the score.
    pub kurtosis_weight: f64,
    /// Share of the high-frequency ratio in the score; the azimuthal variance has the rest.
    pub hf_ratio_weight: f64,
    /// Over ring kurtosis / `fft_kurtosis_max`.
    pub kurtosis_score: Curve,
    /// Over the distance of the ratio from `fft_hf_ratio_baseline`, as a share of the latter.
    pub hf_ratio_score: Curve,
    /// Over azimuthal variance / `fft_az_variance_max`.
    pub az_variance_score: Curve,
}

/// Numbers of `gradient_kurtosis`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradientParams {
    /// Over the kurtosis itself.
    pub score: Curve,
}

/// Numbers of `chroma_detail`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChromaParams {
    /// Mean distance from grey, in grey levels, under which a face has no colour.
    pub min_chroma: f64,
    /// Over the detail in grey levels.
    pub score: Curve,
}

impl SignalParams {
    /// Checks that every number is in its range.
    pub(crate) fn validate(&self) -> Result<(), CalibrationError> {
        for (key, value) in self.positive_numbers() {
            positive(&format!("signals.{key}"), value)?;
        }
        for (key, value) in self.shares() {
            unit_interval(&format!("signals.{key}"), value)?;
        }
        for (key, curve) in self.curves() {
            curve.validate(&format!("signals.{key}"))?;
        }
        for (key, value) in self.logistic_numbers() {
            // A negative weight would make an attack's logit speak for life.
            let not_negative = !key.ends_with("bias");
            logistic_number(&format!("signals.{key}"), value, not_negative)?;
        }
        Ok(())
    }

    /// Weights and constants of the learned signals.
    fn logistic_numbers(&self) -> [(&'static str, f64); 5] {
        let (pad, synthetic) = (&self.pad_context, &self.synthetic_face);
        [
            ("pad_context.recapture_weight", pad.recapture_weight),
            ("pad_context.bias", pad.bias),
            (
                "synthetic_face.synthesis_weight",
                synthetic.synthesis_weight,
            ),
            ("synthetic_face.bias", synthetic.bias),
            ("learned.min_context", self.learned.min_context),
        ]
    }

    /// Divisors and limits: a zero would make scores that are no numbers.
    fn positive_numbers(&self) -> [(&'static str, f64); 19] {
        [
            ("min_blur_variance", self.min_blur_variance),
            ("min_ear", self.min_ear),
            ("max_yaw_deg", self.max_yaw_deg),
            ("max_pitch_deg", self.max_pitch_deg),
            ("min_face_area_ratio", self.min_face_area_ratio),
            ("max_asymmetry", self.max_asymmetry),
            (
                "lbp_dominant_bin_spoof_threshold",
                self.lbp_dominant_bin_spoof_threshold,
            ),
            ("fft_kurtosis_max", self.fft_kurtosis_max),
            ("fft_hf_ratio_baseline", self.fft_hf_ratio_baseline),
            ("fft_az_variance_max", self.fft_az_variance_max),
            (
                "eye_aspect_ratio.max_yaw_deg",
                self.eye_aspect_ratio.max_yaw_deg,
            ),
            (
                "eye_aspect_ratio.min_inter_eye_distance_px",
                self.eye_aspect_ratio.min_inter_eye_distance_px,
            ),
            ("head_pose.max_roll_deg", self.head_pose.max_roll_deg),
            ("chroma_detail.min_chroma", self.chroma_detail.min_chroma),
            ("learned.min_face_side_px", self.learned.min_face_side_px),
            ("learned.max_yaw_deg", self.learned.max_yaw_deg),
            ("learned.max_pitch_deg", self.learned.max_pitch_deg),
            ("learned.max_roll_deg", self.learned.max_roll_deg),
            (
                "facial_symmetry.max_yaw_deg",
                self.facial_symmetry.max_yaw_deg,
            ),
        ]
    }

    fn shares(&self) -> [(&'static str, f64); 14] {
        let exif = &self.exif_metadata;
        let fft = &self.fft_deepfake;
        [
            ("min_ear", self.min_ear),
            ("min_face_area_ratio", self.min_face_area_ratio),
            (
                "lbp_dominant_bin_spoof_threshold",
                self.lbp_dominant_bin_spoof_threshold,
            ),
            ("fft_hf_ratio_baseline", self.fft_hf_ratio_baseline),
            (
                "face_area_ratio.max_face_area_ratio",
                self.face_area_ratio.max_face_area_ratio,
            ),
            (
                "lbp_texture.entropy_weight",
                self.lbp_texture.entropy_weight,
            ),
            ("exif_metadata.absent", exif.absent),
            ("exif_metadata.no_camera", exif.no_camera),
            ("exif_metadata.camera", exif.camera),
            ("exif_metadata.optical_tag", exif.optical_tag),
            ("exif_metadata.spoof_software", exif.spoof_software),
            ("fft_deepfake.kurtosis_weight", fft.kurtosis_weight),
            ("fft_deepfake.hf_ratio_weight", fft.hf_ratio_weight),
            (
                "fft_deepfake.kurtosis_weight + hf_ratio_weight",
                fft.kurtosis_weight + fft.hf_ratio_weight,
            ),
        ]
    }

    fn curves(&self) -> [(&'static str, &Curve); 12] {
        [
            ("sharpness.score", &self.sharpness.score),
            ("eye_aspect_ratio.score", &self.eye_aspect_ratio.score),
            ("head_pose.score", &self.head_pose.score),
            ("face_area_ratio.score", &self.face_area_ratio.score),
            ("facial_symmetry.score", &self.facial_symmetry.score),
            ("lbp_texture.entropy_score", &self.lbp_texture.entropy_score),
            (
                "lbp_texture.dominant_bin_score",
                &self.lbp_texture.dominant_bin_score,
            ),
            (
                "fft_deepfake.kurtosis_score",
                &self.fft_deepfake.kurtosis_score,
            ),
            (
                "fft_deepfake.hf_ratio_score",
                &self.fft_deepfake.hf_ratio_score,
            ),
            (
                "fft_deepfake.az_variance_score",
                &self.fft_deepfake.az_variance_score,
            ),
            ("gradient_kurtosis.score", &self.gradient_kurtosis.score),
            ("chroma_detail.score", &self.chroma_detail.score),
        ]
    }
}
