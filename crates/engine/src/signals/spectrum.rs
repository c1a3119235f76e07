//! The two-dimensional spectrum of a crop and the statistics of its rings and sectors.

use lifesign_numeric::{Complex32, fft_rows};

use super::face_crop::FaceCrop;

/// Rings that are examined, in shares of the Nyquist frequency: below lies the shape of the face
/// rather than its texture, beyond lie only the corners of the square.
const RINGS: [[f32; 2]; 6] = [
    [0.25, 0.375],
    [0.375, 0.5],
    [0.5, 0.625],
    [0.625, 0.75],
    [0.75, 0.875],
    [0.875, 1.0],
];
/// Sectors of the half plane; the other half mirrors it.
const SECTORS: usize = 12;
/// Share of the Nyquist frequency from which energy counts as high-frequency: there the median of
/// camera pictures meets the contract's baseline of 0.65 (docs/SIGNALS.md).
const HIGH_FREQUENCY: f32 = 0.53;

/// A log spectrum and what stands out in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spectrum {
    /// Frequencies a side; frequency 0 is at (side / 2, side / 2).
    pub(crate) side: usize,
    /// ln(1 + magnitude) of each frequency, `side * side` values, row by row.
    pub(crate) log_magnitude: Vec<f32>,
    /// Pearson kurtosis of the square-rooted magnitudes in the ring with the heaviest tail.
    pub(crate) ring_kurtosis: f64,
    /// That ring: inner and outer radius in shares of the Nyquist frequency.
    pub(crate) ring: [f32; 2],
    /// Share of the log energy that lies at high frequencies, within the Nyquist circle.
    pub(crate) hf_ratio: f64,
    /// Variance of the sectors' mean magnitude over the square of its mean.
    pub(crate) az_variance: f64,
    /// The strongest sector: from and to in radians, counter-clockwise from the right; the one
    /// opposite is alike.
    pub(crate) sector: [f32; 2],
}

/// Transforms a crop; `None` where it has no contrast at all.
pub(super) fn analyse(crop: &FaceCrop) -> Option<Spectrum> {
    let side = crop.side;
    let magnitude = magnitudes(crop)?;
    let whitened = whiten(&magnitude, side);
    let (ring_kurtosis, ring) = heaviest_ring(&whitened);
    let (az_variance, sector) = strongest_sector(&whitened);
    let log_magnitude: Vec<f32> = magnitude.iter().map(|m| m.ln_1p()).collect();
    Some(Spectrum {
        side,
        ring_kurtosis,
        ring,
        hf_ratio: hf_ratio(&log_magnitude, side),
        az_variance,
        sector,
        log_magnitude,
    })
}

/// Magnitudes of the spectrum of the crop, less its mean and under a Hann window.
fn magnitudes(crop: &FaceCrop) -> Option<Vec<f32>> {
    let side = crop.side;
    let mean = crop.luma.iter().map(|&v| f64::from(v)).sum::<f64>() / crop.luma.len() as f64;
    let phase = |i: usize| std::f32::consts::TAU * (i as f32 + 0.5) / side as f32;
    let window: Vec<f32> = (0..side).map(|i| 0.5 - 0.5 * phase(i).cos()).collect();
    let mut plane: Vec<Complex32> = Vec::with_capacity(side * side);
    for (row, &wy) in crop.luma.chunks_exact(side).zip(&window) {
        let weighted = row.iter().zip(&window);
        plane.extend(
            weighted
                .map(|(&v, wx)| (f32::from(v) - mean as f32) * wx * wy)
                .map(Complex32::from),
        );
    }
    if plane.iter().all(|v| v.re.abs() < 1e-3) {
        return None;
    }
    fft_rows(&mut plane, side);
    let mut plane = transposed(&plane, side);
    fft_rows(&mut plane, side);
    // After one transposition the plane lies on its side: (column, row).
    let centred = |i: usize| (i + side - side / 2) % side;
    let at = |y: usize, x: usize| plane[centred(x) * side + centred(y)].norm_sqr().sqrt();
    Some((0..side * side).map(|i| at(i / side, i % side)).collect())
}

