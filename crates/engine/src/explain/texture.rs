//! The local binary patterns of the face crop, beside the crop.

use lifesign_domain::CheckResult;

use super::canvas::{Canvas, Pen};
use super::palette::{BLUE_TO_YELLOW, Ink, MUTED, PANEL, PAPER, RULE, ramp};
use super::text::TextStyle;
use super::{ExplainError, Picture, unavailable};
use crate::signals::lbp_texture;
use crate::{Evidence, Point2, Rect};

const WIDTH_PX: u32 = 640;
const HEIGHT_PX: u32 = 520;
const MARGIN: f32 = 24.0;
const PANEL_PX: usize = 288;
const PANEL_TOP: f32 = 44.0;
/// Classes of patterns: uniform ones by how many of 8 neighbours are at least as bright as the
/// centre (0 to 8), then the irregular ones.
const CLASSES: usize = 10;
const IRREGULAR: usize = CLASSES - 1;
const IRREGULAR_COLOUR: [u8; 3] = [204, 110, 160];
const NO_PATTERN: [u8; 3] = [225, 229, 233];
const NAME: &str = "lbp_map";
const TITLE: &str = "Texture of the skin (local binary patterns)";

pub(super) fn picture(evidence: &Evidence, result: &CheckResult) -> Result<Picture, ExplainError> {
    let map = match lbp_texture::code_map(evidence) {
        Ok(map) => map,
        Err(why) => return unavailable::picture(NAME, TITLE, &why),
    };
    let mut canvas = Canvas::new(WIDTH_PX, HEIGHT_PX, PAPER)?;
    let right = MARGIN + PANEL_PX as f32 + 16.0;
    heading(&mut canvas, MARGIN, "the face as it is measured");
    heading(&mut canvas, right, "its pattern at every pixel");
    let side = map.crop.side;
    let grey = |row: usize, column: usize| Some([*map.crop.luma.get(row * side + column)?; 3]);
    // The border of the crop has no patterns: its pixels lack neighbours.
    let pattern = |row: usize, column: usize| {
        let (row, column) = (row.checked_sub(1)?, column.checked_sub(1)?);
        let inner = side.checked_sub(2).filter(|&inner| column < inner)?;
        Some(class_colour(class(*map.codes.get(row * inner + column)?)))
    };
    panel(&mut canvas, MARGIN, side, grey)?;
    panel(&mut canvas, right, side, pattern)?;
    histogram(&mut canvas, &map.codes);
    canvas.into_picture(NAME, TITLE, caption(result))
}

/// 0 to 8 for a uniform pattern (at most two changes around the circle), else [`IRREGULAR`].
fn class(code: u8) -> usize {
    let changes = (code ^ code.rotate_right(1)).count_ones();
    if changes <= 2 {
        code.count_ones() as usize
    } else {
        IRREGULAR
    }
}

fn class_colour(class: usize) -> [u8; 3] {
    if class == IRREGULAR {
        IRREGULAR_COLOUR
    } else {
        ramp(&BLUE_TO_YELLOW, class as f32 / 8.0)
    }
}

fn heading(canvas: &mut Canvas, x: f32, text: &str) {
    canvas.text(text, Point2 { x, y: 30.0 }, TextStyle::new(18.0).bold());
}

/// A square of `side` cells enlarged without smoothing, so that single ones can be seen.
fn panel(
    canvas: &mut Canvas,
    x: f32,
    side: usize,
    colour: impl Fn(usize, usize) -> Option<[u8; 3]>,
) -> Result<(), ExplainError> {
    let mut rgb = Vec::with_capacity(PANEL_PX * PANEL_PX * 3);
    for row in 0..PANEL_PX {
        for column in 0..PANEL_PX {
            let cell = colour(row * side / PANEL_PX, column * side / PANEL_PX);
            rgb.extend(cell.unwrap_or(NO_PATTERN));
        }
    }
    let image = Canvas::from_rgb(PANEL_PX as u32, PANEL_PX as u32, &rgb)?;
    canvas.paste(&image, x as usize, PANEL_TOP as usize);
    Ok(())
}

/// How often each class occurs, in its colour: the legend of the map at the same time.
fn histogram(canvas: &mut Canvas, codes: &[u8]) {
    const TOP: f32 = 396.0;
    const HEIGHT: f32 = 64.0;
    let shares: Vec<f32> = (0..CLASSES)
        .map(|class| {
            let hits = codes
                .iter()
                .filter(|&&code| self::class(code) == class)
                .count();
            hits as f32 / codes.len().max(1) as f32
        })
        .collect();
    let small = TextStyle::new(16.0).ink(MUTED);
    let title = "share of each pattern (number of brighter neighbours, 0 to 8)";
    canvas.text(
        title,
        Point2 {
            x: MARGIN,
            y: TOP - 34.0,
        },
        small,
    );
    let tallest = shares.iter().copied().fold(0.2, f32::max);
    let pitch = (canvas.width() - 2.0 * MARGIN) / CLASSES as f32;
    for (class, share) in shares.iter().enumerate() {
        let x = MARGIN + class as f32 * pitch;
        let bar = |height: f32| Rect {
            x: x + 3.0,
            y: TOP + HEIGHT - height,
            width: pitch - 6.0,
            height,
        };
        let [r, g, b] = class_colour(class);
        canvas.fill_rect(bar(HEIGHT), PANEL);
        canvas.fill_rect(bar((HEIGHT * share / tallest).max(1.0)), Ink(r, g, b, 255));
        let centre = |y| Point2 {
            x: x + pitch / 2.0,
            y,
        };
        canvas.text_centred(&format!("{:.0} %", 100.0 * share), centre(TOP - 6.0), small);
        let name = if class == IRREGULAR {
            "mixed".to_owned()
        } else {
            class.to_string()
        };
        canvas.text_centred(&name, centre(TOP + HEIGHT + 20.0), small);
    }
    let y = TOP + HEIGHT;
    let ends = [MARGIN, canvas.width() - MARGIN].map(|x| Point2 { x, y });
    canvas.line(ends[0], ends[1], Pen::new(RULE, 1.0));
    let words = TextStyle::new(15.0).ink(MUTED);
    let centre = |class: f32| Point2 {
        x: MARGIN + (class + 0.5) * pitch,
        y: y + 42.0,
    };
    for (class, word) in [
        (0.3, "bright spot"),
        (4.0, "edge"),
        (7.6, "flat, dark spot"),
    ] {
        canvas.text_centred(word, centre(class), words);
    }
}

fn caption(result: &CheckResult) -> String {
    let found = result
        .signals
        .iter()
        .find(|s| s.name == "lbp_texture")
        .map(|s| format!(" Found here: {}", s.detail))
        .unwrap_or_default();
    format!(
        "Left, the face as the texture signal measures it; right, the same face with one colour for \
         the pattern that each pixel forms with its eight neighbours. Healthy: a fine mix of all \
         colours without order, as pores, hairs and camera noise make it. Suspicious: wide areas \
         of one colour (flat paper, smoothed skin) or a grid or stripes (dots of a print, pixels of \
         a screen).{found}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_known_patterns() {
        assert_eq!(class(0b0000_0000), 0);
        assert_eq!(class(0b1111_1111), 8);
        assert_eq!(class(0b0011_1100), 4);
        assert_eq!(class(0b1000_0001), 2);
        assert_eq!(class(0b0101_0101), IRREGULAR);
        let irregular = (0..=255).filter(|&c| class(c) == IRREGULAR).count();
        assert_eq!(irregular, 256 - 58);
    }
}
