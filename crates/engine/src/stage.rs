//! A model in its place in the pipeline: its interface is checked, its failures name the stage.

use lifesign_infer::{Model, Tensor};

use crate::EngineError;

/// Logits are clipped to this before the sigmoid, as MediaPipe does.
const LOGIT_LIMIT: f32 = 100.0;

pub(crate) fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit.clamp(-LOGIT_LIMIT, LOGIT_LIMIT)).exp())
}

pub(crate) struct Stage {
    name: &'static str,
    model: Box<dyn Model>,
}

impl Stage {
    pub(crate) fn new(name: &'static str, model: Box<dyn Model>) -> Self {
        Self { name, model }
    }

    pub(crate) fn mismatch(
        &self,
        what: &'static str,
        actual: &[usize],
        expected: &[usize],
    ) -> EngineError {
        EngineError::Interface {
            stage: self.name,
            what,
            actual: actual.to_vec(),
            expected: expected.to_vec(),
        }
    }

    pub(crate) fn input_shape(&self) -> [usize; 4] {
        self.model.input_shape()
    }

    /// The side of the model's input, which must be one square RGB image.
    pub(crate) fn square_rgb_side(&self) -> Result<usize, EngineError> {
        match self.model.input_shape() {
            [1, 3, height, width] if height == width && height > 0 => Ok(height),
            shape => {
                let side = shape[2].max(shape[3]).max(1);
                Err(self.mismatch("an input shape", &shape, &[1, 3, side, side]))
            }
        }
    }

    /// Runs the model; what its outputs are is the caller's affair.
    pub(crate) fn outputs(&self, input: &[f32]) -> Result<Vec<Tensor>, EngineError> {
        self.model.run(input).map_err(|source| EngineError::Model {
            stage: self.name,
            source,
        })
    }

    /// Runs the model and shows each output as soon as it is known ([`Model::run_showing`]).
    pub(crate) fn show_outputs(
        &self,
        input: &[f32],
        show: &mut dyn FnMut(usize, &Tensor),
    ) -> Result<(), EngineError> {
        self.model
            .run_showing(input, show)
            .map_err(|source| EngineError::Model {
                stage: self.name,
                source,
            })
    }

    /// Runs the model; its first outputs must have the given numbers of values.
    pub(crate) fn run<const N: usize>(
        &self,
        input: &[f32],
        lengths: [usize; N],
    ) -> Result<[Vec<f32>; N], EngineError> {
        let outputs = self.outputs(input)?;
        let actual: Vec<usize> = outputs.iter().map(|t| t.data.len()).collect();
        let values: Vec<Vec<f32>> = outputs.into_iter().map(|t| t.data).collect();
        let fits = actual.get(..N) == Some(&lengths[..]);
        let first = values
            .into_iter()
            .take(N)
            .collect::<Vec<_>>()
            .try_into()
            .ok();
        first
            .filter(|_| fits)
            .ok_or_else(|| self.mismatch("output lengths", &actual, &lengths))
    }
}
