//! Frames in their order, of a clip or of a live stream, from one look at each to a verdict over time.
//!
//! 1. [`Watcher::look`] follows the face and measures what the signals over time need.
//! 2. [`Selection`] keeps the best frame of each stretch of time.
//! 3. [`judge_frame`] judges a kept frame in full, like a photograph.
//! 4. [`over_time`] draws the verdict from both.
//!
//! It decodes nothing and knows neither a container nor a prompt: `clip` and `session` do.

mod judge;
mod select;
mod watch;

pub use judge::{JudgedFrame, judge_frame, over_time};
pub use select::{Candidate, Selection};
pub use watch::{Look, Watcher};
