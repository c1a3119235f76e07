//! Motion of a plane and motion of a thing with depth.
//!
//! Where a scene moves before a camera, the picture of a plane moves by a homography; what stands
//! out of the plane moves beyond it, by an amount in proportion to its relief and in one direction
//! for all points (plane and parallax: Irani and Anandan, "Parallax geometry of pairs of points
//! for 3D scene analysis", ECCV 1996). For the small turns of a head the homography is an affine
//! map with the quadratic flow of a plane (Adiv, PAMI 7, 1985), which makes all of it linear.

use nalgebra::{Matrix2, Matrix3, SMatrix, SVector, Vector2, Vector3};

use crate::geometry::{RIGID, SOFT, inter_eye_distance_px, rigid_middle};
use crate::{Corner, Landmarks};

/// How a face moved from a reference frame to another one.
#[derive(Clone, Debug)]
pub(crate) struct FaceMotion {
    /// Parallax in x and y: pixels of motion beyond the plane's per pixel of relief. The sine of the
    /// turn out of the image for a head, 0 for a picture of one.
    pub parallax: [f64; 2],
    /// How much the motion stretches the face more than a solid body could: the two components of
    /// K = S / trace S with S = M Mt, where the 2 x 3 matrix M maps the face in three dimensions to the
    /// image. A solid body under a distant camera has K = 0 (the metric constraint of Tomasi and
    /// Kanade, IJCV 9, 1992). A plane tilted by t has about t^2 / 2.
    pub stretch: [f64; 2],
    /// Where the soft vertices went beyond all that, in distances between the eyes, in the
    /// reference's directions; x and y in turn.
    pub soft: Vec<f64>,
    /// The same for the rigid vertices: what the fit could not explain.
    pub rigid_rms: f64,
}

const UNKNOWNS: usize = 10;

/// Rows of the linear system for a point at (x, y) with relief r: the unknowns are the plane's
/// affine motion (3 for x, 3 for y), its two quadratic terms and the parallax in x and y.
fn rows(x: f64, y: f64, r: f64) -> [SVector<f64, UNKNOWNS>; 2] {
    [
        SVector::from([1.0, x, y, 0.0, 0.0, 0.0, x * x, x * y, r, 0.0]),
        SVector::from([0.0, 0.0, 0.0, 1.0, x, y, x * y, y * y, 0.0, r]),
    ]
}

/// A reference frame to which others are compared; units are distances between its eyes, from the
/// middle of its rigid vertices.
pub(crate) struct Reference {
    points: Vec<Vector2<f64>>,
    relief: Vec<f64>,
    soft: Vec<(Vector2<f64>, f64)>,
    middle: Vector2<f64>,
    unit_px: f64,
}

impl Reference {
    /// `None` for a face without size.
    pub(crate) fn new(landmarks: &Landmarks) -> Option<Self> {
        let unit_px = inter_eye_distance_px(landmarks);
        if !(unit_px.is_finite() && unit_px > 1.0) {
            return None;
        }
        let middle = Vector2::from(rigid_middle(landmarks));
        let place = |v: &usize| {
            let [x, y, z] = landmarks.at(*v);
            ((Vector2::new(x, y) - middle) / unit_px, -z / unit_px)
        };
        let (points, relief) = RIGID.iter().map(place).unzip();
        Some(Self {
            points,
            relief,
            soft: SOFT.iter().map(place).collect(),
            middle,
            unit_px,
        })
    }

