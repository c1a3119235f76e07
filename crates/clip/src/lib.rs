//! Judges a video clip.
//!
//! The walk of one clip: [`lifesign_video`] decodes it in a confined child and streams frames; each
//! frame is looked at once (`watch`): the face is followed, what the signals over time
//! need is measured, and of each stretch of time the best frame is kept; the kept frames are then
//! judged in full like photographs; [`lifesign_temporal`] draws the verdict from both.
//!
//! Frames come and go: at most [`JUDGED`] are held at the same time.

mod judge;
mod select;
mod watch;

pub use judge::{ClipCheck, ClipError, ClipJudge, JudgedFrame};
pub use select::JUDGED;
