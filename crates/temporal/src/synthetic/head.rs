//! The mean face, its expressions, and a camera before it.

use std::sync::LazyLock;

use nalgebra::{Rotation3, Vector3};

use crate::Landmarks;

/// Size of the frames in pixels, width first.
pub const SIZE: [u32; 2] = [720, 960];
/// Focal length of the camera in pixels: 63 degrees over the height.
pub const FOCAL_PX: f64 = 783.0;

/// The engine's canonical face, read where it lies so that no second copy can differ from it:
/// millimetres, x to the image's right, y up, z towards the camera.
static VERTICES_CM: LazyLock<Vec<Vector3<f64>>> = LazyLock::new(|| {
    let rows = include_str!("../../../engine/src/canonical_face.csv").lines();
    rows.skip(1)
        .take(Landmarks::COUNT)
        .map(|line| {
            let mut values = line.split(',').skip(1).map(|v| v.trim().parse::<f64>());
            let mut next = || values.next().and_then(Result::ok);
            match (next(), next(), next()) {
                (Some(x), Some(y), Some(z)) => Vector3::new(x, y, z) / 10.0,
                _ => panic!("canonical face is invalid at: {line}. This is a bug"),
            }
        })
        .collect()
});

/// A head before the camera.
#[derive(Clone, Copy, Debug)]
pub struct HeadState {
    /// Positive towards the right edge of the image.
    pub yaw_deg: f64,
    /// Positive upwards.
    pub pitch_deg: f64,
    /// Positive clockwise in the image.
    pub roll_deg: f64,
    /// Centimetres to the image's right.
    pub right_cm: f64,
    /// Centimetres upwards.
    pub up_cm: f64,
    /// Centimetres from the camera.
    pub distance_cm: f64,
    /// 0 for open eyes, 1 for closed ones.
    pub eyes_closed: f64,
    /// Centimetres between the lips.
    pub mouth_open_cm: f64,
    /// 0 for none, 1 for a broad one.
    pub smile: f64,
    /// 0 for none, 1 for brows raised by half a centimetre.
    pub brows_raised: f64,
}

impl Default for HeadState {
    fn default() -> Self {
        Self {
            yaw_deg: 0.0,
            pitch_deg: 0.0,
            roll_deg: 0.0,
            right_cm: 0.0,
            up_cm: 0.0,
            distance_cm: 45.0,
            eyes_closed: 0.0,
            mouth_open_cm: 0.0,
            smile: 0.0,
            brows_raised: 0.0,
        }
    }
}

/// Upper and lower lid, one above the other.
const LIDS: [[usize; 2]; 10] = [
    [160, 144],
    [158, 153],
    [159, 145],
    [161, 163],
    [157, 154],
    [387, 373],
    [385, 380],
    [386, 374],
    [388, 390],
    [384, 381],
];
/// Height of the line between the lips.
const LIPS_Y_CM: f64 = -3.45;

/// A camera that is turned and moved a little from where the scene expects it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CameraState {
    /// About the vertical, the horizontal and the optical axis, in degrees.
    pub(crate) turn_deg: [f64; 3],
    /// To the right, up and back, in centimetres.
    pub(crate) moved_cm: [f64; 3],
}

impl CameraState {
    /// Pixels and depth in pixels per centimetre of a point in centimetres.
    pub(crate) fn project(&self, point: Vector3<f64>) -> ([f64; 2], f64) {
        let [yaw, pitch, roll] = self.turn_deg.map(f64::to_radians);
        let turn = Rotation3::from_euler_angles(pitch, yaw, roll).inverse();
        let seen = turn * (point - Vector3::from(self.moved_cm));
        let px_per_cm = FOCAL_PX / -seen.z;
        let [width, height] = SIZE.map(f64::from);
        let x = width / 2.0 + seen.x * px_per_cm;
        let y = height / 2.0 - seen.y * px_per_cm;
        ([x, y], px_per_cm)
    }
}

impl HeadState {
    fn expression(&self, at: Vector3<f64>) -> Vector3<f64> {
        let bump = |x: f64, y: f64, width: f64| {
            let square = (at.x - x).powi(2) + (at.y - y).powi(2);
            (-square / (2.0 * width * width)).exp()
        };
        let jaw = ((LIPS_Y_CM + 0.1 - at.y) / 0.2).clamp(0.0, 1.0) * bump(0.0, at.y, 4.5);
        let corners = [-1.0, 1.0].map(|side| (side, bump(side * 2.6, LIPS_Y_CM, 1.2)));
        let brows: f64 = [-1.0, 1.0]
            .map(|side| bump(side * 2.8, 5.4, 1.2))
            .iter()
            .sum();
        let mut moved = at;
        moved.y += self.brows_raised * 0.5 * brows - self.mouth_open_cm * jaw;
        for (side, weight) in corners {
            moved.x += self.smile * side * 0.5 * weight;
            moved.y += self.smile * 0.4 * weight;
        }
        moved
    }

    pub(crate) fn seen_by(&self, camera: &CameraState) -> Landmarks {
        let axis = |axis, degrees: f64| Rotation3::from_axis_angle(&axis, degrees.to_radians());
        let rotation = axis(Vector3::y_axis(), self.yaw_deg)
            * axis(Vector3::x_axis(), -self.pitch_deg)
            * axis(Vector3::z_axis(), -self.roll_deg);
        let position = Vector3::new(self.right_cm, self.up_cm, -self.distance_cm);
        let mut shape: Vec<_> = VERTICES_CM.iter().map(|v| self.expression(*v)).collect();
        for [upper, lower] in LIDS {
            let gap = shape[lower] - shape[upper];
            shape[upper] += gap * (0.95 * self.eyes_closed);
        }
        let middle_z = (rotation * Vector3::zeros() + position).z;
        let points = shape.iter().map(|v| {
            let world = rotation * v + position;
            let ([x, y], px_per_cm) = camera.project(world);
            [x, y, -(world.z - middle_z) * px_per_cm].map(|v| v as f32)
        });
        Landmarks::new(points.collect())
            .expect("468 finite vertices; else the head is behind the camera, a bug of the test")
    }
}

/// The mesh of a head before a still camera.
pub fn face_of(head: &HeadState) -> Landmarks {
    head.seen_by(&CameraState::default())
}
