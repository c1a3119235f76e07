//! Where the eyes look, from the irises and the corners of the eyes, both by the iris model. ISO/IEC 39794-5 asks for eyes
//! that look at the camera; ISO/IEC 29794-5 has no component for it.
//!
//! An eye turns about a centre that lies behind its corners, and so does the iris around it: in
//! the picture the iris is off the centre by the eye's radius times the sine of the angle between
//! the line of sight and the ray to the camera. Where the centre is seen follows from the head's
//! pose, so a turned head whose eyes stay on the camera looks at the camera.

use std::sync::LazyLock;

use lifesign_domain::{PoseDegrees, ReasonCode};

use super::{Component, when};
use crate::canonical::CANONICAL_FACE;
use crate::geometry::{EYES, inter_eye_distance_px};
use crate::{Evidence, GazeParams};

/// Angle between the line of sight and the ray to the camera, the mean of both eyes.
pub(super) const GAZE_FRONTAL: Component = Component {
    name: "gaze_frontal",
    unit: "deg",
    measure: |view| {
        let offset = iris_offset_cm(view.evidence)?;
        let [right, up] = sines(view.evidence, offset, &view.calibration.quality.gaze);
        Some(right.hypot(up).min(1.0).asin().to_degrees())
    },
    judge: |deg, calibration| {
        let limit = calibration.quality.gaze.max_deg;
        when(deg > limit, ReasonCode::LookingAway)
    },
};

/// Distance between the middles of the canonical face's eyes in centimetres.
static INTER_EYE_CM: LazyLock<f64> = LazyLock::new(|| {
    let [a, b] = EYES.map(|eye| {
        let (outer, inner) = (
            CANONICAL_FACE.vertices[eye[0]],
            CANONICAL_FACE.vertices[eye[3]],
        );
        [0, 1, 2].map(|axis| (outer[axis] + inner[axis]) / 2.0)
    });
    let squares = a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
});

/// How far the irises are from the middles between the corners of their eyes, the mean of both
/// eyes, in centimetres of a face of mean size: to the image's right, and down. `None` without
/// irises or distance between the eyes.
pub fn iris_offset_cm(evidence: &Evidence) -> Option<[f64; 2]> {
    let irises = evidence.irises.as_ref()?;
    let px_per_cm = inter_eye_distance_px(&evidence.landmarks) / *INTER_EYE_CM;
    let offsets = irises.iter().map(|iris| {
        let [a, b] = iris.corners;
        let (x, y) = ((a.x + b.x) / 2.0, (a.y + b.y) / 2.0);
        [iris.centre.x - x, iris.centre.y - y].map(f64::from)
    });
    let [right, down] = offsets.fold([0.0; 2], |[x, y], [dx, dy]| [x + dx / 2.0, y + dy / 2.0]);
    (px_per_cm > 0.0).then(|| [right / px_per_cm, down / px_per_cm])
}

/// Sines of the angles between the line of sight and the ray to the camera, to the image's right
/// and up.
fn sines(evidence: &Evidence, [right, down]: [f64; 2], params: &GazeParams) -> [f64; 2] {
    let [centre_right, centre_down] = eye_centre_cm(&evidence.pose.degrees, params);
    [
        (right - centre_right) / params.radius_cm,
        (centre_down - down) / params.radius_cm,
    ]
}

