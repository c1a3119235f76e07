//! The one versioned file that holds every number that decides.

use std::collections::BTreeMap;

use lifesign_domain::{ConfidenceMap, Fusion, OPERATING_POINT};
use serde::{Deserialize, Serialize};

use crate::signals::{self, SignalParams};

/// How far the weights of a profile may miss a sum of 1.
const WEIGHT_SUM_TOLERANCE: f64 = 1e-9;

/// Everything that decides, with the version that a verdict reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Reported with every verdict; changes with every number below.
    pub version: String,
    /// From confidence to verdict.
    pub decision: Decision,
    /// From detector output to faces.
    pub detection: DetectionParams,
    /// From quality components to reasons.
    pub quality: QualityParams,
    /// From measurements to scores.
    pub signals: SignalParams,
    /// From the similarity of two faces to one person or two.
    pub matching: MatchingParams,
    /// From scores to confidence, by profile name.
    pub profiles: BTreeMap<String, Profile>,
}

/// From confidence to verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Confidence that separates LIVE from SPOOF.
    pub live_threshold: f64,
    /// Half width of the INCONCLUSIVE band around the threshold.
    pub inconclusive_margin: f64,
    /// Share of the profile's weight that must be computable for a decision.
    pub min_assessed_weight: f64,
}

/// From detector output to faces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectionParams {
    /// Detector confidence under which a candidate is no face.
    pub min_face_confidence: f64,
    /// Confidence of the mesh model under which a candidate is no face.
    pub min_face_presence: f64,
    /// Of more candidates than this only the largest are looked at.
    pub max_faces: usize,
}

/// From the similarity of two faces to one person or two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchingParams {
    /// Score from 0 to 100 from which on two faces count as one person.
    pub min_match_score: f64,
}

/// Limits of the quality components; beyond them a reason is reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityParams {
    /// Distance between the eyes in pixels under which a face is too small.
    pub min_inter_eye_distance_px: f64,
    /// Share of the image's width or height over which a face is too large.
    pub max_head_size: f64,
    /// Share of the mesh outside the image over which a face is cropped.
    pub max_face_cropped: f64,
    /// Yaw in degrees, to either side, over which a head is turned away.
    pub max_yaw_deg: f64,
    /// Pitch in degrees, up or down, over which a head is turned away.
    pub max_pitch_deg: f64,
    /// Roll in degrees, to either side, over which a head is turned away.
    pub max_roll_deg: f64,
    /// Mean luma of the face, as a share of the full range, under which it is too dark.
    pub min_luminance_mean: f64,
    /// Mean luma of the face, as a share of the full range, over which it is too bright.
    pub max_luminance_mean: f64,
    /// Share of black skin pixels over which a face is too dark.
    pub max_under_exposure: f64,
    /// Share of blown-out skin pixels over which a face is too bright.
    pub max_over_exposure: f64,
    /// Luma of the darker half of the face over the brighter half's, under which light is uneven.
    pub min_illumination_uniformity: f64,
    /// Normalised Laplacian variance under which a face is blurred.
    pub min_sharpness: f64,
    /// Probability of eyes without dark glasses under which they are covered.
    pub min_eyes_visible: f64,
    /// Probability of a mouth without a mask under which it is covered.
    pub min_mouth_occlusion_prevention: f64,
    /// Probability of a face without hand or thing before it under which it is covered.
    pub min_face_occlusion_prevention: f64,
    /// Probability of a bare head under which it is covered.
    pub min_no_head_coverings: f64,
    /// Opening of the inner lips, as a share of the distance from eyes to chin, over which a
    /// mouth is open.
    pub max_mouth_opening: f64,
    /// Where the eyes look.
    pub gaze: GazeParams,
}

