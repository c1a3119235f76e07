//! A linear head on the maps of a network: it reads the mean of every channel and the logarithm of
//! its deviation over the inner half of the picture and over the rest.

use lifesign_infer::Tensor;

/// The answer of a head.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Logit; positive for an attack.
    pub logit: f64,
    /// What each place of the crop adds to the logit, row by row of a square from the top left. The
    /// logit is their sum and a constant: a class activation map (Zhou et al., "Learning Deep
    /// Features for Discriminative Localization", 2016) that is exact.
    pub contributions: Vec<f32>,
}

impl Head {
    /// The sum of two answers about one crop, on the places of the first: each place of the other
    /// is shared among those that it lies on.
    pub(super) fn plus(mut self, other: &Self) -> Self {
        let (to, from) = (
            self.contributions.len().isqrt(),
            other.contributions.len().isqrt(),
        );
        // Lengths in units of 1 / (to * from) of a side.
        let shared = |a: usize, b: usize| {
            let end = ((a + 1) * from).min((b + 1) * to);
            end.saturating_sub((a * from).max(b * to)) as f32 / to as f32
        };
        for (i, sum) in self.contributions.iter_mut().enumerate() {
            for (j, value) in other.contributions.iter().enumerate() {
                *sum += value * shared(i / to, j / from) * shared(i % to, j % from);
            }
        }
        self.logit += other.logit;
        self
    }
}

/// Weights of the features, map by map: for the inner half, then for the rest, the weights of
/// the channels' means, then of the logarithms of their deviations.
pub(super) struct LinearHead {
    /// For each map its shape and its weights.
    maps: Vec<(Vec<usize>, Vec<f32>)>,
    constant: f32,
    /// Along a side of the last map.
    places: usize,
}

/// Values of a channel's four features.
const FEATURES: usize = 4;
/// Added to a deviation before its logarithm (`train/trunks.py`), which is then finite.
const SOFTENING: f32 = 0.02;

impl LinearHead {
    /// From a network's maps of shape [1, places, channels] and the weights with the constant.
    /// `None` when they are something else.
    pub(super) fn new(maps: &[Tensor], head: &Tensor) -> Option<Self> {
        let (&constant, mut weights) = head.data.split_last()?;
        let mut own = Vec::with_capacity(maps.len());
        for map in maps {
            let (side, channels) = (side(map), channels_of(map));
            if side < FEATURES || side * side * channels != map.data.len() {
                return None;
            }
            let (of_map, rest) = weights.split_at_checked(FEATURES * channels)?;
            own.push((map.shape.clone(), of_map.to_vec()));
            weights = rest;
        }
        weights.is_empty().then_some(Self {
            maps: own,
            constant,
            places: side(maps.last()?),
        })
    }

    /// An answer that has seen no map yet.
    pub(super) fn begin(&self) -> HeadSum<'_> {
        HeadSum {
            head: self,
            contributions: vec![0.0; self.places * self.places],
            seen: vec![false; self.maps.len()],
        }
    }
}

/// An answer on its way: maps come one by one, in any order.
pub(super) struct HeadSum<'a> {
    head: &'a LinearHead,
    contributions: Vec<f32>,
    seen: Vec<bool>,
}

impl HeadSum<'_> {
    /// Adds the map of this number; one of another shape than it had before does not count.
    pub(super) fn add(&mut self, number: usize, map: &Tensor) {
        let own = self.head.maps.get(number).zip(self.seen.get_mut(number));
        let Some(((shape, weights), seen)) = own else {
            return;
        };
        let whole = map.data.len() == shape.iter().product::<usize>();
        if *shape == map.shape && whole && !*seen {
            *seen = true;
            add_map(map, weights, self.head.places, &mut self.contributions);
        }
    }

    /// `None` unless every map has come.
    pub(super) fn answer(self) -> Option<Head> {
        let sum: f64 = self.contributions.iter().copied().map(f64::from).sum();
        self.seen.iter().all(|&seen| seen).then(|| Head {
            logit: sum + f64::from(self.head.constant),
            contributions: self.contributions,
        })
    }
}

fn channels_of(map: &Tensor) -> usize {
    map.shape.last().copied().unwrap_or(0)
}

/// Places along a side of a square map.
fn side(map: &Tensor) -> usize {
    map.data
        .len()
        .checked_div(channels_of(map))
        .map_or(0, usize::isqrt)
}

/// The inner half of a map and the rest of it, in the order of the weights.
const REGIONS: usize = 2;
const INNER: usize = 0;
const REST: usize = 1;

