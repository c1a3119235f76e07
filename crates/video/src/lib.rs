//! Untrusted clips become facts, frames and sound here; a confined `ffmpeg` child does the work.
//!
//! A decoder of video is the largest target that this project offers to an attacker, so none runs
//! in this process. The walk of one clip: [`ClipLimits`], container by content (`sniff`), its
//! outline (`mp4`, `webm`: is the end there, how many tracks?), `ffprobe` (`probe`), limits again
//! on what the packets say, and only then `ffmpeg`, whose raw frames come through a pipe with
//! their times beside them (`decode`, `marks`). The child gets the clip as an unnamed file in
//! memory, an empty environment, resource limits, no network, no files (the crate `confine`), and
//! is killed and reaped whatever happens. Nothing is written to disk.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use lifesign_video::{Clip, ClipLimits, Tools, Wanted};
//!
//! # fn main() -> Result<(), lifesign_video::VideoError> {
//! # let bytes: Vec<u8> = Vec::new();
//! let tools = Tools::find()?;
//! let clip = Clip::open(&tools, &bytes, &ClipLimits::default())?;
//! let decoded = clip.decode(&Wanted::default(), &mut |frame| {
//!     eprintln!("frame {} at {:.3} s", frame.index, frame.at_s);
//!     ControlFlow::Continue(())
//! })?;
//! eprintln!("{} frames a second", decoded.measured_frame_rate.unwrap_or_default());
//! # Ok(())
//! # }
//! ```

mod clip;
mod codec;
mod decode;
mod ended;
mod error;
mod facts;
mod limits;
mod marks;
mod mp4;
mod probe;
mod report;
mod sniff;
mod sound;
mod text;
mod tools;
mod webm;

pub use clip::Clip;
pub use codec::Codec;
pub use decode::{ClipFrame, Decoded, Wanted};
pub use error::{DurationBy, VideoError};
pub use facts::{ClipFacts, Container, Tag};
pub use lifesign_confine::{Confinement, SlowBy};
pub use limits::ClipLimits;
pub use sniff::sniff;
pub use sound::Sound;
pub use tools::{ToolOptions, Tools};
