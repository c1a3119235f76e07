//! The fused score as the engine computes it.

/// Weighted mean of the scores that were assessed (not NaN); 0 where none with a weight was.
pub fn fuse(scores: &[f64], weights: &[f64]) -> f64 {
    let assessed = || {
        scores
            .iter()
            .zip(weights)
            .filter(|(score, _)| !score.is_nan())
    };
    let total: f64 = assessed().map(|(_, weight)| weight).sum();
    if total <= 0.0 {
        return 0.0;
    }
    assessed()
        .map(|(score, weight)| score * weight)
        .sum::<f64>()
        / total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_signals_weight_is_shared_in_proportion() {
        assert!((fuse(&[0.8, f64::NAN, 0.2], &[0.5, 0.2, 0.3]) - 0.575).abs() < 1e-12);
        assert_eq!(fuse(&[f64::NAN, 1.0], &[1.0, 0.0]), 0.0);
    }
}
