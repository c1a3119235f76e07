//! A picture of the scene on a flat thing that is held before a camera.

use nalgebra::{Rotation3, Vector3};

use super::{FOCAL_PX, SIZE, Sway};
use crate::Landmarks;

/// How the picture is held; the default shows it as it was taken.
#[derive(Clone, Copy, Debug)]
pub struct Plane {
    /// About the vertical and about the horizontal axis.
    pub tilt_deg: [f64; 2],
    /// In the image, counter-clockwise.
    pub roll_deg: f64,
    /// Size over that of the picture.
    pub scale: f64,
    /// Right and down.
    pub shift_px: [f64; 2],
}

impl Default for Plane {
    fn default() -> Self {
        Self {
            tilt_deg: [0.0; 2],
            roll_deg: 0.0,
            scale: 1.0,
            shift_px: [0.0; 2],
        }
    }
}

impl Plane {
    /// Where a pixel of the picture is seen: a homography.
    pub fn of_point(&self, point: [f64; 2]) -> [f64; 2] {
        let [width, height] = SIZE.map(f64::from);
        let flat = Vector3::new(point[0] - width / 2.0, height / 2.0 - point[1], 0.0);
        let axis = |axis, degrees: f64| Rotation3::from_axis_angle(&axis, degrees.to_radians());
        let turned = axis(Vector3::y_axis(), self.tilt_deg[0])
            * axis(Vector3::x_axis(), self.tilt_deg[1])
            * axis(Vector3::z_axis(), self.roll_deg)
            * flat;
        let depth = FOCAL_PX - turned.z * self.scale;
        let near = self.scale * FOCAL_PX / depth;
        [
            width / 2.0 + turned.x * near + self.shift_px[0],
            height / 2.0 - turned.y * near + self.shift_px[1],
        ]
    }

    /// A mesh as it is found on the picture. Its depth is what a network says of the face that it
    /// sees: that of the face, not of the paper.
    pub fn of_landmarks(&self, landmarks: &Landmarks) -> Landmarks {
        landmarks.map(|_, [x, y, z]| {
            let [x, y] = self.of_point([x, y].map(f64::from));
            [x as f32, y as f32, z * self.scale as f32]
        })
    }
}

/// A hand that holds it.
#[derive(Clone, Debug)]
pub struct PlaneMotion {
    tilt: [Sway; 2],
    roll: Sway,
    scale: Sway,
    shift: [Sway; 2],
}

impl PlaneMotion {
    /// A random hand; `tilt_deg` is the standard deviation of the tilt about either axis, `shift_px`
    /// that of the place.
    pub fn new(random: &mut fastrand::Rng, tilt_deg: f64, shift_px: f64) -> Self {
        Self {
            tilt: [tilt_deg, tilt_deg].map(|d| Sway::new(random, d)),
            roll: Sway::new(random, 1.5),
            scale: Sway::new(random, 0.02),
            shift: [shift_px, shift_px].map(|d| Sway::new(random, d)),
        }
    }

    /// Where it holds the plane.
    pub fn at(&self, at_s: f64) -> Plane {
        Plane {
            tilt_deg: self.tilt.each_ref().map(|s| s.at(at_s)),
            roll_deg: self.roll.at(at_s),
            scale: 1.0 + self.scale.at(at_s),
            shift_px: self.shift.each_ref().map(|s| s.at(at_s)),
        }
    }
}
