//! From the judged frames and what was seen over time to one verdict.

use lifesign_domain::{ReasonCode, Verdict};
use lifesign_engine::{Check, Engine, EngineError};
use lifesign_media::{ExifState, Frame, ImageFormat, Photo};
use lifesign_temporal::{self as temporal, Still, Track};

/// A frame that was judged in full.
pub struct JudgedFrame {
    /// Its time in seconds.
    pub at_s: f64,
    /// What was found, with what explanation pictures are drawn from.
    pub check: Check,
}

/// Judges one frame like a photograph that says nothing about its origin.
///
/// # Errors
/// Those of [`Engine::check`].
pub fn judge_frame(
    engine: &Engine,
    at_s: f64,
    frame: Frame,
    profile: &str,
) -> Result<JudgedFrame, EngineError> {
    let photo = Photo {
        size_bytes: frame.rgb().len(),
        frame,
        format: ImageFormat::Png,
        exif: ExifState::Absent,
    };
    let check = engine.check(photo, profile)?;
    Ok(JudgedFrame { at_s, check })
}

impl JudgedFrame {
    /// What the frame says, if it has a face and enough could be measured.
    pub fn still(&self) -> Option<Still> {
        let result = &self.check.result;
        let undecided = |code| result.reasons.iter().any(|reason| reason.code == code);
        let usable = result.face_detected && !undecided(ReasonCode::NotEnoughSignals);
        usable.then_some(Still {
            at_s: self.at_s,
            confidence: result.confidence,
        })
    }
}

/// The verdict of the track and of what its judged frames say; `jumps` counts faces that appeared where
/// none was near.
pub fn over_time(
    engine: &Engine,
    calibration: &temporal::Calibration,
    track: &Track,
    stills: &[Still],
    jumps: usize,
) -> temporal::ClipResult {
    let decision = &engine.calibration().decision;
    let mut judged = temporal::judge(
        &temporal::Clip { track, stills },
        calibration,
        &temporal::Decision {
            live_threshold: decision.live_threshold,
            inconclusive_margin: decision.inconclusive_margin,
        },
    );
    if jumps > 0 {
        hold_back(&mut judged, ReasonCode::FaceChanged);
    }
    // What stands still tells nothing over time, and a picture held before the camera stands
    // still: without motion or a blink to measure there is no LIVE.
    let moved = judged
        .signals
        .iter()
        .any(|signal| signal.assessed && matches!(signal.name.as_str(), "micro_motion" | "blink"));
    if !moved && judged.verdict == Verdict::Live {
        hold_back(&mut judged, ReasonCode::NotEnoughSignals);
    }
    judged
}

/// Adds a reason for which there is no LIVE.
fn hold_back(judged: &mut temporal::ClipResult, code: ReasonCode) {
    if !judged.reasons.iter().any(|reason| reason.code == code) {
        judged.reasons.push(code.into());
    }
    if judged.verdict == Verdict::Live {
        judged.verdict = Verdict::Inconclusive;
    }
}
