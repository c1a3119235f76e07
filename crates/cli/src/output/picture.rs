//! Pictures as files and as `data:` URLs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageError, RgbImage, imageops};
use lifesign_media::Frame;

/// Quality of a thumbnail, of 100: small, yet without visible blocks.
const JPEG_QUALITY: u8 = 82;

/// `size * size` RGB pixels as a PNG file.
pub(crate) fn square_png(rgb: &[u8], size: u32) -> Result<Vec<u8>, ImageError> {
    let mut png = Vec::new();
    PngEncoder::new(&mut png).write_image(rgb, size, size, ExtendedColorType::Rgb8)?;
    Ok(png)
}

/// The picture with its longer side at most `longest_px`, as a JPEG in a `data:` URL.
pub(crate) fn thumbnail_url(frame: &Frame, longest_px: u32) -> Result<String, ImageError> {
    let (width, height) = (frame.width(), frame.height());
    let longer = width.max(height).max(1);
    let scaled = |side: u32| {
        let side = u64::from(side) * u64::from(longest_px.min(longer)) / u64::from(longer);
        u32::try_from(side).unwrap_or(longest_px).max(1)
    };
    // A frame holds three bytes for each of its pixels; an empty picture would be a bug of ours.
    let full = RgbImage::from_raw(width, height, frame.rgb().to_vec()).unwrap_or_default();
    let small = imageops::thumbnail(&full, scaled(width), scaled(height));
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY).encode_image(&small)?;
    Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg)))
}

#[cfg(test)]
mod tests {
    use lifesign_media::Limits;

    use super::*;

    #[test]
    fn a_thumbnail_keeps_its_shape_and_is_never_larger() {
        for (size, expected) in [
            ((400, 100), (40, 10)),
            ((30, 20), (30, 20)),
            ((500, 1), (40, 1)),
        ] {
            let (width, height) = size;
            let frame = Frame::new(width, height, vec![90; (width * height * 3) as usize]).unwrap();
            let url = thumbnail_url(&frame, 40).unwrap();
            let jpeg = STANDARD
                .decode(url.strip_prefix("data:image/jpeg;base64,").unwrap())
                .unwrap();
            let small = lifesign_media::decode(&jpeg, &Limits::default())
                .unwrap()
                .frame;
            assert_eq!((small.width(), small.height()), expected);
            assert!(small.rgb().iter().all(|v| v.abs_diff(90) < 3));
        }
    }
}
