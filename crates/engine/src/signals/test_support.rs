//! Evidence made of a drawn image and the canonical face, for the tests of the signals.

use lifesign_domain::PoseDegrees;
use lifesign_media::{ExifState, Frame, ImageFormat, Photo};
use nalgebra::{Rotation3, Vector3};

use super::{Measured, Reading, Signal, SignalParams};
use crate::canonical::CANONICAL_FACE;
use crate::{Calibration, Detection, Evidence, Landmarks, Point2, Point3, Pose};

pub(crate) fn params() -> SignalParams {
    Calibration::embedded().signals
}

pub(crate) fn measure(signal: &dyn Signal, evidence: &Evidence) -> Measured {
    match signal.read(evidence, &params()) {
        Reading::Measured(measured) => measured,
        Reading::NotAssessable(why) => panic!("{}: {why}", signal.name()),
    }
}

pub(crate) fn refusal(signal: &dyn Signal, evidence: &Evidence) -> String {
    match signal.read(evidence, &params()) {
        Reading::Measured(measured) => panic!("{}: {}", signal.name(), measured.detail),
        Reading::NotAssessable(why) => why,
    }
}

/// A frontal face of 200 px before a grey wall, to be changed field by field.
pub(crate) struct Scene {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Middle of the face.
    pub(crate) centre: [f32; 2],
    /// Width of the mesh's extent while it looks straight ahead, in pixels.
    pub(crate) face_width: f32,
    pub(crate) degrees: PoseDegrees,
    pub(crate) exif: ExifState,
    /// Luma by pixel.
    pub(crate) luma: fn(u32, u32) -> u8,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            width: 640,
            height: 480,
            centre: [320.0, 240.0],
            face_width: 200.0,
            degrees: PoseDegrees {
                yaw: 0.0,
                pitch: 0.0,
                roll: 0.0,
            },
            exif: ExifState::Absent,
            luma: skin,
        }
    }
}

impl Scene {
    pub(crate) fn evidence(&self) -> Evidence {
        let pixels = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        self.evidence_with(pixels.map(|(x, y)| (self.luma)(x, y)).collect())
    }

    /// The scene with other pixels, `width * height` luma values.
    pub(crate) fn evidence_with(&self, luma: Vec<u8>) -> Evidence {
        let rgb = luma.iter().flat_map(|&v| [v; 3]).collect();
        let frame = Frame::new(self.width, self.height, rgb).unwrap();
        let landmarks = self.landmarks();
        let face_bounds = landmarks.bounds();
        Evidence {
            luma: frame.luma(),
            photo: Photo {
                frame,
                format: ImageFormat::Png,
                exif: self.exif.clone(),
                size_bytes: 0,
            },
            faces: vec![Detection {
                bounds: face_bounds,
                score: 0.9,
                keypoints: [Point2::default(); 6],
            }],
            landmarks,
            presence: 0.99,
            pose: Pose {
                transform: [[0.0; 4]; 4],
                degrees: self.degrees,
                distance_cm: 50.0,
            },
            face_bounds,
            cover: None,
            irises: None,
            pad: std::sync::OnceLock::new(),
        }
    }

    fn landmarks(&self) -> Landmarks {
        let xs = CANONICAL_FACE.vertices.iter().map(|v| v[0]);
        let extent = xs.clone().fold(f64::MIN, f64::max) - xs.fold(f64::MAX, f64::min);
        let scale = f64::from(self.face_width) / extent;
        let PoseDegrees { yaw, pitch, roll } = self.degrees;
        let rotation = Rotation3::from_axis_angle(&Vector3::z_axis(), -roll.to_radians())
            * Rotation3::from_axis_angle(&Vector3::y_axis(), yaw.to_radians())
            * Rotation3::from_axis_angle(&Vector3::x_axis(), -pitch.to_radians());
        let place = |v: &[f64; 3]| {
            let p = rotation * Vector3::from(*v) * scale;
            Point3 {
                x: self.centre[0] + p.x as f32,
                y: self.centre[1] - p.y as f32,
                z: -p.z as f32,
            }
        };
        Landmarks::new(CANONICAL_FACE.vertices.iter().map(place).collect()).unwrap()
    }
}

/// Moves vertices of the mesh.
pub(crate) fn moved(evidence: &Evidence, change: impl Fn(usize, Point3) -> Point3) -> Evidence {
    let points = evidence.landmarks.points().iter().enumerate();
    let landmarks = Landmarks::new(points.map(|(i, &p)| change(i, p)).collect()).unwrap();
    Evidence {
        face_bounds: landmarks.bounds(),
        landmarks,
        ..evidence.clone()
    }
}

