//! The outcome of one check of one video clip.

use serde::{Deserialize, Serialize};

use crate::{PoseDegrees, Reason, ReasonCode, SignalReport, Verdict};

/// The answer to one check of a clip: the `result` object of the native API's video route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipResult {
    /// The decision.
    pub verdict: Verdict,
    /// Aggregate liveness in [0, 1].
    pub confidence: f64,
    /// The decision threshold that was applied.
    pub threshold: f64,
    /// Whether a face was located in any frame.
    pub face_detected: bool,
    /// Profile by which the frames were judged.
    pub profile: String,
    /// Versions of the calibrations that decided, still and temporal, joined by a blank.
    pub calibration: String,
    /// Seconds from the first frame to the last.
    pub duration_s: f64,
    /// Frames that were looked at.
    pub frame_count: usize,
    /// The frames that were judged in full, in order of time.
    pub frames: Vec<ClipFrameResult>,
    /// One entry for the judged frames together (`still`), then one for each signal over time.
    pub signals: Vec<SignalReport>,
    /// Why the verdict is not better, each with guidance. Empty if all is well.
    pub reasons: Vec<Reason>,
    /// What was measured from frame to frame, in order of time.
    pub timeline: Vec<ClipMoment>,
}

/// A frame that was judged in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipFrameResult {
    /// Presentation time in seconds.
    pub at_s: f64,
    /// What the frame alone would be called.
    pub verdict: Verdict,
    /// Its liveness in [0, 1].
    pub confidence: f64,
    /// What is wrong with it.
    pub reasons: Vec<ReasonCode>,
}

/// A moment of a clip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClipMoment {
    /// Presentation time in seconds.
    pub at_s: f64,
    /// Rotation of the head; absent without a face.
    pub pose: Option<PoseDegrees>,
    /// Mean eye aspect ratio of both eyes; absent without a face.
    pub eye_aspect_ratio: Option<f64>,
    /// Opening of the mouth, see docs/SIGNALS.md; absent without a face.
    pub mouth_opening: Option<f64>,
}
