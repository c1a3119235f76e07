//! Measuring a liveness check on labelled images, and fitting it to them.
//!
//! A [`Manifest`] names the presentations, the caller judges each one and keeps the answers in a
//! [`Journal`], [`Report::new`] turns the answers into the figures of ISO/IEC 30107-3 with their
//! intervals, and [`calibrate()`] fits fusion weights and the operating point. Nothing here judges
//! an image, draws on a terminal or reads a clock.

pub mod metrics;

mod format;
mod manifest;
pub mod report;
mod sample;
#[cfg(test)]
mod testing;

pub use manifest::{Manifest, ManifestError, RowIssue};
pub use metrics::Estimate;
pub use report::{Report, ReportError, Settings};
pub use sample::{Label, Outcome, Sample, Scored, UNSPECIFIED_SPECIES};
