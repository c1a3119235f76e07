//! The two networks and their answers.

use lifesign_infer::{Model, Tensor};

use super::head::{Head, HeadSum, LinearHead};
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

/// Both networks. Recapture is read from the maps of both, which err on different pictures.
pub(crate) struct PadNetwork {
    recapture: Trunk,
    synthesis: Trunk,
    recapture_head: LinearHead,
    synthesis_head: LinearHead,
    /// Reads recapture from the maps of synthesis.
    second_recapture_head: LinearHead,
}

/// What the networks answer to one face. Logits are positive for an attack.
#[derive(Clone, Debug, PartialEq)]
pub struct PadAnswer {
    /// Recapture: a print or a screen.
    pub recapture: Head,
    /// Synthesis: a generated or swapped face.
    pub synthesis: Head,
}

/// A network whose outputs are maps of shape [1, places, channels] and, after them, heads: vectors
/// that no input changes.
struct Trunk {
    stage: Stage,
    maps: usize,
}

impl Trunk {
    /// The network, and its outputs to black.
    fn new(model: Box<dyn Model>, input: &ModelInput) -> Result<(Self, Vec<Tensor>), EngineError> {
        let stage = Stage::new(STAGE, model);
        let (shape, expected) = (stage.input_shape(), input.shape());
        if shape != expected {
            return Err(stage.mismatch("an input shape", &shape, &expected));
        }
        let outputs = stage.outputs(&vec![0.0; shape.iter().product()])?;
        let maps = outputs.iter().take_while(|o| o.shape.len() == 3).count();
        Ok((Self { stage, maps }, outputs))
    }

    /// The heads after the maps.
    fn heads<const N: usize>(&self, outputs: &[Tensor]) -> Result<[LinearHead; N], EngineError> {
        let (maps, heads) = outputs.split_at(self.maps);
        let found: Option<Vec<_>> = heads.iter().map(|h| LinearHead::new(maps, h)).collect();
        found
            .and_then(|heads| heads.try_into().ok())
            .ok_or_else(|| {
                let lengths: Vec<usize> = outputs.iter().map(|o| o.data.len()).collect();
                self.stage
                    .mismatch("maps and heads for them", &lengths, &[])
            })
    }

    /// What heads on the maps answer. Each map is read when it has just been made, and then forgotten.
    fn read<const N: usize>(
        &self,
        values: &[f32],
        heads: [&LinearHead; N],
    ) -> Result<[Head; N], String> {
        let mut sums = heads.map(LinearHead::begin);
        let mut add = |number: usize, map: &Tensor| {
            if number < self.maps {
                sums.iter_mut().for_each(|sum| sum.add(number, map));
            }
        };
        self.stage
            .show_outputs(values, &mut add)
            .map_err(|e| e.to_string())?;
        let answers: Option<Vec<Head>> = sums.into_iter().map(HeadSum::answer).collect();
        answers
            .and_then(|answers| answers.try_into().ok())
            .ok_or_else(|| "the network left maps out".to_owned())
    }
}

impl PadNetwork {
    /// # Errors
    /// [`EngineError::Interface`] when a model takes another input or has other outputs.
    pub(crate) fn new(
        recapture: Box<dyn Model>,
        synthesis: Box<dyn Model>,
    ) -> Result<Self, EngineError> {
        let (recapture, outputs) = Trunk::new(recapture, &RECAPTURE)?;
        let [recapture_head] = recapture.heads(&outputs)?;
        let (synthesis, outputs) = Trunk::new(synthesis, &SYNTHESIS)?;
        let [synthesis_head, second_recapture_head] = synthesis.heads(&outputs)?;
        Ok(Self {
            recapture,
            synthesis,
            recapture_head,
            synthesis_head,
            second_recapture_head,
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
        let [recapture] = self
            .recapture
            .read(&RECAPTURE.values(&rgb), [&self.recapture_head])?;
        let [synthesis, second] = self.synthesis.read(
            &SYNTHESIS.cut(frame, face)?,
            [&self.synthesis_head, &self.second_recapture_head],
        )?;
        Ok(PadAnswer {
            recapture: recapture.plus(&second),
            synthesis,
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
        // What train/export.py computes for the same pattern: the logits of each file's heads.
        let golden: BTreeMap<String, Vec<f64>> =
            serde_json::from_str(include_str!("../../../tests/golden_pad.json")).unwrap();
        for (embedded, input, even) in [
            (Embedded::PadContext, RECAPTURE, true),
            (Embedded::SyntheticFace, SYNTHESIS, false),
        ] {
            let (trunk, outputs) = Trunk::new(load(embedded).unwrap(), &input).unwrap();
            let side = input.crop.size as usize;
            let mut rgb: Vec<u8> = (0..side * side * 3).map(|i| (i * 31 % 251) as u8).collect();
            if even {
                even_light(&mut rgb);
            }
            let (maps, heads) = outputs.split_at(trunk.maps);
            let expected = &golden[embedded.name()];
            assert_eq!(heads.len(), expected.len());
            for (head, expected) in heads.iter().zip(expected) {
                let head = LinearHead::new(maps, head).unwrap();
                let [Head { logit, .. }] = trunk.read(&input.values(&rgb), [&head]).unwrap();
                assert!((logit - expected).abs() < 1e-3, "{logit} {expected}");
            }
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
