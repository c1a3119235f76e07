//! A small tracker of corners, for what happens behind the face.
//!
//! Corners are those of Shi and Tomasi, "Good features to track", CVPR 1994; they are followed by
//! the pyramidal form of Lucas and Kanade's method (Bouguet, "Pyramidal implementation of the affine
//! Lucas Kanade feature tracker", Intel, 2000), and believed only if they find their way back.
//!
//! Give it a plane of about 320 pixels' width: enough for a tenth of a pixel, and cheap.

use crate::Corner;
use crate::extract::Luma;

/// Half side of the window that is compared.
const RADIUS: i32 = 4;
/// Levels of the pyramid; motions of up to about 8 pixels at the top, 32 below.
const LEVELS: usize = 3;
const ROUNDS: usize = 12;
/// A step under this many pixels ends the search.
const CLOSE_ENOUGH: f32 = 0.01;
/// Farthest from its start that a corner may come back to.
const MAX_RETURN_ERROR: f32 = 0.5;
/// Smaller eigenvalue of the mean gradient matrix under which a place is no corner, in squared
/// grey levels per pixel: the noise of a dark room has about 4.
const MIN_EIGENVALUE: f32 = 12.0;

/// A picture at falling sizes, each half as large as the one before.
#[derive(Clone, Debug)]
pub struct Pyramid(Vec<Plane>);

#[derive(Clone, Debug)]
struct Plane {
    width: i32,
    height: i32,
    values: Vec<f32>,
}

impl Pyramid {
    /// From a grey picture.
    pub fn new(luma: &Luma) -> Self {
        let (width, height) = luma.size();
        let mut levels = vec![Plane {
            width: width as i32,
            height: height as i32,
            values: luma.values().iter().map(|v| f32::from(*v)).collect(),
        }];
        while levels.len() < LEVELS {
            let Some(half) = levels.last().and_then(Plane::halved) else {
                break;
            };
            levels.push(half);
        }
        Self(levels)
    }

    /// The best corner of each cell of a grid of `columns` times `rows`, in pixels, where `wanted`
    /// says yes.
    pub fn corners(
        &self,
        columns: usize,
        rows: usize,
        wanted: impl Fn(f32, f32) -> bool,
    ) -> Vec<[f32; 2]> {
        let Some(plane) = self.0.first() else {
            return Vec::new();
        };
        let mut best = vec![(MIN_EIGENVALUE, [0.0; 2]); columns * rows];
        let border = RADIUS + 2;
        let mut eigenvalues = SmallerEigenvalues::of(plane);
        for y in (border..plane.height - border).step_by(2) {
            let eigenvalues = eigenvalues.of_row(y);
            let row = y as usize * rows / plane.height as usize;
            for x in (border..plane.width - border).step_by(2) {
                let Some(&eigenvalue) = eigenvalues.get(x as usize) else {
                    continue;
                };
                let column = x as usize * columns / plane.width as usize;
                let Some(cell) = best.get_mut(row * columns + column) else {
                    continue;
                };
                // Pixel x covers x to x + 1.
                let at = [x as f32 + 0.5, y as f32 + 0.5];
                // Last, because it costs the most.
                if eigenvalue > cell.0 && wanted(at[0], at[1]) {
                    *cell = (eigenvalue, at);
                }
            }
        }
        let found = best.into_iter().filter(|(e, _)| *e > MIN_EIGENVALUE);
        found.map(|(_, at)| at).collect()
    }

    /// Where places of this picture are in the next one; those that were lost are left out.
    pub fn follow(&self, next: &Self, places: &[[f32; 2]]) -> Vec<Corner> {
        let followed = places.iter().filter_map(|&from| {
            let to = self.follow_one(next, from)?;
            let back = next.follow_one(self, to)?;
            let error = (back[0] - from[0]).hypot(back[1] - from[1]);
            (error <= MAX_RETURN_ERROR).then(|| Corner {
                x: f64::from(from[0]),
                y: f64::from(from[1]),
                dx: f64::from(to[0] - from[0]),
                dy: f64::from(to[1] - from[1]),
            })
        });
        followed.collect()
    }

