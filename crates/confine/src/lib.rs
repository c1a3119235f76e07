//! Runs a foreign program over untrusted bytes, so that it can do nothing but answer.
//!
//! Decoders of video and recognisers of speech are large programs in C; none runs in this process.
//! The child gets its input as an unnamed, sealed file in memory ([`in_memory`]) on standard input,
//! an empty environment, resource limits, no network and no files but those that were named
//! ([`Launcher`]). It is read with a clock beside it ([`Running`]), and killed with all that it
//! started and reaped whatever happens. What it says at its end becomes one answer ([`Ended`]).
//! This crate knows no tool and no format.

mod child;
mod ended;
mod error;
mod find;
mod layers;
#[cfg(test)]
mod layers_tests;
mod memory;
mod start;
mod syscalls;
mod text;

pub use child::{Bounds, Running, Step};
pub use ended::Ended;
pub use error::{ChildError, Seconds, SlowBy};
pub use find::Tool;
pub use layers::{Active, Confinement, Launcher};
pub use memory::in_memory;
pub use text::tool_line;
