//! How alike the two halves of the face are.

use super::{Measured, Reading, Signal, SignalParams, wording};
use crate::{Evidence, Landmarks, Point2};

/// Mean mirror difference of landmark pairs about the face's own midline.
pub(super) struct FacialSymmetry;

/// Pairs of mesh vertices that mirror each other: outer and inner eye corners, mouth corners,
/// and three pairs along the jaw from the ears to the chin.
pub(crate) const PAIRS: [[usize; 2]; 6] = [
    [33, 263],
    [133, 362],
    [61, 291],
    [234, 454],
    [132, 361],
    [172, 397],
];
/// Vertices on the midline: top of the forehead, between the brows, below the nose, both lips
/// and the chin. The nose tip is left out: it stands so far forward that a small turn moves it
/// off the line.
pub(crate) const MIDLINE: [usize; 6] = [10, 168, 2, 0, 17, 152];

impl Signal for FacialSymmetry {
    fn name(&self) -> &'static str {
        "facial_symmetry"
    }

    fn label(&self) -> &'static str {
        "Facial symmetry"
    }

    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading {
        let yaw = evidence.pose.degrees.yaw.abs();
        let max_yaw = params.facial_symmetry.max_yaw_deg;
        if yaw.is_nan() || yaw > max_yaw {
            return Reading::NotAssessable(format!(
                "the head is turned {yaw:.0} degrees, which hides one half of the face; up to \
                 {max_yaw:.0} can be measured"
            ));
        }
        match symmetry_index(&evidence.landmarks) {
            Some(index) => measured(index, params),
            None => Reading::NotAssessable("the face has no midline".to_owned()),
        }
    }
}

fn measured(index: f64, params: &SignalParams) -> Reading {
    let limit = params.max_asymmetry;
    let score = params.facial_symmetry.score.at(index / limit);
    let finding = wording(
        score,
        [(0.8, "Highly symmetric face"), (0.5, "Mild asymmetry")],
        "Notable asymmetry",
    );
    Reading::Measured(Measured {
        values: vec![("symmetry_index", index)],
        score,
        detail: format!("{finding}: symmetry index {index:.3} (0 is even, limit {limit:.2})."),
    })
}

/// 0 for a face whose halves mirror each other, up to 1 where all of it lies on one side: for
/// each pair the difference of the two distances to the midline over their sum, averaged. The
/// midline turns with the head, so roll does not count. `None` where the landmarks coincide.
fn symmetry_index(landmarks: &Landmarks) -> Option<f64> {
    let midline = Line::through(&MIDLINE.map(|v| landmarks.at(v).xy()))?;
    let mut sum = 0.0;
    for [left, right] in PAIRS {
        let left = midline.offset(landmarks.at(left).xy());
        let right = midline.offset(landmarks.at(right).xy());
        let width = left.abs() + right.abs();
        if width <= 0.0 || !width.is_finite() {
            return None;
        }
        sum += (left + right).abs() / width;
    }
    Some(sum / PAIRS.len() as f64)
}

/// A line by its centre and unit direction.
struct Line {
    centre: [f64; 2],
    along: [f64; 2],
}

impl Line {
    /// The line with the least squared distance to the points; `None` if they are all one point
    /// or too far out to compute with.
    fn through(points: &[Point2]) -> Option<Self> {
        let count = points.len() as f64;
        let mean = |pick: fn(&Point2) -> f32| {
            points.iter().map(|p| f64::from(pick(p))).sum::<f64>() / count
        };
        let centre = [mean(|p| p.x), mean(|p| p.y)];
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for p in points {
            let (dx, dy) = (f64::from(p.x) - centre[0], f64::from(p.y) - centre[1]);
            xx += dx * dx;
            xy += dx * dy;
            yy += dy * dy;
        }
        let spread = xx + yy;
        if spread <= 0.0 || !spread.is_finite() {
            return None;
        }
        let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
        Some(Self {
            centre,
            along: [angle.cos(), angle.sin()],
        })
    }

    /// Signed distance of a point.
    fn offset(&self, p: Point2) -> f64 {
        let (dx, dy) = (
            f64::from(p.x) - self.centre[0],
            f64::from(p.y) - self.centre[1],
        );
        dx * self.along[1] - dy * self.along[0]
    }
}
