//! The two networks and their answers.

use lifesign_infer::Model;

use super::head::{Head, LinearHead};
use crate::model_input::{ColourOrder, ModelInput};
use crate::stage::Stage;
use crate::{ContextCrop, EngineError, Evidence};

const STAGE: &str = "presentation attack detection";

/// What a network sees (`train/README.md`): 2.7 times the face, RGB in the range of its training.
const fn input(size: u32, range: [f32; 2]) -> ModelInput {
    ModelInput {
        crop: ContextCrop { scale: 2.7, size },
        colour_order: ColourOrder::Rgb,
        range,
        mean: [0.0; 3],
        std: [1.0; 3],
    }
}
const RECAPTURE: ModelInput = input(160, [-127.0 / 128.0, 1.0]);
const SYNTHESIS: ModelInput = input(80, [-1.0, 1.0]);

/// Mean luma that a crop is brought to before recapture is judged, as a share of white.
const MEAN_LUMA: f64 = 0.45;
/// The exponents that may be needed for it; beyond them the picture stays darker or brighter.
const EXPONENTS: [f64; 2] = [0.4, 2.5];

/// Both networks.
pub(crate) struct PadNetwork {
    recapture: Judge,
    synthesis: Judge,
}

/// What the networks answer to one face. Logits are positive for an attack.
#[derive(Clone, Debug, PartialEq)]
pub struct PadAnswer {
    /// Recapture: a print or a screen.
    pub recapture: Head,
    /// Synthesis: a generated or swapped face.
    pub synthesis: Head,
}

/// A network with the head that reads its maps.
struct Judge {
    stage: Stage,
    head: LinearHead,
}

impl Judge {
    fn new(model: Box<dyn Model>, input: &ModelInput) -> Result<Self, EngineError> {
        let stage = Stage::new(STAGE, model);
        let (shape, expected) = (stage.input_shape(), input.shape());
        if shape != expected {
            return Err(stage.mismatch("an input shape", &shape, &expected));
        }
        // The head is part of the file: an output that no input changes.
        let outputs = stage.outputs(&vec![0.0; shape.iter().product()])?;
        let head = LinearHead::new(&outputs).ok_or_else(|| {
            let lengths: Vec<usize> = outputs.iter().map(|o| o.data.len()).collect();
            stage.mismatch("maps and a head for them", &lengths, &[])
        })?;
        Ok(Self { stage, head })
    }

    fn answer(&self, values: &[f32]) -> Result<Head, String> {
        let maps = self.stage.outputs(values).map_err(|e| e.to_string())?;
        Ok(self.head.read(&maps))
    }
}

impl PadNetwork {
    /// # Errors
    /// [`EngineError::Interface`] when a model takes another input or has other outputs.
    pub(crate) fn new(
        recapture: Box<dyn Model>,
        synthesis: Box<dyn Model>,
    ) -> Result<Self, EngineError> {
        Ok(Self {
            recapture: Judge::new(recapture, &RECAPTURE)?,
            synthesis: Judge::new(synthesis, &SYNTHESIS)?,
        })
    }

    /// The part of the picture that both see.
    pub(crate) const CROP: ContextCrop = RECAPTURE.crop;

    /// # Errors
    /// The reason, in plain language, why there is no answer.
    pub(crate) fn run(&self, evidence: &Evidence) -> Result<PadAnswer, String> {
        let (frame, face) = (&evidence.photo.frame, &evidence.face_bounds);
        let mut rgb = RECAPTURE.crop.cut(frame, face)?;
        even_light(&mut rgb);
        Ok(PadAnswer {
            recapture: self.recapture.answer(&RECAPTURE.values(&rgb))?,
            synthesis: self.synthesis.answer(&SYNTHESIS.cut(frame, face)?)?,
        })
    }
}

/// Brings `RGBRGB...` bytes to [`MEAN_LUMA`] by one exponent, so that exposure says nothing.
fn even_light(rgb: &mut [u8]) {
    let mut sums = [0_u64; 3];
    for pixel in rgb.chunks_exact(3) {
        for (sum, &byte) in sums.iter_mut().zip(pixel) {
            *sum += u64::from(byte);
        }
    }
    let [r, g, b] = sums.map(|sum| sum as f64);
    let luma = (0.299 * r + 0.587 * g + 0.114 * b) / (rgb.len() as f64 / 3.0) / 255.0;
    let exponent = (MEAN_LUMA.ln() / luma.clamp(0.02, 0.98).ln()).clamp(EXPONENTS[0], EXPONENTS[1]);
    let table: [u8; 256] =
        std::array::from_fn(|byte| ((byte as f64 / 255.0).powf(exponent) * 255.0).round() as u8);
    for byte in rgb {
        *byte = table[usize::from(*byte)];
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use lifesign_infer::{Embedded, load};

    use super::*;

    #[test]
    fn answers_equal_those_of_the_training_code() {
        // What train/export.py computes for the same pattern.
        let golden: BTreeMap<String, f64> =
            serde_json::from_str(include_str!("../../../tests/golden_pad.json")).unwrap();
        for (embedded, input, even) in [
            (Embedded::PadContext, RECAPTURE, true),
            (Embedded::SyntheticFace, SYNTHESIS, false),
        ] {
            let judge = Judge::new(load(embedded).unwrap(), &input).unwrap();
            let side = input.crop.size as usize;
            let mut rgb: Vec<u8> = (0..side * side * 3).map(|i| (i * 31 % 251) as u8).collect();
            if even {
                even_light(&mut rgb);
            }
            let logit = judge.answer(&input.values(&rgb)).unwrap().logit;
            let expected = golden[embedded.name()];
            assert!((logit - expected).abs() < 1e-3, "{logit} {expected}");
        }
    }

    #[test]
    fn exposure_hardly_changes_what_the_network_sees() {
        let plain: Vec<u8> = (0..3000).map(|i| 40 + (i % 120) as u8).collect();
        let lit: Vec<u8> = plain
            .iter()
            .map(|&byte| ((f64::from(byte) / 255.0).powf(0.7) * 255.0).round() as u8)
            .collect();
        let [a, b] = [plain, lit].map(|mut rgb| {
            even_light(&mut rgb);
            rgb
        });
        assert!(a.iter().zip(&b).all(|(a, b)| a.abs_diff(*b) <= 3));
    }

    #[test]
    fn black_and_white_stay_as_they_are() {
        let mut rgb = [[0; 30], [255; 30]].concat();
        let before = rgb.clone();
        even_light(&mut rgb);
        assert_eq!(rgb, before);
    }
}
