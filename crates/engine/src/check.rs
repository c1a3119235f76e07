//! What one check leaves behind.

use lifesign_domain::CheckResult;
use lifesign_media::Photo;

use crate::Evidence;

/// A finished check: the result and what it was drawn from, for explanation pictures.
#[derive(Clone, Debug)]
pub struct Check {
    /// The answer.
    pub result: CheckResult,
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
