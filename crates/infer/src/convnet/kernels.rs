//! The inner loops: `rten-simd` compiles each for every vector width and picks one at run time.
//!
//! Every function is inlined into the step that calls it, which `rten-simd` asks for. The loads
//! are unchecked, since a check of each would cost more than the arithmetic; instead each row checks,
//! before its loop, the last place that it will read or write.

#![allow(unsafe_code)]
// Counted loops over arrays of registers read better than zipped iterators.
#![allow(clippy::needless_range_loop)]

use std::ops::Range;

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

use super::aligned::Aligned;

/// Lanes of a vector of AVX-512, which has 32 registers where others have 16. Tiles are as large as the registers
/// allow: with the weights they fill most of them and spill none.
const WIDE: usize = 16;

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
    weights: Aligned,
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
            let mut weights = Aligned::zeros(depth * channels.len());
            for (input, values) in weights.chunks_exact_mut(channels.len()).enumerate() {
                for (value, output) in values.iter_mut().zip(channels.clone()) {
                    *value = padded(output, input);
                }
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

/// What becomes of a sum.
pub(super) enum Activation {
    /// It stays as it is.
    Identity,
    /// Negative ones become 0 (ReLU), larger ones this, which is infinite where there is no such limit.
    Clip(f32),
    /// Negative ones are multiplied by their channel's factor (PReLU); as long as a pixel.
    Slopes(Aligned),
}

/// What is added to a sum and what becomes of it.
pub(super) struct Finish<'a> {
    /// As long as a pixel.
    pub bias: &'a [f32],
    pub activation: &'a Activation,
    /// What is added, and the length of its pixels; it may have fewer channels.
    pub residual: Option<(&'a [f32], usize)>,
}

impl Finish<'_> {
    /// Panics unless pixels of `stride` values can be finished whose residuals begin at `last` at most.
    fn check(&self, stride: usize, last: usize, lanes: usize) {
        assert!(stride.is_multiple_of(lanes));
        if let Activation::Slopes(slopes) = self.activation {
            assert_eq!(slopes.len(), stride);
        }
        if let Some((values, residual_stride)) = self.residual {
            assert!(residual_stride <= stride && residual_stride.is_multiple_of(lanes));
            assert!(values.len() >= last + residual_stride);
        }
    }

    /// As `check`, for a row of `pixels` and one of their residuals.
    fn check_row(&self, stride: usize, pixels: usize, lanes: usize) {
        let last = pixels.saturating_sub(1) * self.residual_stride();
        self.check(stride, last, lanes);
    }

    fn residual_stride(&self) -> usize {
        self.residual.map_or(0, |(_, stride)| stride)
    }

    /// The vector from `channel` on and the pixel whose residual begins at `residual` lie in what `check` was told.
    #[inline(always)]
    fn apply<I: Isa>(&self, isa: I, sum: I::F32, residual: usize, channel: usize) -> I::F32 {
        let ops = isa.f32();
        let sum = match self.residual {
            Some((values, stride)) if channel < stride => {
                ops.add(sum, load(isa, values, residual + channel))
            }
            _ => sum,
        };
        // NaN must stay NaN, so that a network that fails is seen to fail: it compares false, and of the two
        // operands x86 takes the second where one is NaN, while ARM and WebAssembly answer NaN.
        match self.activation {
            Activation::Identity => sum,
            Activation::Clip(ceiling) => ops.min(ops.splat(*ceiling), ops.max(ops.zero(), sum)),
            Activation::Slopes(slopes) => {
                let scaled = ops.mul(sum, load(isa, slopes, channel));
                ops.select(sum, scaled, ops.ge(sum, ops.zero()))
            }
        }
    }
}

/// Where a pixel begins: in the input, in the output and in the residual.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    pub input: u32,
    pub output: u32,
    pub residual: u32,
}

/// The places of all pixels of a picture, and the last of each kind.
pub(super) struct Places {
    places: Vec<Place>,
    last: Place,
}

impl Places {
    pub(super) fn new(places: Vec<Place>) -> Self {
        let last = |of: fn(&Place) -> u32| places.iter().map(of).max().unwrap_or(0);
        let last = Place {
            input: last(|place| place.input),
            output: last(|place| place.output),
            residual: last(|place| place.residual),
        };
        Self { places, last }
    }
}

