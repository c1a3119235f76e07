//! The pure, synchronous face pipeline: evidence, signals, fusion.
//!
//! No clock, no randomness, no IO but the embedded weights. A check walks the modules in this
//! order: [`evidence`] is gathered once and never changes, every [`signals`] entry reads it and
//! answers a [`Reading`], and [`fusion`] weighs the readings into a verdict by the numbers of
//! one versioned [`Calibration`].

mod calibration;
mod check;
mod evidence;
pub mod fusion;
pub mod signals;

pub use calibration::{Calibration, CalibrationError, Decision, Profile};
pub use check::{Check, Subject};
pub use evidence::{Detection, Evidence, Landmarks, Point2, Point3, Pose, Rect};
pub use signals::{Reading, Signal};
