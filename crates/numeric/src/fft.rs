//! Fourier transforms.

pub use rustfft::num_complex::Complex32;

/// Transforms each row of `length` values in place, forward and without scaling (`rustfft`). Does
/// nothing for rows of no length; a last row that is not full stays as it is.
pub fn fft_rows(plane: &mut [Complex32], length: usize) {
    if length == 0 {
        return;
    }
    let fft = rustfft::FftPlanner::new().plan_fft_forward(length);
    for row in plane.chunks_exact_mut(length) {
        fft.process(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_becomes_one_coefficient() {
        let wave = |i: usize| (std::f32::consts::TAU * 3.0 * i as f32 / 16.0).cos();
        let mut plane: Vec<Complex32> = (0..32).map(|i| wave(i % 16).into()).collect();
        fft_rows(&mut plane, 16);
        for row in plane.chunks_exact(16) {
            for (k, value) in row.iter().enumerate() {
                let expected = if k == 3 || k == 13 { 8.0 } else { 0.0 };
                assert!((value.norm() - expected).abs() < 1e-4, "{k}: {value}");
            }
        }
    }

    #[test]
    fn odd_lengths_do_not_panic() {
        fft_rows(&mut [Complex32::default(); 5], 0);
        fft_rows(&mut [Complex32::default(); 5], 3);
        fft_rows(&mut [], 4);
    }
}
