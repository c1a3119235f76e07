//! A decoded still image with what is known of its file.

use crate::{ExifState, Frame};

/// Container format, found by content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageFormat {
    /// JPEG (JFIF or EXIF), baseline or progressive.
    Jpeg,
    /// PNG.
    Png,
    /// WebP, lossy or lossless.
    WebP,
    /// Windows bitmap.
    Bmp,
}

/// A still image, decoded and turned upright.
#[derive(Clone, Debug)]
pub struct Photo {
    /// Upright pixels.
    pub frame: Frame,
    /// Format of the file.
    pub format: ImageFormat,
    /// What the file says about its origin.
    pub exif: ExifState,
    /// Size of the file in bytes.
    pub size_bytes: usize,
}

impl std::fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
        })
    }
}
