//! A session while it runs.

use std::sync::Arc;

use lifesign_challenge::digits::Unheard;
use lifesign_challenge::{
    Action, Event, FaceMeasures, Machine, Observation, Outcome, Output, Prompt,
};
use lifesign_domain::ErrorKind;
use lifesign_engine::{Descriptor, EngineError, Follower};
use lifesign_media::{Frame, ImageFormat, Limits, MediaError, decode};
use lifesign_watch::{Candidate, Look, Selection, Watcher};

use crate::identity::{Identity, Sight};
use crate::judge::{SessionSpec, Shared};
use crate::measure::measures;
use crate::sound::{Answer, Listening, Recognised};
use crate::timing::Arrivals;
use crate::verdict::{self, Captured};

/// Largest frame in bytes.
pub const MAX_FRAME_BYTES: usize = 256 * 1024;
/// Longest side of a frame in pixels.
pub const MAX_FRAME_SIDE: u32 = 1_280;
/// Frames that are judged in full at most.
const JUDGED: usize = 12;
/// Seconds that each of them stands for to begin with; a session of 24 seconds ends with 2.
const STRETCH_S: f64 = 0.5;
/// Moments that are remembered: 15 a second for the longest session.
const MOST_MOMENTS: usize = 3_600;

/// Why a frame, or the whole session, could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The frame is no acceptable image.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The frame is an image of another format.
    #[error("frames are JPEG, this one is {0}")]
    NotJpeg(ImageFormat),
    /// The frame shows too little.
    #[error("a frame has {width} x {height} pixels, the shorter side must have {least}")]
    TooSmall {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Shortest side that is accepted.
        least: u32,
    },
    /// The analysis fails.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl CaptureError {
    /// Who is at fault.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Media(error) => error.kind(),
            Self::NotJpeg(_) => ErrorKind::Unsupported,
            Self::TooSmall { .. } => ErrorKind::InvalidInput,
            Self::Engine(error) => error.kind(),
        }
    }
}

/// What the page says, and the passing of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEvent {
    /// The prompt of this step is shown.
    Shown(usize),
    /// The person leaves this step out.
    Skip(usize),
    /// Nothing but time.
    Tick,
    /// The person, the page or the caller ends the session.
    Abort,
}

/// A session while it runs. Times are milliseconds of one clock; one that lies before the last is taken for
/// the last.
pub struct Capture {
    pub(crate) shared: Arc<Shared>,
    pub(crate) profile: String,
    pub(crate) references: Vec<Descriptor>,
    pub(crate) camera: Option<String>,
    has_microphone: bool,
    machine: Machine,
    output: Output,
    now: u64,
    pub(crate) first_frame_at: Option<u64>,
    pub(crate) watcher: Watcher,
    pub(crate) selection: Selection<Vec<u8>>,
    pub(crate) identity: Identity,
    pub(crate) arrivals: Arrivals,
    /// A face appeared where none was near, and was not yet found to be the same person.
    pub(crate) has_jumped: bool,
    answer: Option<Answer>,
    has_asked: bool,
}

impl Capture {
    pub(crate) fn new(shared: Arc<Shared>, spec: SessionSpec) -> Self {
        let calibration = &shared.calibration;
        let machine = Machine::new(spec.plan, calibration.challenge.clone());
        let follower = Follower::looking_around_every(calibration.look.detector_every);
        Self {
            output: machine.output(),
            machine,
            watcher: Watcher::coarse(follower),
            shared,
            profile: spec.profile,
            references: spec.references,
            camera: spec.camera,
            has_microphone: spec.microphone,
            now: 0,
            first_frame_at: None,
            selection: Selection::new(JUDGED, STRETCH_S),
            identity: Identity::default(),
            arrivals: Arrivals::default(),
            has_jumped: false,
            answer: None,
            has_asked: false,
        }
    }

    /// The state as the page may know it.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Whether any step was revealed.
    pub fn has_asked(&self) -> bool {
        self.has_asked
    }

