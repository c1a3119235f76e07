//! A runtime for the small convolutional networks of face detection.
//!
//! `rten` runs any ONNX file, but its depthwise convolution, of which these networks are made, is
//! generic code without vectors. This runtime knows only the dozen operators that they need and
//! is several times as fast (`tools/time_onnxruntime.py` prints the ratios): pictures lie in
//! memory pixel by pixel with their channels side by side (NHWC), so that every inner loop is a
//! vector loop over channels; depthwise and pointwise convolution, residual sum and activation are
//! one step whose intermediate rows stay in the first-level cache; and a run takes place on the
//! caller's own thread.
//!
//! [`graph`] reads the ONNX file, [`plan`] turns it into steps, [`steps`] runs them and
//! [`kernels`] holds the inner loops, written on `rten-simd` for whatever vectors the CPU has.

mod aligned;
mod buffers;
mod flat;
mod graph;
mod kernels;
mod picture;
mod plan;
mod steps;
mod weights;

use std::sync::{Mutex, PoisonError};

use self::aligned::Aligned;
use self::graph::Graph;
use self::kernels::vector_lanes;
use self::picture::Picture;
use self::plan::{Output, Plan};
use self::steps::Step;
use crate::Tensor;

/// A network all of whose operators this runtime knows.
pub(crate) struct ConvNet {
    input_shape: [usize; 4],
    pictures: Vec<Picture>,
    steps: Vec<Step>,
    outputs: Vec<Output>,
    buffers: Vec<usize>,
    /// Buffers of earlier runs, as many as there were runs at one time.
    idle: Mutex<Vec<Vec<Aligned>>>,
}

impl ConvNet {
    /// Reads an ONNX file; its outputs come in the order of `output_names`, or in the file's
    /// own. `Err` tells why this runtime cannot run it, most often an unknown operator.
    pub(crate) fn load(onnx: &[u8], output_names: Option<&[String]>) -> Result<Self, String> {
        let graph = Graph::parse(onnx)?;
        let names = output_names.unwrap_or(&graph.outputs);
        let plan = Plan::new(&graph, names, vector_lanes())?;
        Ok(Self {
            input_shape: graph.input_shape,
            pictures: plan.pictures,
            steps: plan.steps,
            outputs: plan.outputs,
            buffers: plan.buffers,
            idle: Mutex::default(),
        })
    }

    pub(crate) fn input_shape(&self) -> [usize; 4] {
        self.input_shape
    }

    /// Shows each output as soon as it is there, by its number; what `show` takes out of the tensor is made anew.
    /// `input` has as many values as the input shape.
    pub(crate) fn run(&self, input: &[f32], show: &mut dyn FnMut(usize, &mut Tensor)) {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut buffers = idle.unwrap_or_else(|| self.new_buffers());
        if let Some(picture) = self.pictures.first() {
            let buffer = &mut buffers[picture.buffer];
            picture.clear_border(buffer);
            picture.write_planes(input, buffer);
        }
        let mut tensor = Tensor::default();
        let mut show_after = |steps: usize, buffers: &[Aligned]| {
            for (number, output) in self.outputs.iter().enumerate() {
                if output.after == steps {
                    self.write(output, buffers, &mut tensor);
                    show(number, &mut tensor);
                }
            }
        };
        show_after(0, &buffers);
        for (number, step) in self.steps.iter().enumerate() {
            step.run(&self.pictures, &mut buffers);
            show_after(number + 1, &buffers);
        }
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(buffers);
    }

    fn new_buffers(&self) -> Vec<Aligned> {
        self.buffers.iter().copied().map(Aligned::zeros).collect()
    }

    fn write(&self, output: &Output, buffers: &[Aligned], tensor: &mut Tensor) {
        let Tensor { shape, data } = tensor;
        shape.clone_from(&output.shape);
        data.clone_from(&output.constant);
        data.reserve(shape.iter().product::<usize>() - data.len());
        for &part in &output.parts {
            let picture = &self.pictures[part];
            picture.append_values(&buffers[picture.buffer], data);
        }
    }
}
