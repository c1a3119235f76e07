//! What a sequence of frames tells that a single one cannot.
//!
//! Pure and synchronous: no clock, no IO, no randomness, no model. The caller decodes the clip,
//! finds the face and fills a [`Track`], one [`Moment`] a frame; the helpers of [`extract`] and
//! [`flow`] measure what needs only pixels and landmarks. Then:
//!
//! 1. [`signals`]: each reads the immutable track and answers a [`Reading`], like the signals of
//!    a still image.
//! 2. [`judge`]: the confidences of the frames and the readings become one verdict, by the numbers
//!    of one versioned [`Calibration`].
//!
//! Coordinate frame everywhere: pixels of the upright frame, x to the right, y down, the centre of
//! the first pixel at (0.5, 0.5); depth (z) in the same unit, smaller is nearer to the camera.
//! Times are seconds of presentation.

mod calibration;
mod curve;
pub mod extract;
pub mod flow;
mod fuse;
mod geometry;
mod homography;
mod planar;
pub mod signals;
mod spectrum;
mod stats;
mod still;
#[cfg(feature = "synthetic")]
pub mod synthetic;
mod track;

pub use calibration::{Calibration, CalibrationError};
pub use curve::Curve;
pub use fuse::{Clip, ClipResult, Decision, FusionParams, judge};
pub use geometry::{eye_aspect_ratios, inter_eye_distance_px, mouth_opening};
pub use signals::{Measured, Reading, Signal, SignalParams};
pub use still::{Still, StillParams, StillSummary};
pub use track::{
    BackgroundMoment, ClipFacts, Corner, FaceMoment, Landmarks, LumaGrid, Moment, SkinColours,
    Track,
};
