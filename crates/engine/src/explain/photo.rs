//! The photograph, or a part of it, scaled for the screen.

use lifesign_media::Frame;
use lifesign_numeric::{Region, resample_rgb};

use super::ExplainError;
use super::canvas::Canvas;
use crate::{Point2, Rect};

/// Longer side of a drawn photograph in pixels. Smaller photographs are enlarged to it as well,
/// so that lines and lettering keep their proportion to the face.
pub(super) const LONG_SIDE_PX: f32 = 960.0;

/// Where a part of the photograph lies on a canvas.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    /// The part that is shown, in pixels of the photograph.
    pub(super) region: Rect,
    /// Canvas pixels for one pixel of the photograph.
    scale: Point2,
}

impl View {
    /// From photograph to canvas.
    pub(super) fn map(&self, point: Point2) -> Point2 {
        Point2 {
            x: (point.x - self.region.x) * self.scale.x,
            y: (point.y - self.region.y) * self.scale.y,
        }
    }

    /// From photograph to canvas.
    pub(super) fn map_rect(&self, rect: Rect) -> Rect {
        let Point2 { x, y } = self.map(Point2 {
            x: rect.x,
            y: rect.y,
        });
        Rect {
            x,
            y,
            width: rect.width * self.scale.x,
            height: rect.height * self.scale.y,
        }
    }
}

/// The whole of `frame`.
pub(super) fn whole(frame: &Frame) -> Rect {
    Rect {
        x: 0.0,
        y: 0.0,
        width: frame.width() as f32,
        height: frame.height() as f32,
    }
}

/// Draws `region` of `frame`, cut to whole pixels inside the frame, so that it fits into
/// `max_width` x `max_height` pixels.
pub(super) fn draw(
    frame: &Frame,
    region: Rect,
    max_width: f32,
    max_height: f32,
) -> Result<(Canvas, View), ExplainError> {
    let region = whole_pixels(region, frame);
    let fit = (max_width / region.width).min(max_height / region.height);
    let side = |length: f32| (length * fit).round().max(1.0) as u32;
    let (width, height) = (side(region.width), side(region.height));
    let rgb = scaled(frame, region, width, height)?;
    let view = View {
        region,
        scale: Point2 {
            x: width as f32 / region.width,
            y: height as f32 / region.height,
        },
    };
    Ok((Canvas::from_rgb(width, height, &rgb)?, view))
}

/// `region` widened to whole pixels and cut to `frame`; at least one pixel.
fn whole_pixels(region: Rect, frame: &Frame) -> Rect {
    let interval = |start: f32, length: f32, limit: u32| {
        let last = limit as f32 - 1.0;
        let from = start.floor().clamp(0.0, last);
        let to = (start + length).ceil().clamp(from + 1.0, limit as f32);
        // A NaN passes through clamp; then everything is shown.
        if from.is_finite() && to.is_finite() {
            (from, to - from)
        } else {
            (0.0, limit as f32)
        }
    };
    let (x, width) = interval(region.x, region.width, frame.width());
    let (y, height) = interval(region.y, region.height, frame.height());
    Rect {
        x,
        y,
        width,
        height,
    }
}

fn scaled(frame: &Frame, region: Rect, width: u32, height: u32) -> Result<Vec<u8>, ExplainError> {
    let region = Region {
        x: region.x.into(),
        y: region.y.into(),
        width: region.width.into(),
        height: region.height.into(),
    };
    let size = (frame.width(), frame.height());
    resample_rgb(frame.rgb(), size, region, (width, height))
        .map_err(|e| ExplainError::Scale(e.to_string()))
}
