//! The network and its answer.

use lifesign_infer::Model;

use crate::model_input::{ColourOrder, ModelInput};
use crate::stage::Stage;
use crate::{ContextCrop, EngineError, Evidence};

const STAGE: &str = "presentation attack detection";
/// What the network sees (`train/README.md`): 2.7 times the face at 80 x 80, RGB in [0, 1].
const INPUT: ModelInput = ModelInput {
    crop: ContextCrop {
        scale: 2.7,
        size: 80,
    },
    colour_order: ColourOrder::Rgb,
    range: [0.0, 1.0],
    mean: [0.0; 3],
    std: [1.0; 3],
};
/// Places along a side of the map of contributions.
pub const MAP_SIDE: usize = 5;
/// Values of one map.
const PLACES: usize = MAP_SIDE * MAP_SIDE;
/// Logits of the network.
const HEADS: usize = 3;

/// The network: (1, 3, 80, 80) to 3 logits and 3 maps of 5 x 5 contributions to them.
pub(crate) struct PadNetwork {
    stage: Stage,
}

/// What the network answers to one face. Logits are positive for an attack.
#[derive(Clone, Debug, PartialEq)]
pub struct PadAnswer {
    /// A public model's view of recapture, imitated.
    pub teacher: Head,
    /// Recapture: a print or a screen.
    pub recapture: Head,
    /// Synthesis: a generated or swapped face.
    pub synthesis: Head,
}

/// One answer of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Logit; positive for an attack.
    pub logit: f64,
    /// What each place of the crop adds to the logit, [`MAP_SIDE`] rows of as many from the top
    /// left. The logit is their sum and a constant: a class activation map (Zhou et al.,
    /// "Learning Deep Features for Discriminative Localization", 2016) that is exact.
    pub contributions: Vec<f32>,
}

impl PadNetwork {
    /// # Errors
    /// [`EngineError::Interface`] when the model takes another input.
    pub(crate) fn new(model: Box<dyn Model>) -> Result<Self, EngineError> {
        let shape = model.input_shape();
        let stage = Stage::new(STAGE, model);
        if shape != INPUT.shape() {
            return Err(stage.mismatch("an input shape", &shape, &INPUT.shape()));
        }
        Ok(Self { stage })
    }

    /// The crop that the network sees.
    pub(crate) const CROP: ContextCrop = INPUT.crop;

    /// # Errors
    /// The reason, in plain language, why there is no answer.
    pub(crate) fn run(&self, evidence: &Evidence) -> Result<PadAnswer, String> {
        let input = INPUT.cut(&evidence.photo.frame, &evidence.face_bounds)?;
        let [logits, maps] = self
            .stage
            .run(&input, [HEADS, HEADS * PLACES])
            .map_err(|e| e.to_string())?;
        let mut heads = logits
            .iter()
            .zip(maps.chunks_exact(PLACES))
            .map(|(&logit, map)| Head {
                logit: f64::from(logit),
                contributions: map.to_vec(),
            });
        match (heads.next(), heads.next(), heads.next()) {
            (Some(teacher), Some(recapture), Some(synthesis)) => Ok(PadAnswer {
                teacher,
                recapture,
                synthesis,
            }),
            _ => Err("the network answered too little".to_owned()),
        }
    }
}
