//! The two runtimes behind [`Model`] and what they have in common.

use std::borrow::Cow;
use std::sync::Arc;

use rten::{Dimension, NodeId, RunOptions, ThreadPool, Value};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensorView, Tensor as RtenTensor};

use crate::convnet::ConvNet;
use crate::{InferError, Model, Tensor};

/// A network with its checks: the length of the input, finite values in and out.
pub(crate) struct CheckedModel {
    name: String,
    runtime: Runtime,
}

enum Runtime {
    ConvNet(ConvNet),
    Rten(Box<RtenNet>),
}

impl CheckedModel {
    /// `output_names`: the outputs wanted, in order; all of the file's own when `None`.
    pub(crate) fn load(
        name: &str,
        weights: Cow<'static, [u8]>,
        output_names: Option<&[String]>,
    ) -> Result<Self, InferError> {
        let runtime = match ConvNet::load(&weights, output_names) {
            Ok(net) => Runtime::ConvNet(net),
            // The reason does not matter: rten runs whatever the faster runtime does not know.
            Err(_) => match RtenNet::load(weights, output_names) {
                Ok(net) => Runtime::Rten(Box::new(net)),
                Err(detail) => {
                    let model = name.to_owned();
                    return Err(InferError::Load { model, detail });
                }
            },
        };
        Ok(Self {
            name: name.to_owned(),
            runtime,
        })
    }

    #[cfg(test)]
    pub(crate) fn uses_rten(&self) -> bool {
        matches!(self.runtime, Runtime::Rten(_))
    }

    fn check_input(&self, input: &[f32]) -> Result<(), InferError> {
        let expected = self.input_shape().iter().product();
        if input.len() != expected {
            return Err(InferError::InputLength {
                model: self.name.clone(),
                expected,
                actual: input.len(),
            });
        }
        if all_finite(input) {
            return Ok(());
        }
        let index = input.iter().position(|value| !value.is_finite());
        Err(InferError::NonFiniteInput {
            model: self.name.clone(),
            index: index.unwrap_or_default(),
        })
    }
}

impl Model for CheckedModel {
    fn input_shape(&self) -> [usize; 4] {
        match &self.runtime {
            Runtime::ConvNet(net) => net.input_shape(),
            Runtime::Rten(net) => net.input_shape,
        }
    }

    fn run(&self, input: &[f32]) -> Result<Vec<Tensor>, InferError> {
        let mut tensors = Vec::new();
        self.each(input, &mut |number, tensor| {
            if tensors.len() <= number {
                tensors.resize_with(number + 1, Tensor::default);
            }
            tensors[number] = std::mem::take(tensor);
        })?;
        Ok(tensors)
    }

    fn run_showing(
        &self,
        input: &[f32],
        show: &mut dyn FnMut(usize, &Tensor),
    ) -> Result<(), InferError> {
        self.each(input, &mut |number, tensor| show(number, tensor))
    }
}

impl CheckedModel {
    /// Gives each output that is finite; the first that is not is the error.
    fn each(
        &self,
        input: &[f32],
        give: &mut dyn FnMut(usize, &mut Tensor),
    ) -> Result<(), InferError> {
        self.check_input(input)?;
        let mut bad = None;
        let mut checked = |number: usize, tensor: &mut Tensor| {
            if all_finite(&tensor.data) {
                give(number, tensor);
            } else {
                bad.get_or_insert(number);
            }
        };
        match &self.runtime {
            Runtime::ConvNet(net) => net.run(input, &mut checked),
            Runtime::Rten(net) => {
                let tensors = net.run(input).map_err(|detail| InferError::Run {
                    model: self.name.clone(),
                    detail,
                })?;
                for (number, mut tensor) in tensors.into_iter().enumerate() {
                    checked(number, &mut tensor);
                }
            }
        }
        match bad {
            Some(output) => Err(InferError::NonFiniteOutput {
                model: self.name.clone(),
                output,
            }),
            None => Ok(()),
        }
    }
}

/// Piece by piece, so that the values of a piece are looked at in whole vectors.
fn all_finite(values: &[f32]) -> bool {
    let mut pieces = values.chunks(256);
    pieces.all(|piece| {
        piece
            .iter()
            .fold(true, |all, value| all & value.is_finite())
    })
}

thread_local! {
    /// A pool of one thread for each thread that runs models: callers never wait for one
    /// another, and a run never spreads over more than one core.
    static ONE_THREAD: Arc<ThreadPool> = Arc::new(ThreadPool::with_num_threads(1));
}

