//! Luma of the face's skin, sampled on a grid that follows the mesh.

use crate::canonical::CANONICAL_FACE;
use crate::{Evidence, Point2};

/// Triangles within this distance (cm) of the middle line belong to neither half.
const MIDDLE_CM: f64 = 1.0;
/// Triangles lower than this part of the face (cm, y up) may be beard, higher ones hair.
const LOWEST_CM: f64 = -5.0;
const HIGHEST_CM: f64 = 6.0;

/// Luma values of the triangles of the mesh, one each at its middle, averaged over a small patch.
pub struct SkinLuma {
    /// All of the face, in [0, 255].
    pub all: Vec<f64>,
    /// The half that is left in the image.
    pub left: Vec<f64>,
    /// The half that is right in the image.
    pub right: Vec<f64>,
}

impl SkinLuma {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let mut skin = Self {
            all: Vec::with_capacity(CANONICAL_FACE.triangles.len()),
            left: Vec::new(),
            right: Vec::new(),
        };
        for triangle in &CANONICAL_FACE.triangles {
            let corners = triangle.map(|v| evidence.landmarks.at(v).xy());
            let Some(luma) = luma_at(evidence, middle(&corners)) else {
                continue;
            };
            skin.all.push(luma);
            let [x, y, _] = triangle
                .map(|v| CANONICAL_FACE.vertices[v])
                .into_iter()
                .fold([0.0; 3], |sum, v| {
                    std::array::from_fn(|i| sum[i] + v[i] / 3.0)
                });
            if !(LOWEST_CM..=HIGHEST_CM).contains(&y) {
                continue;
            }
            if x < -MIDDLE_CM {
                skin.left.push(luma);
            } else if x > MIDDLE_CM {
                skin.right.push(luma);
            }
        }
        skin
    }
}

fn middle(corners: &[Point2; 3]) -> Point2 {
    let sum = |pick: fn(&Point2) -> f32| corners.iter().map(pick).sum::<f32>() / 3.0;
    Point2 {
        x: sum(|p| p.x),
        y: sum(|p| p.y),
    }
}

/// Mean luma of the 3x3 pixels around a point; `None` outside the image.
fn luma_at(evidence: &Evidence, point: Point2) -> Option<f64> {
    let luma = &evidence.luma;
    let (width, height) = (luma.width() as usize, luma.height() as usize);
    let inside = (0.0..width as f32).contains(&point.x) && (0.0..height as f32).contains(&point.y);
    if !inside {
        return None;
    }
    let (x, y) = (point.x as usize, point.y as usize);
    let (mut sum, mut count) = (0u32, 0u32);
    for row in luma.rows().skip(y.saturating_sub(1)).take(3) {
        for &value in row.iter().skip(x.saturating_sub(1)).take(3) {
            sum += u32::from(value);
            count += 1;
        }
    }
    (count > 0).then(|| f64::from(sum) / f64::from(count))
}
