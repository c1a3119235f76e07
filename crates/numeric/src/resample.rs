//! Scaling of a part of an 8-bit image.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{InnerPixel, U8, U8x3};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

/// A rectangle in pixels of the source, from its top left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A source or region that cannot be scaled; the text says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResampleError(String);

impl std::fmt::Display for ResampleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot scale: {}", self.0)
    }
}

impl std::error::Error for ResampleError {}

/// Scales `region` of a grey plane to `target` (width, height). Reducing averages over the area of
/// each new pixel with a Hamming window: as sharp as a box, without a box's jumps at fractional
/// factors.
///
/// # Errors
/// If `source` has not `size.0 * size.1` bytes or the region is not inside it.
pub fn resample_gray(
    source: &[u8],
    size: (u32, u32),
    region: Region,
    target: (u32, u32),
) -> Result<Vec<u8>, ResampleError> {
    let scaled = resample::<U8>(source, size, region, target, FilterType::Hamming)?;
    Ok(scaled.pixels().iter().map(|p| p.0).collect())
}

/// Scales `region` of an `RGBRGB...` image to `target` (width, height) with a triangle filter.
///
/// # Errors
/// If `source` has not `size.0 * size.1 * 3` bytes or the region is not inside it.
pub fn resample_rgb(
    source: &[u8],
    size: (u32, u32),
    region: Region,
    target: (u32, u32),
) -> Result<Vec<u8>, ResampleError> {
    let scaled = resample::<U8x3>(source, size, region, target, FilterType::Bilinear)?;
    Ok(scaled.pixels().iter().flat_map(|p| p.0).collect())
}

fn resample<P: PixelTrait + InnerPixel>(
    source: &[u8],
    (width, height): (u32, u32),
    region: Region,
    target: (u32, u32),
    filter: FilterType,
) -> Result<TypedImage<'static, P>, ResampleError> {
    let source = TypedImageRef::<P>::from_buffer(width, height, source)
        .map_err(|e| ResampleError(e.to_string()))?;
    let mut scaled = TypedImage::<P>::new(target.0, target.1);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(filter))
        .crop(region.x, region.y, region.width, region.height);
    Resizer::new()
        .resize_typed(&source, &mut scaled, &options)
        .map_err(|e| ResampleError(e.to_string()))?;
    Ok(scaled)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Region = Region {
        x: 0.0,
        y: 0.0,
        width: 4.0,
        height: 2.0,
    };

    #[test]
    fn reducing_averages() {
        let plane = [0, 100, 200, 200, 100, 0, 200, 200];
        let half = resample_gray(&plane, (4, 2), WHOLE, (2, 1)).unwrap();
        assert!((i32::from(half[0]) - 50).abs() <= 10, "{half:?}");
        assert!((i32::from(half[1]) - 200).abs() <= 10, "{half:?}");
    }

    #[test]
    fn colours_stay_apart() {
        let plane = [10, 20, 30].repeat(8);
        let half = resample_rgb(&plane, (4, 2), WHOLE, (2, 1)).unwrap();
        assert_eq!(half, [10, 20, 30, 10, 20, 30]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(resample_gray(&[0; 7], (4, 2), WHOLE, (2, 1)).is_err());
        let outside = Region { x: 3.0, ..WHOLE };
        assert!(resample_gray(&[0; 8], (4, 2), outside, (2, 1)).is_err());
    }
}
