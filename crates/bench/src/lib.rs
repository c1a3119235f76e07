//! What the benchmarks share: photographs of any size, percentiles, a server and a connection to it, and the
//! sections of docs/PERFORMANCE.md that they write.

pub mod client;
pub mod document;
pub mod photo;
pub mod server;
pub mod timing;

use std::path::Path;

use image::RgbImage;
use lifesign_media::{Limits, decode};

/// What may go wrong in a benchmark; it is told to a person and nobody decides by it.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The committed public-domain photograph of which all others are made.
pub const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../assets/samples/astronaut.jpg"
);

/// Width and height of the photographs whose check is measured: a webcam's, a page's, a telephone's.
pub const SIZES: [(u32, u32); 3] = [(640, 480), (1280, 960), (4000, 3000)];

/// As a size is written.
pub fn size_name((width, height): (u32, u32)) -> String {
    format!("{width}x{height}")
}

/// The pixels of a photograph.
///
/// # Errors
/// If it cannot be read or decoded.
pub fn pixels(file: &Path) -> Outcome<RgbImage> {
    let frame = decode(&std::fs::read(file)?, &Limits::default())?.frame;
    let pixels = RgbImage::from_raw(frame.width(), frame.height(), frame.rgb().to_vec());
    pixels.ok_or_else(|| "the photograph has no pixels".into())
}
