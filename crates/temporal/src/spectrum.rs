//! Spectra of short series at times that need not be even.
//!
//! A direct transform at the frequencies that are asked for: a clip has a few hundred frames, so
//! that it is cheap, and uneven frames need no resampling, which would dampen high frequencies.

use std::f64::consts::TAU;

/// A complex number.
type Complex = nalgebra::Complex<f64>;

/// The transform of `values`, taken at `times`, under a Hann window, at each frequency in hertz.
/// A cosine of amplitude a that lies on a frequency comes out with the magnitude a.
pub(crate) fn transform(times: &[f64], values: &[f64], frequencies: &[f64]) -> Vec<Complex> {
    let (Some(&first), Some(&last)) = (times.first(), times.last()) else {
        return vec![Complex::default(); frequencies.len()];
    };
    let span = (last - first).max(f64::MIN_POSITIVE);
    let windowed: Vec<(f64, f64)> = times
        .iter()
        .zip(values)
        .map(|(t, v)| {
            let window = 0.5 - 0.5 * (TAU * (t - first) / span).cos();
            (t - first, v * window)
        })
        .collect();
    // The window's mean is a half, and a cosine has half its amplitude at each of two signs.
    let scale = 4.0 / windowed.len().max(1) as f64;
    frequencies
        .iter()
        .map(|f| {
            let sum: Complex = windowed
                .iter()
                .map(|(t, v)| Complex::from_polar(*v, -TAU * f * t))
                .sum();
            sum * scale
        })
        .collect()
}

/// Frequencies from `low` to `high`, both included where they fit, `step` apart.
pub(crate) fn frequencies(low: f64, high: f64, step: f64) -> Vec<f64> {
    let usable = step > 0.0 && high >= low && (high - low) / step < 1e5;
    if !usable {
        return Vec::new();
    }
    let count = ((high - low) / step + 1e-9).floor() as usize + 1;
    (0..count).map(|i| low + i as f64 * step).collect()
}

/// A line in a spectrum and how surely it is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    /// Index of its frequency.
    pub at: usize,
    /// Its power over the mean power of its neighbourhood.
    pub ratio: f64,
    /// Chance that noise without any line shows one like it anywhere in the spectrum.
    pub false_alarm: f64,
}

/// Bins on both sides of a line that its own window smears it into.
const SMEARED: usize = 2;
/// Bins beyond those, on each side, that tell the noise.
const NEIGHBOURS: usize = 10;

/// The strongest line of a power spectrum whose bins are one resolution apart.
///
/// The power of noise in a bin follows an exponential law. Against the mean of m independent
/// neighbours it follows Fisher's F law with 2 and 2m degrees of freedom, whose tail is
/// (1 + ratio / m)^-m; a Hann window makes every second neighbour independent. The chance is that of
/// the largest of all bins (as in Fisher's test of 1929, with a local level of noise because
/// a moving picture has more power at low frequencies).
pub(crate) fn strongest_line(power: &[f64]) -> Option<Line> {
    let mut strongest: Option<Line> = None;
    for (at, value) in power.iter().enumerate() {
        let around = power.iter().enumerate().filter(|(i, _)| {
            let distance = i.abs_diff(at);
            distance > SMEARED && distance <= SMEARED + NEIGHBOURS
        });
        let (sum, count) = around.fold((0.0, 0_usize), |(s, n), (_, p)| (s + p, n + 1));
        let level = sum / count as f64;
        // A spectrum of a few bins, or of nothing at all, has no level to stand out from.
        if count < NEIGHBOURS / 2 || !(level > 0.0 && value.is_finite()) {
            continue;
        }
        let independent = count as f64 / 2.0;
        let ratio = value / level;
        let tail = (1.0 + ratio / independent).powf(-independent);
        let false_alarm = -(power.len() as f64 * (-tail).ln_1p()).exp_m1();
        if strongest.is_none_or(|s| false_alarm < s.false_alarm) {
            strongest = Some(Line {
                at,
                ratio,
                false_alarm,
            });
        }
    }
    strongest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: u64, count: usize) -> Vec<f64> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut normal = || (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
        (0..count).map(|_| normal()).collect()
    }

    fn uneven(count: usize) -> Vec<f64> {
        (0..count)
            .map(|i| i as f64 / 30.0 + if i % 3 == 0 { 0.004 } else { 0.0 })
            .collect()
    }

    fn power(values: &[f64]) -> Vec<f64> {
        let times = uneven(values.len());
        let found = transform(
            &times,
            values,
            &frequencies(1.0, 14.0, 30.0 / values.len() as f64),
        );
        found.iter().map(|c| c.norm_sqr()).collect()
    }

    #[test]
    fn a_wave_has_its_amplitude_at_its_frequency() {
        let times = uneven(240);
        let wave: Vec<f64> = times.iter().map(|t| 3.0 * (TAU * 4.0 * t).sin()).collect();
        let found = transform(&times, &wave, &[1.0, 4.0, 8.0]);
        assert!((found[1].norm() - 3.0).abs() < 0.05, "{}", found[1].norm());
        assert!(found[0].norm() < 0.15 && found[2].norm() < 0.15);
        assert_eq!(transform(&[], &[], &[1.0]).len(), 1);
    }

    #[test]
    fn noise_alarms_no_more_often_than_it_says() {
        let mut alarms = [0; 2];
        for seed in 0..2000 {
            let line = strongest_line(&power(&noise(seed, 150))).unwrap();
            alarms[0] += usize::from(line.false_alarm < 0.01);
            alarms[1] += usize::from(line.false_alarm < 0.1);
        }
        println!(
            "false alarms among 2000 at 1 %: {}, at 10 %: {}",
            alarms[0], alarms[1]
        );
        assert!(alarms[0] <= 40 && alarms[1] <= 300, "{alarms:?}");
    }

    #[test]
    fn a_wave_as_strong_as_the_noise_is_found() {
        for seed in 0..20 {
            let values: Vec<f64> = noise(seed, 150)
                .iter()
                .zip(uneven(150))
                .map(|(n, t)| n + 1.2 * (TAU * 7.3 * t).sin())
                .collect();
            let line = strongest_line(&power(&values)).unwrap();
            assert!(line.false_alarm < 0.01, "{seed}: {line:?}");
            assert!((1.0 + line.at as f64 * 0.2 - 7.3).abs() < 0.25, "{line:?}");
        }
        assert!(strongest_line(&[0.0; 30]).is_none());
        assert!(strongest_line(&[1.0; 3]).is_none());
    }
}
