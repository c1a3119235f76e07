//! Moves the vertices of a face at rest as blinks, speech and smiles do.
//!
//! Coordinates are those of the head: centimetres, x to the image's right, y up. Vertex numbers are
//! those of MediaPipe's face mesh.

use nalgebra::{Vector2, Vector3};

/// Upper lid, the point of the lower lid under it, the skin above the one and under the other; both eyes
/// from left to right.
const LIDS: [[usize; 4]; 14] = [
    [246, 7, 247, 25],
    [161, 163, 30, 110],
    [160, 144, 29, 24],
    [159, 145, 27, 23],
    [158, 153, 28, 22],
    [157, 154, 56, 26],
    [173, 155, 190, 112],
    [398, 382, 414, 341],
    [384, 381, 286, 256],
    [385, 380, 258, 252],
    [386, 374, 257, 253],
    [387, 373, 259, 254],
    [388, 390, 260, 339],
    [466, 249, 467, 255],
];
/// How far the upper lid goes down, the lower down before it, and the skin above with the upper one, when
/// the eye closes. More than anatomy has: the mesh model hardly sees less.
const LID_SHARES: [f64; 3] = [1.3, 0.9, 1.3];
/// How far closing lids leave lashes and rims, which would be drawn over the eye, for the skin beside
/// them: the upper and the lower lid.
const RIMS: [f64; 2] = [0.2, 0.6];
/// How much wider than in the photograph, which was taken in bright light, open eyes are.
const WIDE: f64 = 0.3;

/// Inner upper lip and the point of the inner lower lip under it.
const LIPS: [[usize; 2]; 9] = [
    [191, 95],
    [80, 88],
    [81, 178],
    [82, 87],
    [13, 14],
    [312, 317],
    [311, 402],
    [310, 318],
    [415, 324],
];
/// What else belongs to the upper lip and stays where the skull is.
const UPPER_LIP: [usize; 35] = [
    61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 76, 184, 74, 73, 72, 11, 302, 303, 304, 408,
    306, 62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292, 78, 308,
];
const CORNERS: [usize; 2] = [61, 291];
/// Lowest vertex of the lower lip.
const BELOW_LIP: usize = 17;
/// How far the lips stand apart in a wide open mouth.
const WIDE_CM: f64 = 3.2;
/// Half the width of the jaw.
const JAW_CM: f64 = 7.5;
/// Outwards and upwards from the photograph, at no smile and at a broad one.
const SMILE_CM: [[f64; 2]; 2] = [[-0.55, -0.35], [0.3, 0.25]];
/// How far around a corner of the mouth skin follows it.
const SMILE_REACH_CM: f64 = 1.6;

/// What a face does; each in [0, 1], see [`crate::PuppetState`].
pub(crate) struct Expression {
    pub(crate) blink: f64,
    pub(crate) mouth: f64,
    pub(crate) smile: f64,
}

impl Expression {
    /// The vertices with this expression.
    pub(crate) fn of(&self, rest: &[Vector3<f64>]) -> Vec<Vector3<f64>> {
        let mut moved = rest.to_vec();
        self.close_eyes(&mut moved);
        self.open_mouth(&mut moved);
        self.draw_corners(&mut moved);
        moved
    }

    /// Where in the photograph each vertex has its colour from.
    pub(crate) fn texels(&self, rest: &[Vector2<f64>]) -> Vec<Vector2<f64>> {
        let mut moved = rest.to_vec();
        for [upper, lower, above, below] in LIDS {
            moved[upper] += (rest[above] - rest[upper]) * (RIMS[0] * self.blink);
            moved[lower] += (rest[below] - rest[lower]) * (RIMS[1] * self.blink);
        }
        moved
    }

    /// Factors of what is seen between the lids and between the lips: lashes, and a wide open mouth, are
    /// dark.
    pub(crate) fn light_within(&self) -> [f32; 2] {
        [self.blink, self.mouth * 2.0].map(|share| 1.0 - 0.7 * share.clamp(0.0, 1.0) as f32)
    }

    fn close_eyes(&self, vertices: &mut [Vector3<f64>]) {
        for [upper, lower, crease, _] in LIDS {
            let closed = self.blink - WIDE * (1.0 - self.blink);
            let way = (vertices[lower] - vertices[upper]) * closed;
            vertices[upper] += way * LID_SHARES[0];
            vertices[lower] += way * LID_SHARES[1];
            vertices[crease] += way * LID_SHARES[2];
        }
    }

    /// Lower lip and jaw go down until the lips stand apart as asked, whatever the photograph has.
    fn open_mouth(&self, vertices: &mut [Vector3<f64>]) {
        let rest = vertices.to_vec();
        let middle = (rest[CORNERS[0]] + rest[CORNERS[1]]) / 2.0;
        let half_width = (rest[CORNERS[1]].x - rest[CORNERS[0]].x) / 2.0;
        let arch = |x: f64| {
            (1.0 - ((x - middle.x) / half_width).powi(2))
                .max(0.0)
                .sqrt()
        };
        let apart = WIDE_CM * self.mouth;
        let drop = apart - (rest[13].y - rest[14].y);
        let depth = (middle.y - rest[BELOW_LIP].y).max(0.1);
        let is_lip = |v: usize| UPPER_LIP.contains(&v) || LIPS.iter().any(|pair| pair.contains(&v));
        for (v, place) in vertices.iter_mut().enumerate().filter(|(v, _)| !is_lip(*v)) {
            let below = ((middle.y - place.y) / depth).clamp(0.0, 1.0);
            let across = (1.0 - (place.x / JAW_CM).powi(2)).max(0.0);
            // The skin beside the lower lip follows the lip, that of the jaw the jaw.
            let share = if rest[v].y > rest[BELOW_LIP].y {
                arch(place.x).min(across)
            } else {
                across
            };
            place.y -= drop * below * share;
        }
        for [upper, lower] in LIPS {
            vertices[lower].y = rest[upper].y - apart * arch(rest[lower].x);
        }
    }

    fn draw_corners(&self, vertices: &mut [Vector3<f64>]) {
        let [none, broad] = SMILE_CM;
        let [out, up] = [0, 1].map(|i| none[i] + (broad[i] - none[i]) * self.smile);
        for (corner, side) in CORNERS.into_iter().zip([-1.0, 1.0]) {
            let at = vertices[corner];
            for place in vertices.iter_mut() {
                let near = (place.xy() - at.xy()).norm() / SMILE_REACH_CM;
                let share = (-near * near / 2.0).exp();
                *place += Vector3::new(side * out, up, 0.0) * share;
            }
        }
    }
}
