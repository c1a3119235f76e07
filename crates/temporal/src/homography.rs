//! How a background turned about itself, from its corners.
//!
//! The picture of a plane changes by a homography (Hartley and Zisserman, "Multiple View Geometry in
//! Computer Vision", 2004, chapter 13): K (R + t n^T / d) K^-1, where R is how the camera turned and t / d
//! how far it travelled over the distance of the plane. A camera that only turns by a small angle moves the
//! whole picture by f times the angle and bends it by the angle over f; one that travels before a distant
//! wall moves the picture and does not bend it. A sheet that is tilted in a hand bends its picture without
//! moving it, because for the sheet the camera has travelled around it. No room turns like that: a camera
//! in a hand travels a centimetre or two in half a second, a wall is a metre away or more.

use nalgebra::{Matrix2, Matrix3, SMatrix, SVector, Vector2};

use crate::Corner;
use crate::planar::{CORNER_NOISE_PX, TUKEY};
use crate::stats::median;

/// The focal lengths that cameras may have, over the longer side of the picture: 80 to 42 degrees of view.
const FOCAL: [f64; 2] = [0.6, 1.3];
/// Corners that are needed: half as many again as determine a homography, and then as many outliers.
const MIN_CORNERS: usize = 16;
/// Rounds of reweighting; more change nothing that is measured.
const ROUNDS: usize = 12;
/// Noise of a followed corner in pixels that no fit is believed to be better than.
const LEAST_NOISE_PX: f64 = 0.03;

/// The homography of most corners between two moments. Places are measured from the middle of the picture
/// in its longer side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Homography {
    map: Matrix3<f64>,
    /// Variance of the two elements of its last row that bend the picture.
    bend_variance: f64,
}

/// How far a background turned about itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bend {
    /// Radians at least, whatever the camera's focal length is and however the camera turned.
    pub radians: f64,
    /// Standard deviation that the noise of the corners gives it.
    pub noise: f64,
}

impl Homography {
    /// By iteratively reweighted least squares with Tukey's weights, which one corner in four may miss;
    /// `None` where too few agree or their places do not determine it.
    pub(crate) fn of(corners: &[Corner], size_px: [u32; 2]) -> Option<Self> {
        let [width, height] = size_px.map(f64::from);
        let unit = width.max(height);
        let place = |x: f64, y: f64| Vector2::new(x - width / 2.0, y - height / 2.0) / unit;
        let pairs: Vec<(Vector2<f64>, Vector2<f64>)> = corners
            .iter()
            .map(|c| (place(c.x, c.y), place(c.x + c.dx, c.y + c.dy)))
            .filter(|(from, to)| from.iter().chain(to).all(|v| v.is_finite()))
            .collect();
        let mut weights = vec![1.0; pairs.len()];
        let mut found = None;
        for _ in 0..ROUNDS {
            let counted = weights.iter().filter(|w| **w > 0.0).count();
            if counted < MIN_CORNERS {
                return None;
            }
            let (solved, inverse) = solve(&pairs, &weights)?;
            let misses = Vec::from_iter(pairs.iter().map(|pair| miss(&solved, pair)));
            let spread = 1.4826 * median(misses.iter().map(|m| m.norm()))?;
            let limit = TUKEY * spread.max(CORNER_NOISE_PX / unit);
            let squares = misses.iter().zip(&weights);
            let squares: f64 = squares.map(|(m, w)| w * m.norm_squared()).sum();
            let freedom = (2 * counted - UNKNOWNS) as f64;
            let variance = (squares / freedom).max((LEAST_NOISE_PX / unit).powi(2));
            let map = Matrix3::new(
                solved[0], solved[1], solved[2], solved[3], solved[4], solved[5], solved[6],
                solved[7], 1.0,
            );
            found = Some(Self {
                map,
                bend_variance: variance * (inverse[(6, 6)] + inverse[(7, 7)]),
            });
            for (weight, miss) in weights.iter_mut().zip(&misses) {
                let share = (miss.norm() / limit).min(1.0);
                *weight = (1.0 - share * share).powi(2);
            }
        }
        found.filter(|h| h.bend_variance.is_finite() && h.map.iter().all(|v| v.is_finite()))
    }

    /// This motion and then another one.
    pub(crate) fn then(&self, next: &Self) -> Self {
        Self {
            map: next.map * self.map,
            // Errors of steps are independent, and steps are small.
            bend_variance: self.bend_variance + next.bend_variance,
        }
    }

