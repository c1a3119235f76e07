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
