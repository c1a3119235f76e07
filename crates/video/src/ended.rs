//! What the end of a run says about the clip.

use lifesign_confine::{ChildError, Ended};

use crate::{ClipLimits, VideoError};

const TOO_MANY_TRACKS: &str = "max_streams";
const FOREIGN_CODEC: &str = "not on whitelist";
const TOO_MANY_PIXELS: &str = "exceeds specified max pixel count";

/// Words of the tools' complaints that name a limit.
pub(crate) const TELLING: &[&str] = &[TOO_MANY_TRACKS, FOREIGN_CODEC, TOO_MANY_PIXELS];

/// An error unless the run ended well. A tool that gave up over a limit of ours says so.
pub(crate) fn checked(ended: &Ended, limits: &ClipLimits) -> Result<(), VideoError> {
    let Err(error) = ended.result() else {
        return Ok(());
    };
    // Where a picture is too large, what was to be read into it is missed, too.
    if matches!(
        error,
        ChildError::Failed { .. } | ChildError::TooMuchMemory { .. }
    ) && let Some((width, height)) = ended.said(TOO_MANY_PIXELS).and_then(size)
    {
        return Err(VideoError::Resolution {
            width,
            height,
            side_min: limits.side_min,
            side_max: limits.side_max,
        });
    }
    if matches!(error, ChildError::Failed { .. }) {
        if ended.said(TOO_MANY_TRACKS).is_some() {
            return Err(VideoError::TooManyTracks {
                limit: limits.tracks,
            });
        }
        if let Some(line) = ended.said(FOREIGN_CODEC) {
            return Err(VideoError::CodecNotAccepted {
                codec: codec(line).to_owned(),
            });
        }
    }
    Err(error.into())
}

/// From a line such as `[x] Codec (mpeg4) not on whitelist 'h264'`.
fn codec(line: &str) -> &str {
    line.split(['(', ')']).nth(1).unwrap_or("an unknown codec")
}

/// From a line such as `[x] Picture size 9000x8000 exceeds specified max pixel count 4194304`.
fn size(line: &str) -> Option<(u32, u32)> {
    let (_, rest) = line.split_once("Picture size ")?;
    let (width, height) = rest.split_once(' ')?.0.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_codec_is_named() {
        assert_eq!(codec("[x] Codec (mpeg4) not on whitelist 'h264'"), "mpeg4");
        assert_eq!(codec("not on whitelist"), "an unknown codec");
    }

    #[test]
    fn the_size_of_a_picture_that_is_too_large_is_told() {
        let line = "[x] Picture size 9000x8000 exceeds specified max pixel count 4194304, see";
        assert_eq!(size(line), Some((9000, 8000)));
        for other in ["Picture size", "Picture size 9000x", "Picture size axb c"] {
            assert_eq!(size(other), None);
        }
    }
}
