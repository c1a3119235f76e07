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
