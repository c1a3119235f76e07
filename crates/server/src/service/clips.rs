//! The seam between the server and what judges clips.

use std::sync::Arc;

use lifesign_clip::{ClipError, ClipJudge, JudgeOptions};
use lifesign_contracts::{ClipRules, Failure, FailureKind};
use lifesign_domain::{ClipResult, ErrorKind};
use lifesign_engine::Engine;
use lifesign_video::{ClipLimits, Tools, VideoError};

/// How a clip is to be judged.
#[derive(Clone, Debug)]
pub struct ClipWanted {
    /// Profile of its frames by name.
    pub profile: String,
    /// What the file must be.
    pub rules: ClipRules,
}

/// What was found, and what the clip is recognised by when it comes again.
#[derive(Clone, Debug)]
pub struct ClipSeen {
    /// The answer.
    pub result: ClipResult,
    /// Perceptual hash of its first frame.
    pub phash: u64,
}

/// Judges clips. It runs on a thread of its own pool: it may block, and its panics are caught.
pub trait ClipChecker: Send + Sync + 'static {
    /// Judges the file `clip`.
    ///
    /// # Errors
    /// If the clip is refused or the analysis fails; that there is no face is no failure.
    fn check(&self, clip: &[u8], wanted: &ClipWanted) -> Result<ClipSeen, Failure>;
}

/// The real [`ClipChecker`].
pub struct EngineClipChecker {
    judge: ClipJudge,
    limits: ClipLimits,
}

impl EngineClipChecker {
    /// With the tools that are installed, and the shortest side in pixels where a contract says
    /// none.
    ///
    /// # Errors
    /// If there are no tools, or none that work.
    pub fn new(engine: Arc<Engine>, min_side: u32) -> Result<Self, VideoError> {
        Ok(Self {
            judge: ClipJudge::new(engine, Tools::find()?),
            limits: ClipLimits {
                side_min: min_side,
                ..ClipLimits::default()
            },
        })
    }
}

impl ClipChecker for EngineClipChecker {
    fn check(&self, clip: &[u8], wanted: &ClipWanted) -> Result<ClipSeen, Failure> {
        let rules = &wanted.rules;
        let limits = ClipLimits {
            side_min: rules.min_side.unwrap_or(self.limits.side_min),
            side_max: rules.max_side.unwrap_or(self.limits.side_max),
            ..self.limits.clone()
        };
        let options = JudgeOptions {
            limits: &limits,
            profile: &wanted.profile,
            camera_data: rules.camera_data,
            on_judged: &|_| {},
        };
        let judged = self.judge.judge(clip, &options, &mut |_| {});
        let check = judged.map_err(|error| of_clip(&error))?;
        Ok(ClipSeen {
            result: check.result,
            phash: check.phash,
        })
    }
}

fn of_clip(error: &ClipError) -> Failure {
    let kind = match error {
        ClipError::NoCameraData => FailureKind::NoCameraData,
        ClipError::Video(VideoError::TooLong { .. }) => FailureKind::TooLong,
        ClipError::Video(VideoError::Resolution { .. }) => FailureKind::WrongResolution,
        ClipError::Video(VideoError::FileTooLarge { .. }) => FailureKind::TooLarge,
        ClipError::Video(
            VideoError::ContainerNotAccepted { .. } | VideoError::CodecNotAccepted { .. },
        ) => FailureKind::UnsupportedFormat,
        error => match error.kind() {
            ErrorKind::InvalidInput | ErrorKind::OverLimit | ErrorKind::Unsupported => {
                FailureKind::InvalidImage
            }
            ErrorKind::TimedOut => FailureKind::TimedOut,
            ErrorKind::Configuration => FailureKind::NoDecoder,
            _ => {
                let message = "the analysis failed; try again, and name the request's identifier \
                               if it goes on failing";
                return Failure::new(FailureKind::Inference, message).because(error.to_string());
            }
        },
    };
    Failure::new(kind, error.to_string())
}
