//! The face pipeline with the real models, from photo to pose.
//!
//! Tests that need `../shared` or a reference file skip with a printed reason where it is absent.

mod golden;
mod parity;
mod support;
