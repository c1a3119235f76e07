//! Why a clip did not become frames.

use std::time::Duration;

use lifesign_confine::{ChildError, Seconds, SlowBy};
use lifesign_domain::ErrorKind;

/// A refusal of a clip or a failure of the tools: what, how much, and what is accepted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VideoError {
    /// There are no bytes at all.
    #[error("the clip is empty (0 bytes); accepted are {ACCEPTED}")]
    Empty,
    /// The bytes are no video.
    #[error("the file looks like {looks_like}, which is no video; accepted are {ACCEPTED}")]
    NotAVideo {
        /// What the content says, with an article.
        looks_like: String,
    },
    /// A video, but in a container that is not read.
    #[error("the file looks like {looks_like}; accepted are {ACCEPTED}")]
    ContainerNotAccepted {
        /// What the content says, with an article.
        looks_like: String,
    },
    /// A track of a codec that is not decoded.
    #[error(
        "the clip is coded as {codec}; accepted are H.264, HEVC, VP8, VP9 and AV1 with the usual sound codecs"
    )]
    CodecNotAccepted {
        /// Name of the codec.
        codec: String,
    },
    /// The file is larger than [`ClipLimits::file_bytes`](crate::ClipLimits).
    #[error("the clip is {} ({size_bytes} bytes), the limit is {} ({limit_bytes} bytes)",
        Megabytes(*size_bytes as u64), Megabytes(*limit_bytes as u64))]
    FileTooLarge {
        /// Size of the file.
        size_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// The clip is longer than [`ClipLimits::duration_s`](crate::ClipLimits).
    #[error("the clip is {seconds:.1} s long {by}, the limit is {limit_s} s")]
    TooLong {
        /// How long, at least.
        seconds: f64,
        /// Who says so.
        by: DurationBy,
        /// The limit.
        limit_s: f64,
    },
    /// A side is outside of the range.
    #[error(
        "the clip is {width} x {height} pixels; accepted are {side_min} to {side_max} pixels a side"
    )]
    Resolution {
        /// Width of the upright picture.
        width: u32,
        /// Height of the upright picture.
        height: u32,
        /// Shortest side that is accepted.
        side_min: u32,
        /// Longest side that is accepted.
        side_max: u32,
    },
    /// More frames a second than accepted.
    #[error("the clip has {rate:.1} frames a second, the limit is {limit}")]
    FrameRate {
        /// Measured over the clip.
        rate: f64,
        /// The limit.
        limit: f64,
    },
    /// More frames than accepted, whatever their times.
    #[error("the clip has more than {limit} frames, which is the limit")]
    TooManyFrames {
        /// The limit.
        limit: u32,
    },
    /// More tracks than accepted.
    #[error("the clip has more than {limit} tracks, which is the limit")]
    TooManyTracks {
        /// The limit.
        limit: u32,
    },
    /// Only sound, or nothing.
    #[error("the clip has no video track{}", if *has_audio { ", only sound" } else { "" })]
    NoVideoTrack {
        /// Is there a sound track?
        has_audio: bool,
    },
    /// A video track without pictures.
    #[error("the clip's video track has no frames")]
    NoFrames,
    /// The file ends before the clip does.
    #[error("the clip is cut off after {size_bytes} bytes: {missing}")]
    Truncated {
        /// Size of what arrived.
        size_bytes: usize,
        /// What is missing.
        missing: String,
    },
    /// The file breaks the rules of its format.
    #[error("the clip is damaged: {detail}")]
    Damaged {
        /// The broken rule, one line.
        detail: String,
    },
    /// The decoder crashed on this clip.
    #[error("the decoder crashed on this clip (signal {signal}); it was confined and is gone")]
    DecoderCrashed {
        /// Number of the signal.
        signal: i32,
    },
    /// Decoding took too long.
    #[error("{tool} took more than {} of {by} for this clip", Seconds(*limit))]
    TooSlow {
        /// `ffmpeg` or `ffprobe`.
        tool: &'static str,
        /// Which clock ran out.
        by: SlowBy,
        /// The limit.
        limit: Duration,
    },
    /// Decoding took too much memory.
    #[error("{tool} needs more memory for this clip than the {} that it may take", Megabytes(*limit_bytes))]
    TooMuchMemory {
        /// `ffmpeg` or `ffprobe`.
        tool: &'static str,
        /// The limit.
        limit_bytes: u64,
    },
    /// A tool said more than any clip accounts for.
    #[error("{tool} put out more than {} for this clip", Megabytes(*limit_bytes))]
    TooMuchOutput {
        /// `ffmpeg` or `ffprobe`.
        tool: &'static str,
        /// The limit.
        limit_bytes: u64,
    },
    /// Somebody else ended the tool: an operator, or the kernel when memory ran out.
    #[error("{tool} was killed from outside (signal {signal}) while it read this clip")]
    Killed {
        /// `ffmpeg` or `ffprobe`.
        tool: &'static str,
        /// Number of the signal.
        signal: i32,
    },
    /// A tool is not there.
    #[error(
        "{tool} is not installed, so clips cannot be read (make ffmpeg, or apt-get install ffmpeg)"
    )]
    ToolMissing {
        /// Name or path.
        tool: String,
    },
    /// A tool is there and does not work.
    #[error("{tool} does not work here: {detail}")]
    ToolUnusable {
        /// Name or path.
        tool: String,
        /// What happened, one line.
        detail: String,
    },
    /// The operating system refused something that decoding needs.
    #[error("the clip could not be handed to {tool}: {detail}")]
    Internal {
        /// `ffmpeg` or `ffprobe`.
        tool: &'static str,
        /// What happened.
        detail: String,
    },
}