/// A map row by row in stretches of one region: the region, its first place, its values.
fn stretches(map: &Tensor) -> impl Iterator<Item = (usize, usize, &[f32])> {
    let (side, channels) = (side(map), channels_of(map));
    let inner = side / 4..side - side / 4;
    let rows = map.data.chunks_exact(side * channels).enumerate();
    rows.flat_map(move |(row, values)| {
        let columns = if inner.contains(&row) {
            inner.clone()
        } else {
            0..0
        };
        let (before, values) = values.split_at(columns.start * channels);
        let (inside, after) = values.split_at(columns.len() * channels);
        let place = row * side;
        [
            (REST, place, before),
            (INNER, place + columns.start, inside),
            (REST, place + columns.end, after),
        ]
    })
}

/// What a region gives to the logit: `even` at each place, and for each channel `slope` times the
/// value and `bend` times the square of its distance from `mean`.
struct Region {
    even: f32,
    slope: Vec<f32>,
    bend: Vec<f32>,
    mean: Vec<f32>,
}

/// Numbers that the innermost loop takes at once.
const LANES: usize = 8;

impl Region {
    /// `weights`: those of the means, then those of the spreads, of `count` places.
    fn new(weights: &[f32], count: f32, mean: Vec<f32>, squares: &[f32]) -> Self {
        let (of_mean, of_spread) = weights.split_at(mean.len());
        let slope = of_mean.iter().map(|weight| weight / count).collect();
        // The spread is shared evenly, and a place further from the mean than the deviation gets as
        // much more as its distance raises the spread: d ln(s + e) = d(s^2) / (2 s (s + e)).
        let mut even = 0.0;
        let mut bend = vec![0.0; mean.len()];
        for ((bend, squares), weight) in bend.iter_mut().zip(squares).zip(of_spread) {
            let deviation = (squares / count).sqrt();
            even += weight * (deviation + SOFTENING).ln() / count;
            if deviation > 0.0 {
                *bend = weight / (2.0 * count * deviation * (deviation + SOFTENING));
                even -= *bend * deviation * deviation;
            }
        }
        Self {
            even,
            slope,
            bend,
            mean,
        }
    }

    /// The contribution of one place.
    fn at(&self, pixel: &[f32]) -> f32 {
        let term = |value: f32, mean: f32, slope: f32, bend: f32| {
            let distance = value - mean;
            slope * value + bend * distance * distance
        };
        let (values, last) = pixel.as_chunks::<LANES>();
        let (means, last_means) = self.mean.as_chunks::<LANES>();
        let (slopes, last_slopes) = self.slope.as_chunks::<LANES>();
        let (bends, last_bends) = self.bend.as_chunks::<LANES>();
        let mut lanes = [0.0; LANES];
        for ((value, mean), (slope, bend)) in values.iter().zip(means).zip(slopes.iter().zip(bends))
        {
            for (i, lane) in lanes.iter_mut().enumerate() {
                *lane += term(value[i], mean[i], slope[i], bend[i]);
            }
        }
        let last = last.iter().zip(last_means);
        let last = last.zip(last_slopes.iter().zip(last_bends));
        let last = last.map(|((&value, &mean), (&slope, &bend))| term(value, mean, slope, bend));
        self.even + lanes.iter().sum::<f32>() + last.sum::<f32>()
    }
}

