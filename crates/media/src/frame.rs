//! Pixels in memory: an RGB frame and a grey plane.
//!
//! Coordinate frame everywhere in the project: x to the right, y down, the origin is the top
//! left corner of the upright image, and the centre of the first pixel is (0.5, 0.5).

use rten_simd::{Isa, SimdOp};

use crate::plane::Plane;

/// An upright 8-bit sRGB image, rows top to bottom, `RGBRGB...` without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    width: u32,
    height: u32,
    rgb: Plane,
}

impl Frame {
    /// Wraps pixels; `None` if a side is 0 or `rgb` is not `width * height * 3` bytes long.
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Option<Self> {
        Self::of(width, height, rgb.into())
    }

    pub(crate) fn of(width: u32, height: u32, rgb: Plane) -> Option<Self> {
        let expected = (width as usize)
            .checked_mul(height as usize)?
            .checked_mul(3)?;
        (expected > 0 && rgb.len() == expected).then_some(Self { width, height, rgb })
    }

    /// Width in pixels, at least 1.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, at least 1.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All bytes, `RGBRGB...`, row by row.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// Luma of ITU-R BT.601 (the weights of JPEG and of OpenCV's `RGB2GRAY`), rounded.
    pub fn luma(&self) -> Gray {
        Gray {
            width: self.width,
            height: self.height,
            data: Luma(self.rgb.as_chunks().0).dispatch(),
        }
    }
}

/// The loop over all pixels, which `rten-simd` compiles for every vector width and picks at run time: a plain build
/// knows only SSE2, with which it takes three times as long.
struct Luma<'a>(&'a [[u8; 3]]);

impl SimdOp for Luma<'_> {
    type Output = Plane;

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) -> Plane {
        let mut luma = Plane::zeroed(self.0.len());
        for (to, &[r, g, b]) in luma.bytes_mut().iter_mut().zip(self.0) {
            *to = luma_601(r, g, b);
        }
        luma
    }
}

/// 0.299 R + 0.587 G + 0.114 B in 16-bit fixed point.
#[inline(always)]
fn luma_601(r: u8, g: u8, b: u8) -> u8 {
    let sum = 19_595 * u32::from(r) + 38_470 * u32::from(g) + 7_471 * u32::from(b) + 32_768;
    (sum >> 16) as u8
}

/// An 8-bit grey plane, rows top to bottom without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gray {
    width: u32,
    height: u32,
    data: Plane,
}

impl Gray {
    /// Wraps pixels; `None` if a side is 0 or `data` is not `width * height` bytes long.
    pub fn new(width: u32, height: u32, data: Vec<u8>) -> Option<Self> {
        let expected = (width as usize).checked_mul(height as usize)?;
        (expected > 0 && data.len() == expected).then(|| Self {
            width,
            height,
            data: data.into(),
        })
    }

    /// Width in pixels, at least 1.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, at least 1.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All bytes, row by row.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The rows, top to bottom.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.data.chunks_exact(self.width as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_lengths_are_refused() {
        assert!(Frame::new(2, 2, vec![0; 12]).is_some());
        assert!(Frame::new(2, 2, vec![0; 11]).is_none());
        assert!(Frame::new(0, 2, vec![]).is_none());
        assert!(Gray::new(2, 2, vec![0; 5]).is_none());
    }

    #[test]
    fn luma_has_the_known_values_of_the_primaries() {
        let rgb = vec![255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255];
        let luma = Frame::new(4, 1, rgb).unwrap().luma();
        assert_eq!(luma.data(), [76, 150, 29, 255]);
    }
}
