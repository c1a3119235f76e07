//! Judges a video clip.
//!
//! The walk of one clip: [`lifesign_video`] decodes it in a confined child and streams frames; each
//! frame is looked at once ([`lifesign_watch`]): the face is followed, what the signals over time
//! need is measured, and of each stretch of time the best frame is kept; the kept frames are judged
//! in full like photographs, on a second thread; [`lifesign_temporal`] draws the verdict from both.
//!
//! Frames come and go: the one that is looked at, the best of its stretch, one that waits and two that are
//! judged are all that is held at the same time.

mod camera;
mod judge;

pub use judge::{ClipCheck, ClipError, ClipJudge, JUDGED, JudgeOptions};
pub use lifesign_temporal::signals::PulseWave;
pub use lifesign_watch::JudgedFrame;
