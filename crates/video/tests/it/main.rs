//! Clips made by ffmpeg itself, broken in every way that we could think of, and tools that
//! misbehave.

mod bad;
mod fakes;
mod frames;
mod held;
mod killed;
mod make;
mod metadata;
mod parallel;
mod properties;
mod real;