fn transposed(plane: &[Complex32], side: usize) -> Vec<Complex32> {
    (0..side * side)
        .map(|i| plane[(i % side) * side + i / side])
        .collect()
}

/// One coefficient of the right half plane.
struct Coefficient {
    /// Distance from frequency 0 in shares of the Nyquist frequency.
    radius: f32,
    /// Direction in radians, 0 to pi, counter-clockwise from the right.
    angle: f32,
    /// Magnitude over the mean magnitude at its radius.
    value: f64,
}

/// Divides magnitudes by the mean at their radius, which takes the natural fall with frequency
/// out. Only the upper half is kept: the lower one mirrors it.
fn whiten(magnitude: &[f32], side: usize) -> Vec<Coefficient> {
    let half = (side / 2) as f32;
    let inner = RINGS[0][0] * half;
    let mut kept = Vec::with_capacity(side * side / 2);
    let mut sums = vec![(0.0_f64, 0_u32); side / 2 + 2];
    for (y, row) in magnitude.chunks_exact(side).take(side / 2 + 1).enumerate() {
        let up = half - y as f32;
        for (x, &value) in row.iter().enumerate() {
            let right = x as f32 - half;
            let radius = length(right, up);
            if radius < inner || radius > half || (up == 0.0 && right < 0.0) {
                continue;
            }
            let sum = &mut sums[radius as usize];
            *sum = (sum.0 + f64::from(value), sum.1 + 1);
            kept.push((radius, up.atan2(right), f64::from(value)));
        }
    }
    let normal = |(radius, angle, value): (f32, f32, f64)| {
        let (sum, count) = sums[radius as usize];
        let mean = sum / f64::from(count.max(1));
        Coefficient {
            radius: radius / half,
            angle,
            value: if mean > 0.0 { value / mean } else { 1.0 },
        }
    };
    kept.into_iter().map(normal).collect()
}

/// `hypot` would guard against an overflow that pixel distances cannot reach.
fn length(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}

fn heaviest_ring(coefficients: &[Coefficient]) -> (f64, [f32; 2]) {
    let kurtoses = RINGS.map(|ring| {
        let inside = |c: &&Coefficient| (ring[0]..ring[1]).contains(&c.radius);
        let values: Vec<f64> = coefficients
            .iter()
            .filter(inside)
            .map(|c| c.value.sqrt())
            .collect();
        (pearson_kurtosis(&values), ring)
    });
    kurtoses.into_iter().fold(
        (0.0, RINGS[0]),
        |best, k| if k.0 > best.0 { k } else { best },
    )
}

/// Fourth central moment over the squared variance: 3 for a normal distribution, 2.75 for the
/// square roots of magnitudes of a spectrum without structure (those magnitudes are Rayleigh
/// distributed, their roots follow a Weibull distribution of shape 4).
fn pearson_kurtosis(values: &[f64]) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|v| (v - mean) * (v - mean));
    let (second, fourth) = squares.fold((0.0, 0.0), |(s, f), d| (s + d, f + d * d));
    let variance = second / count;
    if variance > 1e-12 {
        fourth / count / (variance * variance)
    } else {
        0.0
    }
}

fn strongest_sector(coefficients: &[Coefficient]) -> (f64, [f32; 2]) {
    let width = std::f32::consts::PI / SECTORS as f32;
    let mut sums = [(0.0_f64, 0_u32); SECTORS];
    for c in coefficients {
        // Sectors are centred on the axes, so that those fall into one sector each.
        let sector = ((c.angle / width + 0.5) as usize) % SECTORS;
        sums[sector] = (sums[sector].0 + c.value, sums[sector].1 + 1);
    }
    let means = sums.map(|(sum, count)| sum / f64::from(count.max(1)));
    let mean = means.iter().sum::<f64>() / SECTORS as f64;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / SECTORS as f64;
    let strongest = (0..SECTORS).fold(0, |best, s| if means[s] > means[best] { s } else { best });
    let from = (strongest as f32 - 0.5) * width;
    let relative = if mean > 0.0 {
        variance / (mean * mean)
    } else {
        0.0
    };
    (relative, [from, from + width])
}