/// The pixels `lot` of a picture, each the product of `matrix` with `depth` values of `input`.
#[inline(always)]
pub(super) fn multiply<I: Isa>(
    isa: I,
    matrix: &Matrix,
    input: &[f32],
    places: &Places,
    lot: Range<usize>,
    finish: &Finish,
    output: &mut [f32],
) {
    let stride = finish.bias.len();
    let Places { places, last } = places;
    assert!(last.input as usize + matrix.depth <= input.len());
    assert!(last.output as usize + stride <= output.len());
    finish.check(stride, last.residual as usize, isa.f32().len());
    let places = &places[lot];
    // Panel by panel, so that its weights stay in the first-level cache for all pixels.
    for panel in &matrix.panels {
        let product = Product {
            panel,
            depth: matrix.depth,
            input,
            places,
            finish,
        };
        if isa.f32().len() >= WIDE {
            match panel.vectors {
                1 => product.run::<I, 8, 1>(isa, output),
                2 => product.run::<I, 8, 2>(isa, output),
                _ => product.run::<I, 6, 3>(isa, output),
            }
        } else {
            match panel.vectors {
                1 => product.run::<I, 8, 1>(isa, output),
                2 => product.run::<I, 4, 2>(isa, output),
                _ => product.run::<I, 3, 3>(isa, output),
            }
        }
    }
}

struct Product<'a> {
    panel: &'a Panel,
    depth: usize,
    input: &'a [f32],
    places: &'a [Place],
    finish: &'a Finish<'a>,
}

impl Product<'_> {
    /// `P` pixels at a time while there are as many, then fewer.
    #[inline(always)]
    fn run<I: Isa, const P: usize, const V: usize>(&self, isa: I, output: &mut [f32]) {
        let channels = V * isa.f32().len();
        assert!(self.panel.first + channels <= self.finish.bias.len());
        assert_eq!(self.panel.weights.len(), self.depth * channels);
        let (tiles, rest) = self.places.as_chunks::<P>();
        for tile in tiles {
            self.tile::<I, P, V>(isa, tile, output);
        }
        let (tiles, rest) = rest.as_chunks::<2>();
        for tile in tiles {
            self.tile::<I, 2, V>(isa, tile, output);
        }
        for place in rest {
            self.tile::<I, 1, V>(isa, &[*place], output);
        }
    }

    #[inline(always)]
    fn tile<I: Isa, const P: usize, const V: usize>(
        &self,
        isa: I,
        places: &[Place; P],
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
        let inputs = places.map(|place| place.input as usize);
        for k in 0..self.depth {
            let mut weights = [ops.zero(); V];
            for v in 0..V {
                weights[v] = load(isa, &self.panel.weights, (k * V + v) * lanes);
            }
            for p in 0..P {
                // SAFETY: `multiply` has checked the last input of every pixel.
                let value = unsafe { *self.input.get_unchecked(inputs[p] + k) };
                let value = ops.splat(value);
                for v in 0..V {
                    sums[p][v] = ops.mul_add(value, weights[v], sums[p][v]);
                }
            }
        }
        for p in 0..P {
            for v in 0..V {
                let channel = self.panel.first + v * lanes;
                let Place {
                    output: start,
                    residual,
                    ..
                } = places[p];
                let value = self
                    .finish
                    .apply(isa, sums[p][v], residual as usize, channel);
                store(isa, value, output, start as usize + channel);
            }
        }
    }
}

/// The weights of a depthwise convolution.
pub(super) struct Taps {
    pub size: [usize; 2],
    pub strides: [usize; 2],
    /// Row by row of the kernel, for each place the weights of all channels of a pixel.
    pub weights: Aligned,
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
    finish.check_row(stride, pixels, lanes);
    let row = TapsRow {
        taps,
        input,
        input_row_stride,
        finish,
    };
    match (taps.size, taps.strides[1]) {
        ([3, 3], 1) => row.run::<I, 3, 1>(isa, output),
        ([3, 3], 2) => row.run::<I, 3, 2>(isa, output),
        ([5, 5], 1) => row.run::<I, 5, 1>(isa, output),
        ([5, 5], 2) => row.run::<I, 5, 2>(isa, output),
        _ => row.run_any(isa, output),
    }
}

struct TapsRow<'a> {
    taps: &'a Taps,
    input: &'a [f32],
    input_row_stride: usize,
    finish: &'a Finish<'a>,
}

/// As many vectors of a row as the largest tile reads: of 8 pixels, 5 x 5 with strides of 1 or 4 with strides of 2.
const SPAN: usize = 12;