    fn follow_one(&self, next: &Self, from: [f32; 2]) -> Option<[f32; 2]> {
        let mut guess = [0.0_f32; 2];
        for (level, (plane, other)) in self.0.iter().zip(&next.0).enumerate().rev() {
            let scale = (1 << level) as f32;
            let at = from.map(|v| v / scale);
            guess = plane
                .step(other, at, guess.map(|v| v / scale))?
                .map(|v| v * scale);
        }
        let to = [from[0] + guess[0], from[1] + guess[1]];
        next.0.first()?.holds(to).then_some(to)
    }
}

impl Plane {
    /// Half the size, by means of two by two pixels; `None` where windows would not fit.
    fn halved(&self) -> Option<Self> {
        let (width, height) = (self.width / 2, self.height / 2);
        if width.min(height) < 4 * RADIUS {
            return None;
        }
        let mut values = Vec::with_capacity((width * height) as usize);
        for y in 0..height {
            let (upper, lower) = (self.row(2 * y), self.row(2 * y + 1));
            let (upper, lower) = (upper.as_chunks::<2>().0, lower.as_chunks::<2>().0);
            let pairs = upper.iter().zip(lower);
            values.extend(pairs.map(|(u, l)| (u[0] + u[1] + l[0] + l[1]) / 4.0));
        }
        Some(Self {
            width,
            height,
            values,
        })
    }

    /// A row of pixels, that at the edge for rows outside.
    fn row(&self, y: i32) -> &[f32] {
        let width = self.width as usize;
        let start = y.clamp(0, self.height - 1) as usize * width;
        self.values.get(start..start + width).unwrap_or_default()
    }

    /// The pixel in column `x` and row `y`, that at the edge for places outside.
    fn pixel(&self, x: i32, y: i32) -> f32 {
        let x = x.clamp(0, self.width - 1);
        let y = y.clamp(0, self.height - 1);
        let at = (y * self.width + x) as usize;
        self.values.get(at).copied().unwrap_or(0.0)
    }

    /// The value at a place in pixels, linear between the centres.
    fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        // Without the call that `floor` is on the oldest processors; places far outside do not occur.
        let floor = |v: f32| v as i32 - i32::from(v < (v as i32) as f32);
        let (left, top) = (floor(x), floor(y));
        let (right_share, low_share) = (x - left as f32, y - top as f32);
        let line = |y| {
            let at = usize::try_from(left).ok();
            let inside = at.and_then(|at| self.row(y).get(at..at + 2));
            let [a, b] = match inside {
                Some(&[a, b]) => [a, b],
                _ => [left, left + 1].map(|x| self.pixel(x, y)),
            };
            a * (1.0 - right_share) + b * right_share
        };
        line(top) * (1.0 - low_share) + line(top + 1) * low_share
    }

    fn holds(&self, at: [f32; 2]) -> bool {
        (0.0..self.width as f32).contains(&at[0]) && (0.0..self.height as f32).contains(&at[1])
    }

    /// Lucas and Kanade's iteration at one level, from a guess of the motion.
    fn step(&self, other: &Self, at: [f32; 2], guess: [f32; 2]) -> Option<[f32; 2]> {
        const SIDE: usize = 2 * RADIUS as usize + 1;
        let mut window = [(0.0_f32, 0.0_f32, 0.0_f32); SIDE * SIDE];
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (i, cell) in window.iter_mut().enumerate() {
            let x = at[0] + (i % SIDE) as f32 - RADIUS as f32;
            let y = at[1] + (i / SIDE) as f32 - RADIUS as f32;
            let gx = (self.at(x + 1.0, y) - self.at(x - 1.0, y)) / 2.0;
            let gy = (self.at(x, y + 1.0) - self.at(x, y - 1.0)) / 2.0;
            *cell = (self.at(x, y), gx, gy);
            xx += gx * gx;
            xy += gx * gy;
            yy += gy * gy;
        }
        let determinant = xx * yy - xy * xy;
        // Flat, or an edge along which nothing can be told.
        if determinant <= 1e-3 * (xx + yy) * (xx + yy) {
            return None;
        }
        let mut moved = guess;
        for _ in 0..ROUNDS {
            let (mut bx, mut by) = (0.0, 0.0);
            for (i, (value, gx, gy)) in window.iter().enumerate() {
                let x = at[0] + moved[0] + (i % SIDE) as f32 - RADIUS as f32;
                let y = at[1] + moved[1] + (i / SIDE) as f32 - RADIUS as f32;
                let difference = value - other.at(x, y);
                bx += difference * gx;
                by += difference * gy;
            }
            let step = [
                (yy * bx - xy * by) / determinant,
                (xx * by - xy * bx) / determinant,
            ];
            moved = [moved[0] + step[0], moved[1] + step[1]];
            if !(moved[0].is_finite() && moved[1].is_finite()) {
                return None;
            }
            if step[0].hypot(step[1]) < CLOSE_ENOUGH {
                break;
            }
        }
        Some(moved)
    }
}

