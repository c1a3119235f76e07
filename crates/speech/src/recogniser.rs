//! Finds the recogniser, tries once how tightly it can be held, and hears with it.

use std::path::PathBuf;

use lifesign_confine::{Confinement, Launcher, Tool};

use crate::decode::{Decoded, FRAME_MS, UNKNOWN_OPTION, decode};
use crate::heard::{envelope, merged};
use crate::level::{self, Level};
use crate::model::Model;
use crate::prepare::{Preparation, prepare};
use crate::{Heard, SpeechError};

/// Samples a second that the model knows.
pub const SAMPLE_RATE: u32 = 16_000;
/// Most digits of one answer.
pub const MAX_DIGITS: usize = 10;
/// Longest sound of one answer, in seconds: twice the window that a session gives, and some.
pub const MAX_SECONDS: usize = 30;

/// How each answer is heard; see docs/CHALLENGE.md, Digits, for what each is worth.
const RUNS: [Preparation; 2] = [
    Preparation {
        floor_db: 25.0,
        margin: 30,
    },
    Preparation {
        floor_db: 15.0,
        margin: 15,
    },
];

/// Where the recogniser is, and how it is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecogniserOptions {
    /// Path of pocketsphinx_batch; `None` looks in `PATH`.
    pub program: Option<PathBuf>,
    /// Folder of the model (`en-us` with the acoustic model, `cmudict-en-us.dict`); `None` looks where Debian has it.
    pub model: Option<PathBuf>,
    /// Use Landlock and seccomp where the kernel has them. Default: `true`.
    pub confine: bool,
}

impl Default for RecogniserOptions {
    fn default() -> Self {
        Self {
            program: None,
            model: None,
            confine: true,
        }
    }
}

/// The program with its model.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    pub(crate) tool: Tool,
    pub(crate) launcher: Launcher,
    pub(crate) model: Model,
    /// Has it the option to leave out silence?
    pub(crate) may_remove_silence: bool,
}

/// A recogniser of digits, found and tried. Use it from as many threads as wanted.
#[derive(Clone, Debug)]
pub struct Recogniser {
    engine: Engine,
    confinement: Confinement,
}

impl Recogniser {
    /// Finds pocketsphinx and its model where Debian has them. Takes about 0.2 s, so do it once.
    ///
    /// # Errors
    /// [`SpeechError::ToolMissing`], [`SpeechError::ModelMissing`], [`SpeechError::ToolUnusable`].
    pub fn find() -> Result<Self, SpeechError> {
        Self::open(&RecogniserOptions::default())
    }

    /// The same with options. The child is held by every layer that it works under;
    /// [`confinement`](Self::confinement) tells which are left.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn open(options: &RecogniserOptions) -> Result<Self, SpeechError> {
        let tool = Tool::locate("pocketsphinx_batch", options.program.as_deref())?;
        let model = Model::find(options.model.as_deref())?;
        let launcher =
            Launcher::all_layers(&[&tool], options.confine).and_readable(&model.acoustic);
        launcher.loosen_until(
            |launcher| Self::tried(&tool, &model, launcher),
            SpeechError::is_passing,
        )
    }

    /// Everything once, on a second of noise: what it hears there does not matter.
    fn tried(tool: &Tool, model: &Model, launcher: &Launcher) -> Result<Self, SpeechError> {
        let mut engine = Engine {
            tool: tool.clone(),
            launcher: launcher.clone(),
            model: model.clone(),
            may_remove_silence: true,
        };
        let silence = vec![0; SAMPLE_RATE as usize];
        let (noise, _) = prepare(&silence, 1.0, &(0..50), RUNS[0]);
        let (_, active) = match decode(&engine, &noise, 1) {
            Err(SpeechError::ToolUnusable { detail, .. }) if detail.contains(UNKNOWN_OPTION) => {
                engine.may_remove_silence = false;
                decode(&engine, &noise, 1)?
            }
            other => other?,
        };
        Ok(Self {
            engine,
            confinement: launcher.confinement(&active),
        })
    }

    /// The layers that hold the child.
    pub fn confinement(&self) -> &Confinement {
        &self.confinement
    }

    /// Hears `count` digits in one answer: 16-bit samples of one channel, 16,000 a second. Blocks for about 0.2 s of
    /// processor time. Where nobody speaks there are no hypotheses; where somebody says something else, there are.
    ///
    /// # Errors
    /// [`SpeechError::DigitCount`], [`SpeechError::TooLong`], and what a run may end in.
    pub fn digits(&self, pcm: &[i16], count: usize) -> Result<Heard, SpeechError> {
        if !(1..=MAX_DIGITS).contains(&count) {
            return Err(SpeechError::DigitCount { count });
        }
        if pcm.len() > MAX_SECONDS * SAMPLE_RATE as usize {
            return Err(SpeechError::TooLong {
                seconds: pcm.len() as f64 / f64::from(SAMPLE_RATE),
            });
        }
        let level = Level::of(pcm);
        let Some(spoken) = level.spoken() else {
            return Ok(Heard::nothing(pcm));
        };
        let mut runs = Vec::with_capacity(RUNS.len());
        let mut started_at_ms = None;
        for how in RUNS {
            let (sound, first_frame) = prepare(pcm, level.speech, &spoken, how);
            let (decoded, _) = decode(&self.engine, &sound, count)?;
            started_at_ms = started_at_ms.or_else(|| started_at(&decoded, first_frame, &level));
            runs.push(decoded);
        }
        let hypotheses = merged(&runs, count);
        Ok(Heard {
            started_at_ms: started_at_ms.filter(|_| !hypotheses.is_empty()),
            hypotheses,
            envelope: envelope(pcm),
        })
    }
}

/// When it is first loud from the beginning of the first word on. The recogniser gives that word also what of the
/// background comes before it, and at times a word that was never said.
fn started_at(decoded: &Decoded, first_frame: usize, level: &Level) -> Option<u64> {
    let word_ms = decoded.first_word? * FRAME_MS;
    let from = first_frame + (word_ms / level::FRAME_MS) as usize;
    Some(level.first_loud(from)? as u64 * level::FRAME_MS)
}