/// Where the centre of the eye is seen from the middle between its corners, right and down.
fn eye_centre_cm(pose: &PoseDegrees, params: &GazeParams) -> [f64; 2] {
    let (yaw, pitch) = (pose.yaw.to_radians(), pose.pitch.to_radians());
    let roll = pose.roll.to_radians();
    let behind = params.centre_depth_cm;
    let below = params.centre_drop_cm * pitch.cos();
    [
        -behind * yaw.sin() * pitch.cos() - below * roll.sin(),
        behind * pitch.sin() + below * roll.cos(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::View;
    use crate::signals::test_support::{Scene, mirrored};
    use crate::{Calibration, quality};
    use crate::{Iris, Point2};

    /// A face before the camera whose eyes look `right` and `up` by so many degrees off it.
    fn looking(degrees: PoseDegrees, right: f64, up: f64) -> Evidence {
        let mut evidence = Scene {
            degrees,
            ..Scene::default()
        }
        .evidence();
        let params = Calibration::embedded().quality.gaze;
        let px_per_cm = inter_eye_distance_px(&evidence.landmarks) / *INTER_EYE_CM;
        let [centre_right, centre_down] = eye_centre_cm(&degrees, &params);
        let x = centre_right + params.radius_cm * right.to_radians().sin();
        let y = centre_down - params.radius_cm * up.to_radians().sin();
        let irises = EYES.map(|eye| {
            let [a, b] = [eye[0], eye[3]].map(|v| evidence.landmarks.at(v));
            let centre = Point2 {
                x: (a.x + b.x) / 2.0 + (x * px_per_cm) as f32,
                y: (a.y + b.y) / 2.0 + (y * px_per_cm) as f32,
            };
            Iris {
                centre,
                radius: 5.0,
                corners: [a.xy(), b.xy()],
            }
        });
        evidence.irises = Some(irises);
        evidence
    }

    fn turned(yaw: f64, pitch: f64, roll: f64) -> PoseDegrees {
        PoseDegrees { yaw, pitch, roll }
    }

    fn gaze(evidence: &Evidence) -> Option<f64> {
        let calibration = Calibration::embedded();
        let view = View {
            evidence,
            calibration: &calibration,
            skin: quality::skin::SkinLuma::of(evidence),
        };
        (GAZE_FRONTAL.measure)(&view)
    }

    #[test]
    fn known_angles_are_found_in_a_face_that_looks_ahead() {
        for (right, up) in [
            (0.0, 0.0),
            (20.0, 0.0),
            (-20.0, 0.0),
            (0.0, 15.0),
            (0.0, -15.0),
        ] {
            let found = gaze(&looking(turned(0.0, 0.0, 0.0), right, up)).unwrap();
            assert!(
                (found - right.hypot(up)).abs() < 0.5,
                "{right} {up}: {found}"
            );
        }
    }

    #[test]
    fn eyes_that_stay_on_the_camera_look_at_it_however_the_head_turns() {
        for (yaw, pitch, roll) in [(20.0, 0.0, 0.0), (-20.0, 10.0, 0.0), (0.0, -10.0, 25.0)] {
            let found = gaze(&looking(turned(yaw, pitch, roll), 0.0, 0.0)).unwrap();
            assert!(found < 0.5, "{yaw} {pitch} {roll}: {found}");
            let away = gaze(&looking(turned(yaw, pitch, roll), 25.0, 0.0)).unwrap();
            assert!((away - 25.0).abs() < 0.5, "{yaw} {pitch} {roll}: {away}");
        }
    }

    #[test]
    fn the_eye_is_seen_behind_its_corners() {
        let params = GazeParams {
            max_deg: 20.0,
            radius_cm: 1.0,
            centre_depth_cm: 1.0,
            centre_drop_cm: 0.5,
        };
        // Behind a face that is turned to the right is to the left, behind one that looks up is
        // below, and below a face that lies on its right ear (90 degrees clockwise) is left.
        for (pose, expected) in [
            (turned(30.0, 0.0, 0.0), [-0.5, 0.5]),
            (turned(0.0, 30.0, 0.0), [0.0, 0.5 + 0.75f64.sqrt() / 2.0]),
            (turned(0.0, 0.0, 90.0), [-0.5, 0.0]),
        ] {
            let found = eye_centre_cm(&pose, &params);
            let off = (found[0] - expected[0]).hypot(found[1] - expected[1]);
            assert!(off < 1e-9, "{pose:?}: {found:?}");
        }
    }

    #[test]
    fn the_signs_are_right_and_up_and_a_mirror_swaps_the_sides() {
        let evidence = looking(turned(0.0, 0.0, 0.0), 10.0, 5.0);
        let params = Calibration::embedded().quality.gaze;
        let [right, up] = sines(&evidence, iris_offset_cm(&evidence).unwrap(), &params);
        assert!(right > 0.1 && up > 0.05, "{right} {up}");
        let mut other = mirrored(&evidence);
        let width = evidence.luma.width() as f32;
        let mirror = |p: Point2| Point2 {
            x: width - p.x,
            ..p
        };
        let [left_eye, right_eye] = evidence.irises.unwrap().map(|iris| Iris {
            centre: mirror(iris.centre),
            corners: iris.corners.map(mirror),
            ..iris
        });
        other.irises = Some([right_eye, left_eye]);
        let [there, up_there] = sines(&other, iris_offset_cm(&other).unwrap(), &params);
        assert!((there + right).abs() < 1e-3 && (up_there - up).abs() < 1e-3);
    }

    #[test]
    fn without_irises_there_is_no_gaze() {
        let mut evidence = looking(turned(0.0, 0.0, 0.0), 0.0, 0.0);
        evidence.irises = None;
        assert_eq!(gaze(&evidence), None);
    }
}