/// A network that `rten` runs.
struct RtenNet {
    model: rten::Model,
    input: NodeId,
    input_shape: [usize; 4],
    outputs: Vec<NodeId>,
}

impl RtenNet {
    fn load(weights: Cow<'static, [u8]>, output_names: Option<&[String]>) -> Result<Self, String> {
        let model = match weights {
            Cow::Borrowed(bytes) => rten::Model::load_static_slice(bytes),
            Cow::Owned(bytes) => rten::Model::load(bytes),
        }
        .map_err(|error| error.to_string())?;
        let &[input] = model.input_ids() else {
            let count = model.input_ids().len();
            return Err(format!("it has {count} inputs, expected 1"));
        };
        let input_shape = fixed_shape(&model).ok_or("its input has no fixed shape of four axes")?;
        let outputs = match output_names {
            Some(names) => named_outputs(&model, names)?,
            None => model.output_ids().to_vec(),
        };
        Ok(Self {
            model,
            input,
            input_shape,
            outputs,
        })
    }

    fn run(&self, input: &[f32]) -> Result<Vec<Tensor>, String> {
        let view = NdTensorView::from_data(self.input_shape, input);
        let options = RunOptions::default().with_thread_pool(Some(ONE_THREAD.with(Arc::clone)));
        let inputs = vec![(self.input, view.into())];
        let values = self.model.run(inputs, &self.outputs, Some(options));
        let values = values.map_err(|error| error.to_string())?;
        values.into_iter().map(f32_tensor).collect()
    }
}

fn f32_tensor(value: Value) -> Result<Tensor, String> {
    let tensor: RtenTensor<f32> = value.try_into().map_err(|_| "an output is not f32")?;
    let shape = tensor.shape().to_vec();
    Ok(Tensor {
        shape,
        data: tensor.into_data(),
    })
}

fn fixed_shape(model: &rten::Model) -> Option<[usize; 4]> {
    let lengths: Option<Vec<usize>> = model
        .input_shape(0)?
        .into_iter()
        .map(|dimension| match dimension {
            Dimension::Fixed(length) => Some(length),
            Dimension::Symbolic(_) => None,
        })
        .collect();
    lengths?.try_into().ok()
}

fn named_outputs(model: &rten::Model, names: &[String]) -> Result<Vec<NodeId>, String> {
    names
        .iter()
        .map(|name| {
            let node = model.find_node(name);
            node.ok_or_else(|| format!("it has no output named {name}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Embedded;

    /// Values from 0 to 1 of a fixed linear congruential sequence.
    fn noise(length: usize) -> Vec<f32> {
        let mut state = 1_u32;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        (0..length).map(next).collect()
    }

    #[test]
    fn both_runtimes_agree() {
        // rten does not widen constants; the embedding's answers are held to onnxruntime's (tests/models.rs).
        let wide = |embedded: &Embedded| *embedded != Embedded::FaceEmbedding;
        for embedded in Embedded::ALL.into_iter().filter(wide) {
            let Ok(fast) = ConvNet::load(embedded.bytes(), None) else {
                continue;
            };
            let input = noise(fast.input_shape().iter().product());
            let rten = RtenNet::load(Cow::Borrowed(embedded.bytes()), None).unwrap();
            let theirs = rten.run(&input).unwrap();
            let mut seen = 0;
            fast.run(&input, &mut |number, ours| {
                let theirs = &theirs[number];
                seen += 1;
                assert_eq!(ours.shape, theirs.shape);
                for (a, b) in ours.data.iter().zip(&theirs.data) {
                    let close = (a - b).abs() <= 1e-3 * b.abs().max(1.0);
                    assert!(close, "{}: {a} against {b}", embedded.name());
                }
            });
            assert_eq!(seen, theirs.len());
        }
    }

    #[test]
    fn what_is_shown_is_what_a_run_returns() {
        for embedded in [Embedded::PadContext, Embedded::FaceLandmarkWithAttention] {
            let model = crate::load(embedded).unwrap();
            let input = noise(model.input_shape().iter().product());
            let whole = model.run(&input).unwrap();
            let mut shown = vec![None; whole.len()];
            model
                .run_showing(&input, &mut |number, output| {
                    shown[number] = Some(output.clone())
                })
                .unwrap();
            assert_eq!(shown, whole.into_iter().map(Some).collect::<Vec<_>>());
        }
    }
}
