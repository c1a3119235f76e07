//! The inner loops: `rten-simd` compiles each for every vector width and picks one at run time.
//!
//! Every function is inlined into the step that calls it, which `rten-simd` asks for. The loads
//! are unchecked, since a check of each would cost more than the arithmetic; instead each row checks,
//! before its loop, the last place that it will read or write.

#![allow(unsafe_code)]
// Counted loops over arrays of registers read better than zipped iterators.
#![allow(clippy::needless_range_loop)]

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

/// Pixels whose sums a tile keeps in registers, by the vectors it keeps of each (from 1 to 3).
/// With the weights they fill most of the sixteen registers of AVX2 and spill none of them.
const TILE_PIXELS: [usize; 4] = [0, 8, 4, 3];

/// Pixels of a depthwise convolution that share the loading of a weight.
const TAPS_PIXELS: usize = 4;

/// How many f32 values a vector of this CPU holds.
pub(super) fn vector_lanes() -> usize {
    struct Lanes;
    impl SimdOp for Lanes {
        type Output = usize;
        #[inline(always)]
        fn eval<I: Isa>(self, isa: I) -> usize {
            isa.f32().len()
        }
    }
    Lanes.dispatch()
}

/// The vector at `start`, which the caller has checked to lie in `values`.
#[inline(always)]
fn load<I: Isa>(isa: I, values: &[f32], start: usize) -> I::F32 {
    debug_assert!(start + isa.f32().len() <= values.len());
    // SAFETY: every caller checks the last place of its row before the first load.
    unsafe { isa.f32().load_ptr(values.as_ptr().add(start)) }
}

/// Stores a vector at `start`, which the caller has checked to lie in `values`.
#[inline(always)]
fn store<I: Isa>(isa: I, vector: I::F32, values: &mut [f32], start: usize) {
    debug_assert!(start + isa.f32().len() <= values.len());
    // SAFETY: every caller checks the last place of its row before the first store.
    unsafe { isa.f32().store_ptr(vector, values.as_mut_ptr().add(start)) }
}

/// The weights of a matrix product, ordered as its tiles read them.
pub(super) struct Matrix {
    /// Inputs summed for each output.
    pub depth: usize,
    panels: Vec<Panel>,
}

/// One, two or three vectors of neighbouring output channels: two wherever it comes out even.
struct Panel {
    first: usize,
    vectors: usize,
    /// For each input the weights of all the panel's channels.
    weights: Vec<f32>,
}

impl Matrix {
    /// `weight(output, input)` of `outputs` x `depth`.
    pub(super) fn new(
        outputs: usize,
        depth: usize,
        lanes: usize,
        weight: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let vectors = outputs.div_ceil(lanes);
        let count = (vectors / 2).max(1);
        let panel = |index: usize| {
            let bounds = [index * vectors / count, (index + 1) * vectors / count];
            let channels = bounds[0] * lanes..bounds[1] * lanes;
            let padded = |output, input| {
                if output < outputs {
                    weight(output, input)
                } else {
                    0.0
                }
            };
            // A vector that grows as it is filled would keep up to twice as much.
            let mut weights = Vec::with_capacity(depth * channels.len());
            for input in 0..depth {
                weights.extend(channels.clone().map(|output| padded(output, input)));
            }
            Panel {
                first: channels.start,
                vectors: bounds[1] - bounds[0],
                weights,
            }
        };
        Self {
            depth,
            panels: (0..count).map(panel).collect(),
        }
    }
}

/// What is added to a sum and what becomes of a negative one; all as long as a pixel.
pub(super) struct Finish<'a> {
    pub bias: &'a [f32],
    /// Factor on negative values: 0 for ReLU, 1 for no activation.
    pub slope: &'a [f32],
    /// The largest value; infinite where there is none.
    pub ceiling: f32,
    /// A row to add, and the length of its pixels; it may have fewer channels.
    pub residual: Option<(&'a [f32], usize)>,
}

impl Finish<'_> {
    /// Panics unless a row of `pixels`, each of `stride` values, can be finished.
    fn check(&self, pixels: usize, stride: usize, lanes: usize) {
        assert!(self.slope.len() == stride && stride.is_multiple_of(lanes));
        if let Some((row, residual_stride)) = self.residual {
            assert!(residual_stride <= stride && residual_stride.is_multiple_of(lanes));
            assert!(row.len() >= pixels * residual_stride);
        }
    }

    /// `pixel` and the vector from `channel` on lie in what `check` was told.
    #[inline(always)]
    fn apply<I: Isa>(&self, isa: I, sum: I::F32, pixel: usize, channel: usize) -> I::F32 {
        let ops = isa.f32();
        let sum = match self.residual {
            Some((row, stride)) if channel < stride => {
                ops.add(sum, load(isa, row, pixel * stride + channel))
            }
            _ => sum,
        };
        let scaled = ops.mul(sum, load(isa, self.slope, channel));
        // NaN compares false and so stays NaN, which a maximum would hide.
        let value = ops.select(sum, scaled, ops.ge(sum, ops.zero()));
        let ceiling = ops.splat(self.ceiling);
        ops.select(ceiling, value, ops.gt(value, ceiling))
    }
}

