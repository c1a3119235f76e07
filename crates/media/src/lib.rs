//! Untrusted bytes become frames here, under limits that are checked before allocation.

mod exif;
mod frame;
mod photo;

pub use exif::{Exif, ExifState};
pub use frame::{Frame, Gray};
pub use photo::{ImageFormat, Photo};
