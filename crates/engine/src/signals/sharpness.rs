//! Sharpness: the variance of the Laplacian (Pech-Pacheco et al. 2000; the LAPV operator of
//! Pertuz et al., "Analysis of focus measure operators for shape-from-focus", 2013).

use lifesign_media::Gray;

use super::{Curve, Measured, Reading, Signal, SignalParams, face_crop, wording};
use crate::{Evidence, Rect};

/// The longer side of the image is reduced to this, so that the same scene gives about the same
/// variance from a webcam and from a phone.
const WORKING_SIDE_PX: u32 = 640;

/// Variance of the Laplacian of the whole image.
pub(super) struct Sharpness;

impl Signal for Sharpness {
    fn name(&self) -> &'static str {
        "sharpness"
    }

    fn label(&self) -> &'static str {
        "Image sharpness"
    }

    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading {
        match laplacian_variance(&evidence.luma) {
            Some(variance) => measured(variance, params),
            None => Reading::NotAssessable("the picture is smaller than 3 x 3 pixels".to_owned()),
        }
    }
}

fn measured(variance: f64, params: &SignalParams) -> Reading {
    let floor = params.min_blur_variance;
    let score = score(variance, floor, &params.sharpness.score);
    let finding = wording(
        score,
        [(0.8, "Sharp and well focused"), (0.5, "Moderately sharp")],
        "Soft or blurred",
    );
    Reading::Measured(Measured {
        values: vec![("laplacian_variance", variance)],
        score,
        detail: format!("{finding}: Laplacian variance {variance:.0} (soft below {floor:.0})."),
    })
}

fn score(variance: f64, floor: f64, curve: &Curve) -> f64 {
    curve.at(variance / floor)
}

/// Variance of the 4-neighbour Laplacian at the working size, in squared grey levels; `None`
/// where no pixel has four neighbours.
fn laplacian_variance(luma: &Gray) -> Option<f64> {
    let longer = luma.width().max(luma.height());
    if longer <= WORKING_SIDE_PX {
        return variance_of(luma.data(), luma.width() as usize);
    }
    let scaled = |side: u32| {
        let scaled = f64::from(side) * f64::from(WORKING_SIDE_PX) / f64::from(longer);
        (scaled.round() as u32).max(1)
    };
    let (width, height) = (scaled(luma.width()), scaled(luma.height()));
    let whole = Rect {
        x: 0.0,
        y: 0.0,
        width: luma.width() as f32,
        height: luma.height() as f32,
    };
    let reduced = face_crop::reduce(luma, whole, width, height)?;
    variance_of(&reduced, width as usize)
}

fn variance_of(data: &[u8], width: usize) -> Option<f64> {
    let rows: Vec<&[u8]> = data.chunks_exact(width).collect();
    if rows.len() < 3 || width < 3 {
        return None;
    }
    let (mut sum, mut squares) = (0_i64, 0_i64);
    for window in rows.windows(3) {
        let (s, q) = row_moments(window[0], window[1], window[2]);
        sum += i64::from(s);
        squares += q;
    }
    let count = ((rows.len() - 2) * (width - 2)) as f64;
    let mean = sum as f64 / count;
    Some((squares as f64 / count - mean * mean).max(0.0))
}

/// Sum and sum of squares of the Laplacian along one row.
fn row_moments(above: &[u8], row: &[u8], below: &[u8]) -> (i32, i64) {
    let inner = 1..row.len() - 1;
    let neighbours = above[inner.clone()].iter().zip(&below[inner]);
    let along = row.windows(3).zip(neighbours);
    let (mut sum, mut squares) = (0_i32, 0_u32);
    // At most 638 values of magnitude 1020 fit both accumulators.
    for (line, (&up, &down)) in along {
        let around = i32::from(line[0]) + i32::from(line[2]) + i32::from(up) + i32::from(down);
        let laplacian = around - 4 * i32::from(line[1]);
        sum += laplacian;
        squares += (laplacian * laplacian) as u32;
    }
    (sum, i64::from(squares))
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{Scene, blurred, flat, measure, params, refusal, skin};
    use super::*;

    #[test]
    fn rows_and_edges_of_the_contracts_table() {
        let params = params();
        let at = |variance: f64| score(variance, params.min_blur_variance, &params.sharpness.score);
        for (variance, expected) in [
            (0.0, 0.0),
            (20.0, 0.25),
            (40.0, 0.5),
            (100.0, 0.65),
            (160.0, 0.8),
            (640.0, 1.0),
            (9000.0, 1.0),
        ] {
            assert!(
                (at(variance) - expected).abs() < 1e-9,
                "{variance}: {}",
                at(variance)
            );
        }
        assert!(at(39.999) < 0.5 && at(159.99) < 0.8);
        let half_as_strict = score(40.0, 20.0, &params.sharpness.score);
        assert!(half_as_strict > 0.5, "min_blur_variance sets the floor");
    }

    #[test]
    fn more_blur_is_less_sharp() {
        let scene = Scene {
            width: 320,
            height: 240,
            ..Scene::default()
        };
        let source: Vec<u8> = scene.evidence().luma.data().to_vec();
        let mut last = measure(&Sharpness, &scene.evidence());
        assert!(last.score >= 0.5, "{}", last.detail);
        for sigma in [0.6, 1.0, 1.6, 2.5, 4.0] {
            let evidence = scene.evidence_with(blurred(&source, 320, sigma));
            let next = measure(&Sharpness, &evidence);
            assert!(next.values[0].1 < last.values[0].1, "sigma {sigma}");
            assert!(next.score < last.score, "sigma {sigma}");
            last = next;
        }
        assert!(
            last.detail
                .starts_with("Soft or blurred: Laplacian variance")
        );
    }

    #[test]
    fn a_known_pattern_has_its_known_variance() {
        // Columns of 0 and 10 in turn: the Laplacian is +20 and -20, its variance 400.
        let stripes = (0..64 * 64).map(|i| 10 * (i % 2) as u8).collect();
        let luma = Gray::new(64, 64, stripes).unwrap();
        assert!((laplacian_variance(&luma).unwrap() - 400.0).abs() < 1e-9);
    }

    #[test]
    fn four_times_the_pixels_do_not_change_the_band() {
        let small = Scene {
            luma: |x, y| skin(x / 2, y / 2),
            ..Scene::default()
        };
        let large = Scene {
            width: 1280,
            height: 960,
            luma: |x, y| skin(x / 4, y / 4),
            ..Scene::default()
        };
        let scores = [small, large].map(|s| measure(&Sharpness, &s.evidence()).score);
        assert!((scores[0] - scores[1]).abs() < 0.15, "{scores:?}");
    }

    #[test]
    fn pictures_without_detail_or_extent() {
        let wall = Scene {
            luma: flat,
            ..Scene::default()
        };
        assert_eq!(measure(&Sharpness, &wall.evidence()).score, 0.0);
        let line = Scene {
            height: 2,
            ..Scene::default()
        };
        assert!(refusal(&Sharpness, &line.evidence()).contains("3 x 3"));
        let strip = Scene {
            width: 16_000,
            height: 4,
            ..Scene::default()
        };
        assert!(refusal(&Sharpness, &strip.evidence()).contains("3 x 3"));
    }
}