fn hf_ratio(log_magnitude: &[f32], side: usize) -> f64 {
    let half = (side / 2) as f32;
    let (mut high, mut total) = (0.0_f64, 0.0_f64);
    for (y, row) in log_magnitude.chunks_exact(side).enumerate() {
        for (x, &value) in row.iter().enumerate() {
            let radius = length(x as f32 - half, y as f32 - half) / half;
            if radius > 1.0 {
                continue;
            }
            total += f64::from(value);
            if radius >= HIGH_FREQUENCY {
                high += f64::from(value);
            }
        }
    }
    if total > 0.0 { high / total } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crop(side: usize, luma: impl Fn(usize, usize) -> f32) -> FaceCrop {
        let pixels = (0..side * side).map(|i| luma(i % side, i / side) as u8);
        FaceCrop {
            side,
            luma: pixels.collect(),
        }
    }

    /// A wave of `cycles` across the crop, its crests running at a right angle to `degrees`.
    fn wave(side: usize, cycles: f32, degrees: f32) -> FaceCrop {
        let (sin, cos) = degrees.to_radians().sin_cos();
        crop(side, |x, y| {
            let along = x as f32 * cos - y as f32 * sin;
            128.0 + 100.0 * (std::f32::consts::TAU * cycles * along / side as f32).sin()
        })
    }

    #[test]
    fn a_wave_stands_where_its_frequency_and_direction_say() {
        let found = analyse(&wave(128, 38.0, 60.0)).unwrap();
        let brightest = (0..128 * 128)
            .max_by(|&a, &b| found.log_magnitude[a].total_cmp(&found.log_magnitude[b]));
        let (x, y) = (brightest.unwrap() % 128, brightest.unwrap() / 128);
        let (right, up) = (x as f32 - 64.0, 64.0 - y as f32);
        assert!((right.hypot(up) - 38.0).abs() < 1.5, "{right} {up}");
        assert!(
            (right / up - 1.0 / 60_f32.to_radians().tan()).abs() < 0.1,
            "{right} {up}"
        );
        let degrees = found.sector.map(f32::to_degrees);
        assert!(degrees[0] <= 60.0 && degrees[1] >= 60.0, "{degrees:?}");
        assert!(found.ring_kurtosis > 12.0);
    }

    #[test]
    fn the_ring_that_fired_holds_a_peak_added_to_noise() {
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as f32
        };
        let pixels: Vec<f32> = (0..128 * 128).map(|_| noise() / 2.0 + 64.0).collect();
        let plain = analyse(&crop(128, |x, y| pixels[y * 128 + x])).unwrap();
        assert!(
            (2.0..4.0).contains(&plain.ring_kurtosis),
            "{}",
            plain.ring_kurtosis
        );
        assert!(plain.az_variance < 0.05, "{}", plain.az_variance);
        let tone = |x: usize| 40.0 * (std::f32::consts::TAU * 44.0 * x as f32 / 128.0).sin();
        let peaked = analyse(&crop(128, |x, y| pixels[y * 128 + x] + tone(x))).unwrap();
        assert!(peaked.ring_kurtosis > 12.0, "{}", peaked.ring_kurtosis);
        assert_eq!(peaked.ring, [0.625, 0.75]);
        assert!(
            peaked.sector[0] < 0.0 && peaked.sector[1] > 0.0,
            "{:?}",
            peaked.sector
        );
    }

    #[test]
    fn odd_sides_are_centred_too() {
        for side in [64, 65, 97, 127, 128] {
            let found = analyse(&wave(side, 20.0, 0.0)).unwrap();
            let row = &found.log_magnitude[side / 2 * side..][..side];
            let peak = (side / 2 + 5..side)
                .max_by(|&a, &b| row[a].total_cmp(&row[b]))
                .unwrap();
            assert_eq!(peak, side / 2 + 20, "side {side}");
        }
    }

    #[test]
    fn a_flat_crop_has_no_spectrum() {
        assert_eq!(analyse(&crop(64, |_, _| 90.0)), None);
    }
}
