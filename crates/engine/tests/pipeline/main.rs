//! The face pipeline with the real models, from photo to verdict.
//!
//! Tests that need `../shared` or a reference file skip with a printed reason where it is absent.

mod cover;
mod external_model;
mod faceless;
mod failures;
mod follow;
mod golden;
mod identity;
mod parity;
mod pose;
mod properties;
mod quality;
mod support;
