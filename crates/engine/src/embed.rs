//! From a face to its descriptor: the picture that the network was trained on, and the network.
//!
//! dlib lays five or 68 points of its own onto a mean face to cut the square; the mesh has neither. So
//! `tools/derive_face_chip.py` measured where vertices of the mesh lie in the squares that dlib cuts, and here
//! the same vertices are laid onto those places.

use lifesign_infer::Model;
use lifesign_media::Frame;

use crate::stage::Stage;
use crate::warp::{Border, CropFormat, Region, crop};
use crate::{Descriptor, EngineError, Landmarks, Point2};

pub(crate) const STAGE: &str = "face embedding";

/// Width and height of the network's picture in pixels.
const SIDE: usize = 150;

/// Vertices of the mesh and where they lie in the picture, in pixels from the middle of its first pixel: the
/// corners of the eyes, which are four of dlib's five points, and the base of the nose, which is the fifth. The
/// whole mesh, or its steadiest vertices, lie farther from dlib's squares (docs/ACCURACY.md).
const ANCHORS: [(usize, [f64; 2]); 5] = [
    (33, [35.4, 47.0]),
    (133, [58.9, 47.9]),
    (362, [88.9, 47.9]),
    (263, [112.5, 47.0]),
    (2, [73.9, 84.8]),
];

/// Larger faces are sampled this many times a pixel along each side at most, and averaged.
const MAX_SAMPLES: usize = 8;

/// Pixels of the image to a pixel of the picture under which a face has no extent.
const MIN_SCALE: f64 = 1e-3;

pub(crate) struct EmbedModel(Stage);

impl EmbedModel {
    pub(crate) fn new(model: Box<dyn Model>) -> Result<Self, EngineError> {
        let stage = Stage::new(STAGE, model);
        let side = stage.square_rgb_side()?;
        if side != SIDE {
            let (actual, expected) = ([1, 3, side, side], [1, 3, SIDE, SIDE]);
            return Err(stage.mismatch("an input shape", &actual, &expected));
        }
        Ok(Self(stage))
    }

    pub(crate) fn run(
        &self,
        frame: &Frame,
        landmarks: &Landmarks,
    ) -> Result<Descriptor, EngineError> {
        let region = chip_region(landmarks).ok_or(EngineError::NoExtent)?;
        let [values] = self.0.run(&chip(frame, region), [Descriptor::LENGTH])?;
        Descriptor::new(&values).ok_or_else(|| {
            self.0
                .mismatch("values", &[values.len()], &[Descriptor::LENGTH])
        })
    }
}

fn mean<const N: usize>(points: [[f64; 2]; N]) -> [f64; 2] {
    let sum = points
        .iter()
        .fold([0.0; 2], |s, p| [s[0] + p[0], s[1] + p[1]]);
    sum.map(|s| s / N as f64)
}

/// The square of the image that becomes the picture, by the similarity of least squares from the anchors'
/// places to the mesh; `None` for a mesh without extent.
fn chip_region(landmarks: &Landmarks) -> Option<Region> {
    let pairs = ANCHORS.map(|(vertex, place)| {
        let point = landmarks.at(vertex);
        (place, [f64::from(point.x), f64::from(point.y)])
    });
    let (place_mean, point_mean) = (mean(pairs.map(|p| p.0)), mean(pairs.map(|p| p.1)));
    // Similarities of the plane are complex numbers: point - point_mean = factor * (place - place_mean).
    let (mut along, mut across, mut spread) = (0.0, 0.0, 0.0);
    for (place, point) in pairs {
        let [a, b] = [place[0] - place_mean[0], place[1] - place_mean[1]];
        let [x, y] = [point[0] - point_mean[0], point[1] - point_mean[1]];
        along += a * x + b * y;
        across += a * y - b * x;
        spread += a * a + b * b;
    }
    let (cos, sin) = (along / spread, across / spread);
    let scale = cos.hypot(sin);
    if !(scale.is_finite() && scale > MIN_SCALE) {
        return None;
    }
    let middle = SIDE as f64 / 2.0;
    let [a, b] = place_mean.map(|place| middle - place);
    Some(Region {
        centre: Point2 {
            x: (point_mean[0] + cos * a - sin * b) as f32,
            y: (point_mean[1] + sin * a + cos * b) as f32,
        },
        width: (SIDE as f64 * scale) as f32,
        height: (SIDE as f64 * scale) as f32,
        rotation_rad: sin.atan2(cos) as f32,
    })
}

