use rten_simd::{Isa, SimdOp};

use super::aligned::Aligned;
use super::kernels::{
    Activation, Finish, Matrix, Place, Places, Taps, blend_row, depthwise_row, finish_row,
    max_pool_row, multiply,
};
use super::picture::Picture;

/// One pass over a picture; `source`, `residual` and `target` are picture numbers.
pub(super) struct Step {
    pub source: usize,
    pub residual: Option<usize>,
    pub target: usize,
    pub pads: [usize; 4],
    pub activation: Activation,
    pub kind: StepKind,
}

pub(super) enum StepKind {
    Dense(Dense),
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

/// A convolution over all channels; a depthwise one may precede it.
pub(super) struct Dense {
    pub depthwise: Option<Depthwise>,
    pub window: Window,
    pub matrix: Matrix,
    pub bias: Aligned,
    /// Known when all pictures have their borders ([`Step::settle`]).
    pub places: Places,
}

/// Pixels that share the loading of a dense convolution's weights; what comes before it for so many stays in the cache.
const LOT: usize = 48;

impl Dense {
    fn strides(&self) -> [usize; 2] {
        match &self.depthwise {
            Some(depthwise) => depthwise.taps.strides,
            None => self.window.strides,
        }
    }

    /// Values of a pixel between the source and the product: of the depthwise convolution, or those that a
    /// window gathers. A window of one pixel is read where it is.
    fn values_before(&self, from: &Picture) -> usize {
        match &self.depthwise {
            Some(_) => from.stride,
            None if self.window.size == [1, 1] => 0,
            None => self.matrix.depth,
        }
    }

    fn rows_at_once(&self, to: &Picture) -> usize {
        (LOT / to.width.max(1)).clamp(1, to.height.max(1))
    }
}

pub(super) struct Depthwise {
    pub taps: Taps,
    pub bias: Aligned,
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
    /// Looks up where its pixels lie. To be called once, when no border changes any more.
    pub(super) fn settle(&mut self, pictures: &[Picture]) -> Result<(), String> {
        let (from, to) = (&pictures[self.source], &pictures[self.target]);
        let residual = self.residual.map(|number| &pictures[number]);
        let StepKind::Dense(dense) = &mut self.kind else {
            return Ok(());
        };
        let (rows, before) = (dense.rows_at_once(to), dense.values_before(from));
        let strides = dense.strides();
        let place = |row: usize, column: usize| {
            let number = |offset: usize| {
                u32::try_from(offset).map_err(|_| "a picture is too large".to_owned())
            };
            let input = match before {
                0 => {
                    from.offset(row * strides[0], 0, self.pads) + column * strides[1] * from.stride
                }
                _ => (row % rows * to.width + column) * before,
            };
            Ok(Place {
                input: number(input)?,
                output: number(to.offset(row, column, [0; 4]))?,
                residual: number(residual.map_or(0, |r| r.offset(row, column, [0; 4])))?,
            })
        };
        let all = (0..to.height).flat_map(|row| (0..to.width).map(move |column| (row, column)));
        let places: Result<_, String> = all.map(|(row, column)| place(row, column)).collect();
        dense.places = Places::new(places?);
        Ok(())
    }

    pub(super) fn run(&self, pictures: &[Picture], buffers: &mut [Aligned]) {
        let target = &pictures[self.target];
        let mut output = std::mem::replace(&mut buffers[target.buffer], Aligned::zeros(0));
        target.clear_border(&mut output);
        let read = |number: usize| {
            let picture = &pictures[number];
            (picture, &*buffers[picture.buffer])
        };
        let (from, input) = read(self.source);
        Run {
            step: self,
            from,
            input,
            residual: self.residual.map(read),
            to: target,
            output: &mut output,
        }
        .dispatch();
        buffers[target.buffer] = output;
    }
}

/// A step with its pictures and what their buffers hold.
struct Run<'a> {
    step: &'a Step,
    from: &'a Picture,
    input: &'a [f32],
    residual: Option<(&'a Picture, &'a [f32])>,
    to: &'a Picture,
    output: &'a mut [f32],
}

