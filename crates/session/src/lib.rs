//! One active session: what camera and microphone give becomes the events of the challenge and, at the end,
//! a verdict.
//!
//! [`SessionJudge`] is made once; [`SessionJudge::begin`] opens a [`Capture`] for each session. Its walk:
//!
//! 1. [`Capture::frame`]: a JPEG is decoded within strict limits, the face followed and measured (`measure`),
//!    now and then compared with the one that the session began with (`identity`), and the measures go to
//!    [`lifesign_challenge::Machine`], whose output is the answer.
//! 2. [`Capture::sound`] and [`Capture::listen`]: sound is kept while digits are asked; once the answer is over
//!    it is handed out as a [`Listening`], which another thread recognises, and comes back by
//!    [`Capture::heard`].
//! 3. [`Capture::finish`]: the best frames are judged in full, their confidence and what was seen over time
//!    become one, and with the challenge, the identity, the reference faces and the voice a
//!    [`lifesign_domain::SessionResult`].
//!
//! Synchronous, and without a clock: all times are milliseconds of one clock of the caller, taken when a
//! message arrived. Nothing here is logged.

mod calibration;
mod capture;
mod identity;
mod judge;
mod matching;
mod measure;
mod scene;
mod sound;
mod timing;
mod verdict;

pub use calibration::{
    Calibration, CalibrationError, IdentityParams, LookParams, RiskParams, SoundParams,
};
pub use capture::{Capture, CaptureError, MAX_FRAME_BYTES, MAX_FRAME_SIDE, PageEvent};
pub use judge::{SessionJudge, SessionSpec};
pub use measure::measures;
pub use sound::{Listening, Recognised, SAMPLE_RATE};
pub use verdict::{Captured, KeptFrame};
