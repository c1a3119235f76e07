//! The use cases behind the contracts, and the bounded pool that they run on.

mod access;
pub mod admin;
mod admission;
pub(crate) mod captures;
mod checker;
mod clips;
mod conversation;
mod faces;
mod galleries;
mod pool;
mod replay;
pub mod sessions;
mod slowdown;
mod tokens;

pub use access::network;
pub(crate) use access::{Caller, Scope, admit, admit_key, unavailable};
pub(crate) use admission::{Rate, Rates};
pub use checker::{Checker, EngineChecker, Seen, Wanted};
pub use clips::{ClipChecker, ClipSeen, ClipWanted, EngineClipChecker};
pub(crate) use conversation::{Request, Said, converse, image_context};
pub(crate) use faces::Faces;
pub(crate) use galleries::Galleries;
pub(crate) use pool::Pool;
pub(crate) use slowdown::Slowdown;
