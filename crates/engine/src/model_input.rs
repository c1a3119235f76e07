//! From a photo to the values that a model takes: one crop, one scale of values.

use lifesign_media::Frame;
use serde::{Deserialize, Serialize};

use crate::{ContextCrop, Rect};

/// How a model was trained to be shown a face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelInput {
    /// The part of the photo.
    pub crop: ContextCrop,
    /// Order of the colour planes.
    pub colour_order: ColourOrder,
    /// What byte 0 and byte 255 become; linear between.
    pub range: [f32; 2],
    /// Subtracted from each plane after that, in the order of the planes.
    pub mean: [f32; 3],
    /// Divides each plane at last, in the order of the planes.
    pub std: [f32; 3],
}

/// Order of the colour planes of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColourOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red, as OpenCV reads images.
    Bgr,
}

impl ModelInput {
    /// Shape of [`Self::cut`]'s answer: batch, channels, height, width.
    pub fn shape(&self) -> [usize; 4] {
        let side = self.crop.size as usize;
        [1, 3, side, side]
    }

    /// The values for the face of this extent (pixels of the upright image), in NCHW order.
    ///
    /// # Errors
    /// The reason, in plain language, why this face has no crop.
    pub fn cut(&self, frame: &Frame, extent: &Rect) -> Result<Vec<f32>, String> {
        Ok(self.values(&self.crop.cut(frame, extent)?))
    }

    /// The values of `RGBRGB...` bytes.
    pub(crate) fn values(&self, rgb: &[u8]) -> Vec<f32> {
        let planes = match self.colour_order {
            ColourOrder::Rgb => [0, 1, 2],
            ColourOrder::Bgr => [2, 1, 0],
        };
        let [low, high] = self.range;
        let mut values = Vec::with_capacity(rgb.len());
        for (plane, (mean, std)) in planes.into_iter().zip(self.mean.iter().zip(self.std)) {
            let table: [f32; 256] = std::array::from_fn(|byte| {
                let scaled = low + (high - low) * (byte as f32 / 255.0);
                (scaled - mean) / std
            });
            let pixels = rgb.as_chunks::<3>().0;
            values.extend(pixels.iter().map(|pixel| table[usize::from(pixel[plane])]));
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: ModelInput = ModelInput {
        crop: ContextCrop {
            scale: 1.0,
            size: 2,
        },
        colour_order: ColourOrder::Rgb,
        range: [0.0, 255.0],
        mean: [0.0; 3],
        std: [1.0; 3],
    };

    #[test]
    fn planes_follow_the_colour_order() {
        let rgb = [1, 2, 3, 4, 5, 6];
        assert_eq!(INPUT.values(&rgb), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        let bgr = ModelInput {
            colour_order: ColourOrder::Bgr,
            ..INPUT
        };
        assert_eq!(bgr.values(&rgb), [3.0, 6.0, 2.0, 5.0, 1.0, 4.0]);
    }

    #[test]
    fn range_mean_and_deviation_apply_in_this_order() {
        let input = ModelInput {
            colour_order: ColourOrder::Bgr,
            range: [-1.0, 1.0],
            mean: [0.5, 0.0, -0.5],
            std: [2.0, 1.0, 0.5],
            ..INPUT
        };
        // Blue is the first plane: (-1 - 0.5) / 2; red the last: (1 + 0.5) / 0.5.
        assert_eq!(input.values(&[255, 0, 0]), [-0.75, -1.0, 3.0]);
    }

    #[test]
    fn a_photo_becomes_as_many_values_as_the_shape_says() {
        let frame = Frame::new(4, 4, [10, 20, 30].repeat(16)).unwrap();
        let extent = Rect {
            x: 1.0,
            y: 1.0,
            width: 2.0,
            height: 2.0,
        };
        let values = INPUT.cut(&frame, &extent).unwrap();
        assert_eq!(values.len(), INPUT.shape().iter().product::<usize>());
        assert_eq!(values, [[10.0; 4], [20.0; 4], [30.0; 4]].concat());
        assert!(INPUT.cut(&frame, &Rect::default()).is_err());
    }
}