/// The eye as the gaze is measured on it, in centimetres of a face of mean size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GazeParams {
    /// Angle in degrees between line of sight and camera over which the eyes look away.
    pub max_deg: f64,
    /// Distance from the eye's centre of rotation to the iris.
    pub radius_cm: f64,
    /// How far that centre is seen behind the corners of the eye.
    pub centre_depth_cm: f64,
    /// How far that centre is seen below the corners of the eye; negative above.
    pub centre_drop_cm: f64,
}

impl QualityParams {
    fn validate(&self) -> Result<(), CalibrationError> {
        for (key, value) in [
            (
                "quality.min_inter_eye_distance_px",
                self.min_inter_eye_distance_px,
            ),
            ("quality.max_head_size", self.max_head_size),
            ("quality.max_yaw_deg", self.max_yaw_deg),
            ("quality.max_pitch_deg", self.max_pitch_deg),
            ("quality.max_roll_deg", self.max_roll_deg),
            ("quality.min_sharpness", self.min_sharpness),
            ("quality.gaze.max_deg", self.gaze.max_deg),
            ("quality.gaze.radius_cm", self.gaze.radius_cm),
        ] {
            positive(key, value)?;
        }
        for (key, value) in [
            ("quality.max_face_cropped", self.max_face_cropped),
            ("quality.min_luminance_mean", self.min_luminance_mean),
            ("quality.max_luminance_mean", self.max_luminance_mean),
            ("quality.max_under_exposure", self.max_under_exposure),
            ("quality.max_over_exposure", self.max_over_exposure),
            (
                "quality.min_illumination_uniformity",
                self.min_illumination_uniformity,
            ),
            ("quality.min_eyes_visible", self.min_eyes_visible),
            (
                "quality.min_mouth_occlusion_prevention",
                self.min_mouth_occlusion_prevention,
            ),
            (
                "quality.min_face_occlusion_prevention",
                self.min_face_occlusion_prevention,
            ),
            ("quality.min_no_head_coverings", self.min_no_head_coverings),
            ("quality.max_mouth_opening", self.max_mouth_opening),
        ] {
            unit_interval(key, value)?;
        }
        for (key, value) in [
            ("quality.gaze.centre_depth_cm", self.gaze.centre_depth_cm),
            ("quality.gaze.centre_drop_cm", self.gaze.centre_drop_cm),
        ] {
            let inside_a_head = (-2.0..=2.0).contains(&value);
            in_range(key, value, inside_a_head, "in [-2, 2]")?;
        }
        Ok(())
    }
}

/// A named way to weigh signals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// How weighed scores become the fused score.
    #[serde(default)]
    pub fusion: Fusion,
    /// Fused score that becomes a confidence of [`OPERATING_POINT`], in (0, 1); without
    /// one the fused score itself is the confidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operating_score: Option<f64>,
    /// Signals of the profile without which there is no decision, however much of the weight
    /// the others have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// Weight of each signal of the profile; they sum to 1.
    pub weights: BTreeMap<String, f64>,
}

/// A calibration file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// Not the expected TOML; the text names line and key.
    #[error("calibration does not parse: {0}")]
    Parse(#[from] Box<toml::de::Error>),
    /// A number is outside its range.
    #[error("calibration: {key} is {value}, must be {accepted}")]
    OutOfRange {
        /// Dotted key.
        key: String,
        /// What the file says.
        value: f64,
        /// What would be accepted.
        accepted: &'static str,
    },
    /// A profile weighs a signal that does not exist.
    #[error("calibration: profile `{profile}` weighs unknown signal `{signal}`; known: {known}")]
    UnknownSignal {
        /// Profile name.
        profile: String,
        /// The unknown name.
        signal: String,
        /// All signal names, comma separated.
        known: String,
    },
    /// A profile requires a signal that it does not weigh, whose absence nobody would see.
    #[error(
        "calibration: profile `{profile}` requires `{signal}`, which it does not weigh; it weighs: {weighed}"
    )]
    RequiredNotWeighed {
        /// Profile name.
        profile: String,
        /// The signal that is required.
        signal: String,
        /// The signals that the profile weighs, comma separated.
        weighed: String,
    },
    /// The weights of a profile do not sum to 1.
    #[error("calibration: weights of profile `{profile}` sum to {sum}, must be 1")]
    WeightSum {
        /// Profile name.
        profile: String,
        /// The sum found.
        sum: f64,
    },
}

