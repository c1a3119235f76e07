//! Tails of the gradient: how far the steep edges of a face stand out from its smooth parts.
//!
//! Gradients of natural pictures have heavy tails (Huang and Mumford, "Statistics of natural images
//! and models", CVPR 1999). A picture of a picture went through two lenses and two sensors: the
//! edges are softer and the smooth parts noisier, and the tails are lighter (blur as a cue: Wen, Han
//! and Jain, "Face spoof detection with image distortion analysis", IEEE TIFS 10, 2015).

use super::face_crop::{FaceCrop, face_crop, inner};
use super::{Measured, Reading, Signal, SignalParams, wording};
use crate::Evidence;

/// Kurtosis of the gradient's magnitude on the skin.
pub(super) struct GradientKurtosis;

/// Only larger faces are reduced: what a second recording leaves is as fine as the pixels.
const CROP_SIDE_PX: u32 = 512;

impl Signal for GradientKurtosis {
    fn name(&self) -> &'static str {
        "gradient_kurtosis"
    }

    fn label(&self) -> &'static str {
        "Edge contrast"
    }

    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading {
        let crop = match face_crop(evidence, CROP_SIDE_PX) {
            Ok(crop) => crop,
            Err(why) => return Reading::NotAssessable(why),
        };
        match kurtosis(&magnitudes(&crop)) {
            Some(kurtosis) => measured(kurtosis, params),
            None => Reading::NotAssessable("the face is one flat tone".to_owned()),
        }
    }
}

/// Magnitude of the Sobel gradient at each inner pixel.
fn magnitudes(crop: &FaceCrop) -> Vec<f64> {
    let skin = inner(crop.side);
    let rows = crop.luma.chunks_exact(crop.side);
    let rows: Vec<&[u8]> = rows
        .skip(skin.start)
        .take(skin.len())
        .filter_map(|row| row.get(skin.clone()))
        .collect();
    let mut magnitudes = Vec::with_capacity(skin.len() * skin.len());
    for rows in rows.windows(3) {
        let (above, row, below) = (rows[0], rows[1], rows[2]);
        for ((a, r), b) in above.windows(3).zip(row.windows(3)).zip(below.windows(3)) {
            let [a, r, b] = [a, r, b].map(|three| [three[0], three[1], three[2]].map(f64::from));
            let across = (a[2] - a[0]) + 2.0 * (r[2] - r[0]) + (b[2] - b[0]);
            let down = (b[0] - a[0]) + 2.0 * (b[1] - a[1]) + (b[2] - a[2]);
            // `hypot` would guard against an overflow that bytes cannot reach, at many times the cost.
            magnitudes.push((across * across + down * down).sqrt());
        }
    }
    magnitudes
}

/// Fourth central moment over the squared variance, 3 for a normal distribution; `None` where
/// nothing varies.
fn kurtosis(values: &[f64]) -> Option<f64> {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let moment = |power| values.iter().map(|v| (v - mean).powi(power)).sum::<f64>() / count;
    let variance = moment(2);
    (variance > 0.0).then(|| moment(4) / (variance * variance))
}

fn measured(kurtosis: f64, params: &SignalParams) -> Reading {
    let score = params.gradient_kurtosis.score.at(kurtosis);
    let bands = [
        (
            0.75,
            "Crisp edges on smooth skin, as a first recording has them",
        ),
        (0.5, "Edges stand out from the skin as in most pictures"),
        (
            0.25,
            "Edges hardly stand out from the skin, possibly a picture of a picture",
        ),
    ];
    let finding = wording(score, bands, "Edges drown in blur or noise");
    Reading::Measured(Measured {
        values: vec![("gradient_kurtosis", kurtosis)],
        score,
        detail: format!("{finding}: gradient kurtosis {kurtosis:.1} (camera pictures about 18)."),
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{Scene, flat, measure, refusal};
    use super::*;

    fn found(luma: fn(u32, u32) -> u8) -> Measured {
        let scene = Scene {
            luma,
            ..Scene::default()
        };
        measure(&GradientKurtosis, &scene.evidence())
    }

    fn edge(x: u32, _: u32) -> u8 {
        if x < 320 { 40 } else { 200 }
    }

    fn soft_edge(x: u32, y: u32) -> u8 {
        60 + edge(x, y) / 4
    }

    fn noisy_edge(x: u32, y: u32) -> u8 {
        let mixed = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77);
        soft_edge(x, y) + ((mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D) >> 27) as u8
    }

    #[test]
    fn one_straight_edge_has_the_kurtosis_of_its_share() {
        let scene = Scene {
            luma: edge,
            ..Scene::default()
        };
        let side = face_crop(&scene.evidence(), CROP_SIDE_PX).unwrap().side;
        // Two of the inner columns have the same gradient, all others have none.
        let share = 2.0 / (inner(side).len() as f64 - 2.0);
        let spread = share * (1.0 - share);
        let expected = (1.0 - 3.0 * spread) / spread;
        let kurtosis = found(edge).values[0].1;
        assert!((kurtosis - expected).abs() < 1e-6, "{kurtosis} {expected}");
    }

    #[test]
    fn contrast_does_not_count_but_noise_does() {
        let soft = found(soft_edge);
        let hard = found(edge);
        assert!((soft.values[0].1 - hard.values[0].1).abs() < 1e-6);
        let noisy = found(noisy_edge);
        assert!(noisy.values[0].1 < 0.8 * hard.values[0].1, "{noisy:?}");
    }

    #[test]
    fn a_flat_face_is_not_assessed() {
        let scene = Scene {
            luma: flat,
            ..Scene::default()
        };
        assert!(refusal(&GradientKurtosis, &scene.evidence()).contains("flat"));
    }

    #[test]
    fn the_score_rises_with_the_kurtosis() {
        let params = super::super::test_support::params();
        let score = |kurtosis| params.gradient_kurtosis.score.at(kurtosis);
        assert!(score(7.0) < 0.25 && score(18.0) > 0.65);
        assert_eq!(score(f64::NAN), 0.0);
    }
}