impl SimdOp for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        match &self.step.kind {
            StepKind::Dense(dense) => self.dense(isa, dense),
            _ => self.row_by_row(isa),
        }
    }
}

impl<'a> Run<'a> {
    #[inline(always)]
    fn dense<I: Isa>(self, isa: I, dense: &Dense) {
        let (step, from, to) = (self.step, self.from, self.to);
        let finish = Finish {
            bias: &dense.bias,
            activation: &step.activation,
            residual: self
                .residual
                .map(|(picture, values)| (values, picture.stride)),
        };
        let rows = dense.rows_at_once(to);
        let line = dense.values_before(from) * to.width;
        let mut before = Aligned::zeros(rows * line);
        for first in (0..to.height).step_by(rows) {
            let lot = first..to.height.min(first + rows);
            for (row, values) in lot.clone().zip(before.chunks_exact_mut(line.max(1))) {
                let start = from.offset(row * dense.strides()[0], 0, step.pads);
                match &dense.depthwise {
                    Some(Depthwise { taps, bias }) => {
                        let plain = Finish {
                            bias,
                            activation: &Activation::Identity,
                            residual: None,
                        };
                        let rows = &self.input[start..];
                        depthwise_row(isa, taps, rows, from.row_stride(), &plain, values);
                    }
                    None => gather_windows(from, dense.window, &self.input[start..], values),
                }
            }
            let input = if line == 0 { self.input } else { &before };
            let pixels = lot.start * to.width..lot.end * to.width;
            multiply(
                isa,
                &dense.matrix,
                input,
                &dense.places,
                pixels,
                &finish,
                self.output,
            );
        }
    }

    #[inline(always)]
    fn row_by_row<I: Isa>(self, isa: I) {
        let (step, from, to, input) = (self.step, self.from, self.to, self.input);
        let mut scratch = Aligned::zeros(match step.kind {
            StepKind::Resize { .. } => from.width * from.stride,
            _ => 0,
        });
        for row in 0..to.height {
            let result = &mut self.output[to.row(row)];
            let of_row = |(picture, values): (&Picture, &'a [f32])| {
                (&values[picture.row(row)], picture.stride)
            };
            let residual = self.residual.map(of_row);
            let finish = |bias| Finish {
                bias,
                activation: &step.activation,
                residual,
            };
            let window_start = |strides: [usize; 2]| from.offset(row * strides[0], 0, step.pads);
            match &step.kind {
                // It goes by lots of rows.
                StepKind::Dense(_) => {}
                StepKind::Depthwise(Depthwise { taps, bias }) => {
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
                    finish_row(isa, pixels, to.stride, &finish(&[]), result);
                }
                StepKind::Resize { rows, columns } => {
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
                            let (values, padding) = target.split_at_mut(to.channels);
                            values.copy_from_slice(group);
                            padding.fill(0.0);
                        }
                    }
                }
            }
        }
    }
}

/// For each of some neighbouring windows its values in a row, until `values` is full: kernel row by
/// kernel row, pixel by pixel, channels without padding.
fn gather_windows(from: &Picture, window: Window, rows: &[f32], values: &mut [f32]) {
    let width = window.size[1] * from.channels;
    for (index, line) in values.chunks_exact_mut(width).enumerate() {
        let (index, ky) = (index / window.size[0], index % window.size[0]);
        let start = ky * from.row_stride() + index * window.strides[1] * from.stride;
        if from.channels == from.stride {
            line.copy_from_slice(&rows[start..start + width]);
        } else {
            let pixels = rows[start..].chunks_exact(from.stride);
            for (values, pixel) in line.chunks_exact_mut(from.channels).zip(pixels) {
                values.copy_from_slice(&pixel[..from.channels]);
            }
        }
    }
}
