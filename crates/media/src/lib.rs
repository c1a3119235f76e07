//! Untrusted bytes become frames here, under limits that are checked before allocation.
//!
//! [`decode`] takes the bytes of a file, [`decode_base64`] the text that a JSON body carries.
//! The walk of one file: [`Limits`], format by content (`sniff`), the outline of the container
//! (`jpeg`, `png`, `webp`: sizes, EXIF block, is the end there?), limits again, pixels,
//! orientation. Nothing here opens files or looks at names.

mod base64;
mod bmp;
mod decode;
mod error;
mod exif;
mod frame;
mod jpeg;
mod limits;
mod orientation;
mod photo;
mod plane;
mod png;
mod sniff;
mod webp;

pub use base64::decode_base64;
pub use decode::decode;
pub use error::MediaError;
pub use exif::{Exif, ExifState};
pub use frame::{Frame, Gray};
pub use limits::Limits;
pub use photo::{ImageFormat, Photo};
pub use sniff::sniff;
