//! Piecewise linear curves from native values to scores.

use serde::{Deserialize, Serialize};

use crate::CalibrationError;

/// Knots `[value, score]` by rising value; linear between them, constant beyond the ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Curve(Vec<[f64; 2]>);

impl Curve {
    /// The score at `value`; 0 for a value that is not a number, so that a failed measurement
    /// never looks live.
    pub fn at(&self, value: f64) -> f64 {
        let (Some(first), Some(last)) = (self.0.first(), self.0.last()) else {
            return 0.0;
        };
        if value.is_nan() {
            return 0.0;
        }
        if value <= first[0] {
            return first[1];
        }
        let around = self.0.windows(2).find(|pair| value <= pair[1][0]);
        around.map_or(last[1], |pair| {
            let ([from, low], [to, high]) = (pair[0], pair[1]);
            low + (high - low) * (value - from) / (to - from)
        })
    }

    /// Checks that there are knots, that their values rise and that scores are in [0, 1].
    pub(crate) fn validate(&self, key: &str) -> Result<(), CalibrationError> {
        let refuse = |at: usize, value: f64, accepted| {
            Err(CalibrationError::OutOfRange {
                key: format!("{key}[{at}]"),
                value,
                accepted,
            })
        };
        if self.0.len() < 2 {
            return refuse(self.0.len(), f64::NAN, "one of at least two knots");
        }
        let mut last = f64::NEG_INFINITY;
        for (at, &[value, score]) in self.0.iter().enumerate() {
            if !(value.is_finite() && value > last) {
                return refuse(at, value, "a value above that of the knot before");
            }
            if !(0.0..=1.0).contains(&score) {
                return refuse(at, score, "a score in [0, 1]");
            }
            last = value;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_between_knots_and_constant_beyond() {
        let curve = Curve(vec![[1.0, 0.2], [3.0, 0.8], [4.0, 0.6]]);
        for (value, score) in [(-9.0, 0.2), (1.0, 0.2), (2.0, 0.5), (3.5, 0.7), (99.0, 0.6)] {
            assert!((curve.at(value) - score).abs() < 1e-12, "{value}");
        }
        assert_eq!((curve.at(f64::NAN), curve.at(f64::INFINITY)), (0.0, 0.6));
    }

    #[test]
    fn broken_curves_are_refused_by_key() {
        for knots in [
            &[[0.0, 0.0]][..],
            &[[0.0, 0.0], [0.0, 1.0]],
            &[[0.0, 0.0], [1.0, 1.5]],
            &[[0.0, 0.0], [f64::NAN, 1.0]],
        ] {
            let error = Curve(knots.to_vec()).validate("signals.x").unwrap_err();
            assert!(error.to_string().contains("signals.x["), "{error}");
        }
    }
}
