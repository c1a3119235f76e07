//! Resampling and Fourier transforms, compiled once.
//!
//! Their libraries are generic: used directly, each build of the crate that uses them compiles all
//! of their vector kernels anew, which takes minutes. This crate hardly ever changes, so it does
//! that once.

mod fft;
mod resample;

pub use fft::{Complex32, fft_rows};
pub use resample::{Region, ResampleError, resample_gray, resample_rgb};
