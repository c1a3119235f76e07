//! Who a face is, as 128 numbers that lie near those of other pictures of the same person.

use std::fmt;

use zeroize::Zeroize;

/// Distance at which the embedder's authors draw the line between one person and two.
const PUBLISHED_DISTANCE: f64 = 0.6;

/// The score at that distance.
const PUBLISHED_SCORE: f64 = 50.0;

/// The descriptor of one face: a point in 128 dimensions, near to those of the same person.
///
/// It is biometric data: `Debug` does not show it, and its memory is cleared when it is dropped.
#[derive(Clone, PartialEq)]
pub struct Descriptor([f32; Self::LENGTH]);

impl Descriptor {
    /// Number of its values.
    pub const LENGTH: usize = 128;

    /// Wraps values; `None` unless there are exactly 128, all of them finite.
    pub fn new(values: &[f32]) -> Option<Self> {
        let values: [f32; Self::LENGTH] = values.try_into().ok()?;
        values.iter().all(|v| v.is_finite()).then_some(Self(values))
    }

    /// All values.
    pub fn values(&self) -> &[f32; Self::LENGTH] {
        &self.0
    }

    /// Euclidean distance: 0 for the same picture, around 0.4 for two of one person, around 0.8 for two
    /// persons.
    pub fn distance(&self, other: &Self) -> f64 {
        let pairs = self.0.iter().zip(&other.0);
        let squares = pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
        squares.sum::<f64>().sqrt()
    }
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Descriptor(..)")
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Similarity from 0 to 100 of two faces whose descriptors are `distance` apart: 100 at no distance, 50 at the
/// published 0.6, 0 from 1.2 on, in a straight line. It is rounded down, so that 50 means 0.6 or less. A
/// distance that is no number has no similarity.
pub fn match_score(distance: f64) -> u8 {
    // The margin keeps what binary fractions lose at the steps themselves.
    let score = 100.0 - distance / PUBLISHED_DISTANCE * PUBLISHED_SCORE + 1e-9;
    // NaN becomes 0.
    score.clamp(0.0, 100.0) as u8
}

/// The largest distance that still has this score.
pub fn match_distance(score: u8) -> f64 {
    (100.0 - f64::from(score.min(100))) / PUBLISHED_SCORE * PUBLISHED_DISTANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_fall_with_distance_and_are_50_at_the_published_one() {
        let cases = [
            (0.0, 100),
            (0.3, 75),
            (0.6, 50),
            (0.6001, 49),
            (1.2, 0),
            (9.0, 0),
            (f64::NAN, 0),
            (f64::INFINITY, 0),
        ];
        for (distance, score) in cases {
            assert_eq!(match_score(distance), score, "{distance}");
        }
    }

    #[test]
    fn a_score_and_its_distance_belong_together() {
        for score in 0..=100 {
            assert_eq!(match_score(match_distance(score)), score);
            let farther = match_score(match_distance(score) + 1e-6);
            assert_eq!(farther, score.saturating_sub(1));
        }
    }

    #[test]
    fn only_128_finite_values_are_a_descriptor() {
        assert!(Descriptor::new(&[0.0; 127]).is_none());
        assert!(Descriptor::new(&[0.0; 129]).is_none());
        assert!(Descriptor::new(&[f32::NAN; 128]).is_none());
        let (a, b) = (Descriptor::new(&[0.0; 128]), Descriptor::new(&[0.5; 128]));
        let distance = a.unwrap().distance(&b.unwrap());
        assert!((distance - 0.5 * 128.0_f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn debug_output_shows_no_value() {
        let descriptor = Descriptor::new(&[0.125; 128]).unwrap();
        assert_eq!(format!("{descriptor:?}"), "Descriptor(..)");
    }
}
