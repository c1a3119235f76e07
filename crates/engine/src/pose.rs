//! Head pose: the canonical face is laid onto the mesh by weighted Procrustes analysis, which
//! gives a 4x4 face transform, three angles and a distance.
//!
//! The mesh model works on a crop around the face, so what it answers is a view along the ray
//! from the camera to the face: the angles are measured against that ray and are 0 for a face
//! that looks straight into the camera, wherever it is in the image. The transform places the
//! same face before a virtual camera, for which a field of view has to be assumed.

use lifesign_domain::PoseDegrees;
use nalgebra::{Matrix3, Rotation3, Vector3};

use crate::canonical::CANONICAL_FACE;
use crate::procrustes::{Pair, similarity};
use crate::{Landmarks, Pose};

/// Vertical field of view of the virtual camera in degrees: MediaPipe's default.
const VERTICAL_FOV_DEG: f64 = 63.0;

/// Lays the canonical face onto `landmarks` of an image of `width` x `height` pixels.
///
/// `None` where the landmarks have no extent.
pub(crate) fn estimate(landmarks: &Landmarks, width: u32, height: u32) -> Option<Pose> {
    let pairs: Vec<Pair> = CANONICAL_FACE
        .vertices
        .iter()
        .zip(landmarks.points())
        .zip(&CANONICAL_FACE.weights)
        .map(|((canonical, p), &weight)| {
            // Images count y downwards and the mesh counts z away from the camera.
            let seen = Vector3::new(f64::from(p.x), -f64::from(p.y), -f64::from(p.z));
            (Vector3::from(*canonical), seen, weight)
        })
        .collect();
    let fit = similarity(&pairs)?;
    let (width, height) = (f64::from(width), f64::from(height));
    let focal_px = height / 2.0 / (VERTICAL_FOV_DEG / 2.0).to_radians().tan();
    let depth = focal_px / fit.scale;
    let position = Vector3::new(
        (fit.translation.x - width / 2.0) / fit.scale,
        (fit.translation.y + height / 2.0) / fit.scale,
        -depth,
    );
    let rotation = along_ray(&position) * fit.rotation;
    Some(Pose {
        transform: transform(&rotation, &position),
        degrees: degrees(&fit.rotation),
        distance_cm: position.norm(),
    })
}

/// The rotation from the optical axis to the ray towards `position`.
fn along_ray(position: &Vector3<f64>) -> Matrix3<f64> {
    Rotation3::rotation_between(&-Vector3::z(), position)
        .map_or_else(Matrix3::identity, Rotation3::into_inner)
}

fn transform(rotation: &Matrix3<f64>, position: &Vector3<f64>) -> [[f64; 4]; 4] {
    std::array::from_fn(|row| {
        std::array::from_fn(|column| match (row, column) {
            (3, 3) => 1.0,
            (3, _) => 0.0,
            (_, 3) => position[row],
            _ => rotation[(row, column)],
        })
    })
}

/// Angles of a rotation that is composed as yaw about the vertical, then pitch about the turned
/// transverse axis, then roll about the line of sight of the face, so that yaw and pitch alone
/// tell where the face looks.
fn degrees(rotation: &Matrix3<f64>) -> PoseDegrees {
    let looks = rotation.column(2);
    PoseDegrees {
        yaw: looks.x.atan2(looks.z).to_degrees(),
        pitch: looks.y.clamp(-1.0, 1.0).asin().to_degrees(),
        roll: -rotation[(1, 0)].atan2(rotation[(1, 1)]).to_degrees(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Point3;

    const WIDTH: u32 = 640;
    const HEIGHT: u32 = 480;

    /// The canonical face turned by the given degrees, 3 px a centimetre, in the image's middle.
    fn turned(yaw: f64, pitch: f64, roll: f64) -> Landmarks {
        let rotation = Rotation3::from_axis_angle(&Vector3::y_axis(), yaw.to_radians())
            * Rotation3::from_axis_angle(&Vector3::x_axis(), -pitch.to_radians())
            * Rotation3::from_axis_angle(&Vector3::z_axis(), -roll.to_radians());
        let points = CANONICAL_FACE.vertices.iter().map(|v| {
            let p = rotation * Vector3::from(*v) * 3.0;
            Point3 {
                x: (f64::from(WIDTH) / 2.0 + p.x) as f32,
                y: (f64::from(HEIGHT) / 2.0 - p.y) as f32,
                z: -p.z as f32,
            }
        });
        Landmarks::new(points.collect()).unwrap()
    }

    #[test]
    fn the_signs_are_those_of_the_result() {
        let right = turned(30.0, 0.0, 0.0);
        // Turned to the image's right, the nose tip moves there, relative to the eye corners.
        let middle = (right.at(33).x + right.at(263).x) / 2.0;
        assert!(right.at(4).x > middle);
        let up = turned(0.0, 30.0, 0.0);
        let level = turned(0.0, 0.0, 0.0);
        assert!(up.at(4).y < level.at(4).y);
        let clockwise = turned(0.0, 0.0, 20.0);
        assert!(clockwise.at(33).y < clockwise.at(263).y);
    }

    #[test]
    fn landmarks_without_extent_have_no_pose() {
        let flat = Landmarks::new(vec![Point3::default(); Landmarks::COUNT]).unwrap();
        assert_eq!(estimate(&flat, WIDTH, HEIGHT), None);
    }

    #[test]
    fn the_distance_follows_the_field_of_view() {
        let pose = estimate(&turned(0.0, 0.0, 0.0), WIDTH, HEIGHT).unwrap();
        // 480 px at 3 px a centimetre are 160 cm, which 63 degrees span from 130.55 cm.
        assert!(
            (pose.distance_cm - 130.55).abs() < 0.1,
            "{}",
            pose.distance_cm
        );
        assert!((pose.transform[2][3] + 130.55).abs() < 0.1);
        assert_eq!(pose.transform[3], [0.0, 0.0, 0.0, 1.0]);
    }

    proptest! {
        #[test]
        fn known_angles_are_recovered(
            yaw in -80.0..80.0f64, pitch in -80.0..80.0f64, roll in -170.0..170.0f64,
        ) {
            let found = estimate(&turned(yaw, pitch, roll), WIDTH, HEIGHT).unwrap().degrees;
            prop_assert!((found.yaw - yaw).abs() < 0.01, "{found:?}");
            prop_assert!((found.pitch - pitch).abs() < 0.01, "{found:?}");
            prop_assert!((found.roll - roll).abs() < 0.01, "{found:?}");
        }
    }
}
