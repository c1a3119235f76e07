//! JPEG files of any size like those of a camera (4:2:0), made from the committed public-domain sample.

use image::RgbImage;
use image::imageops::FilterType;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::Outcome;

/// Quality of a phone's JPEG.
const QUALITY: u8 = 88;

/// Amplitude of the added sensor noise in grey levels; without it an enlarged photograph is
/// smoother, and so cheaper to decode, than any camera's.
const NOISE: i32 = 6;

/// How the pixels lie in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// From top to bottom, as cameras write it.
    Baseline,
    /// Coarse to fine, as for pages.
    Progressive,
    /// Baseline, and to be turned by a quarter: EXIF orientation 6.
    OnItsSide,
}

/// The sample scaled to cover `width` x `height`, cropped to it, with noise.
///
/// # Errors
/// If a side is longer than JPEG can say, or the encoder fails.
pub fn jpeg(sample: &RgbImage, (width, height): (u32, u32), coding: Coding) -> Outcome<Vec<u8>> {
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
    let mut encoder = Encoder::new(&mut bytes, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_progressive(coding == Coding::Progressive);
    if coding == Coding::OnItsSide {
        encoder.add_app_segment(1, TURNED.to_vec())?;
    }
    let (width, height) = (u16::try_from(width)?, u16::try_from(height)?);
    encoder.encode(cropped.as_raw(), width, height, ColorType::Rgb)?;
    Ok(bytes)
}

/// An EXIF block with one tag: orientation (0x0112), a short, 6.
const TURNED: &[u8] = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";

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
