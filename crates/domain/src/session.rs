//! An active session: a person is asked for a few things before the camera, and what came of it.

use serde::{Deserialize, Serialize};

use crate::{Reason, SignalReport, Verdict};

/// Where an active session stands. The last four are its end; a session that has ended never changes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Made; nobody has opened the link.
    Created,
    /// A page is capturing.
    InProgress,
    /// Everything was captured; it is being judged.
    Processing,
    /// Every step was answered by a living person: the verdict is LIVE. How far the face matches the
    /// reference images stands beside it and does not decide.
    Succeeded,
    /// Captured, and not LIVE.
    Failed,
    /// Not captured in time.
    Expired,
    /// Ended by the caller.
    Cancelled,
}

impl SessionState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::InProgress,
        Self::Processing,
        Self::Succeeded,
        Self::Failed,
        Self::Expired,
        Self::Cancelled,
    ];

    /// The word used on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::InProgress => "in_progress",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the session is over.
    pub const fn is_end(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Expired | Self::Cancelled
        )
    }
}

/// What a captured session told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionResult {
    /// The decision. LIVE only where every step was answered.
    pub verdict: Verdict,
    /// Aggregate liveness in [0, 1] of the frames and of what they show over time.
    pub confidence: f64,
    /// The decision threshold that was applied.
    pub threshold: f64,
    /// Whether every step that counts was answered.
    pub challenge_passed: bool,
    /// Why the challenge was not passed, by the words of docs/CHALLENGE.md.
    pub failure: Option<String>,
    /// The steps whose turn came, in their order.
    pub steps: Vec<SessionStep>,
    /// One for each reference image, in the caller's order.
    pub face_matches: Vec<FaceMatch>,
    /// What was said.
    pub audio: AudioMatch,
    /// The footage stands still or repeats itself.
    pub static_risk: bool,
    /// The footage was not taken during the session: impossible timing, frames seen before, flicker of a
    /// screen, marks of a virtual camera.
    pub prerecorded_risk: bool,
    /// One entry for the judged frames together (`still`), then one for each signal over time.
    pub signals: Vec<SignalReport>,
    /// Why the verdict is not better, each with guidance.
    pub reasons: Vec<Reason>,
    /// Profile by which the frames were judged.
    pub profile: String,
    /// Versions of the calibrations that decided.
    pub calibration: String,
    /// Seconds from the first frame to the last.
    pub duration_s: f64,
    /// Frames that were looked at.
    pub frame_count: usize,
}

/// How one step of the challenge went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionStep {
    /// What was asked, for instance `turn_left`.
    pub kind: String,
    /// `passed`, `skipped`, `not_assessed` or `failed`.
    pub result: String,
    /// Why it was not passed.
    pub reason: Option<String>,
    /// From the prompt shown to the beginning of the answer, in milliseconds.
    pub reaction_ms: Option<u64>,
}

/// How far the captured face is that of a reference image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaceMatch {
    /// Similarity from 0 to 100 of the best matching frame; 50 is the distance that the embedder's authors
    /// publish.
    pub score: u8,
    /// Spread of the score: its standard deviation over the matched frames, in points of the score.
    pub covariance: f64,
    /// Whether the score reaches the operating point (`min_match_score` of the calibration).
    pub same_person: bool,
    /// Which of the kept frames matches best; `None` where no frame could be compared.
    pub best_frame: Option<usize>,
}

/// What was said, against what was asked and against the lips.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioMatch {
    /// 0 to 100 from words and lips together; `None` where nothing was asked or could be heard.
    pub score: Option<u8>,
    /// Why there is no score, for instance `skipped`, `no_microphone` or `no_recogniser`.
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_word_is_the_serde_word() {
        for state in SessionState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
