//! Measures on one mesh, and which vertices are bone and which are not.

use crate::Landmarks;

/// The eye that is left in the image, then the other: outer corner, two points of the upper lid,
/// inner corner, two points of the lower lid below them.
const EYES: [[usize; 6]; 2] = [
    [33, 160, 158, 133, 153, 144],
    [263, 387, 385, 362, 380, 373],
];
/// Pairs of the inner upper and lower lip, one above the other.
const LIPS: [[usize; 2]; 3] = [[13, 14], [82, 87], [312, 317]];
/// Lowest vertex of the chin.
const CHIN: usize = 152;

/// Vertices over bone and cartilage that no expression moves far: bridge and wings of the nose,
/// corners of the eyes, cheekbones, temples, the outline above the ears.
pub(crate) const RIGID: [usize; 53] = [
    168, 6, 197, 195, 5, 4, 1, 48, 278, 115, 344, 33, 133, 362, 263, 117, 346, 118, 347, 116, 345,
    127, 356, 162, 389, 21, 251, 54, 284, 103, 332, 67, 297, 109, 338, 10, 234, 454, 93, 323, 227,
    447, 137, 366, 34, 264, 143, 372, 111, 340, 123, 352, 8,
];

/// Vertices that expression and speech move: lips, chin, brows, lids.
pub(crate) const SOFT: [usize; 50] = [
    61, 291, 0, 17, 13, 14, 37, 267, 39, 269, 84, 314, 181, 405, 78, 308, 82, 312, 87, 317, 152,
    148, 377, 176, 400, 105, 334, 66, 296, 70, 300, 107, 336, 63, 293, 55, 285, 159, 145, 386, 374,
    160, 158, 385, 387, 144, 153, 373, 380, 199,
];

/// Eye aspect ratios, left in the image first: mean height of the eye over its width, in pixels
/// (Soukupova and Cech, "Real-Time Eye Blink Detection using Facial Landmarks", 2016). `None`
/// where an eye has no width.
pub fn eye_aspect_ratios(landmarks: &Landmarks) -> Option<[f64; 2]> {
    let ratio = |eye: [usize; 6]| {
        let [outer, up1, up2, inner, down2, down1] = eye.map(|v| landmarks.at(v));
        let width = flat_distance(outer, inner);
        let heights = flat_distance(up1, down1) + flat_distance(up2, down2);
        (width > 0.0).then(|| heights / (2.0 * width))
    };
    let [left, right] = EYES.map(ratio);
    Some([left?, right?])
}

/// Largest opening between the inner lips over the distance from the middle between the eyes to
/// the chin (ISO/IEC 29794-5, mouth closed). `None` where that distance is 0.
pub fn mouth_opening(landmarks: &Landmarks) -> Option<f64> {
    let [left, right] = eye_middles(landmarks);
    let eyes = middle(left, right);
    let height = distance(eyes, landmarks.at(CHIN));
    let opening = LIPS.map(|[a, b]| distance(landmarks.at(a), landmarks.at(b)));
    (height > 0.0).then(|| opening.into_iter().fold(0.0, f64::max) / height)
}

/// Distance in pixels between the middles of the eyes, in three dimensions, so that a turned
/// head does not seem farther away.
pub fn inter_eye_distance_px(landmarks: &Landmarks) -> f64 {
    let [left, right] = eye_middles(landmarks);
    distance(left, right)
}

/// The middle of the rigid vertices, in pixels.
pub(crate) fn rigid_middle(landmarks: &Landmarks) -> [f64; 2] {
    let sum = RIGID.iter().fold([0.0; 2], |sum, &v| {
        let at = landmarks.at(v);
        [sum[0] + at[0], sum[1] + at[1]]
    });
    sum.map(|s| s / RIGID.len() as f64)
}

fn eye_middles(landmarks: &Landmarks) -> [[f64; 3]; 2] {
    EYES.map(|eye| middle(landmarks.at(eye[0]), landmarks.at(eye[3])))
}

fn middle(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|i| (a[i] + b[i]) / 2.0)
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

fn flat_distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_of_a_drawn_eye() {
        let mut points = vec![[0.0_f32; 3]; Landmarks::COUNT];
        for (eye, x) in EYES.iter().zip([0.0_f32, 100.0]) {
            let drawn = [
                [0.0, 0.0],
                [10.0, -5.0],
                [20.0, -5.0],
                [30.0, 0.0],
                [20.0, 4.0],
                [10.0, 4.0],
            ];
            for (&v, at) in eye.iter().zip(drawn) {
                points[v] = [x + at[0], at[1], 0.0];
            }
        }
        points[CHIN] = [65.0, 120.0, 0.0];
        points[LIPS[1][0]] = [65.0, 80.0, 0.0];
        points[LIPS[1][1]] = [65.0, 92.0, 0.0];
        let mesh = Landmarks::new(points).unwrap();
        let [left, right] = eye_aspect_ratios(&mesh).unwrap();
        assert!((left - 0.3).abs() < 1e-6 && (right - 0.3).abs() < 1e-6);
        assert!((inter_eye_distance_px(&mesh) - 100.0).abs() < 1e-6);
        assert!((mouth_opening(&mesh).unwrap() - 0.1).abs() < 1e-6);
        let nothing = Landmarks::new(vec![[0.0; 3]; Landmarks::COUNT]).unwrap();
        assert!(eye_aspect_ratios(&nothing).is_none() && mouth_opening(&nothing).is_none());
    }

    #[test]
    fn bone_and_expression_share_no_vertex() {
        assert!(RIGID.iter().all(|v| !SOFT.contains(v)));
    }
}
