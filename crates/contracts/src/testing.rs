//! What the tests of several contracts need.

use lifesign_domain::{CheckResult, ClipResult, ReasonCode, Verdict};

use crate::{Checked, Reply};

/// A check of a picture with one face.
pub(crate) fn checked(verdict: Verdict, confidence: f64, reasons: &[ReasonCode]) -> Checked {
    Checked {
        result: CheckResult {
            verdict,
            confidence,
            threshold: 0.58,
            face_detected: true,
            signals: Vec::new(),
            profile: "ensemble".to_owned(),
            calibration: "1".to_owned(),
            face_count: 1,
            face: None,
            quality: Vec::new(),
            reasons: reasons.iter().copied().map(Into::into).collect(),
        },
        pictures: None,
    }
}

/// A check of a picture without a face.
pub(crate) fn no_face() -> Checked {
    let mut checked = checked(Verdict::Inconclusive, 0.0, &[ReasonCode::NoFace]);
    checked.result.face_detected = false;
    checked.result.face_count = 0;
    checked
}

/// A check of a clip.
pub(crate) fn clip(verdict: Verdict, confidence: f64, faces: usize) -> ClipResult {
    ClipResult {
        verdict,
        confidence,
        threshold: 0.58,
        face_detected: faces > 0,
        profile: "ensemble".to_owned(),
        calibration: "1".to_owned(),
        duration_s: 3.0,
        frame_count: 36,
        frames: Vec::new(),
        signals: Vec::new(),
        reasons: Vec::new(),
        timeline: Vec::new(),
    }
}

/// The body of an answer.
pub(crate) fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body().clone()).unwrap()
}
