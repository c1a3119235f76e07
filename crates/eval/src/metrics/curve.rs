//! Error rates over every threshold.

/// Slack for a share of presentations that is computed in floating point.
const SLACK: f64 = 1e-9;

/// Whether a presentation is bona fide, and how often it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Side {
    /// Place of the presentation in the data, its weight's index.
    pub(crate) index: usize,
    /// Position on the axis of confidence; may be infinite, never NaN.
    pub(crate) position: f64,
    /// Bona fide presentation.
    pub(crate) live: bool,
}

/// Presentations in ascending order of position, sorted once for many weightings.
#[derive(Clone, Debug)]
pub(crate) struct Ranking(Vec<Side>);

impl Ranking {
    pub(crate) fn new(mut sides: Vec<Side>) -> Self {
        sides.sort_by(|a, b| a.position.total_cmp(&b.position));
        Self(sides)
    }

    /// Walks the thresholds with `weights` (one for each presentation of the data). `None` where
    /// one class has no weight.
    pub(crate) fn curve(&self, weights: &[f64]) -> Option<Curve> {
        let weight = |side: &Side| weights.get(side.index).copied().unwrap_or(0.0);
        let total =
            |live: bool| -> f64 { self.0.iter().filter(|s| s.live == live).map(weight).sum() };
        let (live_total, attack_total) = (total(true), total(false));
        if live_total <= 0.0 || attack_total <= 0.0 {
            return None;
        }
        let (mut live_below, mut attack_below) = (0.0, 0.0);
        let mut points = Vec::with_capacity(self.0.len() + 1);
        for tied in self.0.chunk_by(|a, b| a.position == b.position) {
            let Some(first) = tied.first() else { continue };
            points.push(Point {
                threshold: first.position,
                apcer: ((attack_total - attack_below) / attack_total).max(0.0),
                bpcer: live_below / live_total,
            });
            for side in tied {
                if side.live {
                    live_below += weight(side);
                } else {
                    attack_below += weight(side);
                }
            }
        }
        points.push(Point {
            threshold: f64::INFINITY,
            apcer: 0.0,
            bpcer: 1.0,
        });
        Some(Curve { points })
    }
}

/// The errors at one threshold, as shares in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Positions at or above are classified as bona fide.
    pub threshold: f64,
    /// Share of the attacks at or above the threshold.
    pub apcer: f64,
    /// Share of the bona fide presentations below the threshold.
    pub bpcer: f64,
}

/// The errors at every threshold that makes a difference, thresholds ascending: from "all are
/// bona fide" (APCER 1, BPCER 0) to "all are attacks" (APCER 0, BPCER 1).
///
/// A last point at plus infinity closes the curve also where attacks without a score lie there;
/// it is not a threshold that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    points: Vec<Point>,
}

impl Curve {
    /// The curve of bona fide presentations at `live` against attacks at `attacks`. `None` where
    /// one of them is empty or a position is NaN.
    pub fn of(live: &[f64], attacks: &[f64]) -> Option<Self> {
        let positions = live
            .iter()
            .map(|p| (*p, true))
            .chain(attacks.iter().map(|p| (*p, false)));
        let sides: Vec<Side> = positions
            .enumerate()
            .map(|(index, (position, live))| Side {
                index,
                position,
                live,
            })
            .collect();
        if sides.iter().any(|side| side.position.is_nan()) {
            return None;
        }
        let weights = vec![1.0; sides.len()];
        Ranking::new(sides).curve(&weights)
    }

    /// The points, thresholds ascending.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Area under the ROC curve: the Mann-Whitney statistic with ties counted half.
    pub fn auc(&self) -> f64 {
        self.segments()
            .map(|(a, b)| (a.apcer - b.apcer) * (2.0 - a.bpcer - b.bpcer) / 2.0)
            .sum()
    }

    /// Where APCER and BPCER meet, with the threshold there.
    ///
    /// The curve is a polyline through its points, so that between two thresholds both errors
    /// are interpolated linearly (as on the ROC curve of scikit-learn), and the crossing always
    /// exists. Where the threshold next to the crossing is infinite, the other one is given.
    pub fn eer(&self) -> (f64, f64) {
        for (a, b) in self.segments() {
            let (before, after) = (a.apcer - a.bpcer, b.apcer - b.bpcer);
            if before >= 0.0 && after <= 0.0 && before > after {
                let along = before / (before - after);
                let error = a.bpcer + along * (b.bpcer - a.bpcer);
                return (error, between(a.threshold, b.threshold, along));
            }
        }
        // Not reached: the difference runs from 1 to -1.
        (1.0, f64::INFINITY)
    }

    /// The point at the highest threshold whose BPCER is at most `bpcer`.
    pub fn at_bpcer(&self, bpcer: f64) -> Point {
        let closing = self.points.len().saturating_sub(1);
        let usable = self.points.get(..closing).unwrap_or_default();
        let accepted = usable.partition_point(|p| p.bpcer <= bpcer + SLACK);
        usable
            .get(accepted.saturating_sub(1))
            .copied()
            .unwrap_or(Point {
                threshold: f64::NEG_INFINITY,
                apcer: 1.0,
                bpcer: 0.0,
            })
    }

    fn segments(&self) -> impl Iterator<Item = (&Point, &Point)> {
        self.points.iter().zip(self.points.iter().skip(1))
    }
}

