//! ONNX constants in the order in which the kernels read them.

use super::aligned::Aligned;
use super::kernels::{Matrix, Places, Taps};
use super::steps::{Blend, Dense, Depthwise, StepKind, Window};

/// An ONNX kernel: output channel, input channel, row, column.
pub(super) struct Weights<'a> {
    pub outputs: usize,
    pub inputs: usize,
    pub window: Window,
    pub values: &'a [f32],
    pub bias: Vec<f32>,
}

impl Weights<'_> {
    /// The bias of whole vectors.
    fn padded_bias(&self, lanes: usize) -> Aligned {
        let mut bias = Aligned::zeros(self.outputs.next_multiple_of(lanes));
        bias[..self.outputs].copy_from_slice(&self.bias);
        bias
    }

    pub(super) fn dense(&self, depthwise: Option<Depthwise>, lanes: usize) -> StepKind {
        let area = self.window.size[0] * self.window.size[1];
        let depth = self.inputs * area;
        // Windows are gathered pixel by pixel, kernels stored channel by channel.
        let place = |input: usize| input % self.inputs * area + input / self.inputs;
        let weight = |output: usize, input: usize| self.values[output * depth + place(input)];
        StepKind::Dense(Dense {
            depthwise,
            window: self.window,
            matrix: Matrix::new(self.outputs, depth, lanes, weight),
            bias: self.padded_bias(lanes),
            places: Places::new(Vec::new()),
        })
    }

    pub(super) fn depthwise(&self, lanes: usize) -> Depthwise {
        let bias = self.padded_bias(lanes);
        let area = self.window.size[0] * self.window.size[1];
        let mut weights = Aligned::zeros(area * bias.len());
        for (place, pixel) in weights.chunks_exact_mut(bias.len()).enumerate() {
            for (channel, weight) in pixel[..self.outputs].iter_mut().enumerate() {
                *weight = self.values[channel * area + place];
            }
        }
        let Window { size, strides } = self.window;
        Depthwise {
            taps: Taps {
                size,
                strides,
                weights,
            },
            bias,
        }
    }
}

/// ONNX Resize, `linear` with `half_pixel`: the source places of each target place on an axis.
pub(super) fn blends(length: usize, scale: f32) -> Vec<Blend> {
    let target = (length as f32 * scale).floor() as usize;
    let last = length - 1;
    (0..target)
        .map(|index| {
            let place = ((index as f32 + 0.5) / scale - 0.5).clamp(0.0, last as f32);
            let lower = place.floor() as usize;
            Blend {
                indices: [lower, (lower + 1).min(last)],
                share: place - lower as f32,
            }
        })
        .collect()
}
