//! Measures on the mesh that more than one part of the engine needs.

use crate::{Landmarks, Point3};

/// The eye that is left in the image, then the other: outer corner, two points of the upper lid,
/// inner corner, two points of the lower lid below them (p1 to p6 of the eye aspect ratio).
pub(crate) const EYES: [[usize; 6]; 2] = [
    [33, 160, 158, 133, 153, 144],
    [263, 387, 385, 362, 380, 373],
];

/// Eye aspect ratios, left in the image first: mean height of the eye over its width, in pixels
/// of the image (Soukupova and Cech, "Real-Time Eye Blink Detection using Facial Landmarks",
/// 2016). `None` where an eye has no width.
pub fn eye_aspect_ratios(landmarks: &Landmarks) -> Option<[f64; 2]> {
    let ratio = |eye: [usize; 6]| {
        let [outer, up1, up2, inner, down2, down1] = eye.map(|v| landmarks.at(v).xy());
        let width = outer.distance(inner);
        let heights = up1.distance(down1) + up2.distance(down2);
        (width > 0.0).then(|| f64::from(heights) / (2.0 * f64::from(width)))
    };
    let [left, right] = EYES.map(ratio);
    Some([left?, right?])
}

/// Pairs of the inner upper and lower lip, one above the other.
const LIPS: [[usize; 2]; 3] = [[13, 14], [82, 87], [312, 317]];
/// Lowest vertex of the chin.
const CHIN: usize = 152;

/// Largest opening between the inner lips over the distance from the middle between the eyes to
/// the chin (ISO/IEC 29794-5, mouth closed). `None` where that distance is 0.
pub fn mouth_opening(landmarks: &Landmarks) -> Option<f64> {
    let at = |v: usize| landmarks.at(v);
    let distance = |a: Point3, b: Point3| {
        let (dx, dy, dz) = (a.x - b.x, a.y - b.y, a.z - b.z);
        f64::from(dx * dx + dy * dy + dz * dz).sqrt()
    };
    let middle = |points: [Point3; 4]| Point3 {
        x: points.iter().map(|p| p.x).sum::<f32>() / 4.0,
        y: points.iter().map(|p| p.y).sum::<f32>() / 4.0,
        z: points.iter().map(|p| p.z).sum::<f32>() / 4.0,
    };
    let [left, right] = EYES;
    let eyes = middle([left[0], left[3], right[0], right[3]].map(at));
    let height = distance(eyes, at(CHIN));
    let opening = LIPS.map(|[upper, lower]| distance(at(upper), at(lower)));
    (height > 0.0).then(|| opening.into_iter().fold(0.0, f64::max) / height)
}

/// Distance in pixels between the middles of the eyes, each between its corners; in three
/// dimensions, so that a turned head does not seem farther away.
pub fn inter_eye_distance_px(landmarks: &Landmarks) -> f64 {
    let middle = |eye: [usize; 6]| {
        let (a, b) = (landmarks.at(eye[0]), landmarks.at(eye[3]));
        Point3 {
            x: (a.x + b.x) / 2.0,
            y: (a.y + b.y) / 2.0,
            z: (a.z + b.z) / 2.0,
        }
    };
    let [left, right] = EYES.map(middle);
    let (dx, dy, dz) = (left.x - right.x, left.y - right.y, left.z - right.z);
    f64::from(dx * dx + dy * dy + dz * dz).sqrt()
}
