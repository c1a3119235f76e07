//! Small statistics over series of numbers.

/// The value below which a share `q` in [0, 1] of the values lies, linear between ranks; `None`
/// for no values. Values that are not finite do not count.
pub(crate) fn quantile(values: impl IntoIterator<Item = f64>, q: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let rank = q.clamp(0.0, 1.0) * last as f64;
    let low = *sorted.get(rank.floor() as usize)?;
    let high = *sorted.get(rank.ceil() as usize)?;
    Some(low + (high - low) * rank.fract())
}

/// The middle value; `None` for none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    quantile(values, 0.5)
}

/// The mean, 0 for no values.
pub(crate) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.iter().sum::<f64>() / values.len() as f64
}

/// Root of the mean square, 0 for no values.
pub(crate) fn rms(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values
        .into_iter()
        .fold((0.0, 0_usize), |(s, n), v| (s + v * v, n + 1));
    if count == 0 {
        0.0
    } else {
        (sum / count as f64).sqrt()
    }
}

/// Standard deviation, 0 for no values.
pub(crate) fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    rms(values.iter().map(|v| v - mean))
}

/// Mean product of the deviations from their means of `a` and of `b` one step later. What is
/// independent from step to step, such as the jitter of a detector, adds nothing to it in the
/// mean; what moves smoothly has nearly its covariance.
pub(crate) fn lagged_covariance(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len().min(b.len());
    if count < 2 {
        return 0.0;
    }
    let (mean_a, mean_b) = (mean(&a[..count]), mean(&b[..count]));
    let forward = a.iter().zip(&b[1..count]);
    let backward = b.iter().zip(&a[1..count]);
    let sum: f64 = forward
        .map(|(a, b)| (a - mean_a) * (b - mean_b))
        .chain(backward.map(|(b, a)| (a - mean_a) * (b - mean_b)))
        .sum();
    sum / (2 * (count - 1)) as f64
}

/// Standard deviation of the smooth part of a series of vectors: what [`lagged_covariance`]
/// leaves, summed over components.
pub(crate) fn smooth_deviation<const N: usize>(series: &[[f64; N]]) -> f64 {
    let mut sum = 0.0;
    for axis in 0..N {
        let component: Vec<f64> = series.iter().map(|v| v[axis]).collect();
        sum += lagged_covariance(&component, &component);
    }
    sum.max(0.0).sqrt()
}

/// Median step of rising times; `None` for fewer than two.
pub(crate) fn median_step(times: &[f64]) -> Option<f64> {
    median(times.windows(2).map(|pair| pair[1] - pair[0]))
}

/// Values at even times from the first to the last, `step` apart, linear between neighbours.
pub(crate) fn resampled(times: &[f64], values: &[f64], step: f64) -> Vec<f64> {
    let (Some(&first), Some(&last)) = (times.first(), times.last()) else {
        return Vec::new();
    };
    let usable = step.is_finite() && step > 0.0 && times.len() == values.len();
    if !usable {
        return Vec::new();
    }
    let count = ((last - first) / step + 1e-9).floor() as usize + 1;
    let mut right = 1;
    (0..count)
        .map(|i| {
            let at = first + i as f64 * step;
            while right + 1 < times.len() && times[right] < at {
                right += 1;
            }
            if right >= times.len() {
                return values[0];
            }
            let (from, to) = (times[right - 1], times[right]);
            let share = ((at - from) / (to - from)).clamp(0.0, 1.0);
            values[right - 1] + (values[right] - values[right - 1]) * share
        })
        .collect()
}

/// `values` less the parabola over `times` that fits them best, so that drift is not taken for a
/// slow wave.
pub(crate) fn without_drift(times: &[f64], values: &[f64]) -> Vec<f64> {
    let (Some(&first), Some(&last)) = (times.first(), times.last()) else {
        return Vec::new();
    };
    let span = (last - first).max(f64::MIN_POSITIVE);
    let row = |t: &f64| {
        let x = 2.0 * (t - first) / span - 1.0;
        nalgebra::Vector3::new(1.0, x, x * x)
    };
    let mut normal = nalgebra::Matrix3::zeros();
    let mut right = nalgebra::Vector3::zeros();
    for (t, v) in times.iter().zip(values) {
        let row = row(t);
        normal += row * row.transpose();
        right += row * *v;
    }
    let Some(solver) = normal.cholesky() else {
        let mean = mean(values);
        return values.iter().map(|v| v - mean).collect();
    };
    let fit = solver.solve(&right);
    let pairs = times.iter().zip(values);
    pairs.map(|(t, v)| v - row(t).dot(&fit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_ranks() {
        let values = [4.0, 1.0, f64::NAN, 3.0, 2.0];
        assert_eq!(quantile(values, 0.0), Some(1.0));
        assert_eq!(median(values), Some(2.5));
        assert_eq!(quantile(values, 1.0), Some(4.0));
        assert_eq!(median([]), None);
    }

    #[test]
    fn jitter_has_no_smooth_deviation_and_a_wave_has() {
        let jitter: Vec<[f64; 1]> = (0..4000_u64)
            .map(|i| [((i.wrapping_mul(2_654_435_761) >> 7) % 1000) as f64 / 500.0 - 1.0])
            .collect();
        let wave: Vec<[f64; 1]> = (0..4000).map(|i| [(f64::from(i) / 20.0).sin()]).collect();
        assert!(
            smooth_deviation(&jitter) < 0.15,
            "{}",
            smooth_deviation(&jitter)
        );
        assert!((smooth_deviation(&wave) - 0.5_f64.sqrt()).abs() < 0.01);
        assert_eq!(smooth_deviation::<1>(&[]), 0.0);
    }

    #[test]
    fn resampling_is_linear_and_drift_is_taken_out() {
        let times = [0.0, 1.0, 3.0];
        assert_eq!(resampled(&times, &[0.0, 1.0, 3.0], 0.5).len(), 7);
        for (i, v) in resampled(&times, &[0.0, 1.0, 3.0], 0.5).iter().enumerate() {
            assert!((v - i as f64 * 0.5).abs() < 1e-12);
        }
        assert!(resampled(&[], &[], 0.5).is_empty());
        assert_eq!(resampled(&[2.0], &[7.0], 0.5), [7.0]);
        let times: Vec<f64> = (0..50).map(f64::from).collect();
        let drift: Vec<f64> = times.iter().map(|t| 3.0 + t * 0.5 - t * t * 0.01).collect();
        assert!(rms(without_drift(&times, &drift)) < 1e-9);
    }
}
