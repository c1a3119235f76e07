//! Intervals by drawing units with replacement.

use serde::{Deserialize, Serialize};

use super::Units;

/// Share of the draws outside the interval.
const ALPHA: f64 = 0.05;

/// A figure with its 95% interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The figure on all samples.
    pub value: f64,
    /// Lower end of the interval; `None` where fewer than two units carry the figure.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
}

impl Estimate {
    /// Whether the intervals of two figures share a point. `None` where one has no interval.
    pub fn overlaps(&self, other: &Self) -> Option<bool> {
        Some(self.low? <= other.high? && other.low? <= self.high?)
    }

    /// Repairs the interval of a share that is 0 or 1 in every draw: the bootstrap cannot see
    /// errors that did not happen, so the exact bound for `units` independent trials
    /// (Clopper-Pearson) is given; without two units there is no interval.
    pub(crate) fn share_over(mut self, units: usize) -> Self {
        if units < 2 {
            (self.low, self.high) = (None, None);
        } else if self.low == Some(self.value) && self.high == Some(self.value) {
            let reach = 1.0 - (ALPHA / 2.0).powf(1.0 / units as f64);
            if self.value == 0.0 {
                self.high = Some(reach);
            } else if self.value == 1.0 {
                self.low = Some(1.0 - reach);
            }
        }
        self
    }
}

/// Draws of units, the same for every figure and for every run with the same seed.
#[derive(Clone, Debug)]
pub(crate) struct Bootstrap {
    /// How often each sample counts in each draw.
    draws: Vec<Vec<f64>>,
    samples: usize,
}

impl Bootstrap {
    pub(crate) fn new(units: &Units, samples: usize, draws: usize, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let draws = (0..draws)
            .map(|_| draw(units, samples, &mut random))
            .collect();
        Self { draws, samples }
    }

    /// Computes `figures` on all samples and on every draw. A figure that is NaN on all samples
    /// is `None`; draws on which it is NaN are left out of its interval.
    pub(crate) fn estimate(&self, figures: impl Fn(&[f64]) -> Vec<f64>) -> Vec<Option<Estimate>> {
        let values = figures(&vec![1.0; self.samples]);
        let mut drawn: Vec<Vec<f64>> = vec![Vec::with_capacity(self.draws.len()); values.len()];
        for weights in &self.draws {
            for (all, value) in drawn.iter_mut().zip(figures(weights)) {
                if !value.is_nan() {
                    all.push(value);
                }
            }
        }
        values
            .into_iter()
            .zip(drawn)
            .map(|(value, mut drawn)| {
                drawn.sort_by(f64::total_cmp);
                (!value.is_nan()).then(|| Estimate {
                    value,
                    low: quantile(&drawn, ALPHA / 2.0),
                    high: quantile(&drawn, 1.0 - ALPHA / 2.0),
                })
            })
            .collect()
    }
}

/// Draws as many units from each stratum as it has.
fn draw(units: &Units, samples: usize, random: &mut fastrand::Rng) -> Vec<f64> {
    let mut weights = vec![0.0; samples];
    for stratum in &units.strata {
        for _ in stratum {
            let unit = stratum.get(random.usize(..stratum.len()));
            for i in unit.into_iter().flatten() {
                if let Some(weight) = weights.get_mut(*i) {
                    *weight += 1.0;
                }
            }
        }
    }
    weights
}