    /// How far the background turned about itself; `None` for a map that turns the picture inside out.
    pub(crate) fn bend(&self) -> Option<Bend> {
        let map = self.map / self.map[(2, 2)];
        let bent = -Vector2::new(map[(2, 0)], map[(2, 1)]);
        let moved = Vector2::new(map[(0, 2)], map[(1, 2)]);
        let turned: Matrix2<f64> = map.fixed_view::<2, 2>(0, 0).into();
        if !(turned.determinant() > 0.0 && bent.norm().is_finite()) {
            return None;
        }
        // The focal length with which a turn of the camera explains most of it.
        let focal = (moved.norm() / bent.norm().max(f64::MIN_POSITIVE)).sqrt();
        let focal = focal.clamp(FOCAL[0], FOCAL[1]);
        let travelled = (bent * focal - moved / focal).norm();
        Some(Bend {
            radians: travelled.min(bent.norm() * FOCAL[0]),
            noise: self.bend_variance.sqrt() * FOCAL[0],
        })
    }
}

const UNKNOWNS: usize = 8;
type Solution = SVector<f64, UNKNOWNS>;

/// Two rows of the linear system of a homography whose last element is 1.
fn rows(from: &Vector2<f64>, to: &Vector2<f64>) -> [Solution; 2] {
    let (x, y) = (from.x, from.y);
    [
        Solution::from([x, y, 1.0, 0.0, 0.0, 0.0, -to.x * x, -to.x * y]),
        Solution::from([0.0, 0.0, 0.0, x, y, 1.0, -to.y * x, -to.y * y]),
    ]
}

fn miss(solved: &Solution, (from, to): &(Vector2<f64>, Vector2<f64>)) -> Vector2<f64> {
    let [x, y] = rows(from, to).map(|row| row.dot(solved));
    to - Vector2::new(x, y)
}