/// Adds what each place of a map gives to the logit to the coarser map of `places` x `places`.
fn add_map(map: &Tensor, weights: &[f32], places: usize, contributions: &mut [f32]) {
    let (side, channels) = (side(map), channels_of(map));
    let mut counts = [0; REGIONS];
    let mut means = [vec![0.0; channels], vec![0.0; channels]];
    for (region, _, values) in stretches(map) {
        counts[region] += values.len() / channels;
        for pixel in values.chunks_exact(channels) {
            for (sum, value) in means[region].iter_mut().zip(pixel) {
                *sum += value;
            }
        }
    }
    let counts = counts.map(|count| count as f32);
    for (mean, count) in means.iter_mut().zip(counts) {
        for sum in mean {
            *sum /= count;
        }
    }
    let mut squares = [vec![0.0; channels], vec![0.0; channels]];
    for (region, _, values) in stretches(map) {
        for pixel in values.chunks_exact(channels) {
            let each = pixel.iter().zip(&means[region]);
            for (sum, (value, mean)) in squares[region].iter_mut().zip(each) {
                *sum += (value - mean) * (value - mean);
            }
        }
    }
    let (of_inner, of_rest) = weights.split_at(2 * channels);
    let [inner_mean, rest_mean] = means;
    let regions = [
        Region::new(of_inner, counts[INNER], inner_mean, &squares[INNER]),
        Region::new(of_rest, counts[REST], rest_mean, &squares[REST]),
    ];
    for (region, first, values) in stretches(map) {
        for (place, pixel) in (first..).zip(values.chunks_exact(channels)) {
            let cell = place / side * places / side * places + place % side * places / side;
            contributions[cell] += regions[region].at(pixel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(shape: &[usize], data: Vec<f32>) -> Tensor {
        let shape = shape.to_vec();
        Tensor { shape, data }
    }

    /// Two maps, 8 x 8 of two channels and 4 x 4 of one, and a head of some weights.
    fn outputs() -> Vec<Tensor> {
        let values = |n: usize| (0..n).map(|i| ((i * 37) % 11) as f32).collect();
        let mut head: Vec<f32> = (0..12).map(|i| 0.1 * (i as f32) - 0.4).collect();
        head.push(2.5);
        vec![
            tensor(&[1, 64, 2], values(128)),
            tensor(&[1, 16, 1], values(16)),
            tensor(&[1, 13], head),
        ]
    }

    fn answer(outputs: &[Tensor]) -> Head {
        let (head, maps) = outputs.split_last().unwrap();
        answer_of(&LinearHead::new(maps, head).unwrap(), maps).unwrap()
    }

    /// Shown in an order of no meaning.
    fn answer_of(head: &LinearHead, maps: &[Tensor]) -> Option<Head> {
        let mut sum = head.begin();
        for (number, map) in maps.iter().enumerate().rev() {
            sum.add(number, map);
        }
        sum.answer()
    }

    #[test]
    fn without_one_of_its_maps_there_is_no_answer() {
        let outputs = outputs();
        let (head, maps) = outputs.split_last().unwrap();
        let head = LinearHead::new(maps, head).unwrap();
        assert!(answer_of(&head, maps).is_some());
        assert!(answer_of(&head, &maps[..1]).is_none());
        let narrow = Tensor {
            shape: vec![1, 64, 1],
            data: vec![0.0; 64],
        };
        assert!(answer_of(&head, &[narrow, maps[1].clone()]).is_none());
        let short = Tensor {
            data: vec![0.0; 10],
            ..maps[0].clone()
        };
        assert!(answer_of(&head, &[short, maps[1].clone()]).is_none());
    }

    /// Mean and deviation of one channel over one region, the plain way.
    fn moments(map: &Tensor, channel: usize, inside: bool) -> [f64; 2] {
        let (side, channels) = (side(map), channels_of(map));
        let near = |i: usize| (side / 4..side - side / 4).contains(&i);
        let values: Vec<f64> = (0..side * side)
            .filter(|p| (near(p / side) && near(p % side)) == inside)
            .map(|p| f64::from(map.data[p * channels + channel]))
            .collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count;
        [mean, square.sqrt()]
    }

    #[test]
    fn the_logit_is_linear_in_means_and_spreads() {
        let outputs = outputs();
        let mut features = Vec::new();
        for map in &outputs[..2] {
            for inside in [true, false] {
                for which in 0..2 {
                    let each = 0..channels_of(map);
                    let value = |c| match moments(map, c, inside) {
                        [mean, _] if which == 0 => mean,
                        [_, deviation] => (deviation + f64::from(SOFTENING)).ln(),
                    };
                    features.extend(each.map(value));
                }
            }
        }
        let weighted = features.iter().zip(&outputs[2].data);
        let expected = weighted.map(|(f, &w)| f * f64::from(w)).sum::<f64>() + 2.5;
        let head = answer(&outputs);
        assert!((head.logit - expected).abs() < 1e-4);
        assert_eq!(head.contributions.len(), 16);
    }

    #[test]
    fn a_channel_without_deviation_is_no_division_by_zero() {
        let mut outputs = outputs();
        outputs[0].data.fill(3.0);
        assert!(answer(&outputs).logit.is_finite());
    }

    #[test]
    fn other_outputs_are_refused() {
        let mut outputs = outputs();
        assert!(LinearHead::new(&[], &outputs[2]).is_none());
        outputs[2].data.pop();
        assert!(LinearHead::new(&outputs[..2], &outputs[2]).is_none());
        outputs[2].data.clear();
        assert!(LinearHead::new(&outputs[..2], &outputs[2]).is_none());
    }

    #[test]
    fn a_sum_keeps_every_contribution_where_it_was() {
        let head = |logit, contributions: Vec<f32>| Head {
            logit,
            contributions,
        };
        let sum = head(1.0, vec![0.0; 9]).plus(&head(2.5, vec![0.0, 0.0, 0.0, 9.0]));
        assert_eq!(sum.logit, 3.5);
        let expected = [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 2.0, 4.0];
        for (a, b) in sum.contributions.iter().zip(expected) {
            assert!((a - b).abs() < 1e-5, "{:?}", sum.contributions);
        }
    }
}
