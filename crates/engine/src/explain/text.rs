//! Text as outlines of an embedded font, so that pictures look the same on every machine.
//!
//! The font is DejaVu Sans cut down to Latin and a few symbols; its licence lies beside it in
//! `assets/`, and `assets/README.md` has the command that cuts it.

use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, FaceParsingError, OutlineBuilder};

use super::palette::{Ink, TEXT};
use crate::Point2;

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextStyle {
    /// Height of the em square in pixels.
    pub(super) size: f32,
    pub(super) bold: bool,
    pub(super) ink: Ink,
    /// Outline that keeps the text legible on a photograph.
    pub(super) halo: Option<Ink>,
}

impl TextStyle {
    /// Regular dark text.
    pub(super) const fn new(size: f32) -> Self {
        Self {
            size,
            bold: false,
            ink: TEXT,
            halo: None,
        }
    }

    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) const fn ink(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }

    pub(super) const fn halo(self, halo: Ink) -> Self {
        Self {
            halo: Some(halo),
            ..self
        }
    }
}

/// The embedded font in its two weights.
pub(super) struct Fonts {
    regular: Face<'static>,
    bold: Face<'static>,
}

impl Fonts {
    pub(super) fn load() -> Result<Self, FaceParsingError> {
        Ok(Self {
            regular: Face::parse(include_bytes!("assets/DejaVuSans.subset.ttf"), 0)?,
            bold: Face::parse(include_bytes!("assets/DejaVuSans-Bold.subset.ttf"), 0)?,
        })
    }

    fn face(&self, style: TextStyle) -> &Face<'static> {
        if style.bold {
            &self.bold
        } else {
            &self.regular
        }
    }

    fn scale(&self, style: TextStyle) -> f32 {
        style.size / f32::from(self.face(style).units_per_em())
    }

    /// Width of `text` in pixels.
    pub(super) fn width(&self, text: &str, style: TextStyle) -> f32 {
        let face = self.face(style);
        let units: f32 = text
            .chars()
            .filter_map(|c| face.glyph_hor_advance(face.glyph_index(c).unwrap_or_default()))
            .map(f32::from)
            .sum();
        units * self.scale(style)
    }

    /// Outlines of `text` whose baseline starts at `at`; `None` if there is nothing to draw.
    pub(super) fn outline(&self, text: &str, style: TextStyle, at: Point2) -> Option<Path> {
        let face = self.face(style);
        let mut pen = GlyphPen {
            path: PathBuilder::new(),
            at,
            scale: self.scale(style),
        };
        for c in text.chars() {
            let glyph = face.glyph_index(c).unwrap_or_default();
            face.outline_glyph(glyph, &mut pen);
            pen.at.x += f32::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * pen.scale;
        }
        pen.path.finish()
    }

    /// Breaks `text` at spaces into lines of at most `max_width` pixels; a longer word gets a
    /// line of its own.
    pub(super) fn wrap(&self, text: &str, style: TextStyle, max_width: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.width(&format!("{line} {word}"), style) <= max_width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }
}

/// Turns font units (y up) into pixels (y down) on the way into a path.
struct GlyphPen {
    path: PathBuilder,
    at: Point2,
    scale: f32,
}

impl GlyphPen {
    fn x(&self, x: f32) -> f32 {
        self.at.x + x * self.scale
    }

    fn y(&self, y: f32) -> f32 {
        self.at.y - y * self.scale
    }
}

impl OutlineBuilder for GlyphPen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.x(x), self.y(y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.x(x), self.y(y));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (x1, y1, x, y) = (self.x(x1), self.y(y1), self.x(x), self.y(y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (x1, y1) = (self.x(x1), self.y(y1));
        let (x2, y2) = (self.x(x2), self.y(y2));
        let (x, y) = (self.x(x), self.y(y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_that_is_drawn_is_in_the_font() {
        let fonts = Fonts::load().unwrap();
        for c in "AZaz09äéß✓✗⚠▼●°×–—…→≥≤−".chars() {
            assert!(fonts.regular.glyph_index(c).is_some(), "{c} regular");
            assert!(fonts.bold.glyph_index(c).is_some(), "{c} bold");
        }
    }

    #[test]
    fn wrapped_lines_fit_and_lose_no_word() {
        let fonts = Fonts::load().unwrap();
        let style = TextStyle::new(20.0);
        let text = "Move so that the whole face is inside the picture.";
        let lines = fonts.wrap(text, style, 200.0);
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|l| fonts.width(l, style) <= 200.0));
        assert_eq!(lines.join(" "), text);
    }
}