/// The forms that are read, for messages.
pub(crate) const ACCEPTED: &str = "MP4 and WebM clips";

/// What a duration was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationBy {
    /// The header claims it.
    Header,
    /// The times of the packets or frames say it.
    Content,
}

impl std::fmt::Display for DurationBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Header => "by its header",
            Self::Content => "by the times of its frames",
        })
    }
}

impl VideoError {
    /// Who is at fault.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Empty
            | Self::NoVideoTrack { .. }
            | Self::NoFrames
            | Self::Truncated { .. }
            | Self::Damaged { .. }
            | Self::DecoderCrashed { .. } => ErrorKind::InvalidInput,
            Self::FileTooLarge { .. }
            | Self::TooLong { .. }
            | Self::Resolution { .. }
            | Self::FrameRate { .. }
            | Self::TooManyFrames { .. }
            | Self::TooManyTracks { .. }
            | Self::TooMuchMemory { .. }
            | Self::TooMuchOutput { .. } => ErrorKind::OverLimit,
            Self::NotAVideo { .. }
            | Self::ContainerNotAccepted { .. }
            | Self::CodecNotAccepted { .. } => ErrorKind::Unsupported,
            Self::TooSlow { .. } => ErrorKind::TimedOut,
            Self::ToolMissing { .. } | Self::ToolUnusable { .. } => ErrorKind::Configuration,
            Self::Killed { .. } | Self::Internal { .. } => ErrorKind::Internal,
        }
    }

    /// Is the clip at fault, so that another clip may do better at once?
    pub fn is_of_the_clip(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::InvalidInput | ErrorKind::OverLimit | ErrorKind::Unsupported
        )
    }

    pub(crate) fn damaged(detail: impl Into<String>) -> Self {
        Self::Damaged {
            detail: detail.into(),
        }
    }
}

struct Megabytes(u64);

impl std::fmt::Display for Megabytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} MiB", self.0 as f64 / (1024.0 * 1024.0))
    }
}

impl From<ChildError> for VideoError {
    fn from(error: ChildError) -> Self {
        match error {
            ChildError::Missing { tool } => Self::ToolMissing { tool },
            ChildError::Unusable { tool, detail } => Self::ToolUnusable { tool, detail },
            ChildError::TooSlow { tool, by, limit } => Self::TooSlow { tool, by, limit },
            ChildError::TooMuchMemory { tool, limit_bytes } => {
                Self::TooMuchMemory { tool, limit_bytes }
            }
            ChildError::TooMuchOutput { tool, limit_bytes } => {
                Self::TooMuchOutput { tool, limit_bytes }
            }
            ChildError::Crashed { signal, .. } => Self::DecoderCrashed { signal },
            ChildError::Killed { tool, signal } => Self::Killed { tool, signal },
            ChildError::Failed { detail, .. } => Self::Damaged { detail },
            ChildError::Internal { tool, detail } => Self::Internal { tool, detail },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_and_how_much() {
        let too_long = VideoError::TooLong {
            seconds: 3600.0,
            by: DurationBy::Header,
            limit_s: 10.0,
        };
        assert_eq!(
            too_long.to_string(),
            "the clip is 3600.0 s long by its header, the limit is 10 s"
        );
        assert_eq!(too_long.kind(), ErrorKind::OverLimit);
        assert!(too_long.is_of_the_clip());
        let too_slow = VideoError::TooSlow {
            tool: "ffmpeg",
            by: SlowBy::Cpu,
            limit: Duration::from_millis(1500),
        };
        assert_eq!(
            too_slow.to_string(),
            "ffmpeg took more than 1.5 s of processor time for this clip"
        );
        let sound = VideoError::NoVideoTrack { has_audio: true };
        assert_eq!(sound.to_string(), "the clip has no video track, only sound");
        let missing = VideoError::ToolMissing {
            tool: "ffmpeg".to_owned(),
        };
        assert!(missing.to_string().contains("apt-get install ffmpeg"));
        assert!(!missing.is_of_the_clip());
    }
}
