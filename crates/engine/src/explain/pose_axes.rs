//! The three axes of the head, drawn from the tip of the nose in perspective.

use super::canvas::{Canvas, Pen};
use super::palette::{BLUE, GREEN, Ink, PAPER, SHADOW, VERMILLION};
use super::text::TextStyle;
use crate::{Point2, Pose};

/// Width of an average face in centimetres; sets the length of the axes.
const FACE_WIDTH_CM: f64 = 14.0;
/// An axis as a share of the width of the face.
const AXIS_SHARE: f64 = 0.45;

/// An axis of the canonical face: the column of the face transform, and how it is drawn.
pub(super) struct Axis {
    column: usize,
    pub(super) ink: Ink,
    pub(super) name: &'static str,
}

/// Sideways, up and forward; forward last, as it comes towards the viewer.
pub(super) const AXES: [Axis; 3] = [
    Axis {
        column: 0,
        ink: VERMILLION,
        name: "x",
    },
    Axis {
        column: 1,
        ink: GREEN,
        name: "y",
    },
    Axis {
        column: 2,
        ink: BLUE,
        name: "z",
    },
];

/// Draws the axes of `pose` from `origin` for a face that is `face_width` canvas pixels wide.
pub(super) fn draw(canvas: &mut Canvas, pose: &Pose, origin: Point2, face_width: f32) {
    let pen_width = (face_width / 70.0).clamp(2.0, 5.0);
    for axis in &AXES {
        let Some(tip) = tip(pose, axis.column, origin, face_width) else {
            continue;
        };
        let pen = Pen::new(axis.ink, pen_width).cased(PAPER.alpha(200));
        arrow(canvas, origin, tip, pen);
        let style = TextStyle::new((face_width / 12.0).clamp(14.0, 26.0));
        let style = style.bold().ink(PAPER).halo(axis.ink);
        let name_at = beyond(origin, tip, style.size * 0.7);
        let name_at = Point2 {
            x: name_at.x,
            y: name_at.y + style.size * 0.3,
        };
        canvas.text_centred(axis.name, name_at, style);
    }
    canvas.dot(origin, pen_width * 1.2, SHADOW);
    canvas.dot(origin, pen_width * 0.9, PAPER);
}

/// Where the end of an axis is seen; `None` for a transform that puts no face before a camera.
fn tip(pose: &Pose, column: usize, origin: Point2, face_width: f32) -> Option<Point2> {
    let [[.., cx], [.., cy], [.., cz], _] = pose.transform;
    let [dx, dy, dz] = [0, 1, 2].map(|row| pose.transform[row][column]);
    let norm = (dx * dx + dy * dy + dz * dz).sqrt();
    let depth = -cz;
    let length = AXIS_SHARE * FACE_WIDTH_CM / norm;
    // An axis may not reach the camera itself.
    let tip_depth = (depth - dz * length).max(0.2 * depth);
    // The camera looks down -z from the origin. Its focal length in canvas pixels follows from
    // how wide a face of average width is drawn at this depth.
    let focal = f64::from(face_width) / FACE_WIDTH_CM * depth;
    let seen =
        |start: f64, step: f64| focal * ((start + step * length) / tip_depth - start / depth);
    let tip = Point2 {
        x: origin.x + seen(cx, dx) as f32,
        y: origin.y - seen(cy, dy) as f32,
    };
    (depth > 0.0 && tip.x.is_finite() && tip.y.is_finite()).then_some(tip)
}

fn arrow(canvas: &mut Canvas, from: Point2, to: Point2, pen: Pen) {
    canvas.line(from, to, pen);
    let length = from.distance(to);
    // An axis that points at the viewer is a dot: there is no direction for a head.
    if length < 4.0 * pen.width {
        canvas.dot(to, pen.width, pen.ink);
        return;
    }
    let along = Point2 {
        x: (to.x - from.x) / length,
        y: (to.y - from.y) / length,
    };
    let size = 2.6 * pen.width;
    let wing = |side: f32| Point2 {
        x: to.x - along.x * size - along.y * side * size * 0.7,
        y: to.y - along.y * size + along.x * side * size * 0.7,
    };
    let head = [beyond(from, to, size * 0.5), wing(1.0), wing(-1.0)];
    canvas.polygon(&head, pen.ink);
}

/// The point `by` pixels past `to` as seen from `from`.
fn beyond(from: Point2, to: Point2, by: f32) -> Point2 {
    let length = from.distance(to).max(1.0);
    Point2 {
        x: to.x + (to.x - from.x) / length * by,
        y: to.y + (to.y - from.y) / length * by,
    }
}

#[cfg(test)]
mod tests {
    use lifesign_domain::PoseDegrees;

    use super::*;

    fn turned(yaw_deg: f64) -> Pose {
        let (sin, cos) = yaw_deg.to_radians().sin_cos();
        Pose {
            transform: [
                [cos, 0.0, sin, 0.0],
                [0.0, 1.0, 0.0, 0.0],
                [-sin, 0.0, cos, -50.0],
                [0.0, 0.0, 0.0, 1.0],
            ],
            degrees: PoseDegrees {
                yaw: yaw_deg,
                pitch: 0.0,
                roll: 0.0,
            },
            distance_cm: 50.0,
        }
    }

    #[test]
    fn axes_follow_the_head() {
        let origin = Point2 { x: 100.0, y: 100.0 };
        let tip_of = |yaw, column| tip(&turned(yaw), column, origin, 100.0).unwrap();
        assert_eq!(tip_of(0.0, 2), origin);
        // A frontal face is drawn with axes of 0.45 of its width.
        assert!((tip_of(0.0, 0).x - 145.0).abs() < 0.1);
        assert!((tip_of(0.0, 1).y - 55.0).abs() < 0.1);
        assert!(tip_of(30.0, 2).x > 120.0);
        assert!(tip_of(-30.0, 2).x < 80.0);
    }

    #[test]
    fn a_transform_that_is_no_rotation_has_no_axes() {
        let mut pose = turned(0.0);
        pose.transform = [[0.0; 4]; 4];
        assert!(tip(&pose, 0, Point2::default(), 100.0).is_none());
    }
}
