//! Grey crops of the judged face at a bounded size.
//!
//! A phone's photograph has twenty times the pixels of a webcam's. Everything that looks at
//! pixels therefore looks at a crop that was reduced to a fixed size, so that its figures mean the
//! same for both. Nothing is ever enlarged: interpolated pixels carry no texture of their own.

use std::ops::Range;

use lifesign_media::Gray;
use lifesign_numeric::{Region, resample_gray, resample_rgb};

use crate::{Evidence, Rect};

/// Side in pixels under which a face shows no texture worth measuring.
const MIN_SIDE_PX: f32 = 64.0;
/// Share of the face's extent that must lie inside the image.
const MIN_VISIBLE_SHARE: f32 = 0.6;

/// A square grey image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FaceCrop {
    /// Pixels a side.
    pub(crate) side: usize,
    /// `side * side` luma values, row by row.
    pub(crate) luma: Vec<u8>,
}

/// The square in the middle of the face's extent, as wide as its shorter side, reduced to
/// `target_side` pixels where it is larger.
///
/// # Errors
/// The reason, in plain language, why this face has no usable crop.
pub(crate) fn face_crop(evidence: &Evidence, target_side: u32) -> Result<FaceCrop, String> {
    let square = square_inside(evidence)?;
    let side = (square.width as u32).min(target_side);
    let luma = reduce(&evidence.luma, square, side, side)
        .ok_or("the picture of the face could not be scaled")?;
    Ok(FaceCrop {
        side: side as usize,
        luma,
    })
}

/// The square of [`face_crop`] in colour: its side and its `RGBRGB...` pixels.
///
/// # Errors
/// Those of [`face_crop`].
pub(super) fn colour_crop(
    evidence: &Evidence,
    target_side: u32,
) -> Result<(usize, Vec<u8>), String> {
    let square = square_inside(evidence)?;
    let side = (square.width as u32).min(target_side);
    let frame = &evidence.photo.frame;
    let size = (frame.width(), frame.height());
    let rgb =
        resample_rgb(frame.rgb(), size, region(square), (side, side)).map_err(|e| e.to_string())?;
    Ok((side as usize, rgb))
}

/// The rows, and the columns, of a crop that show skin on nearly every face: 15 % of hair, ears and
/// background are left out on each side.
pub(super) fn inner(side: usize) -> Range<usize> {
    let margin = side * 15 / 100;
    margin..side - margin
}

/// The part of the face's extent inside the image; empty for an extent that is not finite.
pub(super) fn visible_part(evidence: &Evidence) -> Rect {
    let bounds = evidence.face_bounds;
    let sides = [bounds.x, bounds.y, bounds.width, bounds.height];
    if sides.iter().all(|side| side.is_finite()) {
        bounds.clipped(evidence.luma.width(), evidence.luma.height())
    } else {
        Rect::default()
    }
}

fn square_inside(evidence: &Evidence) -> Result<Rect, String> {
    let bounds = evidence.face_bounds;
    let visible = visible_part(evidence);
    let share = visible.area() / bounds.area();
    if share.is_nan() || share < MIN_VISIBLE_SHARE {
        let percent = 100.0 * share.max(0.0);
        return Err(format!(
            "only {percent:.0} % of the face is inside the picture, {:.0} % are needed",
            100.0 * MIN_VISIBLE_SHARE
        ));
    }
    let side = visible.width.min(visible.height).floor();
    if side < MIN_SIDE_PX {
        return Err(format!(
            "the face is {side:.0} pixels wide, {MIN_SIDE_PX:.0} are needed"
        ));
    }
    Ok(Rect {
        x: (visible.x + (visible.width - side) / 2.0).floor(),
        y: (visible.y + (visible.height - side) / 2.0).floor(),
        width: side,
        height: side,
    })
}

/// Scales a part of a plane with a filter that averages over the area of each new pixel; `None`
/// if the part is not inside the plane.
pub(super) fn reduce(plane: &Gray, part: Rect, width: u32, height: u32) -> Option<Vec<u8>> {
    let size = (plane.width(), plane.height());
    resample_gray(plane.data(), size, region(part), (width, height)).ok()
}

fn region(part: Rect) -> Region {
    Region {
        x: part.x.into(),
        y: part.y.into(),
        width: part.width.into(),
        height: part.height.into(),
    }
}