    /// The end of the challenge, once it is there.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.machine.outcome()
    }

    /// Looks at a frame that arrived at `at_ms`.
    ///
    /// # Errors
    /// If the frame is no JPEG within the limits, which ends nothing by itself, or the analysis fails.
    pub fn frame(&mut self, at_ms: u64, jpeg: &[u8]) -> Result<Output, CaptureError> {
        let at = self.advance(at_ms);
        self.arrivals.add(at);
        let frame = read(jpeg, self.shared.calibration.look.smallest_side)?;
        let first_at = *self.first_frame_at.get_or_insert(at);
        let at_s = (at - first_at) as f64 / 1_000.0;
        let mut look = self.watcher.look(&self.shared.engine, at_s, &frame)?;
        let face = look
            .followed
            .as_ref()
            .and_then(|face| measures(face, look.moment.face.as_ref(), frame.width()));
        let same_person = match &face {
            Some(face) => self.compare(at, &frame, face, &mut look)?,
            None => None,
        };
        if let (Some(answer), Some(face)) = (&mut self.answer, &face) {
            answer.see(at, face.mouth_opening);
        }
        let faces = look.followed.as_ref().map_or(0, |face| 1 + face.others);
        if faces == 1 && self.selection.wants(at_s, look.quality) {
            self.selection.keep(Candidate {
                at_s,
                kept: jpeg.to_vec(),
                quality: look.quality,
            });
        }
        if self.watcher.moments().len() < MOST_MOMENTS {
            self.watcher.remember(look.moment);
        }
        let observation = Observation {
            faces: u32::try_from(faces).unwrap_or(u32::MAX),
            same_person,
            face,
        };
        Ok(self.apply(&Event::Observed { at, observation }))
    }

    /// A frame that arrived and was passed over for a newer one: its time still counts.
    pub fn frame_passed_over(&mut self, at_ms: u64) {
        self.arrivals.add(at_ms);
    }

    /// Takes sound that ended at `at_ms`, 16 kHz mono. What comes while no digits are asked is forgotten.
    pub fn sound(&mut self, at_ms: u64, pcm: &[i16]) {
        let at = self.advance(at_ms);
        if let Some(answer) = &mut self.answer {
            answer.add(at, pcm);
        }
    }

    /// Takes what the page says, or lets time pass.
    pub fn event(&mut self, at_ms: u64, event: PageEvent) -> Output {
        let at = self.advance(at_ms);
        match event {
            PageEvent::Shown(step) => {
                self.apply(&Event::Shown { step, at });
                self.expect_answer(step, at)
            }
            PageEvent::Skip(step) => self.apply(&Event::Skipped { step, at }),
            PageEvent::Tick => self.apply(&Event::Tick { at }),
            PageEvent::Abort => self.apply(&Event::Aborted { at }),
        }
    }

    /// The connection is gone and no frame will come any more, which ends the session by its rule for a
    /// stream that stops.
    pub fn lose(&mut self, at_ms: u64) -> Output {
        let silent_ms = self
            .shared
            .calibration
            .challenge
            .continuity
            .silent_stream_ms;
        self.event(at_ms.saturating_add(silent_ms + 1), PageEvent::Tick);
        // Without a single frame there is no stream that could have stopped.
        self.event(self.now, PageEvent::Abort)
    }

    /// What is to be recognised now; ask after sound and ticks. Whoever takes it must give what comes of it
    /// to [`Capture::heard`].
    pub fn listen(&mut self, at_ms: u64) -> Option<Listening> {
        let at = self.advance(at_ms);
        let recogniser = self.shared.recogniser.as_ref()?;
        let answer = self.answer.as_mut()?;
        match answer.listen(at, recogniser, &self.shared.calibration.sound)? {
            Ok(listening) => Some(listening),
            Err(known) => {
                self.heard(at, known);
                None
            }
        }
    }

    /// Takes what was recognised.
    pub fn heard(&mut self, at_ms: u64, recognised: Recognised) -> Output {
        let at = self.advance(at_ms);
        let calibration = &self.shared.calibration;
        let (limits, params) = (&calibration.challenge.audio, &calibration.sound);
        let Recognised { step, speech } = recognised;
        let settles = match &mut self.answer {
            Some(answer) if answer.step == step => answer.settles(at, &speech, limits, params),
            // The step is over.
            _ => false,
        };
        if !settles {
            return self.output.clone();
        }
        self.apply(&Event::Heard { step, at, speech })
    }

    /// Judges the whole session; takes as long as some ten photographs. One that has not ended is taken for
    /// aborted.
    ///
    /// # Errors
    /// If the analysis fails; that too little was captured is no failure.
    pub fn finish(mut self) -> Result<Captured, CaptureError> {
        self.apply(&Event::Aborted { at: self.now });
        match self.machine.outcome().cloned() {
            Some(outcome) => verdict::judge(self, &outcome),
            // Cannot be: aborting ends every session.
            None => Err(EngineError::UnknownProfile {
                name: self.profile,
                known: String::new(),
            }
            .into()),
        }
    }

    fn advance(&mut self, at_ms: u64) -> u64 {
        self.now = self.now.max(at_ms);
        self.now
    }

    fn apply(&mut self, event: &Event) -> Output {
        self.output = self.machine.apply(event);
        self.has_asked |= self.output.prompt.is_some();
        let asked = self.output.prompt.as_ref().map(|prompt| prompt.step);
        if self.answer.as_ref().is_some_and(|a| Some(a.step) != asked) {
            self.answer = None;
        }
        self.output.clone()
    }

    /// From the moment digits are shown their answer is waited for, or said to be impossible to hear.
    fn expect_answer(&mut self, step: usize, at: u64) -> Output {
        let digits = match &self.output.prompt {
            Some(Prompt {
                step: asked,
                action: Action::ReadDigits { digits },
                window_ms,
                ..
            }) if *asked == step && self.answer.is_none() => Some((*digits, *window_ms)),
            _ => None,
        };
        let Some((digits, window_ms)) = digits else {
            return self.output.clone();
        };
        let missing = match (self.has_microphone, &self.shared.recogniser) {
            (false, _) => Some(Unheard::NoMicrophone),
            (true, None) => Some(Unheard::NoRecogniser),
            (true, Some(_)) => None,
        };
        if let Some(why) = missing {
            let speech = Recognised::unavailable(step, why).speech;
            return self.apply(&Event::Heard { step, at, speech });
        }
        self.answer = Some(Answer::new(step, digits, at, window_ms));
        self.output.clone()
    }

    /// Compares the face with the one that the session began with, where that is due.
    fn compare(
        &mut self,
        at: u64,
        frame: &Frame,
        face: &FaceMeasures,
        look: &mut Look,
    ) -> Result<Option<bool>, CaptureError> {
        let Some(followed) = &look.followed else {
            return Ok(None);
        };
        self.has_jumped |= followed.jumped;
        // Changes with each prompt that comes and each that is answered.
        let moment = 2 * self.output.progress.done + usize::from(self.output.prompt.is_some());
        let calibration = &self.shared.calibration;
        let params = &calibration.identity;
        let sight = Sight::of(face, &calibration.challenge.neutral);
        let jumped = self.has_jumped;
        if !self.identity.is_due(at, &sight, moment, jumped, params) {
            return Ok(None);
        }
        let engine = &self.shared.engine;
        let descriptor = engine.embed(frame, &followed.mesh.landmarks)?;
        let same = self
            .identity
            .compare(at, &sight, moment, &descriptor, params);
        if same == Some(true) {
            self.has_jumped = false;
        }
        if let Some(face) = &mut look.moment.face {
            face.descriptor = Some(descriptor.values().to_vec());
        }
        Ok(same)
    }
}

/// Decodes a frame within the limits of a session.
pub(crate) fn read(jpeg: &[u8], least: u32) -> Result<Frame, CaptureError> {
    let limits = Limits {
        file_bytes: MAX_FRAME_BYTES,
        pixels: u64::from(MAX_FRAME_SIDE) * u64::from(MAX_FRAME_SIDE),
        side: MAX_FRAME_SIDE,
    };
    let photo = decode(jpeg, &limits)?;
    if photo.format != ImageFormat::Jpeg {
        return Err(CaptureError::NotJpeg(photo.format));
    }
    let (width, height) = (photo.frame.width(), photo.frame.height());
    if width.min(height) < least {
        return Err(CaptureError::TooSmall {
            width,
            height,
            least,
        });
    }
    Ok(photo.frame)
}
