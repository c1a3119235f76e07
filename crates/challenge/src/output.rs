//! What a session tells after each event. Nothing here names a step before its turn.

use serde::{Deserialize, Serialize};

use crate::digits::{Measured, Unheard};
use crate::light::LightMatch;
use crate::{Action, StepKind};

/// The state of a session as the page may know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// What is asked now; `None` while the face comes to rest and after the end.
    pub prompt: Option<Prompt>,
    /// What the person should do about the picture.
    pub guidance: Option<Guidance>,
    /// How far the session is.
    pub progress: Progress,
    /// The end, once it is there.
    pub outcome: Option<Outcome>,
}

/// What is asked now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// Index of the step, which `Shown`, `Heard` and `Skipped` name.
    pub step: usize,
    /// What to do.
    pub action: Action,
    /// How long after it is shown the answer may be complete.
    pub window_ms: u64,
    /// Whether the person may leave it out.
    pub may_skip: bool,
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps that are done.
    pub done: usize,
    /// Steps altogether.
    pub total: usize,
}

/// Codes of the live guidance, for the page to translate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guidance {
    /// No face is seen.
    FaceLost,
    /// More than one face is seen.
    SeveralFaces,
    /// The face is too small.
    TooFar,
    /// The face fills the frame.
    TooClose,
    /// The face is too dark.
    TooDark,
    /// The face is too bright.
    TooBright,
    /// Look straight into the camera with the mouth closed.
    FaceForward,
    /// Keep still.
    HoldStill,
    /// The movement goes the right way and not yet far enough.
    Further,
    /// The movement went too far.
    LessFar,
    /// Another movement than the one asked.
    WrongMovement,
    /// Far enough: stay there.
    KeepThere,
    /// Once more.
    OnceMore,
    /// The step is done: come back to rest.
    ComeBack,
}

/// Why one step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepFailure {
    /// The answer began before a human could have reacted to the prompt.
    ImpossibleReaction,
    /// Nothing was done in the window.
    NoReaction,
    /// What was done was not complete in the window.
    TooLate,
    /// Other movements than the one asked, more often than is forgiven.
    WrongMovement,
    /// The face jumped from one pose to another, more often than is forgiven.
    Discontinuous,
    /// The face did not come back to rest.
    NotReturned,
    /// Other digits than those asked.
    WrongDigits,
    /// The lips stood still or went against the sound.
    LipsDoNotFollow,
    /// Nothing could be heard.
    NotHeard(Unheard),
    /// The face did not throw back the colours that were shown.
    LightDoesNotMatch,
    /// The response to the light was too weak to say anything.
    LightTooWeak,
}

/// Why a session ended without the fault of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionFailure {
    /// The face left the picture.
    FaceLost,
    /// A second face came into the picture.
    SecondFace,
    /// Somebody else came before the camera.
    IdentityChanged,
    /// No frames came any more.
    StreamStopped,
    /// The face did not come to rest before a prompt.
    NeverAtRest,
    /// The page did not show the prompt.
    PromptNotShown,
    /// The whole session took too long.
    SessionTooLong,
    /// An event for a step whose turn it is not.
    EventOutOfOrder,
    /// An event from before the last one.
    ClockRanBackwards,
    /// The person or the caller ended the session.
    Aborted,
}

impl StepFailure {
    /// The word used in results; what was not heard has the word of its cause.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ImpossibleReaction => "impossible_reaction",
            Self::NoReaction => "no_reaction",
            Self::TooLate => "too_late",
            Self::WrongMovement => "wrong_movement",
            Self::Discontinuous => "discontinuous",
            Self::NotReturned => "not_returned",
            Self::WrongDigits => "wrong_digits",
            Self::LipsDoNotFollow => "lips_do_not_follow",
            Self::NotHeard(why) => why.as_str(),
            Self::LightDoesNotMatch => "light_does_not_match",
            Self::LightTooWeak => "light_too_weak",
        }
    }
}

impl SessionFailure {
    /// The word used in results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FaceLost => "face_lost",
            Self::SecondFace => "second_face",
            Self::IdentityChanged => "identity_changed",
            Self::StreamStopped => "stream_stopped",
            Self::NeverAtRest => "never_at_rest",
            Self::PromptNotShown => "prompt_not_shown",
            Self::SessionTooLong => "session_too_long",
            Self::EventOutOfOrder => "event_out_of_order",
            Self::ClockRanBackwards => "clock_ran_backwards",
            Self::Aborted => "aborted",
        }
    }
}

impl Failure {
    /// The word used in results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Step(why) => why.as_str(),
            Self::Session(why) => why.as_str(),
        }
    }
}

/// Why a session failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// A step failed; its report tells more.
    Step(StepFailure),
    /// The session failed as such.
    Session(SessionFailure),
}

/// How one step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepResult {
    /// Answered.
    Passed,
    /// Left out by the person, or because nothing could be heard where that is allowed.
    Skipped,
    /// Asked without effect on the outcome, and not answered.
    NotAssessed(StepFailure),
    /// Failed.
    Failed(StepFailure),
}

/// How one step went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// Index of the step.
    pub step: usize,
    /// What was asked.
    pub kind: StepKind,
    /// How it ended.
    pub result: StepResult,
    /// From the prompt shown to the beginning of the answer.
    pub reaction_ms: Option<u64>,
    /// The digits heard against those asked, for that step.
    pub alignment: Option<Measured>,
    /// The lips against the sound, for that step.
    pub lips: Option<Measured>,
    /// The colours thrown back, for that step.
    pub light: Option<LightMatch>,
}

impl StepReport {
    pub(crate) fn new(step: usize, kind: StepKind, result: StepResult) -> Self {
        Self {
            step,
            kind,
            result,
            reaction_ms: None,
            alignment: None,
            lips: None,
            light: None,
        }
    }
}

/// The end of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whether every step was answered.
    pub passed: bool,
    /// Why not.
    pub failure: Option<Failure>,
    /// The steps whose turn came.
    pub steps: Vec<StepReport>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_result_is_the_serde_word() {
        let word = |failure: &Failure| match serde_json::to_value(failure).unwrap() {
            serde_json::Value::Object(map) => map.into_values().next().unwrap(),
            other => other,
        };
        for why in [
            StepFailure::ImpossibleReaction,
            StepFailure::NoReaction,
            StepFailure::TooLate,
            StepFailure::WrongMovement,
            StepFailure::Discontinuous,
            StepFailure::NotReturned,
            StepFailure::WrongDigits,
            StepFailure::LipsDoNotFollow,
            StepFailure::LightDoesNotMatch,
            StepFailure::LightTooWeak,
        ] {
            assert_eq!(word(&Failure::Step(why)), why.as_str());
        }
        for why in [
            SessionFailure::FaceLost,
            SessionFailure::SecondFace,
            SessionFailure::IdentityChanged,
            SessionFailure::StreamStopped,
            SessionFailure::NeverAtRest,
            SessionFailure::PromptNotShown,
            SessionFailure::SessionTooLong,
            SessionFailure::EventOutOfOrder,
            SessionFailure::ClockRanBackwards,
            SessionFailure::Aborted,
        ] {
            assert_eq!(word(&Failure::Session(why)), why.as_str());
        }
        for why in [
            Unheard::NoMicrophone,
            Unheard::NoRecogniser,
            Unheard::Silence,
            Unheard::TooShort,
        ] {
            let word = serde_json::to_value(why).unwrap();
            assert_eq!(word, StepFailure::NotHeard(why).as_str());
        }
    }
}