    /// The motion from here to `target`, `None` where it has no solution.
    pub(crate) fn motion_to(&self, target: &Landmarks) -> Option<FaceMotion> {
        let place = |v: &usize| {
            let [x, y, _] = target.at(*v);
            (Vector2::new(x, y) - self.middle) / self.unit_px
        };
        let seen: Vec<Vector2<f64>> = RIGID.iter().map(place).collect();
        let (affine, shift) = affine_fit(self.points.iter().copied().zip(seen.iter().copied()))?;
        // Pulled back by the affine part, so that what is left is small and in the
        // reference's directions.
        let back = affine.try_inverse()?;
        let pulled = |seen: Vector2<f64>| back * (seen - shift);

        let mut normal = SMatrix::<f64, UNKNOWNS, UNKNOWNS>::identity() * 1e-9;
        let mut right = SVector::<f64, UNKNOWNS>::zeros();
        let measured = self.points.iter().zip(&self.relief).zip(&seen);
        for ((point, relief), &seen) in measured.clone() {
            let left = pulled(seen) - point;
            for (row, value) in rows(point.x, point.y, *relief).iter().zip(left.iter()) {
                normal += row * row.transpose();
                right += row * *value;
            }
        }
        let found = normal.cholesky()?.solve(&right);
        let beyond = |point: &Vector2<f64>, relief: f64, seen: Vector2<f64>| {
            let [x, y] = rows(point.x, point.y, relief).map(|row| row.dot(&found));
            pulled(seen) - point - Vector2::new(x, y)
        };

        let parallax = Vector2::new(found[8], found[9]);
        let plane =
            affine * (Matrix2::identity() + Matrix2::new(found[1], found[2], found[4], found[5]));
        let moved = affine * parallax;
        let s = plane * plane.transpose() + moved * moved.transpose();
        let trace = s.trace();
        let rigid = measured.map(|((p, r), &seen)| beyond(p, *r, seen).norm_squared());
        let soft_seen = self.soft.iter().zip(&SOFT);
        let motion = FaceMotion {
            parallax: [parallax.x, parallax.y],
            stretch: [(s.m11 - s.m22) / trace, 2.0 * s.m12 / trace],
            soft: soft_seen
                .flat_map(|((p, r), v)| <[f64; 2]>::from(beyond(p, *r, place(v))))
                .collect(),
            rigid_rms: (rigid.sum::<f64>() / RIGID.len() as f64).sqrt(),
        };
        let all = motion
            .soft
            .iter()
            .chain(&motion.stretch)
            .chain(&motion.parallax);
        (all.copied().all(f64::is_finite) && trace > 0.0).then_some(motion)
    }
}

/// The affine map of least squares: `to = A from + t`.
fn affine_fit(
    pairs: impl Iterator<Item = (Vector2<f64>, Vector2<f64>)>,
) -> Option<(Matrix2<f64>, Vector2<f64>)> {
    weighted_affine(pairs.map(|(from, to)| (from, to, 1.0)))
}

fn weighted_affine(
    pairs: impl Iterator<Item = (Vector2<f64>, Vector2<f64>, f64)>,
) -> Option<(Matrix2<f64>, Vector2<f64>)> {
    let mut normal = Matrix3::zeros();
    let mut right = [Vector3::zeros(); 2];
    for (from, to, weight) in pairs {
        let row = Vector3::new(from.x, from.y, 1.0);
        normal += row * row.transpose() * weight;
        right[0] += row * (to.x * weight);
        right[1] += row * (to.y * weight);
    }
    let solver = normal.cholesky()?;
    let [x, y] = right.map(|r| solver.solve(&r));
    let affine = Matrix2::new(x[0], x[1], y[0], y[1]);
    let finite = affine.iter().chain([&x[2], &y[2]]).all(|v| v.is_finite());
    finite.then_some((affine, Vector2::new(x[2], y[2])))
}

/// How the background moved between two neighbouring moments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BackgroundMotion {
    affine: Matrix2<f64>,
    shift: Vector2<f64>,
    /// Pixels from which a corner does not go along with it.
    limit_px: f64,
}

/// Corners that an affine map needs so that one gone astray is outvoted.
pub(crate) const MIN_CORNERS: usize = 8;
/// Rounds of reweighting; more change nothing that is measured.
const ROUNDS: usize = 12;
/// Tukey's limit in robust standard deviations, 95 % efficient for normal noise.
pub(crate) const TUKEY: f64 = 4.685;
/// Noise of a followed corner in pixels, under which nobody is an outlier.
pub(crate) const CORNER_NOISE_PX: f64 = 0.1;

impl BackgroundMotion {
    /// The affine map of most corners, by Tukey's weights; `None` with too few of them.
    pub(crate) fn of(corners: &[Corner]) -> Option<Self> {
        let finite = |c: &&Corner| [c.x, c.y, c.dx, c.dy].iter().all(|v| v.is_finite());
        let pairs: Vec<_> = corners
            .iter()
            .filter(finite)
            .map(|c| {
                let from = Vector2::new(c.x, c.y);
                (from, from + Vector2::new(c.dx, c.dy))
            })
            .collect();
        if pairs.len() < MIN_CORNERS {
            return None;
        }
        // From the middle, so that the equations are well conditioned.
        let middle = pairs.iter().map(|(from, _)| from).sum::<Vector2<f64>>() / pairs.len() as f64;
        let mut weights = vec![1.0; pairs.len()];
        let mut best = None;
        for _ in 0..ROUNDS {
            let weighted = pairs.iter().zip(&weights);
            let (affine, shift) =
                weighted_affine(weighted.map(|((f, t), w)| (f - middle, t - middle, *w)))?;
            let left = |(f, t): &(Vector2<f64>, Vector2<f64>)| {
                (affine * (f - middle) + shift - (t - middle)).norm()
            };
            let spread = crate::stats::median(pairs.iter().map(left))? * 1.4826;
            let limit = TUKEY * spread.max(CORNER_NOISE_PX);
            for (weight, pair) in weights.iter_mut().zip(&pairs) {
                let share = (left(pair) / limit).min(1.0);
                *weight = (1.0 - share * share).powi(2);
            }
            best = Some(Self {
                affine,
                shift: shift + middle - affine * middle,
                limit_px: limit,
            });
        }
        best
    }

