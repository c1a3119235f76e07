//! The photograph of a check that found no face, with the reason.

use lifesign_domain::{CheckResult, ReasonCode};
use lifesign_media::Photo;

use super::canvas::{Canvas, LEADING};
use super::palette::{Ink, MUTED, PAPER};
use super::photo::{self, LONG_SIDE_PX};
use super::text::TextStyle;
use super::{ExplainError, Picture};
use crate::Point2;

/// Least width, so that the text below a narrow photograph has room.
const MIN_WIDTH_PX: f32 = 560.0;

/// Draws `photo` with the first reason of `result` below it.
pub(super) fn picture(photo: &Photo, result: &CheckResult) -> Result<Picture, ExplainError> {
    let whole = photo::whole(&photo.frame);
    let (image, _) = photo::draw(&photo.frame, whole, LONG_SIDE_PX, LONG_SIDE_PX)?;
    let (message, guidance) = result.reasons.first().map_or(
        (ReasonCode::NoFace.message(), ReasonCode::NoFace.guidance()),
        |r| (r.message.as_str(), r.guidance.as_str()),
    );
    let width = image.width().max(MIN_WIDTH_PX);
    let size = width / 34.0;
    let margin = size;
    let heading = TextStyle::new(size * 1.3).bold().ink(Ink(138, 92, 0, 255));
    let body = TextStyle::new(size).ink(MUTED);
    let heading_text = format!("⚠ {message}");
    let room = width - 2.0 * margin;
    let lines = |style: TextStyle, text: &str| {
        image.fonts.wrap(text, style, room).len() as f32 * style.size * LEADING
    };
    let text_height = lines(heading, &heading_text) + lines(body, guidance) + 2.0 * margin;
    let height = image.height() + text_height;
    let mut canvas = Canvas::new(width as u32, height as u32, PAPER)?;
    canvas.paste(&image, ((width - image.width()) / 2.0) as usize, 0);
    let at = |y| Point2 { x: margin, y };
    let y = image.height() + margin + heading.size;
    let y = canvas.paragraph(&heading_text, at(y), room, heading);
    canvas.paragraph(guidance, at(y), room, body);
    let caption = format!(
        "This is the photograph that was checked. {message} Without a face nothing can be judged, \
         so the verdict is {}. What helps: {guidance}",
        result.verdict
    );
    canvas.into_picture("photo", "Photograph without a face", caption)
}
