//! From the bytes of a clip to a verdict.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{self, TrySendError};

use lifesign_domain::{CheckResult, ClipFrameResult, ClipMoment, ClipResult, ErrorKind};
use lifesign_engine::{Descriptor, Engine, EngineError, Landmarks};
use lifesign_media::Frame;
use lifesign_temporal::signals::{self, PulseWave};
use lifesign_temporal::{self as temporal, Still, Track};
use lifesign_video::{Clip, ClipFacts, ClipLimits, Decoded, Tools, VideoError, Wanted};
use lifesign_watch::{Candidate, JudgedFrame, Selection, Watcher, judge_frame, over_time};
use tracing::{Span, info_span};

use crate::camera::is_from_a_camera;

/// Frames that are judged in full at most.
pub const JUDGED: usize = 24;

/// Longer side of the frames that are looked at.
const LONGER_SIDE: u32 = 960;
/// Frames a second that are looked at: fast enough for blinks and the pulse.
const FRAMES_PER_SECOND: f64 = 15.0;
/// Share of the work that is done when all is watched.
const WATCHING: f64 = 0.9;
/// Chosen frames that may wait for the thread that judges.
const WAITING: usize = 1;
/// Yaw or pitch in degrees from which it is not asked who a face is: the limit of distance is that of faces
/// seen from the front.
const MOST_TURN_DEG: f64 = 15.0;

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

/// How a clip is to be judged.
#[derive(Clone, Copy)]
pub struct JudgeOptions<'a> {
    /// The largest clip that is accepted.
    pub limits: &'a ClipLimits,
    /// Profile of its frames by name.
    pub profile: &'a str,
    /// Must the container say that a camera recorded it?
    pub camera_data: bool,
    /// Is handed each judged frame, on either of two threads and in no order, before its pixels are let go:
    /// all of them together are most of the memory that a clip would take.
    pub on_judged: &'a (dyn Fn(&JudgedFrame) + Sync),
}

/// A finished check of a clip.
pub struct ClipCheck {
    /// The answer.
    pub result: ClipResult,
    /// What the container says.
    pub facts: ClipFacts,
    /// The pulse of the skin, for who wants to see it; `None` where it could not be measured.
    pub pulse: Option<PulseWave>,
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

    /// Judges the file `bytes`; `progress` is told shares from 0 to 1.
    ///
    /// # Errors
    /// If the clip is refused or something fails; that there is no face is no failure.
    pub fn judge(
        &self,
        bytes: &[u8],
        options: &JudgeOptions<'_>,
        progress: &mut dyn FnMut(f64),
    ) -> Result<ClipCheck, ClipError> {
        self.engine.profile(options.profile)?;
        let clip = Clip::open(&self.tools, bytes, options.limits)?;
        if options.camera_data && !is_from_a_camera(clip.facts()) {
            return Err(ClipError::NoCameraData);
        }
        let (track, jumps, frames) = self.watch_and_judge(&clip, options, progress)?;
        let result = self.fuse(&track, frames, options.profile, jumps);
        let phash = track.moments().first().map_or(0, |moment| moment.phash);
        Ok(ClipCheck {
            result,
            facts: clip.facts().clone(),
            pulse: signals::pulse_wave(&track, &self.calibration.signals.pulse).ok(),
            phash,
        })
    }

    /// What the signals over time are read from, without a judgement of any frame.
    ///
    /// # Errors
    /// If the clip is refused or something fails; that there is no face is no failure.
    pub fn track(&self, bytes: &[u8], limits: &ClipLimits) -> Result<Track, ClipError> {
        let clip = Clip::open(&self.tools, bytes, limits)?;
        Ok(self.watch(&clip, &mut |_| {}, &mut |_| Ok(()))?.0)
    }

