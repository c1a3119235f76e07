//! From the fused score to the confidence.

use serde::{Deserialize, Serialize};

/// How close to 0 and 1 a threshold may lie, so that the map stays strictly increasing.
const EDGE: f64 = 1e-6;

/// A strictly increasing map of [0, 1] onto itself, linear between its knots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceMap {
    /// Pairs of fused score and confidence, both ascending, from (0, 0) to (1, 1).
    pub knots: Vec<(f64, f64)>,
}

impl ConfidenceMap {
    /// The map that moves `threshold` to `operating_point`. A threshold at or beyond an edge of
    /// [0, 1] is moved just inside.
    pub fn new(threshold: f64, operating_point: f64) -> Self {
        let threshold = threshold.clamp(EDGE, 1.0 - EDGE);
        Self {
            knots: vec![(0.0, 0.0), (threshold, operating_point), (1.0, 1.0)],
        }
    }

    /// The confidence of a fused score; scores outside [0, 1] are clamped, NaN becomes 0.
    pub fn apply(&self, score: f64) -> f64 {
        if score.is_nan() {
            return 0.0;
        }
        let score = score.clamp(0.0, 1.0);
        for ((x0, y0), (x1, y1)) in self.knots.iter().zip(self.knots.iter().skip(1)) {
            if score == *x0 {
                return *y0;
            }
            if score < *x1 {
                return y0 + (score - x0) / (x1 - x0) * (y1 - y0);
            }
        }
        1.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_threshold_lands_on_the_operating_point() {
        let map = ConfidenceMap::new(0.31, 0.58);
        assert_eq!(map.apply(0.31), 0.58);
        assert_eq!((map.apply(0.0), map.apply(1.0)), (0.0, 1.0));
        assert!((map.apply(0.155) - 0.29).abs() < 1e-12);
        assert_eq!(map.apply(f64::NAN), 0.0);
    }

    proptest! {
        #[test]
        fn the_map_never_falls(t in 0.0..=1.0f64, a in 0.0..=1.0f64, b in 0.0..=1.0f64) {
            let map = ConfidenceMap::new(t, 0.58);
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(map.apply(low) <= map.apply(high));
            prop_assert!((0.0..=1.0).contains(&map.apply(a)));
        }
    }
}
