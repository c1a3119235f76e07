//! How the face sits in the frame: count, size and distance to the edges.

use lifesign_domain::ReasonCode;

use super::{Component, when};
use crate::geometry::inter_eye_distance_px;

/// Number of faces found.
pub(super) const SINGLE_FACE_PRESENT: Component = Component {
    name: "single_face_present",
    unit: "count",
    measure: |view| Some(view.evidence.faces.len() as f64),
    judge: |count, _| when(count > 1.0, ReasonCode::SeveralFaces),
};

/// Distance between the middles of the eyes in pixels.
pub(super) const INTER_EYE_DISTANCE: Component = Component {
    name: "inter_eye_distance",
    unit: "px",
    measure: |view| Some(inter_eye_distance_px(&view.evidence.landmarks)),
    judge: |px, calibration| {
        let limit = calibration.quality.min_inter_eye_distance_px;
        when(px < limit, ReasonCode::FaceTooSmall)
    },
};

/// Larger of the mesh's shares of the image's width and height.
pub(super) const HEAD_SIZE: Component = Component {
    name: "head_size",
    unit: "ratio",
    measure: |view| {
        let frame = &view.evidence.photo.frame;
        let bounds = &view.evidence.face_bounds;
        let across = f64::from(bounds.width) / f64::from(frame.width());
        let down = f64::from(bounds.height) / f64::from(frame.height());
        Some(across.max(down))
    },
    judge: |share, calibration| {
        when(
            share > calibration.quality.max_head_size,
            ReasonCode::FaceTooLarge,
        )
    },
};

/// Share of the mesh's vertices that lie outside the image.
pub(super) const CROP_OF_THE_FACE: Component = Component {
    name: "crop_of_the_face",
    unit: "ratio",
    measure: |view| {
        let frame = &view.evidence.photo.frame;
        let (width, height) = (frame.width() as f32, frame.height() as f32);
        let points = view.evidence.landmarks.points();
        let outside = points
            .iter()
            .filter(|p| !(0.0..=width).contains(&p.x) || !(0.0..=height).contains(&p.y))
            .count();
        Some(outside as f64 / points.len() as f64)
    },
    judge: |share, calibration| {
        when(
            share > calibration.quality.max_face_cropped,
            ReasonCode::FaceCropped,
        )
    },
};