/// One row of output pixels, each the product of `matrix` with `depth` values of `input`, whose
/// pixels begin `input_stride` values apart.
#[inline(always)]
pub(super) fn multiply_row<I: Isa>(
    isa: I,
    matrix: &Matrix,
    input: &[f32],
    input_stride: usize,
    finish: &Finish,
    output: &mut [f32],
) {
    let stride = finish.bias.len();
    let pixels = output.len() / stride;
    assert!(input.len() + input_stride >= pixels * input_stride + matrix.depth);
    finish.check(pixels, stride, isa.f32().len());
    for panel in &matrix.panels {
        let row = PanelRow {
            panel,
            depth: matrix.depth,
            input,
            input_stride,
            finish,
        };
        match panel.vectors {
            1 => row.run::<I, { TILE_PIXELS[1] }, 1>(isa, output),
            2 => row.run::<I, { TILE_PIXELS[2] }, 2>(isa, output),
            _ => row.run::<I, { TILE_PIXELS[3] }, 3>(isa, output),
        }
    }
}

struct PanelRow<'a> {
    panel: &'a Panel,
    depth: usize,
    input: &'a [f32],
    input_stride: usize,
    finish: &'a Finish<'a>,
}

impl PanelRow<'_> {
    #[inline(always)]
    fn run<I: Isa, const P: usize, const V: usize>(&self, isa: I, output: &mut [f32]) {
        let stride = self.finish.bias.len();
        let channels = V * isa.f32().len();
        assert!(self.panel.first + channels <= stride);
        assert_eq!(self.panel.weights.len(), self.depth * channels);
        let pixels = output.len() / stride;
        let mut pixel = 0;
        while pixel + P <= pixels {
            self.tile::<I, P, V>(isa, pixel, output);
            pixel += P;
        }
        while pixel + 2 <= pixels {
            self.tile::<I, 2, V>(isa, pixel, output);
            pixel += 2;
        }
        while pixel < pixels {
            self.tile::<I, 1, V>(isa, pixel, output);
            pixel += 1;
        }
    }

    #[inline(always)]
    fn tile<I: Isa, const P: usize, const V: usize>(
        &self,
        isa: I,
        pixel: usize,
        output: &mut [f32],
    ) {
        let ops = isa.f32();
        let lanes = ops.len();
        let mut sums = [[ops.zero(); V]; P];
        for v in 0..V {
            let bias = load(isa, self.finish.bias, self.panel.first + v * lanes);
            for p in 0..P {
                sums[p][v] = bias;
            }
        }
        let inputs = &self.input[pixel * self.input_stride..];
        for k in 0..self.depth {
            let mut weights = [ops.zero(); V];
            for v in 0..V {
                weights[v] = load(isa, &self.panel.weights, (k * V + v) * lanes);
            }
            for p in 0..P {
                // SAFETY: `multiply_row` has checked the last input of the last pixel.
                let value = unsafe { *inputs.get_unchecked(p * self.input_stride + k) };
                let value = ops.splat(value);
                for v in 0..V {
                    sums[p][v] = ops.mul_add(value, weights[v], sums[p][v]);
                }
            }
        }
        for p in 0..P {
            for v in 0..V {
                let channel = self.panel.first + v * lanes;
                let value = self.finish.apply(isa, sums[p][v], pixel + p, channel);
                store(
                    isa,
                    value,
                    output,
                    (pixel + p) * self.finish.bias.len() + channel,
                );
            }
        }
    }
}

/// The weights of a depthwise convolution.
pub(super) struct Taps {
    pub size: [usize; 2],
    pub strides: [usize; 2],
    /// Row by row of the kernel, for each place the weights of all channels of a pixel.
    pub weights: Vec<f32>,
}

