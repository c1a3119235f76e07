use crate::InferError;

/// A neural network with one input of a fixed shape.
///
/// A run uses the calling thread's share of one core: it never spreads over several.
pub trait Model: Send + Sync {
    /// The input's shape: batch (always 1), channels, height, width.
    fn input_shape(&self) -> [usize; 4];

    /// Runs the network on `input`: f32 values in NCHW order, RGB, in the range that the
    /// model's card names. Outputs come in the card's order.
    ///
    /// # Errors
    /// [`InferError::InputLength`] when `input` is not as long as the product of
    /// [`input_shape`](Self::input_shape), [`InferError::NonFiniteInput`] and
    /// [`InferError::NonFiniteOutput`] when a value is NaN or infinite, and
    /// [`InferError::Run`] when the runtime fails.
    fn run(&self, input: &[f32]) -> Result<Vec<Tensor>, InferError>;

    /// As [`run`](Self::run), but shows each output by its number as soon as it is known, and then forgets it: for
    /// large maps of which only a summary is wanted, which is made while they still lie in the cache. Outputs come in any
    /// order; after an error some have been shown, and nothing may be concluded from them.
    ///
    /// # Errors
    /// Those of [`run`](Self::run).
    fn run_showing(
        &self,
        input: &[f32],
        show: &mut dyn FnMut(usize, &Tensor),
    ) -> Result<(), InferError> {
        for (number, output) in self.run(input)?.iter().enumerate() {
            show(number, output);
        }
        Ok(())
    }
}

/// One output of a model: its values in row-major order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensor {
    /// Length of each axis, outermost first.
    pub shape: Vec<usize>,
    /// As many values as the product of `shape`.
    pub data: Vec<f32>,
}
