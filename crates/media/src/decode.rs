//! The way from bytes to a photo: limits, format, outline, EXIF, pixels, orientation.

use std::error::Error as _;
use std::io::Cursor;
use std::panic::catch_unwind;

use image::codecs::{bmp::BmpDecoder, png::PngDecoder, webp::WebPDecoder};
use image::{ColorType, DynamicImage, ImageDecoder, ImageError};

use crate::exif::read_exif;
use crate::orientation::upright;
use crate::plane::Plane;
use crate::sniff::sniff;
use crate::{Frame, ImageFormat, Limits, MediaError, Photo, bmp, jpeg, png, webp};

/// Decodes a still image: JPEG, PNG, WebP or BMP, recognised by content.
///
/// The frame is upright (EXIF orientation applied), 8-bit sRGB: 16-bit samples are rounded, grey
/// is spread over three channels, CMYK is converted without a profile, transparent pixels are
/// laid over white, and of an animation the first picture is taken. Colour profiles are ignored.
///
/// # Errors
/// A [`MediaError`] for each way in which bytes are not an acceptable image. A file that ends
/// early is an error even if a decoder could show its beginning.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Photo, MediaError> {
    limits.check_file(bytes.len())?;
    let format = sniff(bytes)?;
    // A panic in a decoder must not take a server's worker down. Those that are known are refused
    // before it; the fuzz targets report every other, because their panic hook aborts before the
    // unwinding.
    catch_unwind(|| decode_as(format, bytes, limits))
        .unwrap_or(Err(MediaError::DecoderFault { format }))
}

fn decode_as(format: ImageFormat, bytes: &[u8], limits: &Limits) -> Result<Photo, MediaError> {
    let source = Source {
        format,
        bytes,
        limits,
    };
    let (raster, exif) = match format {
        ImageFormat::Jpeg => {
            let outline = jpeg::outline(bytes)?;
            limits.check_dimensions(outline.width, outline.height)?;
            let rgb = jpeg::decode(&outline, limits)?;
            let raster = Raster {
                width: outline.width,
                height: outline.height,
                rgb,
            };
            (raster, outline.exif)
        }
        ImageFormat::Png => {
            let outline = png::outline(bytes)?;
            limits.check_dimensions(outline.width, outline.height)?;
            let budget = limits.for_decoder(outline.width, outline.height);
            let open = || PngDecoder::with_limits(Cursor::new(bytes), budget);
            (source.raster(open)?, outline.exif)
        }
        ImageFormat::WebP => {
            let outline = webp::outline(bytes, limits)?;
            let open = || WebPDecoder::new(Cursor::new(bytes));
            (source.raster(open)?, outline.exif)
        }
        ImageFormat::Bmp => {
            let (width, height) = bmp::claimed_size(bytes)?;
            limits.check_dimensions(width, height)?;
            let open = || BmpDecoder::new(Cursor::new(bytes));
            (source.raster(open)?, None)
        }
    };
    let (exif, orientation) = read_exif(exif);
    let Raster { width, height, rgb } = upright(raster, orientation);
    let frame = Frame::of(width, height, rgb).ok_or(MediaError::DecoderFault { format })?;
    Ok(Photo {
        frame,
        format,
        exif,
        size_bytes: bytes.len(),
    })
}

/// RGB pixels as stored in the file, not yet upright; `rgb` has `width * height * 3` bytes.
pub(crate) struct Raster {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgb: Plane,
}

/// A file for one of the decoders of the `image` crate.
struct Source<'a> {
    format: ImageFormat,
    bytes: &'a [u8],
    limits: &'a Limits,
}

impl Source<'_> {
    /// Opens a decoder, compares what it read in the header with the limits, and decodes.
    fn raster<D: ImageDecoder>(
        &self,
        open: impl FnOnce() -> Result<D, ImageError>,
    ) -> Result<Raster, MediaError> {
        let mut decoder = open().map_err(|e| self.refusal(e, (0, 0)))?;
        let (width, height) = decoder.dimensions();
        let refusal = |e| self.refusal(e, (width, height));
        self.limits.check_dimensions(width, height)?;
        let budget = self.limits.for_decoder(width, height);
        decoder.set_limits(budget).map_err(refusal)?;
        let rgb = match decoder.color_type() {
            ColorType::Rgb8 => {
                let mut rgb = Plane::zeroed(width as usize * height as usize * 3);
                decoder.read_image(rgb.bytes_mut()).map_err(refusal)?;
                rgb
            }
            color => {
                let image = DynamicImage::from_decoder(decoder).map_err(refusal)?;
                if color.has_alpha() {
                    over_white(image.into_rgba8().into_raw()).into()
                } else {
                    image.into_rgb8().into_raw().into()
                }
            }
        };
        Ok(Raster { width, height, rgb })
    }

    fn refusal(&self, error: ImageError, (width, height): (u32, u32)) -> MediaError {
        let format = self.format;
        match error {
            ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                MediaError::Truncated {
                    format,
                    size_bytes: self.bytes.len(),
                    missing: "image data is missing".to_owned(),
                }
            }
            ImageError::Limits(_) => MediaError::OutOfMemory {
                format,
                width,
                height,
                limit_bytes: self.limits.decoder_bytes(width, height),
            },
            ImageError::Unsupported(e) => MediaError::UnsupportedFeature {
                format,
                feature: crate::error::one_line(&e.to_string()),
                accepted: "the forms that web browsers show",
            },
            ImageError::Decoding(e) => match e.source() {
                Some(detail) => MediaError::damaged(format, detail),
                None => MediaError::damaged(format, e),
            },
            other => MediaError::damaged(format, other),
        }
    }
}

/// Lays RGBA over white, as a viewer's blank page does, and packs the result to RGB in place.
fn over_white(mut rgba: Vec<u8>) -> Vec<u8> {
    let pixels = rgba.len() / 4;
    for i in 0..pixels {
        let alpha = u32::from(rgba[i * 4 + 3]);
        for channel in 0..3 {
            let value = u32::from(rgba[i * 4 + channel]);
            let blended = (value * alpha + 255 * (255 - alpha) + 127) / 255;
            rgba[i * 3 + channel] = blended as u8;
        }
    }
    rgba.truncate(pixels * 3);
    rgba
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparency_shows_white() {
        let rgba = vec![10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 255, 128];
        assert_eq!(over_white(rgba), [10, 20, 30, 255, 255, 255, 127, 177, 255]);
    }
}
