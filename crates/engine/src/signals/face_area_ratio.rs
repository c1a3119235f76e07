//! What share of the image the face fills.

use super::face_crop::visible_part;
use super::{Curve, Measured, Reading, Signal, SignalParams};
use crate::Evidence;

/// Area of the visible part of the mesh's extent over the area of the image.
pub(super) struct FaceAreaRatio;

impl Signal for FaceAreaRatio {
    fn name(&self) -> &'static str {
        "face_area_ratio"
    }

    fn label(&self) -> &'static str {
        "Face size in the picture"
    }

    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading {
        let (width, height) = (evidence.luma.width(), evidence.luma.height());
        let visible = visible_part(evidence);
        let ratio = f64::from(visible.area()) / (f64::from(width) * f64::from(height));
        if ratio.is_nan() || ratio <= 0.0 {
            return Reading::NotAssessable("the face is outside the picture".to_owned());
        }
        measured(ratio, params)
    }
}

/// Contract 003: the score at the smallest accepted face, and of every face over the largest.
const EDGE_SCORE: f64 = 0.5;

fn measured(ratio: f64, params: &SignalParams) -> Reading {
    let smallest = params.min_face_area_ratio;
    let largest = params.face_area_ratio.max_face_area_ratio;
    let score = score(ratio, smallest, largest, &params.face_area_ratio.score);
    let finding = if ratio < smallest {
        "The face is too small"
    } else if ratio > largest {
        "The face fills the picture"
    } else if score >= 0.8 {
        "The face has a good size"
    } else {
        "The face has an acceptable size"
    };
    Reading::Measured(Measured {
        values: vec![("face_area_ratio", ratio)],
        score,
        detail: format!(
            "{finding}: it covers {:.1} % of the picture (small below {:.0} %, best about 20 %, \
             too close above {:.0} %).",
            100.0 * ratio,
            100.0 * smallest,
            100.0 * largest
        ),
    })
}

fn score(ratio: f64, smallest: f64, largest: f64, curve: &Curve) -> f64 {
    if ratio > largest {
        return EDGE_SCORE;
    }
    curve.rising_to(smallest, EDGE_SCORE).at(ratio)
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{Scene, measure, params, refusal};
    use super::*;

    fn at(ratio: f64) -> Measured {
        match measured(ratio, &params()) {
            Reading::Measured(m) => m,
            Reading::NotAssessable(why) => panic!("{why}"),
        }
    }

    #[test]
    fn rows_and_edges_of_the_contracts_table() {
        for (ratio, expected) in [
            (0.0, 0.0),
            (0.02, 0.25),
            (0.04, 0.5),
            (0.10, 0.8),
            (0.20, 1.0),
            (0.40, 0.8),
            (0.80, 0.5),
            (0.81, 0.5),
            (1.0, 0.5),
        ] {
            assert!(
                (at(ratio).score - expected).abs() < 1e-9,
                "{ratio}: {}",
                at(ratio).score
            );
        }
        assert!(at(0.0399).score < 0.5);
        let inside = (5..80).map(|percent| at(f64::from(percent) / 100.0).score);
        assert!(inside.clone().all(|score| (0.5..=1.0).contains(&score)));
        assert_eq!(inside.filter(|&score| score == 1.0).count(), 1);
    }

    #[test]
    fn a_raised_minimum_penalises_larger_faces() {
        let mut params = params();
        params.min_face_area_ratio = 0.15;
        let Reading::Measured(found) = measured(0.12, &params) else {
            panic!()
        };
        assert!((found.score - 0.4).abs() < 1e-9);
        assert!(found.detail.contains("small below 15 %"));
    }

    #[test]
    fn only_the_visible_part_counts() {
        let whole = measure(&FaceAreaRatio, &Scene::default().evidence());
        let half = Scene {
            centre: [0.0, 240.0],
            ..Scene::default()
        };
        let half = measure(&FaceAreaRatio, &half.evidence());
        assert!((half.values[0].1 / whole.values[0].1 - 0.5).abs() < 0.02);
    }

    #[test]
    fn a_face_outside_the_picture_is_refused() {
        let gone = Scene {
            centre: [-500.0, 240.0],
            ..Scene::default()
        };
        assert!(refusal(&FaceAreaRatio, &gone.evidence()).contains("outside"));
        let mut evidence = Scene::default().evidence();
        evidence.face_bounds.x = f32::NAN;
        assert!(refusal(&FaceAreaRatio, &evidence).contains("outside"));
    }
}
