//! How large an image may be. Every limit is compared with what the header claims, before
//! memory for pixels is taken.

use crate::MediaError;

/// The largest image that [`decode`](crate::decode) accepts.
///
/// Memory for pixels follows from `pixels`: a decoder gets 8 bytes a pixel (16-bit RGBA, or the
/// coefficients of a progressive JPEG) and the frame takes 3 more, so the default allows about
/// 550 MB for the worst file and 40 to 80 MB for a 12-megapixel photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file in bytes. Default: 10 MiB (10,485,760), the larger reading of the "10 MB"
    /// of the liveness contract, so that no file is refused that its other readers accept.
    pub file_bytes: usize,
    /// Most pixels (width times height). Default: 50,000,000, a full-resolution phone photo.
    pub pixels: u64,
    /// Longest side in pixels. Default: 16,384.
    pub side: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 10 * 1024 * 1024,
            pixels: 50_000_000,
            side: 16_384,
        }
    }
}

/// Beside the pixels: palettes, Huffman tables, row buffers, text chunks.
const DECODER_OVERHEAD_BYTES: u64 = 16 * 1024 * 1024;

impl Limits {
    /// Refuses a file for its size alone.
    pub(crate) fn check_file(&self, size_bytes: usize) -> Result<(), MediaError> {
        if size_bytes > self.file_bytes {
            return Err(MediaError::FileTooLarge {
                size_bytes,
                limit_bytes: self.file_bytes,
            });
        }
        Ok(())
    }

    /// Refuses dimensions that a header claims.
    pub(crate) fn check_dimensions(&self, width: u32, height: u32) -> Result<(), MediaError> {
        if width == 0 || height == 0 {
            return Err(MediaError::NoPixels { width, height });
        }
        if width > self.side || height > self.side {
            return Err(MediaError::SideTooLong {
                width,
                height,
                limit: self.side,
            });
        }
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.pixels {
            return Err(MediaError::TooManyPixels {
                width,
                height,
                limit: self.pixels,
            });
        }
        Ok(())
    }

    /// What a decoder of the `image` crate may allocate for an image of these dimensions.
    pub(crate) fn for_decoder(&self, width: u32, height: u32) -> image::Limits {
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(self.side);
        limits.max_image_height = Some(self.side);
        limits.max_alloc = Some(self.decoder_bytes(width, height));
        limits
    }

    /// Bytes that decoding an image of these dimensions may take, beside the frame.
    pub(crate) fn decoder_bytes(&self, width: u32, height: u32) -> u64 {
        let pixels = u64::from(width).saturating_mul(u64::from(height));
        pixels.min(self.pixels) * 8 + DECODER_OVERHEAD_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edges_of_each_limit() {
        let limits = Limits::default();
        assert!(limits.check_file(10_485_760).is_ok());
        assert!(limits.check_file(10_485_761).is_err());
        assert!(limits.check_dimensions(16_384, 3051).is_ok());
        assert!(limits.check_dimensions(16_385, 1).is_err());
        assert!(limits.check_dimensions(1, 16_385).is_err());
        assert!(limits.check_dimensions(10_000, 5_000).is_ok());
        assert!(limits.check_dimensions(10_000, 5_001).is_err());
        assert!(limits.check_dimensions(0, 5).is_err());
        assert!(limits.check_dimensions(u32::MAX, u32::MAX).is_err());
    }
}
