//! The outcome of one check of one face image.

use serde::{Deserialize, Serialize};

use crate::{QualityComponent, Reason, SignalReport};

/// What a check says about the presentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Consistent with a bona fide presentation: a living person before the camera.
    Live,
    /// Consistent with a presentation attack.
    Spoof,
    /// No decision; the person should retake the picture.
    Inconclusive,
}

impl Verdict {
    /// The word used on the wire and on the terminal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "LIVE",
            Self::Spoof => "SPOOF",
            Self::Inconclusive => "INCONCLUSIVE",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// An axis-aligned rectangle in pixels of the upright image; the origin is the top left corner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaceBox {
    /// Left edge, may be negative where the face leaves the image.
    pub x: f64,
    /// Top edge, may be negative where the face leaves the image.
    pub y: f64,
    /// Width, never negative.
    pub width: f64,
    /// Height, never negative.
    pub height: f64,
}

/// Head rotation in degrees; all three are 0 for a face that looks straight into the camera.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoseDegrees {
    /// Positive when the person turns towards the right edge of the image.
    pub yaw: f64,
    /// Positive when the person looks up.
    pub pitch: f64,
    /// Positive when the head tilts clockwise as seen in the image.
    pub roll: f64,
}

/// The judged face: the largest one found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaceSummary {
    /// Extent of the face mesh.
    #[serde(rename = "box")]
    pub bounds: FaceBox,
    /// Detector confidence in [0, 1].
    pub detection_score: f64,
    /// Confidence of the mesh model that its crop holds a face, in [0, 1].
    pub presence: f64,
    /// Head rotation.
    pub pose: PoseDegrees,
    /// Estimated distance from the camera in centimetres, for an assumed field of view.
    pub distance_cm: f64,
}

impl CheckResult {
    /// The signals for people: what counts most comes first, the rest in the order of the profile.
    pub fn signals_by_weight(&self) -> Vec<&SignalReport> {
        let mut signals = Vec::from_iter(&self.signals);
        signals.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        signals
    }
}

/// The answer to one check: the `result` object of the native API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The decision.
    pub verdict: Verdict,
    /// Aggregate liveness in [0, 1]: the weighted sum of the signals' scores.
    pub confidence: f64,
    /// The decision threshold that was applied.
    pub threshold: f64,
    /// Whether a face was located.
    pub face_detected: bool,
    /// One entry for each signal of the profile; empty without a face.
    pub signals: Vec<SignalReport>,
    /// Profile that decided, for instance `classic`.
    pub profile: String,
    /// Version of the calibration that decided.
    pub calibration: String,
    /// Number of faces found.
    pub face_count: usize,
    /// The judged face, if there is one.
    pub face: Option<FaceSummary>,
    /// Image quality components of ISO/IEC 29794-5 that could be measured.
    pub quality: Vec<QualityComponent>,
    /// Why the verdict is not better, each with guidance for a retake. Empty if all is well.
    pub reasons: Vec<Reason>,
}
