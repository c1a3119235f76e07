//! The similarity that lays one point set onto another in the weighted least-squares sense
//! (Umeyama, "Least-squares estimation of transformation parameters between two point
//! patterns", 1991).

use nalgebra::{Matrix3, Vector3};

/// Sums of squares under this are no shape at all.
const MIN_SPREAD: f64 = 1e-12;

/// `target = scale * rotation * source + translation`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Similarity {
    pub(crate) scale: f64,
    pub(crate) rotation: Matrix3<f64>,
    pub(crate) translation: Vector3<f64>,
}

/// A source point, the target point that belongs to it and the weight of the pair.
pub(crate) type Pair = (Vector3<f64>, Vector3<f64>, f64);

/// The best proper similarity (no reflection), or `None` where all points coincide.
pub(crate) fn similarity(pairs: &[Pair]) -> Option<Similarity> {
    let total: f64 = pairs.iter().map(|p| p.2).sum();
    let mean = |pick: fn(&Pair) -> Vector3<f64>| {
        pairs
            .iter()
            .fold(Vector3::zeros(), |sum, p| sum + pick(p) * p.2)
            / total
    };
    let (source_mean, target_mean) = (mean(|p| p.0), mean(|p| p.1));
    let mut covariance = Matrix3::zeros();
    let (mut spread, mut target_spread) = (0.0, 0.0);
    for (source, target, weight) in pairs {
        let (a, b) = (source - source_mean, target - target_mean);
        covariance += b * a.transpose() * *weight;
        spread += weight * a.norm_squared();
        target_spread += weight * b.norm_squared();
    }
    let usable = spread > MIN_SPREAD && target_spread > MIN_SPREAD;
    if !usable || !covariance.iter().all(|v| v.is_finite()) {
        return None;
    }
    let svd = covariance.svd(true, true);
    let (u, v_t) = (svd.u?, svd.v_t?);
    let handedness = (u * v_t).determinant().signum();
    let signs = Vector3::new(1.0, 1.0, handedness);
    let rotation = u * Matrix3::from_diagonal(&signs) * v_t;
    let scale = svd.singular_values.component_mul(&signs).sum() / spread;
    (scale > 0.0).then(|| Similarity {
        scale,
        rotation,
        translation: target_mean - rotation * source_mean * scale,
    })
}

#[cfg(test)]
mod tests {
    use nalgebra::Rotation3;
    use proptest::prelude::*;

    use super::*;

    fn shape() -> Vec<Vector3<f64>> {
        [
            (0.0, 0.0, 0.0),
            (1.0, 0.0, 0.2),
            (0.0, 2.0, -0.5),
            (-1.0, 0.5, 3.0),
            (0.3, -0.7, 1.0),
        ]
        .map(|(x, y, z)| Vector3::new(x, y, z))
        .to_vec()
    }

    #[test]
    fn points_without_extent_have_no_similarity() {
        let point = Vector3::new(1.0, 2.0, 3.0);
        assert_eq!(similarity(&[]), None);
        assert_eq!(similarity(&vec![(point, point, 1.0); 5]), None);
        let flattened: Vec<_> = shape().into_iter().map(|p| (p, point, 1.0)).collect();
        assert_eq!(similarity(&flattened), None);
    }

    #[test]
    fn a_mirrored_shape_is_not_matched_by_a_reflection() {
        let mirrored = |p: Vector3<f64>| Vector3::new(-p.x, p.y, p.z);
        let pairs: Vec<_> = shape().into_iter().map(|p| (p, mirrored(p), 1.0)).collect();
        let found = similarity(&pairs).unwrap();
        assert!((found.rotation.determinant() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn points_of_weight_zero_do_not_count() {
        let mut pairs: Vec<_> = shape().into_iter().map(|p| (p, p * 2.0, 1.0)).collect();
        pairs.push((Vector3::new(9.0, 9.0, 9.0), Vector3::zeros(), 0.0));
        let found = similarity(&pairs).unwrap();
        assert!((found.scale - 2.0).abs() < 1e-9);
        assert!((found.rotation - Matrix3::identity()).norm() < 1e-9);
    }

    proptest! {
        #[test]
        fn a_known_similarity_is_recovered_exactly(
            angles in prop::array::uniform3(-3.0..3.0f64),
            shift in prop::array::uniform3(-100.0..100.0f64),
            scale in 0.01..100.0f64,
            weights in prop::array::uniform5(0.1..1.0f64),
        ) {
            let rotation = Rotation3::from_euler_angles(angles[0], angles[1], angles[2]);
            let shift = Vector3::from(shift);
            let pairs: Vec<_> = shape()
                .into_iter()
                .zip(weights)
                .map(|(p, w)| (p, rotation * p * scale + shift, w))
                .collect();
            let found = similarity(&pairs).unwrap();
            prop_assert!((found.scale - scale).abs() < 1e-7 * scale);
            prop_assert!((found.rotation - rotation.matrix()).norm() < 1e-7);
            prop_assert!((found.translation - shift).norm() < 1e-5);
        }
    }
}