/// Half side of the window over which gradients are averaged for a corner.
const WINDOW: i32 = 2;

/// Products of the gradient, xx, xy and yy, for each pixel of a row.
type Products = [Vec<f32>; 3];

/// Smaller eigenvalues of the mean gradient matrix over five by five pixels, row by row from the top, by
/// whole rows at once so that the compiler can take many pixels in one step.
struct SmallerEigenvalues<'a> {
    plane: &'a Plane,
    /// Of the rows of the window, by the remainder of their number.
    products: [(Option<i32>, Products); 2 * WINDOW as usize + 1],
    sums: Products,
    row: Vec<f32>,
}

impl<'a> SmallerEigenvalues<'a> {
    fn of(plane: &'a Plane) -> Self {
        let zeros = || vec![0.0; plane.width as usize];
        let products = || std::array::from_fn(|_| zeros());
        Self {
            plane,
            products: std::array::from_fn(|_| (None, products())),
            sums: products(),
            row: zeros(),
        }
    }

    /// For the pixels of row `y`; those beside its ends, where the window does not fit, have none: 0.
    fn of_row(&mut self, y: i32) -> &[f32] {
        self.sums.iter_mut().for_each(|sums| sums.fill(0.0));
        for v in y - WINDOW..=y + WINDOW {
            let count = self.products.len() as i32;
            let Some((number, products)) = self.products.get_mut(v.rem_euclid(count) as usize)
            else {
                continue;
            };
            if *number != Some(v) {
                gradient_products(self.plane, v, products);
                *number = Some(v);
            }
            for (sums, products) in self.sums.iter_mut().zip(products) {
                sums.iter_mut().zip(products).for_each(|(s, p)| *s += *p);
            }
        }
        let [xx, xy, yy] = self.sums.each_ref().map(|sums| sums.array_windows::<5>());
        let inner = self.row.iter_mut().skip(WINDOW as usize);
        for (((value, xx), xy), yy) in inner.zip(xx).zip(xy).zip(yy) {
            let sum = |window: &[f32; 5]| window.iter().sum::<f32>();
            let (xx, xy, yy) = (sum(xx), sum(xy), sum(yy));
            let (mean, half) = ((xx + yy) / 2.0, (xx - yy) / 2.0);
            *value = (mean - (half * half + xy * xy).sqrt()) / 25.0;
        }
        &self.row
    }
}