impl TapsRow<'_> {
    /// A kernel of `K` x `K` with strides of `S`.
    #[inline(always)]
    fn run<I: Isa, const K: usize, const S: usize>(&self, isa: I, output: &mut [f32]) {
        let pixels = output.len() / self.finish.bias.len();
        let mut pixel = 0;
        if isa.f32().len() >= WIDE && S == 1 {
            pixel = self.tiles::<I, 8, K, S>(isa, pixel, pixels, output);
        }
        pixel = self.tiles::<I, 4, K, S>(isa, pixel, pixels, output);
        pixel = self.tiles::<I, 2, K, S>(isa, pixel, pixels, output);
        self.tiles::<I, 1, K, S>(isa, pixel, pixels, output);
    }

    /// Tiles of `P` pixels from `pixel` on; the first pixel that is left over.
    #[inline(always)]
    fn tiles<I: Isa, const P: usize, const K: usize, const S: usize>(
        &self,
        isa: I,
        mut pixel: usize,
        pixels: usize,
        output: &mut [f32],
    ) -> usize {
        let channels = self.finish.bias.len();
        while pixel + P <= pixels {
            for channel in (0..channels).step_by(isa.f32().len()) {
                self.tile::<I, P, K, S>(isa, pixel, channel, output);
            }
            pixel += P;
        }
        pixel
    }

    /// Loads each value of a row once for all pixels and places of the kernel that it counts for.
    #[inline(always)]
    fn tile<I: Isa, const P: usize, const K: usize, const S: usize>(
        &self,
        isa: I,
        pixel: usize,
        channel: usize,
        output: &mut [f32],
    ) {
        let ops = isa.f32();
        let stride = self.finish.bias.len();
        let mut sums = [load(isa, self.finish.bias, channel); P];
        let mut tap = channel;
        for ky in 0..K {
            let row = ky * self.input_row_stride + pixel * S * stride + channel;
            let mut values = [ops.zero(); SPAN];
            for x in 0..(P - 1) * S + K {
                values[x] = load(isa, self.input, row + x * stride);
            }
            for kx in 0..K {
                let weight = load(isa, &self.taps.weights, tap);
                tap += stride;
                for p in 0..P {
                    sums[p] = ops.mul_add(values[p * S + kx], weight, sums[p]);
                }
            }
        }
        self.finish(isa, sums, pixel, channel, output);
    }

    /// A kernel of any size, pixel by pixel.
    #[inline(always)]
    fn run_any<I: Isa>(&self, isa: I, output: &mut [f32]) {
        let ops = isa.f32();
        let [height, width] = self.taps.size;
        let stride = self.finish.bias.len();
        let pixels = output.len() / stride;
        let places = (0..pixels).flat_map(|pixel| {
            let channels = (0..stride).step_by(ops.len());
            channels.map(move |channel| (pixel, channel))
        });
        for (pixel, channel) in places {
            let mut sum = load(isa, self.finish.bias, channel);
            let mut tap = channel;
            for ky in 0..height {
                let first = pixel * self.taps.strides[1] * stride;
                let row = ky * self.input_row_stride + first + channel;
                for kx in 0..width {
                    let weight = load(isa, &self.taps.weights, tap);
                    tap += stride;
                    sum = ops.mul_add(load(isa, self.input, row + kx * stride), weight, sum);
                }
            }
            self.finish(isa, [sum], pixel, channel, output);
        }
    }

    #[inline(always)]
    fn finish<I: Isa, const P: usize>(
        &self,
        isa: I,
        sums: [I::F32; P],
        pixel: usize,
        channel: usize,
        output: &mut [f32],
    ) {
        let stride = self.finish.bias.len();
        let residual_stride = self.finish.residual_stride();
        for p in 0..P {
            let residual = (pixel + p) * residual_stride;
            let value = self.finish.apply(isa, sums[p], residual, channel);
            store(isa, value, output, (pixel + p) * stride + channel);
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
pub(super) fn finish_row<I: Isa>(
    isa: I,
    input: &[f32],
    stride: usize,
    finish: &Finish,
    output: &mut [f32],
) {
    let ops = isa.f32();
    let pixels = output.len() / stride;
    finish.check_row(stride, pixels, ops.len());
    let residual_stride = finish.residual_stride();
    for pixel in 0..pixels {
        for channel in (0..stride).step_by(ops.len()) {
            let start = pixel * stride + channel;
            let value = finish.apply(
                isa,
                ops.load(&input[start..]),
                pixel * residual_stride,
                channel,
            );
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