/// One row of a depthwise convolution. `input` begins at the row's first pixel that the kernel
/// touches; its pixels are as long as those of the output.
#[inline(always)]
pub(super) fn depthwise_row<I: Isa>(
    isa: I,
    taps: &Taps,
    input: &[f32],
    input_row_stride: usize,
    finish: &Finish,
    output: &mut [f32],
) {
    let lanes = isa.f32().len();
    let stride = finish.bias.len();
    let pixels = output.len() / stride;
    let last_column = pixels.saturating_sub(1) * taps.strides[1] + taps.size[1];
    assert!(input.len() >= (taps.size[0] - 1) * input_row_stride + last_column * stride);
    assert_eq!(taps.weights.len(), taps.size[0] * taps.size[1] * stride);
    finish.check(pixels, stride, lanes);
    for channel in (0..stride).step_by(lanes) {
        let row = TapsRow {
            taps,
            input,
            input_row_stride,
            finish,
            channel,
        };
        match taps.size {
            [3, 3] => row.run::<I, 3>(isa, output),
            _ => row.run::<I, 0>(isa, output),
        }
    }
}

struct TapsRow<'a> {
    taps: &'a Taps,
    input: &'a [f32],
    input_row_stride: usize,
    finish: &'a Finish<'a>,
    channel: usize,
}

impl TapsRow<'_> {
    /// `K`: height and width of the kernel where they are known when compiling, else 0.
    #[inline(always)]
    fn run<I: Isa, const K: usize>(&self, isa: I, output: &mut [f32]) {
        let pixels = output.len() / self.finish.bias.len();
        let mut pixel = 0;
        while pixel + TAPS_PIXELS <= pixels {
            self.tile::<I, TAPS_PIXELS, K>(isa, pixel, output);
            pixel += TAPS_PIXELS;
        }
        while pixel < pixels {
            self.tile::<I, 1, K>(isa, pixel, output);
            pixel += 1;
        }
    }

    #[inline(always)]
    fn tile<I: Isa, const P: usize, const K: usize>(
        &self,
        isa: I,
        pixel: usize,
        output: &mut [f32],
    ) {
        let ops = isa.f32();
        let [height, width] = if K == 0 { self.taps.size } else { [K, K] };
        let stride = self.finish.bias.len();
        let step = self.taps.strides[1] * stride;
        let mut sums = [load(isa, self.finish.bias, self.channel); P];
        let mut tap = self.channel;
        for ky in 0..height {
            let row = ky * self.input_row_stride + pixel * step + self.channel;
            for kx in 0..width {
                let weight = load(isa, &self.taps.weights, tap);
                tap += stride;
                for p in 0..P {
                    let value = load(isa, self.input, row + kx * stride + p * step);
                    sums[p] = ops.mul_add(value, weight, sums[p]);
                }
            }
        }
        for p in 0..P {
            let value = self.finish.apply(isa, sums[p], pixel + p, self.channel);
            store(isa, value, output, (pixel + p) * stride + self.channel);
        }
    }
}

/// One row of the largest values in windows of `size`; arguments as in [`depthwise_row`].
#[inline(always)]
pub(super) fn max_pool_row<I: Isa>(
    isa: I,
    [size, strides]: [[usize; 2]; 2],
    input: &[f32],
    input_row_stride: usize,
    stride: usize,
    output: &mut [f32],
) {
    let ops = isa.f32();
    assert_eq!(stride % ops.len(), 0);
    for (pixel, values) in output.chunks_exact_mut(stride).enumerate() {
        for channel in (0..stride).step_by(ops.len()) {
            let start = pixel * strides[1] * stride + channel;
            let mut largest = ops.load(&input[start..]);
            for ky in 0..size[0] {
                for kx in 0..size[1] {
                    let value = ops.load(&input[start + ky * input_row_stride + kx * stride..]);
                    largest = ops.max(largest, value);
                }
            }
            store(isa, largest, values, channel);
        }
    }
}

/// A row finished on its own: residual sum and activation without a convolution.
#[inline(always)]
pub(super) fn finish_row<I: Isa>(isa: I, input: &[f32], finish: &Finish, output: &mut [f32]) {
    let ops = isa.f32();
    let stride = finish.slope.len();
    let pixels = output.len() / stride;
    finish.check(pixels, stride, ops.len());
    for pixel in 0..pixels {
        for channel in (0..stride).step_by(ops.len()) {
            let start = pixel * stride + channel;
            let value = finish.apply(isa, ops.load(&input[start..]), pixel, channel);
            store(isa, value, output, start);
        }
    }
}

/// `from + (to - from) * share`, value by value.
#[inline(always)]
pub(super) fn blend_row<I: Isa>(isa: I, from: &[f32], to: &[f32], share: f32, output: &mut [f32]) {
    let ops = isa.f32();
    let share = ops.splat(share);
    for start in (0..output.len()).step_by(ops.len()) {
        let (a, b) = (ops.load(&from[start..]), ops.load(&to[start..]));
        let value = ops.mul_add(ops.sub(b, a), share, a);
        ops.store(value, &mut output[start..start + ops.len()]);
    }
}
