//! From the bytes of a clip to a verdict.

use std::ops::ControlFlow;
use std::sync::Arc;

use lifesign_domain::{CheckResult, ClipFrameResult, ClipMoment, ClipResult, ErrorKind};
use lifesign_engine::{Engine, EngineError};
use lifesign_media::Frame;
use lifesign_temporal::{self as temporal, Track};
use lifesign_video::{Clip, ClipFacts, ClipLimits, Decoded, Tools, VideoError, Wanted};
use lifesign_watch::{Candidate, JudgedFrame, Selection, Watcher, judge_frame, over_time};

/// Frames that are judged in full at most.
pub const JUDGED: usize = 24;

/// Longer side of the frames that are looked at.
const LONGER_SIDE: u32 = 960;
/// Frames a second that are looked at: fast enough for blinks and the pulse.
const FRAMES_PER_SECOND: f64 = 15.0;

/// Why a clip has no verdict.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// The clip is refused, or what decodes it fails.
    #[error(transparent)]
    Video(#[from] VideoError),
    /// The analysis fails.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The clip does not say that a camera recorded it.
    #[error(
        "the clip does not say that a camera recorded it; a clip straight from a camera names its \
         make and model or carries the marks of a recorder"
    )]
    NoCameraData,
}

impl ClipError {
    /// Who is at fault.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Video(error) => error.kind(),
            Self::Engine(error) => error.kind(),
            Self::NoCameraData => ErrorKind::InvalidInput,
        }
    }
}

/// A finished check of a clip.
pub struct ClipCheck {
    /// The answer.
    pub result: ClipResult,
    /// The frames that were judged, in order of time.
    pub frames: Vec<JudgedFrame>,
    /// What the container says.
    pub facts: ClipFacts,
    /// Perceptual hash of the first judged frame, 0 without one: what the clip is recognised by.
    pub phash: u64,
}

/// Judges clips.
pub struct ClipJudge {
    engine: Arc<Engine>,
    tools: Tools,
    calibration: temporal::Calibration,
}

impl ClipJudge {
    /// With this engine and these tools.
    pub fn new(engine: Arc<Engine>, tools: Tools) -> Self {
        Self {
            engine,
            tools,
            calibration: temporal::Calibration::embedded(),
        }
    }

    /// Judges the file `bytes` by `profile`; `progress` is told shares from 0 to 1. With
    /// `camera_data` the container must say that a camera recorded it.
    ///
    /// # Errors
    /// If the clip is refused or something fails; that there is no face is no failure.
    pub fn judge(
        &self,
        bytes: &[u8],
        limits: &ClipLimits,
        profile: &str,
        camera_data: bool,
        progress: &mut dyn FnMut(f64),
    ) -> Result<ClipCheck, ClipError> {
        self.engine.profile(profile)?;
        let clip = Clip::open(&self.tools, bytes, limits)?;
        if camera_data && !is_from_a_camera(clip.facts()) {
            return Err(ClipError::NoCameraData);
        }
        let (track, watched) = self.watch(&clip, progress)?;
        let frames = self.judge_frames(watched.selection.into_kept(), profile, progress)?;
        let result = self.fuse(&track, &frames, profile, watched.jumps);
        let phash = track.moments().first().map_or(0, |moment| moment.phash);
        Ok(ClipCheck {
            result,
            frames,
            facts: clip.facts().clone(),
            phash,
        })
    }

    /// What the signals over time are read from, without a judgement of any frame.
    ///
    /// # Errors
    /// If the clip is refused or something fails; that there is no face is no failure.
    pub fn track(&self, bytes: &[u8], limits: &ClipLimits) -> Result<Track, ClipError> {
        let clip = Clip::open(&self.tools, bytes, limits)?;
        Ok(self.watch(&clip, &mut |_| {})?.0)
    }

