//! One presentation and what the system answered to it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lifesign_domain::Verdict;
use serde::{Deserialize, Serialize};

/// Species of an attack whose instrument the manifest does not name.
pub const UNSPECIFIED_SPECIES: &str = "unspecified";

/// What a presentation truly is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// A bona fide presentation: a living person before the camera.
    Live,
    /// A presentation attack.
    Attack,
}

impl Label {
    /// The word of the manifest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Attack => "attack",
        }
    }
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// One presentation: an image file with its label.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The path as the manifest writes it, or relative to the folder; it names the sample.
    pub path: String,
    /// Where the file lies.
    pub file: PathBuf,
    /// What the presentation truly is.
    pub label: Label,
    /// Attack instrument species in lower case, [`UNSPECIFIED_SPECIES`] where the manifest names
    /// none; empty for a live sample.
    pub species: String,
    /// Every further column with its value, person and source included; empty values are left
    /// out.
    pub groups: BTreeMap<String, String>,
    /// Who is shown. Images of one person are not independent, so that intervals are drawn over
    /// persons.
    pub person: Option<String>,
    /// Which collection the image is from.
    pub source: Option<String>,
}

/// What the system answered to a sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The system gave a score.
    Score {
        /// Aggregate liveness in [0, 1]; higher is more live-like. A value that is not a number
        /// counts as a non-response.
        confidence: f64,
        /// The answer given.
        verdict: Verdict,
        /// Score in [0, 1] of each signal that could be assessed, by name.
        signals: BTreeMap<String, f64>,
    },
    /// The system gave no score, for instance because it found no face; the text says why.
    NonResponse(String),
}

impl Outcome {
    /// The confidence, if there is one and it is a number.
    pub fn confidence(&self) -> Option<f64> {
        match self {
            Self::Score { confidence, .. } if !confidence.is_nan() => Some(*confidence),
            _ => None,
        }
    }

    /// Why there is no confidence; `None` where there is one.
    pub fn non_response(&self) -> Option<&str> {
        match self {
            Self::Score { confidence, .. } if confidence.is_nan() => {
                Some("the confidence is not a number")
            }
            Self::Score { .. } => None,
            Self::NonResponse(reason) => Some(reason),
        }
    }

    /// The score of one signal, if it was assessed and is a number.
    pub fn signal(&self, name: &str) -> Option<f64> {
        match self {
            Self::Score { signals, .. } => signals.get(name).copied().filter(|s| !s.is_nan()),
            Self::NonResponse(_) => None,
        }
    }
}

/// A sample with its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// The presentation.
    pub sample: Sample,
    /// The answer.
    pub outcome: Outcome,
}
