//! Sharpness of the face, whatever its size: the face is first brought to one width.

use lifesign_domain::ReasonCode;

use super::{Component, when};
use crate::Evidence;

/// Cells across the face. Finer detail than the cells is averaged away, so a large face is not
/// called blurred for what a viewer would not see; a small one has no detail to lose and is.
const CELLS: usize = 96;
/// Samples along each side of a cell, at most.
const MAX_SAMPLES: usize = 4;
/// Variance of a plane without any content.
const MIN_VARIANCE: f64 = 1.0;

/// Variance of the Laplacian of the face over the variance of its luma (after Pech-Pacheco et
/// al., "Diatom autofocusing in brightfield microscopy", 2000). The quotient does not depend on
/// contrast, so that dim light is not taken for blur.
pub(super) const SHARPNESS: Component = Component {
    name: "sharpness",
    unit: "ratio",
    measure: |view| laplacian_share(&face_cells(view.evidence)),
    judge: |value, calibration| {
        when(
            value < calibration.quality.min_sharpness,
            ReasonCode::Blurred,
        )
    },
};

fn laplacian_share(cells: &[f64]) -> Option<f64> {
    let contrast = variance(cells.iter().copied());
    if contrast < MIN_VARIANCE {
        return None;
    }
    let laplacian = (1..CELLS - 1).flat_map(|y| {
        (1..CELLS - 1).map(move |x| {
            let at = y * CELLS + x;
            let around = cells[at - 1] + cells[at + 1] + cells[at - CELLS] + cells[at + CELLS];
            around - 4.0 * cells[at]
        })
    });
    Some(variance(laplacian) / contrast)
}

fn variance(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum, squares) =
        values.fold((0.0, 0.0, 0.0), |(n, s, q), v| (n + 1.0, s + v, q + v * v));
    (squares / count - (sum / count) * (sum / count)).max(0.0)
}

/// Mean luma of each cell of the largest square inside the face's extent.
fn face_cells(evidence: &Evidence) -> Vec<f64> {
    let luma = &evidence.luma;
    let bounds = &evidence.face_bounds;
    let (width, height) = (luma.width() as usize, luma.height() as usize);
    let side = bounds.width.min(bounds.height).max(1.0);
    let centre = bounds.centre();
    let cell = side / CELLS as f32;
    let samples = (cell.ceil() as usize).clamp(1, MAX_SAMPLES);
    let step = cell / samples as f32;
    // Pixel index of sample `i`, counted from the square's edge; beyond the image its border.
    let index = |middle: f32, i: usize, length: usize| {
        let at = middle - side / 2.0 + (i as f32 + 0.5) * step;
        (at.max(0.0) as usize).min(length - 1)
    };
    let columns: Vec<usize> = (0..CELLS * samples)
        .map(|i| index(centre.x, i, width))
        .collect();
    let mut cells = vec![0.0; CELLS * CELLS];
    for i in 0..CELLS * samples {
        let row = &luma.data()[index(centre.y, i, height) * width..][..width];
        let cells = &mut cells[i / samples * CELLS..][..CELLS];
        for (sum, columns) in cells.iter_mut().zip(columns.chunks_exact(samples)) {
            *sum += columns.iter().map(|&x| f64::from(row[x])).sum::<f64>();
        }
    }
    let count = (samples * samples) as f64;
    cells.iter_mut().for_each(|sum| *sum /= count);
    cells
}