fn between(a: f64, b: f64, along: f64) -> f64 {
    match (a.is_finite(), b.is_finite()) {
        (true, true) => a + along * (b - a),
        (true, false) => a,
        _ => b,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INF: f64 = f64::INFINITY;

    #[test]
    fn hand_computed_table() {
        let curve = Curve::of(&[0.9, 0.8, 0.6, 0.4], &[0.7, 0.4, 0.2, 0.1]).unwrap();
        let table: Vec<(f64, f64, f64)> = curve
            .points()
            .iter()
            .map(|p| (p.threshold, p.apcer, p.bpcer))
            .collect();
        assert_eq!(
            table,
            [
                (0.1, 1.0, 0.0),
                (0.2, 0.75, 0.0),
                (0.4, 0.5, 0.0),
                (0.6, 0.25, 0.25),
                (0.7, 0.25, 0.5),
                (0.8, 0.0, 0.5),
                (0.9, 0.0, 0.75),
                (INF, 0.0, 1.0),
            ]
        );
        // 16 pairs: 0.9 and 0.8 win 4 each, 0.6 wins 3, 0.4 wins 2 and ties once.
        assert!((curve.auc() - 13.5 / 16.0).abs() < 1e-12);
        assert_eq!(curve.eer(), (0.25, 0.6));
        assert_eq!(
            curve.at_bpcer(0.0),
            Point {
                threshold: 0.4,
                apcer: 0.5,
                bpcer: 0.0
            }
        );
        assert_eq!(curve.at_bpcer(0.3).threshold, 0.6);
        assert_eq!(curve.at_bpcer(0.5).threshold, 0.8);
    }

    #[test]
    fn the_crossing_is_interpolated_between_two_thresholds() {
        // All tied: from (1, 0) straight to (0, 1).
        let tied = Curve::of(&[0.5, 0.5], &[0.5]).unwrap();
        assert_eq!((tied.auc(), tied.eer().0), (0.5, 0.5));
        // (APCER, BPCER) goes from (1/2, 1/3) at 0.5 to (0, 2/3) at 0.9: the errors meet a fifth
        // of the way along, where 1/2 - 1/10 = 1/3 + 1/15.
        let curve = Curve::of(&[0.3, 0.5, 0.9], &[0.1, 0.5]).unwrap();
        let (eer, threshold) = curve.eer();
        assert!((eer - 0.4).abs() < 1e-12, "{eer}");
        assert!((threshold - 0.58).abs() < 1e-12, "{threshold}");
    }

    #[test]
    fn presentations_without_a_score_are_errors_at_every_threshold() {
        let curve = Curve::of(&[-INF, 0.9], &[0.1, INF]).unwrap();
        assert_eq!(curve.auc(), 0.25);
        assert_eq!(curve.eer().0, 0.5);
        assert_eq!(curve.at_bpcer(0.5).apcer, 0.5);
        assert_eq!(curve.at_bpcer(0.1).apcer, 1.0);
        let none = Curve::of(&[-INF], &[INF]).unwrap();
        assert_eq!((none.auc(), none.eer().0), (0.0, 1.0));
    }

    #[test]
    fn an_empty_class_has_no_curve() {
        assert!(Curve::of(&[], &[0.1]).is_none());
        assert!(Curve::of(&[0.1], &[]).is_none());
        assert!(Curve::of(&[f64::NAN], &[0.1]).is_none());
    }

    fn positions() -> impl Strategy<Value = Vec<f64>> {
        // Few distinct values, so that ties are common.
        prop::collection::vec((0..12u8).prop_map(|v| f64::from(v) / 11.0), 1..40)
    }

    proptest! {
        #[test]
        fn auc_is_the_share_of_pairs_won(live in positions(), attacks in positions()) {
            let mut won = 0.0;
            for l in &live {
                for a in &attacks {
                    won += if l > a { 1.0 } else if l == a { 0.5 } else { 0.0 };
                }
            }
            let pairs = (live.len() * attacks.len()) as f64;
            let auc = Curve::of(&live, &attacks).unwrap().auc();
            prop_assert!((auc - won / pairs).abs() < 1e-9);
        }

        #[test]
        fn figures_survive_a_monotone_map(live in positions(), attacks in positions()) {
            let map = |v: &Vec<f64>| v.iter().map(|p| (3.0 * p).exp() - 7.0).collect::<Vec<_>>();
            let (before, after) =
                (Curve::of(&live, &attacks).unwrap(), Curve::of(&map(&live), &map(&attacks)).unwrap());
            prop_assert_eq!(before.auc(), after.auc());
            prop_assert_eq!(before.eer().0, after.eer().0);
            prop_assert_eq!(before.at_bpcer(0.1).apcer, after.at_bpcer(0.1).apcer);
        }

        #[test]
        fn swapping_the_classes_gives_the_rest_of_the_area(
            live in positions(), attacks in positions(),
        ) {
            let there = Curve::of(&live, &attacks).unwrap().auc();
            let back = Curve::of(&attacks, &live).unwrap().auc();
            prop_assert!((there + back - 1.0).abs() < 1e-9);
        }

        #[test]
        fn errors_are_monotone_in_the_threshold(live in positions(), attacks in positions()) {
            let curve = Curve::of(&live, &attacks).unwrap();
            for pair in curve.points().windows(2) {
                prop_assert!(pair[0].threshold < pair[1].threshold);
                prop_assert!(pair[0].apcer >= pair[1].apcer);
                prop_assert!(pair[0].bpcer <= pair[1].bpcer);
            }
            let (eer, _) = curve.eer();
            prop_assert!((0.0..=1.0).contains(&eer));
        }
    }
}
