//! What share of the image the face fills.

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
        let visible = evidence.face_bounds.clipped(width, height);
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
