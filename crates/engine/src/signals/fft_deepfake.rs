//! Regularity in the face's spectrum, as up-sampling networks leave it (Durall et al., "Watch
//! your Up-Convolution", 2020; Frank et al., "Leveraging Frequency Analysis for Deep Fake Image
//! Recognition", 2020; Dzanic et al., "Fourier Spectrum Discrepancies in Deep Network Generated
//! Images", 2020).

use super::face_crop::face_crop;
use super::params::FftParams;
use super::spectrum::{Spectrum, analyse};
use super::{Measured, Reading, Signal, SignalParams, wording};
use crate::Evidence;

/// Ring kurtosis, high-frequency ratio and azimuthal variance of the face's log spectrum.
pub(super) struct FftDeepfake;

/// Side in pixels of the analysed crop; a smaller face is analysed at its own size.
const CROP_SIDE_PX: u32 = 128;

impl Signal for FftDeepfake {
    fn name(&self) -> &'static str {
        "fft_deepfake"
    }

    fn label(&self) -> &'static str {
        "Frequency fingerprint"
    }

    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading {
        match spectrum(evidence) {
            Ok(spectrum) => measured(&spectrum, params),
            Err(why) => Reading::NotAssessable(why),
        }
    }
}

/// Spectrum of the judged face with the statistics of its rings and sectors.
///
/// # Errors
/// The reason, in plain language, why this face has no usable spectrum.
pub(crate) fn spectrum(evidence: &Evidence) -> Result<Spectrum, String> {
    let crop = face_crop(evidence, CROP_SIDE_PX)?;
    analyse(&crop).ok_or_else(|| "the face is one flat colour and has no spectrum".to_owned())
}

fn measured(spectrum: &Spectrum, params: &SignalParams) -> Reading {
    let Spectrum {
        ring_kurtosis,
        hf_ratio,
        az_variance,
        ..
    } = *spectrum;
    let score = score([ring_kurtosis, hf_ratio, az_variance], params);
    let finding = wording(
        score,
        [
            (0.8, "Spectrum of a natural camera picture"),
            (0.6, "Broadly natural spectrum with minor anomalies"),
            (0.4, "Moderate anomalies in the spectrum"),
        ],
        "Strong periodic or directional pattern in the spectrum",
    );
    Reading::Measured(Measured {
        values: vec![
            ("ring_kurtosis", ring_kurtosis),
            ("hf_ratio", hf_ratio),
            ("az_variance", az_variance),
        ],
        score,
        detail: format!(
            "{finding}: ring kurtosis {ring_kurtosis:.1} (natural about 3, limit {:.0}), \
             high-frequency ratio {hf_ratio:.2} (expected {:.2}), azimuthal variance \
             {az_variance:.2} (limit {:.2}).",
            params.fft_kurtosis_max, params.fft_hf_ratio_baseline, params.fft_az_variance_max
        ),
    })
}

fn score([kurtosis, hf_ratio, az_variance]: [f64; 3], params: &SignalParams) -> f64 {
    let curves: &FftParams = &params.fft_deepfake;
    let baseline = params.fft_hf_ratio_baseline;
    let rings = curves.kurtosis_score.at(kurtosis / params.fft_kurtosis_max);
    let balance = curves
        .hf_ratio_score
        .at((hf_ratio - baseline).abs() / baseline);
    let sectors = curves
        .az_variance_score
        .at(az_variance / params.fft_az_variance_max);
    let az_weight = 1.0 - curves.kurtosis_weight - curves.hf_ratio_weight;
    curves.kurtosis_weight * rings + curves.hf_ratio_weight * balance + az_weight * sectors
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{
        Scene, flat, halftone, measure, moire, params, refusal, skin,
    };
    use super::*;

    fn score_at(kurtosis: f64, hf_ratio: f64, az_variance: f64) -> f64 {
        score([kurtosis, hf_ratio, az_variance], &params())
    }

    #[test]
    fn rows_and_edges_of_the_contracts_table() {
        assert_eq!(score_at(3.0, 0.65, 0.05), 1.0, "natural");
        assert!(
            score_at(4.6, 0.63, 0.2) >= 0.8,
            "the outer twentieth of camera pictures"
        );
        assert!(
            (0.6..0.8).contains(&score_at(6.0, 0.65, 0.2)),
            "minor anomalies"
        );
        assert!(
            (0.4..0.6).contains(&score_at(12.0, 0.65, 0.05)),
            "one strong pattern"
        );
        assert!(score_at(12.0, 0.65, 0.35) < 0.4, "periodic and directional");
        assert_eq!(score_at(20.0, 0.95, 1.0), 0.0);
        for band in [0.8, 0.6, 0.4] {
            let scores = (30..200).map(|k| score_at(f64::from(k) / 10.0, 0.65, 0.2));
            let near = scores.fold(1.0_f64, |best, s| best.min((s - band).abs()));
            assert!(near < 0.02, "no spectrum reaches the edge {band}");
        }
    }

    #[test]
    fn each_sub_metric_lowers_the_score_on_its_own() {
        for step in 0..20 {
            let (now, next) = (f64::from(step), f64::from(step + 1));
            assert!(score_at(next, 0.65, 0.0) <= score_at(now, 0.65, 0.0));
            assert!(
                score_at(3.0, 0.65 + next / 60.0, 0.0) <= score_at(3.0, 0.65 + now / 60.0, 0.0)
            );
            assert!(
                score_at(3.0, 0.65 - next / 60.0, 0.0) <= score_at(3.0, 0.65 - now / 60.0, 0.0)
            );
            assert!(score_at(3.0, 0.65, next / 30.0) <= score_at(3.0, 0.65, now / 30.0));
        }
        assert!(score_at(12.0, 0.65, 0.0) < 1.0);
        assert!(score_at(3.0, 0.40, 0.0) < 1.0 && score_at(3.0, 0.90, 0.0) < 1.0);
        assert!(score_at(3.0, 0.65, 0.35) < 1.0);
    }

    #[test]
    fn stripes_and_dots_raise_the_kurtosis_and_lower_the_score() {
        let natural = measure(&FftDeepfake, &Scene::default().evidence());
        assert!(natural.score >= 0.8, "{}", natural.detail);
        for luma in [moire, halftone] {
            let found = measure(
                &FftDeepfake,
                &Scene {
                    luma,
                    ..Scene::default()
                }
                .evidence(),
            );
            assert!(
                found.values[0].1 > params().fft_kurtosis_max,
                "{}",
                found.detail
            );
            assert!(found.score < 0.6, "{}", found.detail);
        }
    }

    #[test]
    fn an_up_sampled_face_is_directional() {
        let blocks = Scene {
            luma: |x, y| skin(x / 6 * 6, y / 6 * 6),
            ..Scene::default()
        };
        let natural = measure(&FftDeepfake, &Scene::default().evidence());
        let found = measure(&FftDeepfake, &blocks.evidence());
        assert!(
            found.values[2].1 > 3.0 * natural.values[2].1,
            "{}",
            found.detail
        );
        assert!(found.score < natural.score);
    }

    #[test]
    fn faces_without_a_spectrum_are_refused() {
        let wall = Scene {
            luma: flat,
            ..Scene::default()
        };
        assert!(refusal(&FftDeepfake, &wall.evidence()).contains("flat"));
        let far = Scene {
            face_width: 40.0,
            ..Scene::default()
        };
        assert!(refusal(&FftDeepfake, &far.evidence()).contains("64 are needed"));
    }
}
