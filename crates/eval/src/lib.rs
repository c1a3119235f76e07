//! Measuring a liveness check on labelled images, and fitting it to them.
//!
//! A [`Manifest`] names the presentations, the caller judges each one and keeps the answers in a
//! [`resume::Journal`], [`Report::new`] turns the answers into the figures of ISO/IEC 30107-3 with their
//! intervals, and [`calibrate::calibrate`] fits fusion weights and the operating point. Nothing here judges
//! an image, draws on a terminal or reads a clock.

pub mod calibrate;
pub mod compare;
pub mod metrics;

mod format;
mod html;
mod manifest;
pub mod report;
pub mod resume;
mod sample;
pub mod scores;
#[cfg(test)]
mod testing;

pub use html::HtmlError;
pub use manifest::{Manifest, ManifestError, RowIssue};
pub use metrics::Estimate;
pub use report::{Report, ReportError, Settings};
pub use sample::{Label, Outcome, Sample, Scored, UNSPECIFIED_SPECIES};
