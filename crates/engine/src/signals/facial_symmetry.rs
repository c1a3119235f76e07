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
/// The widest pair: the jaw before the ears.
const JAW: [usize; 2] = [234, 454];
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

/// 0 for a face whose halves mirror each other: for each pair the distance of its middle from the
/// midline, averaged, over the width of the jaw. The midline turns with the head, so roll does
/// not count. `None` where the landmarks coincide.
fn symmetry_index(landmarks: &Landmarks) -> Option<f64> {
    let midline = Line::through(&MIDLINE.map(|v| landmarks.at(v).xy()))?;
    let offset = |vertex| midline.offset(landmarks.at(vertex).xy());
    let width: f64 = JAW.iter().map(|&v| offset(v).abs()).sum();
    let off_middle = PAIRS
        .iter()
        .map(|&[a, b]| (offset(a) + offset(b)).abs() / 2.0);
    let index = off_middle.sum::<f64>() / PAIRS.len() as f64 / width;
    index.is_finite().then_some(index)
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

#[cfg(test)]
mod tests {
    use super::super::test_support::{Scene, measure, moved, params, refusal};
    use super::*;
    use crate::Point3;

    fn score_at(index: f64) -> f64 {
        match measured(index, &params()) {
            Reading::Measured(m) => m.score,
            Reading::NotAssessable(why) => panic!("{why}"),
        }
    }

    #[test]
    fn rows_and_edges_of_the_contracts_table() {
        for (index, expected) in [
            (0.0, 1.0),
            (0.04, 0.8),
            (0.07, 0.65),
            (0.10, 0.5),
            (0.15, 0.25),
            (0.20, 0.0),
            (0.9, 0.0),
        ] {
            assert!((score_at(index) - expected).abs() < 1e-9, "{index}");
        }
        assert!(score_at(0.0401) < 0.8 && score_at(0.1001) < 0.5);
    }

    #[test]
    fn the_mean_face_is_symmetric_however_it_rolls() {
        for roll in [-30.0, 0.0, 30.0] {
            let mut scene = Scene::default();
            scene.degrees.roll = roll;
            let found = measure(&FacialSymmetry, &scene.evidence());
            assert!(found.score > 0.95, "roll {roll}: {}", found.detail);
        }
    }

    #[test]
    fn warping_one_half_lowers_the_score() {
        let evidence = Scene::default().evidence();
        let mut last = measure(&FacialSymmetry, &evidence).score;
        for stretch in [1.1, 1.25, 1.5, 2.0] {
            let warped = moved(&evidence, |_, p| {
                let right = (p.x - 320.0).max(0.0);
                Point3 {
                    x: p.x + right * (stretch - 1.0),
                    ..p
                }
            });
            let next = measure(&FacialSymmetry, &warped).score;
            assert!(next < last, "stretch {stretch}: {next}");
            last = next;
        }
        assert!(last < 0.5, "{last}");
    }

    #[test]
    fn faces_without_two_halves_are_refused() {
        let mut profile = Scene::default();
        profile.degrees.yaw = 80.0;
        assert!(refusal(&FacialSymmetry, &profile.evidence()).contains("turned 80 degrees"));
        let point = moved(&Scene::default().evidence(), |_, _| Point3::default());
        assert!(refusal(&FacialSymmetry, &point).contains("midline"));
        let huge = moved(&Scene::default().evidence(), |_, p| Point3 {
            x: p.x * 1e35,
            ..p
        });
        if let Reading::Measured(found) = FacialSymmetry.read(&huge, &params()) {
            assert!(found.score.is_finite());
        }
    }
}