    /// Decodes and looks at every frame once.
    fn watch(
        &self,
        clip: &Clip<'_>,
        progress: &mut dyn FnMut(f64),
    ) -> Result<(Track, Watched), ClipError> {
        let duration_s = clip.facts().duration_s;
        let mut watched = Watched {
            watcher: Watcher::default(),
            selection: Selection::new(JUDGED, duration_s.max(1.0) / JUDGED as f64),
            jumps: 0,
        };
        let mut failed = None;
        let wanted = Wanted {
            longer_side: LONGER_SIDE,
            frames_per_second: Some(FRAMES_PER_SECOND),
        };
        let decoded = clip.decode(&wanted, &mut |frame| {
            progress((frame.at_s / duration_s.max(0.1)).clamp(0.0, 1.0) * 0.6);
            match watched.look(&self.engine, frame.at_s, frame.frame) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        let facts = facts_over_time(clip.facts(), &decoded);
        let track = std::mem::take(&mut watched.watcher).into_track(facts);
        Ok((track, watched))
    }

    fn judge_frames(
        &self,
        candidates: Vec<Candidate<Frame>>,
        profile: &str,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Vec<JudgedFrame>, ClipError> {
        let mut frames = Vec::with_capacity(candidates.len());
        for (done, candidate) in candidates.into_iter().enumerate() {
            let Candidate { at_s, kept, .. } = candidate;
            frames.push(judge_frame(&self.engine, at_s, kept, profile)?);
            progress(0.6 + 0.4 * (done + 1) as f64 / JUDGED as f64);
        }
        Ok(frames)
    }

    fn fuse(
        &self,
        track: &Track,
        frames: &[JudgedFrame],
        profile: &str,
        jumps: usize,
    ) -> ClipResult {
        let judged = over_time(&self.engine, &self.calibration, track, frames, jumps);
        ClipResult {
            verdict: judged.verdict,
            confidence: judged.confidence,
            threshold: judged.threshold,
            face_detected: judged.face_moments > 0,
            profile: profile.to_owned(),
            calibration: format!(
                "{} {}",
                self.engine.calibration().version,
                judged.calibration
            ),
            duration_s: judged.duration_s,
            frame_count: judged.moments,
            frames: frames
                .iter()
                .map(|f| summary(f.at_s, &f.check.result))
                .collect(),
            signals: judged.signals,
            reasons: judged.reasons,
            timeline: track.moments().iter().map(moment).collect(),
        }
    }
}

/// What is gathered while the frames go by.
struct Watched {
    watcher: Watcher,
    selection: Selection<Frame>,
    /// A face appeared where none was near.
    jumps: usize,
}

impl Watched {
    fn look(&mut self, engine: &Engine, at_s: f64, frame: Frame) -> Result<(), EngineError> {
        let look = self.watcher.look(engine, at_s, &frame)?;
        self.jumps += usize::from(look.followed.is_some_and(|face| face.jumped));
        self.watcher.remember(look.moment);
        if self.selection.wants(at_s, look.quality) {
            self.selection.keep(Candidate {
                at_s,
                kept: frame,
                quality: look.quality,
            });
        }
        Ok(())
    }
}

fn summary(at_s: f64, result: &CheckResult) -> ClipFrameResult {
    ClipFrameResult {
        at_s,
        verdict: result.verdict,
        confidence: result.confidence,
        reasons: result.reasons.iter().map(|reason| reason.code).collect(),
    }
}

fn moment(moment: &temporal::Moment) -> ClipMoment {
    let face = moment.face.as_ref();
    ClipMoment {
        at_s: moment.at_s,
        pose: face.map(|face| face.pose),
        eye_aspect_ratio: face
            .and_then(|face| face.eye_aspect_ratios)
            .map(|[left, right]| (left + right) / 2.0),
        mouth_opening: face.and_then(|face| face.mouth_opening),
    }
}

/// The container's facts in the words of the signals over time.
fn facts_over_time(facts: &ClipFacts, decoded: &Decoded) -> temporal::ClipFacts {
    let texts = facts.encoder.iter().chain(&facts.handlers);
    temporal::ClipFacts {
        encoders: texts.chain(&facts.comment).cloned().collect(),
        make: facts.make.clone(),
        model: facts.model.clone(),
        nominal_fps: facts.nominal_frame_rate,
        duration_s: facts.duration_by_header_s,
        frame_times_s: decoded.frame_times_s.clone(),
        time_step_s: None,
    }
}

/// Whether the container names a camera or carries the marks of a recorder: the keys that phones
/// write, or the name of a browser's recorder.
fn is_from_a_camera(facts: &ClipFacts) -> bool {
    const KEYS: [&str; 3] = ["com.android.", "com.apple.quicktime.", "com.apple.photos."];
    const RECORDERS: [&str; 4] = ["chrome", "firefox", "webkit", "core media"];
    let named = facts.make.is_some() || facts.model.is_some();
    let keyed = facts.tags.iter().any(|tag| {
        let key = tag.key.to_ascii_lowercase();
        KEYS.iter().any(|known| key.starts_with(known))
    });
    let texts = facts.encoder.iter().chain(&facts.handlers);
    let marked = texts
        .map(|text| text.to_ascii_lowercase())
        .any(|text| RECORDERS.iter().any(|recorder| text.contains(recorder)));
    named || keyed || marked
}