/// Fills in the products of row `y`; those of its first and last pixel stay 0.
fn gradient_products(plane: &Plane, y: i32, products: &mut Products) {
    fn inner(row: &[f32]) -> &[f32] {
        row.get(1..row.len().saturating_sub(1)).unwrap_or_default()
    }
    let [above, row, below] = [y - 1, y, y + 1].map(|y| plane.row(y));
    let across = row.iter().zip(row.get(2..).unwrap_or_default());
    let down = inner(above).iter().zip(inner(below));
    let [xx, xy, yy] = products
        .each_mut()
        .map(|p| p.get_mut(1..).unwrap_or_default());
    let out = xx.iter_mut().zip(xy).zip(yy);
    for (((xx, xy), yy), ((left, right), (above, below))) in out.zip(across.zip(down)) {
        let (gx, gy) = ((right - left) / 2.0, (below - above) / 2.0);
        (*xx, *xy, *yy) = (gx * gx, gx * gy, gy * gy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A smooth, rich pattern, shifted.
    fn picture(dx: f32, dy: f32) -> Vec<u8> {
        let mut values = Vec::new();
        for y in 0..180 {
            for x in 0..240 {
                let (x, y) = (x as f32 + 0.5 - dx, y as f32 + 0.5 - dy);
                let v = (x * 0.31).sin() * (y * 0.27).cos() * 50.0
                    + (x * 0.11 + y * 0.17).sin() * 40.0
                    + (x * 0.05 - y * 0.08).cos() * 20.0;
                values.push((128.0 + v).round().clamp(0.0, 255.0) as u8);
            }
        }
        values
    }

    fn pyramid(values: &[u8]) -> Pyramid {
        Pyramid::new(&Luma::new(240, 180, values).unwrap())
    }

    #[test]
    fn known_shifts_are_found_to_a_tenth_of_a_pixel() {
        let before = pyramid(&picture(0.0, 0.0));
        let corners = before.corners(6, 5, |_, _| true);
        assert!(corners.len() >= 20, "{}", corners.len());
        for (dx, dy) in [(0.0, 0.0), (0.4, -0.3), (3.7, 2.2), (-4.5, 4.1)] {
            let found = before.follow(&pyramid(&picture(dx, dy)), &corners);
            assert!(
                found.len() * 10 >= corners.len() * 7,
                "{dx} {dy}: {}",
                found.len()
            );
            let median =
                |pick: fn(&Corner) -> f64| crate::stats::median(found.iter().map(pick)).unwrap();
            assert!((median(|c| c.dx) - f64::from(dx)).abs() < 0.1, "{dx}");
            assert!((median(|c| c.dy) - f64::from(dy)).abs() < 0.1, "{dy}");
        }
    }

    #[test]
    fn flat_pictures_and_edges_have_no_corner() {
        assert!(
            pyramid(&[90; 240 * 180])
                .corners(6, 5, |_, _| true)
                .is_empty()
        );
        let edge: Vec<u8> = (0..240 * 180)
            .map(|i| if i % 240 < 120 { 40 } else { 200 })
            .collect();
        assert!(pyramid(&edge).corners(6, 5, |_, _| true).is_empty());
        let flat = pyramid(&[90; 240 * 180]);
        assert!(flat.follow(&flat, &[[100.0, 100.0]]).is_empty());
    }

    #[test]
    fn unwanted_places_and_tiny_pictures_are_left_out() {
        let corners = pyramid(&picture(0.0, 0.0)).corners(6, 5, |x, _| x < 80.0);
        assert!(!corners.is_empty() && corners.iter().all(|c| c[0] < 80.0));
        let tiny = Pyramid::new(&Luma::new(3, 2, &[1, 2, 3, 4, 5, 6]).unwrap());
        assert!(tiny.corners(4, 4, |_, _| true).is_empty());
        assert!(tiny.follow(&tiny, &[[1.0, 1.0], [f32::NAN, 0.0]]).len() <= 1);
    }

    #[test]
    fn other_pictures_are_not_followed_far() {
        let before = pyramid(&picture(0.0, 0.0));
        let noise: Vec<u8> = {
            let mut random = fastrand::Rng::with_seed(1);
            (0..240 * 180).map(|_| random.u8(..)).collect()
        };
        let corners = before.corners(6, 5, |_, _| true);
        let found = before.follow(&pyramid(&noise), &corners);
        assert!(
            found.len() * 4 <= corners.len(),
            "{} of {}",
            found.len(),
            corners.len()
        );
    }
}