/// The picture as planes in [0, 1]: bilinear samples, of larger faces the mean of several a pixel, so that
/// fine texture does not alias.
fn chip(frame: &Frame, region: Region) -> Vec<f32> {
    let samples = ((region.width / SIDE as f32) as usize).clamp(1, MAX_SAMPLES);
    let format = CropFormat {
        side: SIDE * samples,
        low: 0.0,
        high: 1.0,
        border: Border::Zero,
    };
    // The samples of a pixel lie around its middle.
    let back = 0.5 + (0.5 / samples as f32 - 0.5) / SIDE as f32;
    let shifted = Region {
        centre: region.to_image(back, back),
        ..region
    };
    let fine = crop(frame, &shifted, &format);
    if samples == 1 {
        return fine;
    }
    let share = 1.0 / (samples * samples) as f32;
    let mut planes = vec![0.0; 3 * SIDE * SIDE];
    for (row, line) in fine.chunks_exact(format.side).enumerate() {
        let pixels = &mut planes[row / samples * SIDE..][..SIDE];
        for (pixel, samples) in pixels.iter_mut().zip(line.chunks_exact(samples)) {
            *pixel += samples.iter().sum::<f32>() * share;
        }
    }
    planes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point3;

    /// A mesh whose anchors lie in their places after a turn, a scaling and a shift.
    fn placed(turn_rad: f64, scale: f64, [x, y]: [f64; 2]) -> Landmarks {
        let mut points = vec![Point3::default(); Landmarks::COUNT];
        let (sin, cos) = turn_rad.sin_cos();
        for (vertex, [a, b]) in ANCHORS {
            points[vertex] = Point3 {
                x: (x + scale * (cos * a - sin * b)) as f32,
                y: (y + scale * (sin * a + cos * b)) as f32,
                z: 0.0,
            };
        }
        Landmarks::new(points).unwrap()
    }

    #[test]
    fn the_region_follows_the_face() {
        for turn in [-2.0, -0.3, 0.0, 1.2] {
            let region = chip_region(&placed(turn, 2.5, [40.0, -7.0])).unwrap();
            assert!((region.width - 375.0).abs() < 0.01, "{region:?}");
            assert!((f64::from(region.rotation_rad) - turn).abs() < 1e-4);
            // The middle of the picture's first pixel is where the shift says.
            let first = region.to_image(0.0, 0.0);
            assert!((first.x - 40.0).abs() < 0.01 && (first.y + 7.0).abs() < 0.01);
        }
    }

    #[test]
    fn a_mesh_without_extent_has_no_picture() {
        let point = Landmarks::new(vec![Point3::default(); Landmarks::COUNT]).unwrap();
        assert_eq!(chip_region(&point), None);
    }

    #[test]
    fn a_larger_face_becomes_the_same_picture() {
        // Red rises by columns and green by rows, so that a picture tells where its pixels were taken.
        let frame = |side: u32| {
            let level = |v: u32| (v * 255 / (side - 1)) as u8;
            let pixel = move |(x, y)| [level(x), level(y), 9];
            let rgb = (0..side)
                .flat_map(|y| (0..side).map(move |x| (x, y)))
                .flat_map(pixel);
            Frame::new(side, side, rgb.collect()).unwrap()
        };
        let small = chip(
            &frame(200),
            chip_region(&placed(0.0, 1.0, [20.0, 30.0])).unwrap(),
        );
        let large = chip(
            &frame(800),
            chip_region(&placed(0.0, 4.0, [81.5, 121.5])).unwrap(),
        );
        let apart = small.iter().zip(&large).map(|(a, b)| (a - b).abs());
        let apart = apart.fold(0.0, f32::max);
        assert!(apart < 0.01, "{apart}");
    }
}
