//! Scoring spoken digits: what was said against what was asked, and the lips against the sound.

pub mod align;
pub mod lips;

pub use align::score_digits;
pub use lips::score_lips;

use serde::{Deserialize, Serialize};

/// A score, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// 0 to 100.
    Score(u8),
    /// Could not be measured.
    Unavailable(Unheard),
}

impl Measured {
    /// The score, if there is one.
    pub const fn score(self) -> Option<u8> {
        match self {
            Self::Score(score) => Some(score),
            Self::Unavailable(_) => None,
        }
    }

    /// 100 times a part, held to 0 to 100.
    pub(crate) fn of(part: f64) -> Self {
        Self::Score((100.0 * part.clamp(0.0, 1.0)).round() as u8)
    }
}

/// Why something could not be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unheard {
    /// The device has no microphone, or the person did not allow it.
    NoMicrophone,
    /// The server has no recogniser.
    NoRecogniser,
    /// Nothing was said.
    Silence,
    /// Too little sound or too few frames to compare.
    TooShort,
}

impl Unheard {
    /// The word used in results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoMicrophone => "no_microphone",
            Self::NoRecogniser => "no_recogniser",
            Self::Silence => "silence",
            Self::TooShort => "too_short",
        }
    }

    /// Whether a thing is missing rather than an answer.
    pub const fn is_equipment(self) -> bool {
        matches!(self, Self::NoMicrophone | Self::NoRecogniser)
    }
}
