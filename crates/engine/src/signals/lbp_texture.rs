//! Micro-texture of the face: the histogram of uniform local binary patterns with 8 neighbours
//! at radius 1 (Ojala, Pietikainen and Maenpaa, "Multiresolution gray-scale and rotation
//! invariant texture classification with local binary patterns", 2002).

use super::face_crop::{FaceCrop, face_crop};
use super::params::LbpParams;
use super::{Measured, Reading, Signal, SignalParams, wording};
use crate::Evidence;

/// Shannon entropy and dominant bin of the pattern histogram.
pub(super) struct LbpTexture;

/// Contract 003: the crop's side in pixels; a smaller face is measured at its own size.
const CROP_SIDE_PX: u32 = 96;
/// 58 uniform patterns and one bin for all others.
const BINS: usize = 59;
const IRREGULAR_BIN: u8 = 58;

impl Signal for LbpTexture {
    fn name(&self) -> &'static str {
        "lbp_texture"
    }

    fn label(&self) -> &'static str {
        "Skin micro-texture"
    }

    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading {
        match code_map(evidence) {
            Ok(map) => measured(texture(&map.codes), params),
            Err(why) => Reading::NotAssessable(why),
        }
    }
}

/// The measured crop and the pattern of each of its inner pixels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CodeMap {
    /// The crop.
    pub(crate) crop: FaceCrop,
    /// `(side - 2)^2` patterns, row by row, of all pixels but the crop's border. Bit 0 stands
    /// for the neighbour to the right, the others follow clockwise; a bit is set where the
    /// neighbour is at least as bright as the pixel.
    pub(crate) codes: Vec<u8>,
}

/// Patterns of the judged face.
///
/// # Errors
/// The reason, in plain language, why this face has no usable crop.
pub(crate) fn code_map(evidence: &Evidence) -> Result<CodeMap, String> {
    let crop = face_crop(evidence, CROP_SIDE_PX)?;
    let codes = codes(&crop.luma, crop.side);
    Ok(CodeMap { crop, codes })
}

fn codes(luma: &[u8], side: usize) -> Vec<u8> {
    let rows: Vec<&[u8]> = luma.chunks_exact(side).collect();
    let mut codes = Vec::with_capacity(luma.len());
    for rows in rows.windows(3) {
        let (above, row, below) = (rows[0], rows[1], rows[2]);
        for ((a, r), b) in above.windows(3).zip(row.windows(3)).zip(below.windows(3)) {
            let ring = [r[2], b[2], b[1], b[0], r[0], a[0], a[1], a[2]];
            let bits = ring.iter().enumerate();
            codes.push(bits.fold(0, |code, (bit, &v)| code | (u8::from(v >= r[1]) << bit)));
        }
    }
    codes
}

/// Native values of the histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Texture {
    /// Shannon entropy in bits, 0 to log2(59) = 5.88.
    entropy_bits: f64,
    /// Share of the fullest bin.
    dominant_bin_ratio: f64,
}

fn texture(codes: &[u8]) -> Texture {
    let bins = bin_of_code();
    let mut histogram = [0_u32; BINS];
    for &code in codes {
        histogram[usize::from(bins[usize::from(code)])] += 1;
    }
    let total = codes.len().max(1) as f64;
    let shares = histogram.map(|count| f64::from(count) / total);
    Texture {
        entropy_bits: shares
            .iter()
            .filter(|&&p| p > 0.0)
            .map(|p| -p * p.log2())
            .sum(),
        dominant_bin_ratio: shares.iter().copied().fold(0.0, f64::max),
    }
}

/// Uniform patterns (at most two changes around the ring) have a bin each, in rising order.
fn bin_of_code() -> [u8; 256] {
    let mut bins = [IRREGULAR_BIN; 256];
    let uniform = (0..=u8::MAX).filter(|c| (c ^ c.rotate_right(1)).count_ones() <= 2);
    for (bin, code) in (0..).zip(uniform) {
        bins[usize::from(code)] = bin;
    }
    bins
}

fn measured(texture: Texture, params: &SignalParams) -> Reading {
    let limit = params.lbp_dominant_bin_spoof_threshold;
    let score = score(texture, limit, &params.lbp_texture);
    let finding = wording(
        score,
        [
            (0.8, "Varied skin texture as a camera sees it"),
            (0.55, "Broadly natural skin texture, somewhat smoothed"),
            (0.35, "Partly uniform texture, possibly a flat medium"),
        ],
        "Highly uniform or periodic texture",
    );
    let Texture {
        entropy_bits,
        dominant_bin_ratio,
    } = texture;
    Reading::Measured(Measured {
        values: vec![
            ("entropy_bits", entropy_bits),
            ("dominant_bin_ratio", dominant_bin_ratio),
        ],
        score,
        detail: format!(
            "{finding}: pattern entropy {entropy_bits:.2} of 5.88 bits, most common pattern \
             {:.0} % (suspicious above {:.0} %).",
            100.0 * dominant_bin_ratio,
            100.0 * limit
        ),
    })
}

