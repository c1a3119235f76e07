//! The plain types that every other crate speaks: verdicts, signals, reasons, quality
//! components and the kinds of failure; and how scores become one confidence.
//!
//! Only `std` and `serde` are used here, so that contracts and stores can be built without
//! the vision stack. Words follow ISO/IEC 30107-3 and ISO/IEC 29794-5.

mod check;
mod clip;
mod error_kind;
mod fusion;
mod quality;
mod reason;
mod session;
mod signal;

pub use check::{CheckResult, FaceBox, FaceSummary, PoseDegrees, Verdict};
pub use clip::{ClipFrameResult, ClipMoment, ClipResult};
pub use error_kind::ErrorKind;
pub use fusion::{ConfidenceMap, FusedScore, Fusion, MIN_GEOMETRIC_SCORE, OPERATING_POINT};
pub use quality::QualityComponent;
pub use reason::{Reason, ReasonCode};
pub use session::{AudioMatch, FaceMatch, SessionResult, SessionState, SessionStep};
pub use signal::{PASS_SCORE, SignalReport};
