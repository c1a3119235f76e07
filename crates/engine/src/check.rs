//! What one check leaves behind.

use lifesign_domain::CheckResult;
use lifesign_media::Photo;

use crate::signals::SignalParams;
use crate::{Decision, Evidence};

/// A finished check: the result and what it was drawn from, for explanation pictures.
#[derive(Clone, Debug)]
pub struct Check {
    /// The answer.
    pub result: CheckResult,
    /// The threshold and the band around it that decided, for the gauge of the pictures.
    pub decision: Decision,
    /// From measurements to scores, for the pictures that show parts of a score.
    pub signals: SignalParams,
    /// What was looked at.
    pub subject: Subject,
}

/// What a check looked at.
#[derive(Clone, Debug)]
pub enum Subject {
    /// No face was found in this image.
    NoFace(Box<Photo>),
    /// The evidence about the judged face.
    Face(Box<Evidence>),
}