fn solve(
    pairs: &[(Vector2<f64>, Vector2<f64>)],
    weights: &[f64],
) -> Option<(Solution, SMatrix<f64, UNKNOWNS, UNKNOWNS>)> {
    // So small that it only keeps what nothing determines from being anything.
    let mut normal = SMatrix::<f64, UNKNOWNS, UNKNOWNS>::identity() * 1e-9;
    let mut right = Solution::zeros();
    for ((from, to), weight) in pairs.iter().zip(weights) {
        for (row, value) in rows(from, to).iter().zip(to.iter()) {
            normal += row * row.transpose() * *weight;
            right += row * (*value * *weight);
        }
    }
    let solver = normal.cholesky()?;
    Some((solver.solve(&right), solver.inverse()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{FOCAL_PX, Plane, SIZE, normal};

    /// Corners all over the picture, moved, each found with so much noise.
    fn corners(moved: impl Fn([f64; 2]) -> [f64; 2], noise_px: f64, seed: u64) -> Vec<Corner> {
        let random = &mut fastrand::Rng::with_seed(seed);
        let [width, height] = SIZE.map(f64::from);
        let places = (0..80).map(|i| {
            let (column, row) = (f64::from(i % 8), f64::from(i / 8));
            [(column + 0.5) / 8.0 * width, (row + 0.5) / 10.0 * height]
        });
        let corner = |[x, y]: [f64; 2]| {
            let [to_x, to_y] = moved([x, y]);
            let mut noise = || noise_px * normal(random);
            let (dx, dy) = (to_x - x + noise(), to_y - y + noise());
            Corner { x, y, dx, dy }
        };
        places.map(corner).collect()
    }

    fn bend(corners: &[Corner]) -> Bend {
        Homography::of(corners, SIZE).unwrap().bend().unwrap()
    }

    /// What a camera sees that turns about its own centre.
    fn turned_camera([x, y]: [f64; 2], yaw_deg: f64) -> [f64; 2] {
        let [width, height] = SIZE.map(f64::from);
        let (sin, cos) = yaw_deg.to_radians().sin_cos();
        let (x, y) = ((x - width / 2.0) / FOCAL_PX, (y - height / 2.0) / FOCAL_PX);
        let depth = cos - x * sin;
        [
            width / 2.0 + FOCAL_PX * (x * cos + sin) / depth,
            height / 2.0 + FOCAL_PX * y / depth,
        ]
    }

    #[test]
    fn a_tilted_sheet_bends_by_its_tilt_at_the_shortest_focal_length() {
        let unit = SIZE.map(f64::from).into_iter().fold(0.0, f64::max);
        for degrees in [-10.0, -3.0, 3.0, 10.0_f64] {
            for axis in 0..2 {
                let mut tilt_deg = [0.0; 2];
                tilt_deg[axis] = degrees;
                let plane = Plane {
                    tilt_deg,
                    ..Plane::default()
                };
                let seen = bend(&corners(|p| plane.of_point(p), 0.1, 1));
                let expected = degrees.to_radians().sin().abs() * FOCAL[0] * unit / FOCAL_PX;
                assert!(
                    (seen.radians - expected).abs() < 0.05 * expected + 3.0 * seen.noise,
                    "{degrees}: {seen:?} {expected}"
                );
                assert!(seen.radians > 6.0 * seen.noise, "{degrees}: {seen:?}");
            }
        }
    }

    #[test]
    fn a_camera_that_turns_moves_or_nears_bends_nothing() {
        for degrees in [-4.0, 2.0, 4.0] {
            let seen = bend(&corners(|p| turned_camera(p, degrees), 0.0, 2));
            assert!(seen.radians < 0.006, "{degrees}: {seen:?}");
        }
        let before_a_wall = Plane {
            scale: 1.1,
            roll_deg: 5.0,
            shift_px: [60.0, -20.0],
            ..Plane::default()
        };
        let seen = bend(&corners(|p| before_a_wall.of_point(p), 0.1, 3));
        assert!(seen.radians < 3.0 * seen.noise, "{seen:?}");
    }

    #[test]
    fn noise_alone_stays_under_three_deviations_of_what_is_claimed() {
        for noise_px in [0.05, 0.2, 1.0] {
            let seen = (0..200).map(|seed| bend(&corners(|p| p, noise_px, seed)));
            let over = seen.filter(|b| b.radians > 3.0 * b.noise).count();
            assert!(over <= 4, "{noise_px}: {over} of 200");
        }
    }

    #[test]
    fn one_corner_in_four_may_go_its_own_way() {
        let plane = Plane {
            tilt_deg: [8.0, 0.0],
            ..Plane::default()
        };
        let mut seen = corners(|p| plane.of_point(p), 0.1, 4);
        let without = bend(&seen);
        for corner in seen.iter_mut().step_by(4) {
            (corner.dx, corner.dy) = (corner.dx + 25.0, corner.dy - 14.0);
        }
        let with = bend(&seen);
        assert!(
            (with.radians - without.radians).abs() < 0.1 * without.radians,
            "{with:?} {without:?}"
        );
    }

    #[test]
    fn steps_add_up_and_what_determines_nothing_is_none() {
        let at = |degrees: f64| Plane {
            tilt_deg: [degrees, 0.0],
            ..Plane::default()
        };
        let (half, whole) = (at(4.0), at(8.0));
        // From where the first step ends to where the second one does.
        let first = corners(|p| half.of_point(p), 0.0, 5);
        let second = Vec::from_iter(first.iter().map(|c| {
            let [to_x, to_y] = whole.of_point([c.x, c.y]);
            let (x, y) = (c.x + c.dx, c.y + c.dy);
            let (dx, dy) = (to_x - x, to_y - y);
            Corner { x, y, dx, dy }
        }));
        let [first, second] = [first, second].map(|c| Homography::of(&c, SIZE).unwrap());
        let steps = first.then(&second).bend().unwrap();
        let at_once = bend(&corners(|p| whole.of_point(p), 0.0, 6));
        assert!((steps.radians - at_once.radians).abs() < 1e-6);

        let all = corners(|p| p, 0.1, 7);
        assert!(Homography::of(&all[..MIN_CORNERS - 1], SIZE).is_none());
        let broken = [Corner {
            x: f64::NAN,
            ..Corner::default()
        }; 40];
        assert!(Homography::of(&broken, SIZE).is_none());
        // All in one place: nothing is known of the bend, so no bend can be told from noise.
        let one_place = Homography::of(&[Corner::default(); 40], SIZE).and_then(|h| h.bend());
        assert!(one_place.is_none_or(|b| b.radians <= 3.0 * b.noise));
        assert!(Homography::of(&all, [0, 0]).is_none());
    }
}
