//! Whole sessions through real pixels: a puppet before the camera, every frame rendered, encoded, decoded and
//! measured.

#![allow(
    clippy::print_stdout,
    reason = "the figures of docs/LIMITS.md and docs/CHALLENGE.md"
)]

mod attacks;
mod digits;
mod measures;
mod passes;
mod player;
mod stage;
#[allow(dead_code, reason = "the noises are for the tests of the recogniser")]
#[path = "../../../speech/tests/it/voices.rs"]
mod voices;
