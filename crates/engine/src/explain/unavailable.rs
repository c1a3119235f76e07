//! What stands in the place of a picture that the photograph does not allow.

use super::canvas::{Canvas, LEADING};
use super::palette::{MUTED, PANEL};
use super::text::TextStyle;
use super::{ExplainError, Picture};
use crate::Point2;

const WIDTH_PX: u32 = 640;
const MARGIN: f32 = 28.0;

/// A panel that says that the signal behind the picture was not assessed, and why.
pub(super) fn picture(
    name: &'static str,
    title: &'static str,
    why: &str,
) -> Result<Picture, ExplainError> {
    let (heading, body) = (TextStyle::new(24.0).bold(), TextStyle::new(20.0).ink(MUTED));
    let room = WIDTH_PX as f32 - 2.0 * MARGIN;
    let lines = Canvas::new(1, 1, PANEL)?.fonts.wrap(why, body, room).len() as f32;
    let height = 2.0 * MARGIN + (heading.size + lines * body.size) * LEADING;
    let mut canvas = Canvas::new(WIDTH_PX, height as u32, PANEL)?;
    let at = |y| Point2 { x: MARGIN, y };
    let y = MARGIN + heading.size;
    canvas.text("– Not assessed", at(y), heading);
    canvas.paragraph(why, at(y + heading.size * LEADING), room, body);
    let caption = format!(
        "There is no picture here, because {why}. The signal has no weight in the verdict; the \
         others share it."
    );
    canvas.into_picture(name, title, caption)
}
