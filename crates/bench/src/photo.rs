//! JPEG files of any size, made from the committed public-domain sample.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{ExtendedColorType, RgbImage};

/// Quality of a phone's JPEG.
const QUALITY: u8 = 88;

/// Amplitude of the added sensor noise in grey levels; without it an enlarged photograph is
/// smoother, and so cheaper to decode, than any camera's.
const NOISE: i32 = 6;

/// The sample scaled to cover `width` x `height`, cropped to it, with noise.
///
/// # Errors
/// If the encoder fails.
pub fn jpeg(sample: &RgbImage, width: u32, height: u32) -> image::ImageResult<Vec<u8>> {
    let scale = (f64::from(width) / f64::from(sample.width()))
        .max(f64::from(height) / f64::from(sample.height()));
    let side = |length: u32| (f64::from(length) * scale).ceil() as u32;
    let large = image::imageops::resize(
        sample,
        side(sample.width()).max(width),
        side(sample.height()).max(height),
        FilterType::CatmullRom,
    );
    let left = (large.width() - width) / 2;
    let mut cropped = image::imageops::crop_imm(&large, left, 0, width, height).to_image();
    add_noise(&mut cropped);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode(
        &cropped,
        width,
        height,
        ExtendedColorType::Rgb8,
    )?;
    Ok(bytes)
}

/// The same noise in every run: a linear congruential generator (Numerical Recipes' constants).
fn add_noise(image: &mut RgbImage) {
    let mut state = 1_u32;
    for pixel in image.pixels_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 16) as i32 % (2 * NOISE + 1) - NOISE;
        for value in &mut pixel.0 {
            *value = (i32::from(*value) + noise).clamp(0, 255) as u8;
        }
    }
}
