//! The axis of DET curves.

/// Coefficients of P. J. Acklam's rational approximation (2003), relative error under 1.2e-9.
const A: [f64; 6] = [
    -3.969683028665376e1,
    2.209460984245205e2,
    -2.759285104469687e2,
    1.38357751867269e2,
    -3.066479806614716e1,
    2.506628277459239,
];
const B: [f64; 6] = [
    -5.447609879822406e1,
    1.615858368580409e2,
    -1.556989798598866e2,
    6.680131188771972e1,
    -1.328068155288572e1,
    1.0,
];
const C: [f64; 6] = [
    -7.784894002430293e-3,
    -3.223964580411365e-1,
    -2.400758277161838,
    -2.549732539343734,
    4.374664141464968,
    2.938163982698783,
];
const D: [f64; 5] = [
    7.784695709041462e-3,
    3.224671290700398e-1,
    2.445134137142996,
    3.754408661907416,
    1.0,
];
/// Under this probability the tail's formula is used.
const TAIL: f64 = 0.02425;

/// Inverse of the standard normal distribution; infinite at 0 and 1, NaN outside [0, 1].
pub fn probit(p: f64) -> f64 {
    if p == 0.0 {
        f64::NEG_INFINITY
    } else if p == 1.0 {
        f64::INFINITY
    } else if !(0.0..=1.0).contains(&p) {
        f64::NAN
    } else if p < TAIL {
        tail(p)
    } else if p > 1.0 - TAIL {
        -tail(1.0 - p)
    } else {
        let q = p - 0.5;
        q * polynomial(&A, q * q) / polynomial(&B, q * q)
    }
}

fn tail(p: f64) -> f64 {
    let q = (-2.0 * p.ln()).sqrt();
    polynomial(&C, q) / polynomial(&D, q)
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_table_of_the_normal_distribution() {
        for (p, z) in [
            (0.5, 0.0),
            (0.975, 1.959963984540054),
            (0.01, -2.326347874040841),
            (0.001, -3.090232306167814),
            (0.9, 1.2815515655446004),
        ] {
            assert!((probit(p) - z).abs() < 1e-7, "{p}: {}", probit(p));
        }
        assert_eq!(
            (probit(0.0), probit(1.0)),
            (f64::NEG_INFINITY, f64::INFINITY)
        );
        assert!(probit(1.1).is_nan() && probit(f64::NAN).is_nan());
    }
}