/// Quantile of sorted values with linear interpolation.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let below = *sorted.get(place.floor() as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_stratum(units: Vec<Vec<usize>>) -> Units {
        Units {
            strata: vec![units],
            blocked: vec![],
            by_image: false,
        }
    }

    fn share(errors: &[f64]) -> impl Fn(&[f64]) -> Vec<f64> {
        move |w| {
            let wrong: f64 = w.iter().zip(errors).map(|(w, e)| w * e).sum();
            vec![wrong / w.iter().sum::<f64>()]
        }
    }

    /// 60 persons with 5 images each; persons differ (beta-like rates 0.1 or 0.5). The interval
    /// must cover the true mean of 0.3 in about 95% of the experiments.
    #[test]
    fn the_interval_over_persons_covers_the_truth_as_often_as_it_says() {
        let (experiments, persons, images) = (300, 60, 5);
        let units = one_stratum(
            (0..persons)
                .map(|p| (p * images..(p + 1) * images).collect())
                .collect(),
        );
        let mut random = fastrand::Rng::with_seed(5);
        let mut covered = 0;
        for seed in 0..experiments {
            let errors: Vec<f64> = (0..persons)
                .flat_map(|_| {
                    let rate = if random.bool() { 0.1 } else { 0.5 };
                    let draws: Vec<f64> = (0..images)
                        .map(|_| f64::from(u8::from(random.f64() < rate)))
                        .collect();
                    draws
                })
                .collect();
            let estimate = Bootstrap::new(&units, errors.len(), 200, seed).estimate(share(&errors))
                [0]
            .unwrap();
            covered += usize::from((estimate.low.unwrap()..=estimate.high.unwrap()).contains(&0.3));
        }
        let rate = covered as f64 / experiments as f64;
        assert!((0.90..=0.98).contains(&rate), "covered {rate}");
    }

    #[test]
    fn an_interval_over_persons_is_wider_than_one_over_images() {
        let errors: Vec<f64> = (0..200)
            .map(|i| f64::from(u8::from((i / 20) % 2 == 0)))
            .collect();
        let width = |units: Units| {
            let e = Bootstrap::new(&units, 200, 300, 1).estimate(share(&errors))[0].unwrap();
            e.high.unwrap() - e.low.unwrap()
        };
        let by_image = width(one_stratum((0..200).map(|i| vec![i]).collect()));
        let by_person = width(one_stratum(
            (0..10).map(|p| (p * 20..(p + 1) * 20).collect()).collect(),
        ));
        assert!(by_person > 3.0 * by_image, "{by_person} against {by_image}");
    }

    #[test]
    fn strata_keep_their_size_and_a_seed_repeats() {
        let units = Units {
            strata: vec![vec![vec![0], vec![1, 2]], vec![vec![3], vec![4], vec![5]]],
            blocked: vec![],
            by_image: false,
        };
        let (a, b) = (
            Bootstrap::new(&units, 6, 50, 9),
            Bootstrap::new(&units, 6, 50, 9),
        );
        assert_eq!(a.draws, b.draws);
        assert_ne!(a.draws, Bootstrap::new(&units, 6, 50, 10).draws);
        assert!(a.draws.iter().all(|w| w[3] + w[4] + w[5] == 3.0));
        assert!(a.draws.iter().all(|w| w[0] + w[1] == 2.0 && w[1] == w[2]));
    }

    #[test]
    fn no_error_seen_still_has_an_upper_bound() {
        let flat = Estimate {
            value: 0.0,
            low: Some(0.0),
            high: Some(0.0),
        };
        // The exact upper bound for 0 of 10 is 30.8%.
        let high = flat.share_over(10).high.unwrap();
        assert!((high - 0.3085).abs() < 1e-4, "{high}");
        assert_eq!(flat.share_over(1).high, None);
        let all = Estimate {
            value: 1.0,
            low: Some(1.0),
            high: Some(1.0),
        };
        assert!((all.share_over(10).low.unwrap() - 0.6915).abs() < 1e-4);
    }

    #[test]
    fn overlap() {
        let e = |low, high| Estimate {
            value: low,
            low: Some(low),
            high: Some(high),
        };
        assert_eq!(e(0.1, 0.2).overlaps(&e(0.2, 0.3)), Some(true));
        assert_eq!(e(0.1, 0.2).overlaps(&e(0.21, 0.3)), Some(false));
        let open = Estimate {
            value: 0.1,
            low: None,
            high: None,
        };
        assert_eq!(e(0.1, 0.2).overlaps(&open), None);
    }
}
