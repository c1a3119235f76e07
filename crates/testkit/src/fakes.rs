//! Models that answer what a test tells them.

use lifesign_infer::{InferError, Model, Tensor};

type Answer = dyn Fn(&[f32]) -> Result<Vec<Tensor>, InferError> + Send + Sync;

/// A model whose answer is a function of its input.
pub struct FakeModel {
    input_shape: [usize; 4],
    answer: Box<Answer>,
}

impl FakeModel {
    /// A fake with a square RGB input that answers `answer(input)`.
    pub fn new(
        side: usize,
        answer: impl Fn(&[f32]) -> Result<Vec<Tensor>, InferError> + Send + Sync + 'static,
    ) -> Box<Self> {
        Box::new(Self {
            input_shape: [1, 3, side, side],
            answer: Box::new(answer),
        })
    }

    /// A fake that answers the same values whatever it sees.
    pub fn constant(side: usize, outputs: Vec<Vec<f32>>) -> Box<Self> {
        let tensor = |data: &Vec<f32>| Tensor {
            shape: vec![1, data.len()],
            data: data.clone(),
        };
        Self::new(side, move |_| Ok(outputs.iter().map(tensor).collect()))
    }

    /// A fake whose every run fails.
    pub fn failing(side: usize) -> Box<Self> {
        Self::new(side, |_| {
            Err(InferError::Run {
                model: "fake".to_owned(),
                detail: "told to fail".to_owned(),
            })
        })
    }
}

impl Model for FakeModel {
    fn input_shape(&self) -> [usize; 4] {
        self.input_shape
    }

    fn run(&self, input: &[f32]) -> Result<Vec<Tensor>, InferError> {
        (self.answer)(input)
    }
}