/// The evidence of the mirrored photograph.
pub(crate) fn mirrored(evidence: &Evidence) -> Evidence {
    let width = evidence.luma.width();
    let rows = evidence.photo.frame.rgb().chunks_exact(width as usize * 3);
    let rgb = rows
        .flat_map(|row| row.rchunks_exact(3).flatten().copied())
        .collect();
    let frame = Frame::new(width, evidence.luma.height(), rgb).unwrap();
    let points = CANONICAL_FACE.mirror.iter().map(|&other| {
        let p = evidence.landmarks.at(other);
        Point3 {
            x: width as f32 - p.x,
            ..p
        }
    });
    let landmarks = Landmarks::new(points.collect()).unwrap();
    let mut other = evidence.clone();
    other.luma = frame.luma();
    other.photo.frame = frame;
    other.face_bounds = landmarks.bounds();
    other.landmarks = landmarks;
    other.pose.degrees.yaw *= -1.0;
    other.pose.degrees.roll *= -1.0;
    other
}

/// Gaussian blur of a plane, edges repeated.
pub(crate) fn blurred(luma: &[u8], width: usize, sigma: f64) -> Vec<u8> {
    let radius = (3.0 * sigma).ceil() as i64;
    let weight = |i: i64| (-((i * i) as f64) / (2.0 * sigma * sigma)).exp();
    let total: f64 = (-radius..=radius).map(weight).sum();
    let height = luma.len() / width;
    let pass = |source: &[f64], dx: i64, dy: i64| -> Vec<f64> {
        let at = |x: i64, y: i64| {
            let (x, y) = (x.clamp(0, width as i64 - 1), y.clamp(0, height as i64 - 1));
            source[y as usize * width + x as usize]
        };
        (0..source.len())
            .map(|i| {
                let (x, y) = ((i % width) as i64, (i / width) as i64);
                let sum = (-radius..=radius).map(|k| weight(k) * at(x + k * dx, y + k * dy));
                sum.sum::<f64>() / total
            })
            .collect()
    };
    let source: Vec<f64> = luma.iter().map(|&v| f64::from(v)).collect();
    let smooth = pass(&pass(&source, 1, 0), 0, 1);
    smooth.iter().map(|v| v.round() as u8).collect()
}

/// Noise of several scales, amplitude in proportion to the scale: the 1/f spectrum of natural
/// pictures (Field 1987), with a little noise in every pixel.
pub(crate) fn skin(x: u32, y: u32) -> u8 {
    let octaves = [64, 32, 16, 8, 4, 2, 1];
    let sum: f64 = octaves
        .iter()
        .map(|&o| smooth_noise(x, y, o) * (f64::from(o) + 4.0))
        .sum();
    (128.0 + 0.7 * sum).clamp(0.0, 255.0) as u8
}

/// The same grey everywhere.
pub(crate) fn flat(_: u32, _: u32) -> u8 {
    140
}

/// [`skin`] under the stripes of a screen photographed from a screen.
pub(crate) fn moire(x: u32, y: u32) -> u8 {
    let phase = std::f64::consts::TAU * (0.9 * f64::from(x) + 0.43 * f64::from(y)) / 7.0;
    (f64::from(skin(x, y)) + 30.0 * phase.sin()).clamp(0.0, 255.0) as u8
}

/// [`skin`] as a clustered-dot screen prints it.
pub(crate) fn halftone(x: u32, y: u32) -> u8 {
    let turn = |v: u32| (std::f64::consts::TAU * f64::from(v) / 8.0).sin();
    let threshold = 128.0 + 127.0 * turn(x) * turn(y);
    if f64::from(skin(x, y)) > threshold {
        255
    } else {
        0
    }
}

/// Values in [-1, 1] on a grid of `pitch` pixels, bilinear between.
fn smooth_noise(x: u32, y: u32, pitch: u32) -> f64 {
    let (column, row) = (x / pitch, y / pitch);
    let (fx, fy) = (
        f64::from(x % pitch) / f64::from(pitch),
        f64::from(y % pitch) / f64::from(pitch),
    );
    let along = |row| (1.0 - fx) * hash(column, row, pitch) + fx * hash(column + 1, row, pitch);
    (1.0 - fy) * along(row) + fy * along(row + 1)
}

fn hash(x: u32, y: u32, seed: u32) -> f64 {
    let mut h =
        x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ seed.wrapping_mul(0xC2B2_AE3D);
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    f64::from(h ^ (h >> 15)) / f64::from(u32::MAX) * 2.0 - 1.0
}
