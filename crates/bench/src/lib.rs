//! What the benchmarks share: photographs of any size, percentiles, a server and a connection to it, and the
//! sections of docs/PERFORMANCE.md that they write.

pub mod client;
pub mod document;
pub mod photo;
pub mod server;
pub mod timing;

/// What may go wrong in a benchmark; it is told to a person and nobody decides by it.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