impl Calibration {
    /// The calibration that ships inside the binary.
    ///
    /// # Panics
    /// Never in a build whose tests pass: the embedded file is parsed by them.
    pub fn embedded() -> Self {
        Self::from_toml(include_str!("../calibration/default.toml"))
            .unwrap_or_else(|e| panic!("embedded calibration is invalid: {e}. This is a bug"))
    }

    /// Parses and validates a calibration file.
    ///
    /// # Errors
    /// On unknown or missing keys, numbers out of range, unknown signals and weights that do not
    /// sum to 1.
    pub fn from_toml(text: &str) -> Result<Self, CalibrationError> {
        let calibration: Self = toml::from_str(text).map_err(Box::new)?;
        calibration.validate()?;
        Ok(calibration)
    }

    /// Checks ranges, names and sums; call it after changing fields by hand.
    ///
    /// # Errors
    /// See [`Calibration::from_toml`].
    pub fn validate(&self) -> Result<(), CalibrationError> {
        self.validate_with(&[])
    }

    /// Like [`Calibration::validate`] where there are signals besides the built-in ones.
    ///
    /// # Errors
    /// See [`Calibration::from_toml`].
    pub fn validate_with(&self, more_signals: &[&str]) -> Result<(), CalibrationError> {
        for (key, value) in [
            ("decision.live_threshold", self.decision.live_threshold),
            (
                "decision.inconclusive_margin",
                self.decision.inconclusive_margin,
            ),
            (
                "decision.min_assessed_weight",
                self.decision.min_assessed_weight,
            ),
            (
                "detection.min_face_confidence",
                self.detection.min_face_confidence,
            ),
            (
                "detection.min_face_presence",
                self.detection.min_face_presence,
            ),
        ] {
            unit_interval(key, value)?;
        }
        positive("detection.max_faces", self.detection.max_faces as f64)?;
        let score = self.matching.min_match_score;
        let accepted = (0.0..=100.0).contains(&score);
        in_range("matching.min_match_score", score, accepted, "in [0, 100]")?;
        self.quality.validate()?;
        self.signals.validate()?;
        for (name, profile) in &self.profiles {
            profile.validate(name, more_signals)?;
        }
        Ok(())
    }
}

impl Profile {
    /// The confidence of a fused score.
    pub fn confidence(&self, fused: f64) -> f64 {
        match self.operating_score {
            Some(score) => ConfidenceMap::new(score, OPERATING_POINT).apply(fused),
            None => fused,
        }
    }

    fn validate(&self, name: &str, more_signals: &[&str]) -> Result<(), CalibrationError> {
        self.validate_weights(name, more_signals)?;
        if let Some(score) = self.operating_score {
            // At the lowest fused score there is nothing that would still be a spoof.
            let (accepted, range) = match self.fusion {
                Fusion::Mean => (score > 0.0 && score < 1.0, "above 0 and below 1"),
                Fusion::Geometric => (
                    score > self.fusion.lowest() && score < 1.0,
                    "above 0.0001, the lowest geometric mean, and below 1",
                ),
            };
            in_range(
                &format!("profiles.{name}.operating_score"),
                score,
                accepted,
                range,
            )?;
        }
        match self
            .required
            .iter()
            .find(|s| !self.weights.contains_key(*s))
        {
            None => Ok(()),
            Some(signal) => Err(CalibrationError::RequiredNotWeighed {
                profile: name.to_owned(),
                signal: signal.clone(),
                weighed: Vec::from_iter(self.weights.keys().cloned()).join(", "),
            }),
        }
    }

