//! One clip: checked, probed, ready to be decoded as often as wanted.

use std::os::fd::{AsFd, OwnedFd};

use lifesign_confine::in_memory;

use crate::facts::Selected;
use crate::probe::probe;
use crate::sniff::sniff;
use crate::{ClipFacts, ClipLimits, Tools, VideoError};

/// A clip within the limits as far as its container tells.
///
/// It holds the bytes in an unnamed, sealed file in memory (MP4 needs to be read from several
/// places, so a pipe would not do), so the caller's copy can go.
#[derive(Debug)]
pub struct Clip<'t> {
    pub(crate) tools: &'t Tools,
    pub(crate) file: OwnedFd,
    pub(crate) facts: ClipFacts,
    pub(crate) selected: Selected,
    pub(crate) limits: ClipLimits,
}

impl<'t> Clip<'t> {
    /// Checks the bytes and asks ffprobe about them. Blocks for about 0.1 s.
    ///
    /// # Errors
    /// Whatever the container tells that is not accepted; see [`VideoError`].
    pub fn open(tools: &'t Tools, bytes: &[u8], limits: &ClipLimits) -> Result<Self, VideoError> {
        let container = sniff(bytes, limits)?;
        let file = in_memory("clip", bytes).map_err(|error| VideoError::Internal {
            tool: "ffprobe",
            detail: error.to_string(),
        })?;
        let (facts, selected) = probe(tools, file.as_fd(), container, bytes.len(), limits)?;
        Ok(Self {
            tools,
            file,
            facts,
            selected,
            limits: limits.clone(),
        })
    }

    /// What is known of it.
    pub fn facts(&self) -> &ClipFacts {
        &self.facts
    }
}
