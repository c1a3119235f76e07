use rten_simd::{Isa, SimdOp};

use super::kernels::{
    Finish, Matrix, Taps, blend_row, depthwise_row, finish_row, max_pool_row, multiply_row,
};
use super::picture::Picture;

/// One pass over a picture; `source`, `residual` and `target` are picture numbers.
pub(super) struct Step {
    pub source: usize,
    pub residual: Option<usize>,
    pub target: usize,
    pub pads: [usize; 4],
    /// As long as a pixel of the target.
    pub slope: Vec<f32>,
    /// The largest value of the target.
    pub ceiling: f32,
    pub kind: StepKind,
}

pub(super) enum StepKind {
    /// A convolution over all channels; a depthwise one may precede it.
    Dense {
        depthwise: Option<Depthwise>,
        window: Window,
        matrix: Matrix,
        bias: Vec<f32>,
    },
    /// A depthwise convolution alone.
    Depthwise(Depthwise),
    MaxPool(Window),
    /// The source itself, and of its border what a larger target takes in: a residual sum, an activation
    /// or zeros at the edge that no convolution precedes.
    Copy,
    /// Bilinear, with the weights of each target row and column.
    Resize {
        rows: Vec<Blend>,
        columns: Vec<Blend>,
    },
    /// Blocks of `block` x `block` pixels out of neighbouring groups of channels.
    DepthToSpace {
        block: usize,
    },
}

pub(super) struct Depthwise {
    pub taps: Taps,
    pub bias: Vec<f32>,
    /// One for each channel: there is no activation before the dense convolution.
    pub slope: Vec<f32>,
}

/// Kernel size and strides, each vertical then horizontal.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub size: [usize; 2],
    pub strides: [usize; 2],
}

/// Two source rows or columns and the share of the second.
#[derive(Clone, Copy)]
pub(super) struct Blend {
    pub indices: [usize; 2],
    pub share: f32,
}

impl Step {
    pub(super) fn run(&self, pictures: &[Picture], buffers: &mut [Vec<f32>]) {
        let mut output = std::mem::take(&mut buffers[self.target]);
        Run {
            step: self,
            pictures,
            buffers,
            output: &mut output,
        }
        .dispatch();
        buffers[self.target] = output;
    }
}

struct Run<'a> {
    step: &'a Step,
    pictures: &'a [Picture],
    buffers: &'a [Vec<f32>],
    output: &'a mut [f32],
}

impl SimdOp for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self {
            step,
            pictures,
            buffers,
            output,
        } = self;
        let (from, to) = (&pictures[step.source], &pictures[step.target]);
        let input = buffers[step.source].as_slice();
        let mut scratch = Vec::new();
        for row in 0..to.height {
            let result = &mut output[to.row(row)];
            let residual = step.residual.map(|number| {
                let picture = &pictures[number];
                (&buffers[number][picture.row(row)], picture.stride)
            });
            let finish = |bias| Finish {
                bias,
                slope: &step.slope,
                ceiling: step.ceiling,
                residual,
            };
            let window_start = |strides: [usize; 2]| from.offset(row * strides[0], 0, step.pads);
            match &step.kind {
                StepKind::Dense {
                    depthwise: Some(depthwise),
                    matrix,
                    bias,
                    ..
                } => {
                    let Depthwise {
                        taps,
                        bias: inner,
                        slope,
                    } = depthwise;
                    scratch.resize(to.width * from.stride, 0.0);
                    let plain = Finish {
                        bias: inner,
                        slope,
                        ceiling: f32::INFINITY,
                        residual: None,
                    };
                    let rows = &input[window_start(taps.strides)..];
                    depthwise_row(isa, taps, rows, from.row_stride(), &plain, &mut scratch);
                    multiply_row(isa, matrix, &scratch, from.stride, &finish(bias), result);
                }
                StepKind::Dense {
                    depthwise: None,
                    window,
                    matrix,
                    bias,
                } => {
                    let rows = &input[window_start(window.strides)..];
                    if window.size == [1, 1] {
                        let stride = window.strides[1] * from.stride;
                        multiply_row(isa, matrix, rows, stride, &finish(bias), result);
                    } else {
                        gather_windows(from, *window, rows, to.width, &mut scratch);
                        multiply_row(isa, matrix, &scratch, matrix.depth, &finish(bias), result);
                    }
                }
                StepKind::Depthwise(Depthwise { taps, bias, .. }) => {
                    let rows = &input[window_start(taps.strides)..];
                    depthwise_row(isa, taps, rows, from.row_stride(), &finish(bias), result);
                }
                StepKind::MaxPool(Window { size, strides }) => {
                    let rows = &input[window_start(*strides)..];
                    let window = [*size, *strides];
                    max_pool_row(isa, window, rows, from.row_stride(), to.stride, result);
                }
                StepKind::Copy => {
                    let start = from.offset(row, 0, [0; 4]);
                    let pixels = &input[start..start + result.len()];
                    finish_row(isa, pixels, &finish(&[]), result);
                }
                StepKind::Resize { rows, columns } => {
                    scratch.resize(from.width * from.stride, 0.0);
                    let Blend {
                        indices: [above, below],
                        share,
                    } = rows[row];
                    let (above, below) = (&input[from.row(above)], &input[from.row(below)]);
                    blend_row(isa, above, below, share, &mut scratch);
                    for (pixel, blend) in result.chunks_exact_mut(to.stride).zip(columns) {
                        let [left, right] = blend
                            .indices
                            .map(|column| &scratch[column * to.stride..][..to.stride]);
                        blend_row(isa, left, right, blend.share, pixel);
                    }
                }
                StepKind::DepthToSpace { block } => {
                    let pixels = input[from.row(row / block)].chunks_exact(from.stride);
                    let first = row % block * block * to.channels;
                    for (pixel, targets) in pixels.zip(result.chunks_exact_mut(block * to.stride)) {
                        let groups = pixel[first..].chunks_exact(to.channels);
                        for (target, group) in targets.chunks_exact_mut(to.stride).zip(groups) {
                            target[..to.channels].copy_from_slice(group);
                        }
                    }
                }
            }
        }
    }
}

/// For each of `count` neighbouring windows its values in a row: kernel row by kernel row, pixel
/// by pixel, channels without padding.
fn gather_windows(
    from: &Picture,
    window: Window,
    rows: &[f32],
    count: usize,
    values: &mut Vec<f32>,
) {
    values.clear();
    for index in 0..count {
        for ky in 0..window.size[0] {
            let start = ky * from.row_stride() + index * window.strides[1] * from.stride;
            if from.channels == from.stride {
                values.extend_from_slice(&rows[start..start + window.size[1] * from.stride]);
            } else {
                for pixel in rows[start..].chunks_exact(from.stride).take(window.size[1]) {
                    values.extend_from_slice(&pixel[..from.channels]);
                }
            }
        }
    }
}
