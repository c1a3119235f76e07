//! The runtime behind [`Model`]: `rten`.

use std::borrow::Cow;
use std::sync::Arc;

use rten::{Dimension, NodeId, RunOptions, ThreadPool, Value};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensorView, Tensor as RtenTensor};

use crate::{InferError, Model, Tensor};

thread_local! {
    /// A pool of one thread for each thread that runs models: callers never wait for one
    /// another, and a run never spreads over more than one core.
    static ONE_THREAD: Arc<ThreadPool> = Arc::new(ThreadPool::with_num_threads(1));
}

pub(crate) struct RtenModel {
    name: String,
    model: rten::Model,
    input: NodeId,
    input_shape: [usize; 4],
    outputs: Vec<(String, NodeId)>,
}

impl RtenModel {
    /// `output_names`: the outputs wanted, in order; all of the file's own when `None`.
    pub(crate) fn load(
        name: &str,
        weights: Cow<'static, [u8]>,
        output_names: Option<Vec<String>>,
    ) -> Result<Self, InferError> {
        let fail = |detail: String| InferError::Load {
            model: name.to_owned(),
            detail,
        };
        let model = match weights {
            Cow::Borrowed(bytes) => rten::Model::load_static_slice(bytes),
            Cow::Owned(bytes) => rten::Model::load(bytes),
        }
        .map_err(|error| fail(error.to_string()))?;
        let &[input] = model.input_ids() else {
            let count = model.input_ids().len();
            return Err(fail(format!("it has {count} inputs, expected 1")));
        };
        let input_shape = fixed_shape(&model)
            .ok_or_else(|| fail("its input has no fixed shape of four axes".to_owned()))?;
        let outputs = match output_names {
            Some(names) => named_outputs(&model, names).map_err(fail)?,
            None => all_outputs(&model),
        };
        Ok(Self {
            name: name.to_owned(),
            model,
            input,
            input_shape,
            outputs,
        })
    }

    fn check_input(&self, input: &[f32]) -> Result<(), InferError> {
        let expected = self.input_shape.iter().product();
        if input.len() != expected {
            return Err(InferError::InputLength {
                model: self.name.clone(),
                expected,
                actual: input.len(),
            });
        }
        match input.iter().position(|value| !value.is_finite()) {
            Some(index) => Err(InferError::NonFiniteInput {
                model: self.name.clone(),
                index,
            }),
            None => Ok(()),
        }
    }

    fn checked_output(&self, name: &str, value: Value) -> Result<Tensor, InferError> {
        let tensor: RtenTensor<f32> = value.try_into().map_err(|_| InferError::Run {
            model: self.name.clone(),
            detail: format!("output {name} is not f32"),
        })?;
        let shape = tensor.shape().to_vec();
        let data = tensor.into_data();
        if data.iter().all(|value| value.is_finite()) {
            return Ok(Tensor { shape, data });
        }
        Err(InferError::NonFiniteOutput {
            model: self.name.clone(),
            output: name.to_owned(),
        })
    }
}

impl Model for RtenModel {
    fn input_shape(&self) -> [usize; 4] {
        self.input_shape
    }

    fn run(&self, input: &[f32]) -> Result<Vec<Tensor>, InferError> {
        self.check_input(input)?;
        let view = NdTensorView::from_data(self.input_shape, input);
        let ids: Vec<NodeId> = self.outputs.iter().map(|(_, id)| *id).collect();
        let options = RunOptions::default().with_thread_pool(Some(ONE_THREAD.with(Arc::clone)));
        let values = self
            .model
            .run(vec![(self.input, view.into())], &ids, Some(options))
            .map_err(|error| InferError::Run {
                model: self.name.clone(),
                detail: error.to_string(),
            })?;
        self.outputs
            .iter()
            .zip(values)
            .map(|((name, _), value)| self.checked_output(name, value))
            .collect()
    }
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

fn named_outputs(model: &rten::Model, names: Vec<String>) -> Result<Vec<(String, NodeId)>, String> {
    names
        .into_iter()
        .map(|name| match model.find_node(&name) {
            Some(id) => Ok((name, id)),
            None => Err(format!("it has no output named {name}")),
        })
        .collect()
}

fn all_outputs(model: &rten::Model) -> Vec<(String, NodeId)> {
    let name_of = |id| {
        let info = model.node_info(id);
        info.and_then(|info| info.name().map(str::to_owned))
            .unwrap_or_default()
    };
    model
        .output_ids()
        .iter()
        .map(|&id| (name_of(id), id))
        .collect()
}
