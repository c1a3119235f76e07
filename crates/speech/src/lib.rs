//! Hears the digits that a person read aloud, by `pocketsphinx` in a confined child process.
//!
//! The walk of one answer: how loud it is and where speech lies (`level`), the sound brought to one
//! level over a floor of noise (`prepare`), two runs of the recogniser whose grammar knows nothing but
//! so many digits (`decode`, `grammar`), and their hypotheses merged (`heard`). Whether these are the
//! digits that were asked is for `lifesign-challenge` to say. The sound is held in memory only.
//!
//! ```no_run
//! use lifesign_speech::Recogniser;
//!
//! # fn main() -> Result<(), lifesign_speech::SpeechError> {
//! # let pcm: Vec<i16> = Vec::new();
//! let recogniser = Recogniser::find()?;
//! let heard = recogniser.digits(&pcm, 4)?;
//! eprintln!("{} hypotheses", heard.hypotheses.len());
//! # Ok(())
//! # }
//! ```

mod decode;
mod error;
mod grammar;
mod heard;
mod level;
mod model;
mod prepare;
mod recogniser;

pub use error::SpeechError;
pub use heard::{ENVELOPE_STEP_MS, Heard, MAX_HYPOTHESES};
pub use lifesign_confine::Confinement;
pub use recogniser::{MAX_DIGITS, MAX_SECONDS, Recogniser, RecogniserOptions, SAMPLE_RATE};
