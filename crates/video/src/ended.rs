//! What the end of a run says about the clip.

use lifesign_confine::{ChildError, Ended};

use crate::{ClipLimits, VideoError};

const TOO_MANY_TRACKS: &str = "max_streams";
const FOREIGN_CODEC: &str = "not on whitelist";

/// Words of the tools' complaints that name a limit.
pub(crate) const TELLING: &[&str] = &[TOO_MANY_TRACKS, FOREIGN_CODEC];

/// An error unless the run ended well. A tool that gave up over a limit of ours says so.
pub(crate) fn checked(ended: &Ended, limits: &ClipLimits) -> Result<(), VideoError> {
    let Err(error) = ended.result() else {
        return Ok(());
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_codec_is_named() {
        assert_eq!(codec("[x] Codec (mpeg4) not on whitelist 'h264'"), "mpeg4");
        assert_eq!(codec("not on whitelist"), "an unknown codec");
    }
}
