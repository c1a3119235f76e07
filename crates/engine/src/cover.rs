//! What covers the face: a small network of this project's own training (`train/cover`) on an
//! upright crop that reaches over the forehead.

use lifesign_infer::Model;
use lifesign_media::Frame;

use crate::stage::{Stage, sigmoid};
use crate::{ContextCrop, EngineError, Rect};

/// Half a face of surroundings, so that hats show. `train/cover/views.py` has the same numbers.
const CROP: ContextCrop = ContextCrop {
    scale: 1.6,
    size: 64,
};

/// Probabilities in [0, 1] that something covers the face, each by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceCover {
    /// Dark glasses before the eyes; clear spectacles do not count.
    pub sunglasses: f32,
    /// A mask over the mouth.
    pub mask: f32,
    /// A hat, cap, hood or scarf on the head.
    pub hat: f32,
    /// A hand or a thing before the face.
    pub object: f32,
}

pub(crate) struct CoverModel(Stage);

impl CoverModel {
    pub(crate) fn new(model: Box<dyn Model>) -> Result<Self, EngineError> {
        let stage = Stage::new("face cover", model);
        let side = stage.square_rgb_side()?;
        if side != CROP.size as usize {
            let expected = CROP.size as usize;
            let (actual, expected) = ([1, 3, side, side], [1, 3, expected, expected]);
            return Err(stage.mismatch("an input shape", &actual, &expected));
        }
        Ok(Self(stage))
    }

    /// `None` where the face has no crop, which is for a mesh without extent.
    pub(crate) fn run(
        &self,
        frame: &Frame,
        extent: &Rect,
    ) -> Result<Option<FaceCover>, EngineError> {
        let Ok(crop) = CROP.cut(frame, extent) else {
            return Ok(None);
        };
        let [logits] = self.0.run(&planes(&crop), [4])?;
        // The stage has checked the number of values.
        Ok(<[f32; 4]>::try_from(logits).ok().map(|logits| {
            let [sunglasses, mask, hat, object] = logits.map(sigmoid);
            FaceCover {
                sunglasses,
                mask,
                hat,
                object,
            }
        }))
    }
}

/// From interleaved bytes to (3, size, size) in [0, 1].
fn planes(rgb: &[u8]) -> Vec<f32> {
    let channel = |c| rgb.iter().skip(c).step_by(3).map(|&v| f32::from(v) / 255.0);
    (0..3).flat_map(channel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_red_green_blue() {
        let tensor = planes(&[0, 51, 255, 255, 102, 0]);
        assert_eq!(tensor, [0.0, 1.0, 0.2, 0.4, 1.0, 0.0]);
    }
}