fn score(texture: Texture, limit: f64, params: &LbpParams) -> f64 {
    let entropy = params.entropy_score.at(texture.entropy_bits);
    let dominance = params
        .dominant_bin_score
        .at(texture.dominant_bin_ratio / limit);
    params.entropy_weight * entropy + (1.0 - params.entropy_weight) * dominance
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{Scene, flat, halftone, measure, moire, params, refusal};
    use super::*;

    fn score_at(entropy_bits: f64, dominant_bin_ratio: f64) -> f64 {
        let params = params();
        let texture = Texture {
            entropy_bits,
            dominant_bin_ratio,
        };
        score(
            texture,
            params.lbp_dominant_bin_spoof_threshold,
            &params.lbp_texture,
        )
    }

    /// The most entropy that 59 bins can have beside one of the given share.
    fn most_entropy(dominant: f64) -> f64 {
        let rest = 1.0 - dominant;
        -dominant * dominant.log2() - rest * (rest / 58.0).log2()
    }

    #[test]
    fn rows_and_edges_of_the_contracts_table() {
        // Faces as cameras take them have 5.0 to 5.4 bits and at most 0.2 in one bin.
        for entropy in [5.0, 5.2, 5.4, 5.88] {
            assert!(score_at(entropy, 0.2) >= 0.8, "{entropy}");
        }
        assert!(
            (0.55..0.80).contains(&score_at(4.3, 0.31)),
            "hard JPEG compression"
        );
        assert!(
            (0.35..0.55).contains(&score_at(3.3, 0.45)),
            "partly uniform"
        );
        assert!(score_at(2.7, 0.5) < 0.35, "a dot screen");
        assert_eq!(score_at(0.0, 1.0), 0.0);
        for band in [0.80, 0.55, 0.35] {
            let scores = (0..=588).map(|e| score_at(f64::from(e) / 100.0, 0.24));
            let crossing: Vec<f64> = scores.filter(|s| (s - band).abs() < 0.004).collect();
            assert!(!crossing.is_empty(), "no texture reaches the edge {band}");
        }
    }

    #[test]
    fn dominant_bins_at_the_contracts_figures_fail() {
        assert!(
            score_at(most_entropy(0.60), 0.60) < 0.5,
            "suspicious at the threshold"
        );
        assert!(
            score_at(most_entropy(0.65), 0.65) < 0.35,
            "a spoof beyond it"
        );
        assert!(score_at(most_entropy(0.30), 0.30) > 0.5);
    }

    #[test]
    fn the_score_rises_with_entropy_and_falls_with_the_dominant_bin() {
        for step in 0..58 {
            let value = f64::from(step) / 10.0;
            assert!(score_at(value + 0.1, 0.3) >= score_at(value, 0.3));
            assert!(score_at(4.0, value / 5.8) >= score_at(4.0, (value + 0.1) / 5.8));
        }
    }

    #[test]
    fn patterns_of_known_pixels() {
        assert_eq!(codes(&[5; 9], 3), [0b1111_1111]);
        assert_eq!(codes(&[0, 0, 0, 0, 9, 0, 0, 0, 0], 3), [0]);
        // Brighter to the right and below right only: bits 0 and 1.
        assert_eq!(codes(&[0, 0, 0, 0, 5, 9, 0, 0, 9], 3), [0b11]);
        let bins = bin_of_code();
        assert_eq!(
            bins.iter().filter(|&&b| b == IRREGULAR_BIN).count(),
            256 - 58
        );
        assert_eq!((bins[0], bins[255]), (0, 57));
    }

    #[test]
    fn evenly_spread_bins_have_full_entropy() {
        let uniform = (0..=u8::MAX).filter(|c| (c ^ c.rotate_right(1)).count_ones() <= 2);
        let all: Vec<u8> = uniform.chain([0b0101_0101]).collect();
        let found = texture(&all);
        assert!((found.entropy_bits - 59_f64.log2()).abs() < 1e-9);
        assert!((found.dominant_bin_ratio - 1.0 / 59.0).abs() < 1e-9);
    }

    #[test]
    fn skin_scores_above_stripes_above_dots_above_nothing() {
        let at = |luma| {
            measure(
                &LbpTexture,
                &Scene {
                    luma,
                    ..Scene::default()
                }
                .evidence(),
            )
        };
        let skin = measure(&LbpTexture, &Scene::default().evidence());
        assert!(skin.score >= 0.8, "{}", skin.detail);
        let (stripes, dots, nothing) = (at(moire), at(halftone), at(flat));
        assert!(stripes.score < skin.score - 0.1, "{}", stripes.detail);
        assert!(dots.score < stripes.score, "{}", dots.detail);
        assert_eq!(nothing.score, 0.0);
        assert!(
            nothing.detail.contains("most common pattern 100 %"),
            "{}",
            nothing.detail
        );
    }

    #[test]
    fn faces_without_a_crop_are_refused() {
        let far = Scene {
            face_width: 40.0,
            ..Scene::default()
        };
        assert!(refusal(&LbpTexture, &far.evidence()).contains("64 are needed"));
        let cut = Scene {
            centre: [-40.0, 240.0],
            ..Scene::default()
        };
        assert!(refusal(&LbpTexture, &cut.evidence()).contains("inside the picture"));
    }
}