    /// Where the background at a place moved to, less the place.
    pub(crate) fn at(&self, place: [f64; 2]) -> [f64; 2] {
        let from = Vector2::from(place);
        (self.affine * from + self.shift - from).into()
    }

    /// Whether a corner goes along with it.
    pub(crate) fn explains(&self, corner: &Corner) -> bool {
        let [dx, dy] = self.at([corner.x, corner.y]);
        (dx - corner.dx).hypot(dy - corner.dy) < self.limit_px
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{HeadState, Plane, face_of};

    fn turned(yaw: f64, pitch: f64) -> Landmarks {
        face_of(&HeadState {
            yaw_deg: yaw,
            pitch_deg: pitch,
            ..HeadState::default()
        })
    }

    fn motion(to: &Landmarks) -> FaceMotion {
        let reference = Reference::new(&turned(0.0, 0.0)).unwrap();
        reference.motion_to(to).unwrap()
    }

    #[test]
    fn a_turned_head_has_the_parallax_of_its_turn_and_no_stretch() {
        for degrees in [-10.0, -5.0, 5.0, 10.0_f64] {
            let yaw = motion(&turned(degrees, 0.0));
            let sine = degrees.to_radians().sin();
            assert!((yaw.parallax[0] - sine).abs() < 0.03, "{degrees}: {yaw:?}");
            assert!(yaw.parallax[1].abs() < 0.02);
            assert!(
                yaw.stretch[0].hypot(yaw.stretch[1]) < 0.012,
                "{degrees}: {:?}",
                yaw.stretch
            );
            // Up in the image is the negative direction.
            let pitch = motion(&turned(0.0, degrees));
            assert!(
                (pitch.parallax[1] + sine).abs() < 0.03,
                "{degrees}: {pitch:?}"
            );
        }
    }

    #[test]
    fn a_tilted_picture_has_the_stretch_of_its_tilt_and_no_parallax() {
        for degrees in [-20.0, 12.0, 20.0_f64] {
            let plane = Plane {
                tilt_deg: [degrees, 0.0],
                ..Plane::default()
            };
            let seen = motion(&plane.of_landmarks(&turned(0.0, 0.0)));
            assert!(
                seen.parallax[0].hypot(seen.parallax[1]) < 0.02,
                "{degrees}: {seen:?}"
            );
            let tilt = degrees.to_radians();
            let expected = tilt.sin().powi(2) / (1.0 + tilt.cos().powi(2));
            let stretch = seen.stretch[0].hypot(seen.stretch[1]);
            assert!(
                (stretch - expected).abs() < 0.3 * expected,
                "{degrees}: {stretch} {expected}"
            );
            assert!(seen.rigid_rms < 0.005, "{}", seen.rigid_rms);
        }
    }

    #[test]
    fn turning_in_the_image_moving_and_nearing_are_neither() {
        let plane = Plane {
            roll_deg: 20.0,
            scale: 1.3,
            shift_px: [40.0, -25.0],
            ..Plane::default()
        };
        let seen = motion(&plane.of_landmarks(&turned(0.0, 0.0)));
        let figures = [seen.parallax, seen.stretch].concat();
        assert!(figures.iter().all(|f| f.abs() < 1e-3), "{seen:?}");
        assert!(seen.soft.iter().all(|f| f.abs() < 1e-3));
    }

    #[test]
    fn one_corner_in_five_may_go_astray() {
        let corners: Vec<Corner> = (0..40)
            .map(|i| {
                let (x, y) = (f64::from(i % 8) * 80.0, f64::from(i / 8) * 90.0);
                let astray = if i % 5 == 0 { 30.0 } else { 0.0 };
                let (dx, dy) = (2.0 + 0.01 * x + astray, -1.0 + 0.005 * y);
                Corner { x, y, dx, dy }
            })
            .collect();
        let motion = BackgroundMotion::of(&corners).unwrap();
        let [dx, dy] = motion.at([100.0, 200.0]);
        assert!((dx - 3.0).abs() < 0.15 && dy.abs() < 0.02, "{dx} {dy}");
        let gone = corners.iter().filter(|c| !motion.explains(c)).count();
        assert_eq!(gone, 8);
        assert!(BackgroundMotion::of(&corners[..7]).is_none());
        assert!(BackgroundMotion::of(&[Corner::default(); 20]).is_none());
    }
}
