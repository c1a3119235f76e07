//! The use cases behind the contracts, and the bounded pool that they run on.

mod liveness;
mod pool;

pub(crate) use liveness::check;
pub use liveness::{Checker, EngineChecker};
pub(crate) use pool::{Pool, PoolError};
