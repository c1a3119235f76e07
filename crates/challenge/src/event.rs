//! What happens in a session. All times are milliseconds of one clock of the server, taken when the message
//! arrived: the page's clock can be set by an attacker, and prompt and frames come by the same connection, so
//! their delays cancel.

use lifesign_domain::PoseDegrees;
use serde::{Deserialize, Serialize};

use crate::digits::Measured;
use crate::limits::NeutralLimits;
use crate::neutral::unrest;

/// One event of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The page has shown the prompt of a step.
    Shown {
        /// Index of the step.
        step: usize,
        /// When.
        at: u64,
    },
    /// A frame was measured.
    Observed {
        /// When the frame arrived.
        at: u64,
        /// What it shows.
        observation: Observation,
    },
    /// The answer of a digits step was judged.
    Heard {
        /// Index of the step.
        step: usize,
        /// When the judgement was ready.
        at: u64,
        /// What was heard.
        speech: Speech,
    },
    /// The person leaves a digits step out.
    Skipped {
        /// Index of the step.
        step: usize,
        /// When.
        at: u64,
    },
    /// Time went by.
    Tick {
        /// Now.
        at: u64,
    },
    /// The person or the caller ended the session.
    Aborted {
        /// When.
        at: u64,
    },
}

impl Event {
    /// When the event happened.
    pub const fn at(&self) -> u64 {
        match self {
            Self::Shown { at, .. }
            | Self::Observed { at, .. }
            | Self::Heard { at, .. }
            | Self::Skipped { at, .. }
            | Self::Tick { at }
            | Self::Aborted { at } => *at,
        }
    }
}

/// What one frame shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Faces found.
    pub faces: u32,
    /// Whether the face is the one that the session began with; `None` where it was not compared.
    pub same_person: Option<bool>,
    /// Measures of the largest face, `None` where they failed.
    pub face: Option<FaceMeasures>,
}

/// Measures of a face.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaceMeasures {
    /// Rotation of the head, in the image as the camera gives it, not mirrored.
    pub pose: PoseDegrees,
    /// Eye aspect ratios.
    pub eye_openness: [f64; 2],
    /// Distance of the inner lips over the height of the face.
    pub mouth_opening: f64,
    /// Any measure above 0 that rises in proportion with a smile and does not depend on the face's size,
    /// for instance the mouth's width over the distance of the eyes.
    pub smile: f64,
    /// Distance of the eyes over the frame's width, best corrected for yaw.
    pub eye_distance: f64,
    /// Mean colour of the skin, each channel 0 to 255.
    pub skin_colour: Option<[f64; 3]>,
}

impl FaceMeasures {
    /// Whether every figure can be reckoned with; a face that fails this counts as not measured.
    pub(crate) fn is_usable(&self) -> bool {
        let figures = [
            self.pose.yaw,
            self.pose.pitch,
            self.pose.roll,
            self.mouth_opening,
        ];
        let positive = [self.smile, self.eye_distance];
        figures.iter().all(|v| v.is_finite())
            && self.eye_openness.iter().all(|v| v.is_finite() && *v >= 0.0)
            && positive.iter().all(|v| v.is_finite() && *v > 0.0)
    }

    /// Whether the face may be at rest whatever it did before: lit, neither far nor near, looking straight ahead with
    /// the mouth closed.
    pub fn is_at_rest(&self, limits: &NeutralLimits) -> bool {
        unrest(self, limits).is_none()
    }

    /// Colour of the skin if it is a colour.
    pub(crate) fn colour(&self) -> Option<[f64; 3]> {
        self.skin_colour
            .filter(|c| c.iter().all(|v| (0.0..=255.0).contains(v)))
    }

    /// The wider eye: a wink is not a blink.
    pub(crate) fn eyes(&self) -> f64 {
        let [left, right] = self.eye_openness;
        left.max(right)
    }
}

/// What a microphone gave in answer to the digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speech {
    /// When the first word that counts began, on the clock of the events; `None` if there was none. Talk in
    /// the background from before the prompt must not be taken for it: it would be an impossible reaction.
    pub started_at: Option<u64>,
    /// The digits heard against the digits asked, see [`crate::digits::align`].
    pub alignment: Measured,
    /// The lips against the sound, see [`crate::digits::lips`].
    pub lips: Measured,
}
