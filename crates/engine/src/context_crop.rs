//! Square crops around the face's extent, as the learned models were trained on them.

use lifesign_media::Frame;
use lifesign_numeric::{Region, resample_rgb};

use crate::Rect;

/// How a model wants its crop: a rectangle around the extent of the mesh, stretched to a square.
///
/// The rectangle has the sides `scale * max(width, height)` of the extent and its middle, but it
/// never leaves the image: a side is shortened to the image's and the rectangle is shifted inside.
/// So nothing is padded, and a portrait without surroundings fills the crop. `train/crops.py`
/// holds the same definition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContextCrop {
    /// Sides of the crop in units of the longer side of the face's extent.
    pub scale: f64,
    /// Width and height of the result in pixels.
    pub size: u32,
}

impl ContextCrop {
    /// The rectangle in pixels of the upright image; `None` for an extent that is not finite or
    /// has no area.
    pub fn region(&self, extent: &Rect, width: u32, height: u32) -> Option<Region> {
        let [x, y, w, h] = [extent.x, extent.y, extent.width, extent.height].map(f64::from);
        let side = self.scale * w.max(h);
        if !(x.is_finite() && y.is_finite() && side.is_finite() && side > 0.0) {
            return None;
        }
        let along = |start: f64, length: f64, limit: f64| {
            let cropped = side.min(limit);
            let first = (start + (length - cropped) / 2.0).clamp(0.0, limit - cropped);
            (first, cropped)
        };
        let (left, crop_width) = along(x, w, width.into());
        let (top, crop_height) = along(y, h, height.into());
        Some(Region {
            x: left,
            y: top,
            width: crop_width,
            height: crop_height,
        })
    }

    /// The crop as `size * size` RGB pixels, scaled with the triangle filter (Pillow's BILINEAR).
    ///
    /// # Errors
    /// The reason, in plain language, why this face has no crop.
    pub fn cut(&self, frame: &Frame, extent: &Rect) -> Result<Vec<u8>, String> {
        let (width, height) = (frame.width(), frame.height());
        let region = self
            .region(extent, width, height)
            .ok_or("the face has no extent")?;
        resample_rgb(frame.rgb(), (width, height), region, (self.size, self.size))
            .map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CROP: ContextCrop = ContextCrop {
        scale: 2.0,
        size: 4,
    };

    fn extent(x: f32, y: f32, width: f32, height: f32) -> Rect {
        Rect {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn a_face_in_the_middle_has_its_surroundings_on_all_sides() {
        let region = CROP.region(&extent(40.0, 30.0, 10.0, 20.0), 100, 100);
        let (x, y, width, height) = (25.0, 20.0, 40.0, 40.0);
        assert_eq!(
            region,
            Some(Region {
                x,
                y,
                width,
                height
            })
        );
    }

    #[test]
    fn at_an_edge_the_crop_is_shifted_and_in_a_small_picture_shortened() {
        let corner = CROP
            .region(&extent(0.0, 90.0, 10.0, 10.0), 100, 100)
            .unwrap();
        assert_eq!((corner.x, corner.y, corner.width), (0.0, 80.0, 20.0));
        let portrait = CROP.region(&extent(5.0, 5.0, 50.0, 60.0), 60, 70).unwrap();
        assert_eq!((portrait.width, portrait.height), (60.0, 70.0));
    }

    #[test]
    fn an_extent_without_area_has_no_crop() {
        let frame = Frame::new(2, 2, vec![0; 12]).unwrap();
        for bad in [extent(0.0, 0.0, 0.0, 0.0), extent(f32::NAN, 0.0, 1.0, 1.0)] {
            assert!(CROP.cut(&frame, &bad).unwrap_err().contains("no extent"));
        }
    }

    proptest! {
        #[test]
        fn every_crop_lies_inside_the_image(
            x in -500.0f32..500.0, y in -500.0f32..500.0,
            w in 0.01f32..2000.0, h in 0.01f32..2000.0,
            width in 1u32..300, height in 1u32..300,
        ) {
            let region = CROP.region(&extent(x, y, w, h), width, height).unwrap();
            prop_assert!(region.x >= 0.0 && region.x + region.width <= f64::from(width) + 1e-9);
            prop_assert!(region.y >= 0.0 && region.y + region.height <= f64::from(height) + 1e-9);
            let frame = Frame::new(width, height, vec![7; (width * height * 3) as usize]).unwrap();
            prop_assert_eq!(CROP.cut(&frame, &extent(x, y, w, h)).unwrap(), vec![7; 48]);
        }
    }
}