    /// Watches the clip while a second thread judges what was chosen of it. What that one has no time for
    /// is judged by the first before it goes on watching, so that no frames pile up.
    fn watch_and_judge(
        &self,
        clip: &Clip<'_>,
        options: &JudgeOptions<'_>,
        progress: &mut dyn FnMut(f64),
    ) -> Result<(Track, usize, Vec<Judged>), ClipError> {
        let (chosen, waiting) = mpsc::sync_channel(WAITING);
        let span = Span::current();
        let judge_all = move || -> Result<Vec<Judged>, EngineError> {
            let _entered = span.entered();
            let judged = waiting.into_iter().map(|c| self.judge_one(c, options));
            judged.collect()
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(judge_all);
            let mut frames = Vec::new();
            let watched = self.watch(clip, progress, &mut |candidate| {
                match chosen.try_send(candidate) {
                    Ok(()) => {}
                    Err(TrySendError::Full(candidate)) => {
                        frames.push(self.judge_one(candidate, options)?);
                    }
                    // The other thread has failed; that is told at its end.
                    Err(TrySendError::Disconnected(_)) => {}
                }
                Ok(())
            });
            // The other thread stops at the end of what was chosen.
            drop(chosen);
            let others = other.join().unwrap_or_else(|panic| resume_unwind(panic));
            let (mut track, jumps) = watched?;
            frames.extend(others?);
            frames.sort_by(|a, b| a.summary.at_s.total_cmp(&b.summary.at_s));
            describe(&mut track, &frames);
            progress(1.0);
            Ok((track, jumps, frames))
        })
    }

    /// Decodes and looks at every frame once; `choose` gets those that are worth a judgement. Answers
    /// the track and how often a face appeared where none was near.
    fn watch(
        &self,
        clip: &Clip<'_>,
        progress: &mut dyn FnMut(f64),
        choose: &mut dyn FnMut(Candidate<Kept>) -> Result<(), EngineError>,
    ) -> Result<(Track, usize), ClipError> {
        let duration_s = clip.facts().duration_s;
        let mut watched = Watched {
            watcher: Watcher::default(),
            // A little longer than the clip, whose last frame would begin a stretch of its own.
            selection: Selection::new(JUDGED, (duration_s + 0.2).max(1.0) / JUDGED as f64),
            latest_s: f64::NEG_INFINITY,
            jumps: 0,
        };
        let mut failed = None;
        let wanted = Wanted {
            longer_side: LONGER_SIDE,
            frames_per_second: Some(FRAMES_PER_SECOND),
        };
        let decoded = clip.decode(&wanted, &mut |frame| {
            progress((frame.at_s / duration_s.max(0.1)).clamp(0.0, 1.0) * WATCHING);
            let looked = watched.look(&self.engine, frame.at_s, frame.frame);
            match looked.and_then(|chosen| chosen.into_iter().try_for_each(&mut *choose)) {
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
        let track = watched.watcher.into_track(facts);
        watched
            .selection
            .into_kept()
            .into_iter()
            .try_for_each(choose)?;
        Ok((track, watched.jumps))
    }

    fn judge_one(
        &self,
        candidate: Candidate<Kept>,
        options: &JudgeOptions<'_>,
    ) -> Result<Judged, EngineError> {
        let _span = info_span!("frame", at_s = candidate.at_s).entered();
        let Kept { frame, whose } = candidate.kept;
        let descriptor = whose
            .map(|mesh| self.engine.embed(&frame, &mesh))
            .transpose()?;
        let judged = judge_frame(&self.engine, candidate.at_s, frame, options.profile)?;
        (options.on_judged)(&judged);
        Ok(Judged {
            summary: summary(judged.at_s, &judged.check.result),
            still: judged.still(),
            descriptor,
        })
    }

    fn fuse(&self, track: &Track, frames: Vec<Judged>, profile: &str, jumps: usize) -> ClipResult {
        let stills = Vec::from_iter(frames.iter().filter_map(|frame| frame.still));
        let judged = over_time(&self.engine, &self.calibration, track, &stills, jumps);
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
            frames: frames.into_iter().map(|frame| frame.summary).collect(),
            signals: judged.signals,
            reasons: judged.reasons,
            timeline: track.moments().iter().map(moment).collect(),
        }
    }
}

/// A frame that waits for its judgement.
struct Kept {
    frame: Frame,
    /// The mesh, where it is asked who that is.
    whose: Option<Landmarks>,
}

/// What is left of a judged frame, with who it shows, where that was asked.
struct Judged {
    summary: ClipFrameResult,
    still: Option<Still>,
    descriptor: Option<Descriptor>,
}

/// What is gathered while the frames go by.
struct Watched {
    watcher: Watcher,
    selection: Selection<Kept>,
    latest_s: f64,
    /// A face appeared where none was near.
    jumps: usize,
}

impl Watched {
    /// Looks at a frame. Answers those that are worth a judgement, once no better ones can come.
    fn look(
        &mut self,
        engine: &Engine,
        at_s: f64,
        frame: Frame,
    ) -> Result<Vec<Candidate<Kept>>, EngineError> {
        let look = self.watcher.look(engine, at_s, &frame)?;
        let jumped = look.followed.as_ref().is_some_and(|face| face.jumped);
        self.jumps += usize::from(jumped);
        self.watcher.remember(look.moment);
        // What goes back in time would be a second choice of its stretch.
        if at_s.is_nan() || at_s <= self.latest_s {
            return Ok(Vec::new());
        }
        self.latest_s = at_s;
        let chosen = self.selection.finished(at_s);
        if self.selection.wants(at_s, look.quality) {
            // A face that is turned away has another descriptor than the same one from the front.
            let whose = look.followed.filter(|face| {
                let pose = face.pose.degrees;
                pose.yaw.abs().max(pose.pitch.abs()) < MOST_TURN_DEG
            });
            let whose = whose.map(|face| face.mesh.landmarks);
            self.selection.keep(Candidate {
                at_s,
                kept: Kept { frame, whose },
                quality: look.quality,
            });
        }
        Ok(chosen)
    }
}

/// Tells the track whose face was seen where that was asked.
fn describe(track: &mut Track, frames: &[Judged]) {
    track.map_moments(|_, moment| {
        let judged = frames
            .iter()
            .find(|judged| judged.summary.at_s == moment.at_s);
        let descriptor = judged.and_then(|judged| judged.descriptor.as_ref());
        if let (Some(face), Some(descriptor)) = (&mut moment.face, descriptor) {
            face.descriptor = Some(descriptor.values().to_vec());
        }
    });
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