    fn validate_weights(&self, name: &str, more_signals: &[&str]) -> Result<(), CalibrationError> {
        let built_in = signals::names();
        let mut known: Vec<&str> = built_in.iter().map(String::as_str).collect();
        known.extend(more_signals);
        for (signal, &weight) in &self.weights {
            if !known.contains(&signal.as_str()) {
                return Err(CalibrationError::UnknownSignal {
                    profile: name.to_owned(),
                    signal: signal.clone(),
                    known: known.join(", "),
                });
            }
            unit_interval(&format!("profiles.{name}.weights.{signal}"), weight)?;
        }
        let sum: f64 = self.weights.values().sum();
        if (sum - 1.0).abs() > WEIGHT_SUM_TOLERANCE {
            return Err(CalibrationError::WeightSum {
                profile: name.to_owned(),
                sum,
            });
        }
        Ok(())
    }
}

/// Accepts numbers in [0, 1].
pub(crate) fn unit_interval(key: &str, value: f64) -> Result<(), CalibrationError> {
    in_range(key, value, (0.0..=1.0).contains(&value), "in [0, 1]")
}

/// Accepts finite numbers above 0.
pub(crate) fn positive(key: &str, value: f64) -> Result<(), CalibrationError> {
    in_range(key, value, value.is_finite() && value > 0.0, "above 0")
}

/// Accepts finite numbers, where asked only those that are not negative.
pub(crate) fn logistic_number(
    key: &str,
    value: f64,
    not_negative: bool,
) -> Result<(), CalibrationError> {
    if not_negative {
        return in_range(key, value, value.is_finite() && value >= 0.0, "0 or more");
    }
    in_range(key, value, value.is_finite(), "finite")
}

fn in_range(
    key: &str,
    value: f64,
    accepted: bool,
    range: &'static str,
) -> Result<(), CalibrationError> {
    if accepted {
        return Ok(());
    }
    Err(CalibrationError::OutOfRange {
        key: key.to_owned(),
        value,
        accepted: range,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The embedded calibration with a second profile.
    fn with_profile(lines: &str) -> Result<Calibration, CalibrationError> {
        let embedded = include_str!("../calibration/default.toml");
        let weights = "weights = { sharpness = 0.75, head_pose = 0.25 }";
        Calibration::from_toml(&format!(
            "{embedded}\n[profiles.other]\n{lines}\n{weights}\n"
        ))
    }

    fn refusal(lines: &str) -> String {
        with_profile(lines).unwrap_err().to_string()
    }

    #[test]
    fn classic_is_the_mean_without_a_map() {
        let classic = &Calibration::embedded().profiles["classic"];
        assert_eq!(classic.fusion, Fusion::Mean);
        assert_eq!(classic.operating_score, None);
        assert!(classic.required.is_empty());
    }

    #[test]
    fn a_profile_names_its_rule_its_operating_score_and_what_it_requires() {
        let lines = "fusion = \"geometric\"\noperating_score = 0.3\nrequired = [\"sharpness\"]";
        let calibration = with_profile(lines).unwrap();
        let other = &calibration.profiles["other"];
        assert_eq!(other.fusion, Fusion::Geometric);
        let confidence = other.confidence(0.3);
        assert!((confidence - OPERATING_POINT).abs() < 1e-12);
        let text = toml::to_string(&calibration).unwrap();
        assert_eq!(Calibration::from_toml(&text).unwrap(), calibration);
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        assert_eq!(
            refusal("operating_score = 1.0"),
            "calibration: profiles.other.operating_score is 1, must be above 0 and below 1"
        );
        // Every geometric mean would be at or above it, and so LIVE.
        assert!(
            refusal("fusion = \"geometric\"\noperating_score = 0.0001").contains("above 0.0001")
        );
        assert!(refusal("operating_score = nan").contains("operating_score"));
        assert_eq!(
            refusal("required = [\"lbp_texture\"]"),
            "calibration: profile `other` requires `lbp_texture`, which it does not weigh; it \
             weighs: head_pose, sharpness"
        );
        assert!(refusal("fusion = \"harmonic\"").contains("geometric"));
    }
}
