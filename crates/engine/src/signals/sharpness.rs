//! Sharpness: the variance of the Laplacian (Pech-Pacheco et al. 2000; the LAPV operator of
//! Pertuz et al., "Analysis of focus measure operators for shape-from-focus", 2013).

use lifesign_media::Gray;

use super::{Curve, Measured, Reading, Signal, SignalParams, face_crop, wording};
use crate::{Evidence, Rect};

/// The longer side of the image is reduced to this, so that the same scene gives about the same
/// variance from a webcam and from a phone.
const WORKING_SIDE_PX: u32 = 640;

/// Variance of the Laplacian of the whole image.
pub(super) struct Sharpness;

impl Signal for Sharpness {
    fn name(&self) -> &'static str {
        "sharpness"
    }

    fn label(&self) -> &'static str {
        "Image sharpness"
    }

    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading {
        match laplacian_variance(&evidence.luma) {
            Some(variance) => measured(variance, params),
            None => Reading::NotAssessable("the picture is smaller than 3 x 3 pixels".to_owned()),
        }
    }
}

fn measured(variance: f64, params: &SignalParams) -> Reading {
    let floor = params.min_blur_variance;
    let score = score(variance, floor, &params.sharpness.score);
    let finding = wording(
        score,
        [(0.8, "Sharp and well focused"), (0.5, "Moderately sharp")],
        "Soft or blurred",
    );
    Reading::Measured(Measured {
        values: vec![("laplacian_variance", variance)],
        score,
        detail: format!("{finding}: Laplacian variance {variance:.0} (soft below {floor:.0})."),
    })
}

fn score(variance: f64, floor: f64, curve: &Curve) -> f64 {
    curve.at(variance / floor)
}

/// Variance of the 4-neighbour Laplacian at the working size, in squared grey levels; `None`
/// where no pixel has four neighbours.
fn laplacian_variance(luma: &Gray) -> Option<f64> {
    let longer = luma.width().max(luma.height());
    if longer <= WORKING_SIDE_PX {
        return variance_of(luma.data(), luma.width() as usize);
    }
    let scaled = |side: u32| {
        let scaled = f64::from(side) * f64::from(WORKING_SIDE_PX) / f64::from(longer);
        (scaled.round() as u32).max(1)
    };
    let (width, height) = (scaled(luma.width()), scaled(luma.height()));
    let whole = Rect {
        x: 0.0,
        y: 0.0,
        width: luma.width() as f32,
        height: luma.height() as f32,
    };
    let reduced = face_crop::reduce(luma, whole, width, height)?;
    variance_of(&reduced, width as usize)
}

fn variance_of(data: &[u8], width: usize) -> Option<f64> {
    let rows: Vec<&[u8]> = data.chunks_exact(width).collect();
    if rows.len() < 3 || width < 3 {
        return None;
    }
    let (mut sum, mut squares) = (0_i64, 0_i64);
    for window in rows.windows(3) {
        let (s, q) = row_moments(window[0], window[1], window[2]);
        sum += i64::from(s);
        squares += q;
    }
    let count = ((rows.len() - 2) * (width - 2)) as f64;
    let mean = sum as f64 / count;
    Some((squares as f64 / count - mean * mean).max(0.0))
}

/// Sum and sum of squares of the Laplacian along one row.
fn row_moments(above: &[u8], row: &[u8], below: &[u8]) -> (i32, i64) {
    let inner = 1..row.len() - 1;
    let neighbours = above[inner.clone()].iter().zip(&below[inner]);
    let along = row.windows(3).zip(neighbours);
    let (mut sum, mut squares) = (0_i32, 0_u32);
    // At most 638 values of magnitude 1020 fit both accumulators.
    for (line, (&up, &down)) in along {
        let around = i32::from(line[0]) + i32::from(line[2]) + i32::from(up) + i32::from(down);
        let laplacian = around - 4 * i32::from(line[1]);
        sum += laplacian;
        squares += (laplacian * laplacian) as u32;
    }
    (sum, i64::from(squares))
}
