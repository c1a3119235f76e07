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
}

/// One output of a model: its values in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Length of each axis, outermost first.
    pub shape: Vec<usize>,
    /// As many values as the product of `shape`.
    pub data: Vec<f32>,
}
