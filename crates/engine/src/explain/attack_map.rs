//! Where in the picture the learned signals see an attack.

use lifesign_domain::CheckResult;

use super::canvas::Canvas;
use super::palette::{BLUE, Ink, ORANGE, PAPER};
use super::text::TextStyle;
use super::{ExplainError, Picture, unavailable};
use crate::signals::SignalParams;
use crate::signals::learned::{PadNetwork, recapture_contributions, synthesis_contributions};
use crate::{ContextCrop, Evidence, Point2};

const WIDTH_PX: u32 = 640;
const HEIGHT_PX: u32 = 380;
const MARGIN: f32 = 24.0;
const PANEL_PX: u32 = 288;
const PANEL_TOP: usize = 44;
const NAME: &str = "attack_map";
const TITLE: &str = "Where the learned signals see an attack";
/// Part of a logit at one place that is drawn at full strength. Fixed, so that a weak finding
/// looks weak.
const FULL_STRENGTH: f32 = 0.1;
/// Opacity at full strength.
const MAX_OPACITY: f32 = 0.7;

/// `None` where the profile weighs none of the learned signals, so that the network never ran.
pub(super) fn picture(
    evidence: &Evidence,
    params: &SignalParams,
    result: &CheckResult,
) -> Result<Option<Picture>, ExplainError> {
    let learned = ["pad_context", "synthetic_face"];
    let reports = || {
        result
            .signals
            .iter()
            .filter(|s| learned.contains(&s.name.as_str()))
    };
    let Some(report) = reports().next() else {
        return Ok(None);
    };
    let answer = match evidence.pad.get() {
        Some(Ok(answer)) => answer,
        Some(Err(why)) => return unavailable::picture(NAME, TITLE, why).map(Some),
        // A face outside the limits is not shown to the network; its report says which limit.
        None => return unavailable::picture(NAME, TITLE, &report.detail).map(Some),
    };
    let crop = ContextCrop {
        size: PANEL_PX,
        ..PadNetwork::CROP
    };
    let rgb = match crop.cut(&evidence.photo.frame, &evidence.face_bounds) {
        Ok(rgb) => rgb,
        Err(why) => return unavailable::picture(NAME, TITLE, &why).map(Some),
    };
    let mut canvas = Canvas::new(WIDTH_PX, HEIGHT_PX, PAPER)?;
    let maps = [
        ("print or screen", recapture_contributions(answer, params)),
        (
            "generated or swapped face",
            synthesis_contributions(answer, params),
        ),
    ];
    for (column, (heading, map)) in maps.iter().enumerate() {
        let x = MARGIN + column as f32 * (PANEL_PX as f32 + 16.0);
        canvas.text(heading, Point2 { x, y: 30.0 }, TextStyle::new(18.0).bold());
        let shaded = shade(&rgb, map);
        let panel = Canvas::from_rgb(PANEL_PX, PANEL_PX, &shaded)?;
        canvas.paste(&panel, x as usize, PANEL_TOP);
    }
    let legend = TextStyle::new(16.0);
    let y = HEIGHT_PX as f32 - 18.0;
    canvas.text(
        "orange: speaks for an attack",
        Point2 { x: MARGIN, y },
        legend,
    );
    let right = Point2 {
        x: WIDTH_PX as f32 - MARGIN,
        y,
    };
    canvas.text_right("blue: speaks for a living face", right, legend);
    let found: Vec<&str> = reports().map(|s| s.detail.as_str()).collect();
    let caption = format!(
        "What the networks saw, one for each kind of attack: the colour of a place is what it adds \
         to the answer, strong colour much, no colour nothing. The places are coarse, and each \
         looks at its surroundings too. The sum over all places and a constant are the answer. {}",
        found.join(" ")
    );
    canvas.into_picture(NAME, TITLE, caption).map(Some)
}

/// The crop under the colours of a map.
fn shade(rgb: &[u8], map: &[f32]) -> Vec<u8> {
    let (side, places) = (PANEL_PX as usize, map.len().isqrt());
    let mut shaded = Vec::with_capacity(rgb.len());
    for (i, pixel) in rgb.chunks_exact(3).enumerate() {
        let strength =
            between(map, place(i % side, places), place(i / side, places)) / FULL_STRENGTH;
        let Ink(r, g, b, _) = if strength > 0.0 { ORANGE } else { BLUE };
        let opacity = strength.abs().min(1.0) * MAX_OPACITY;
        for (&under, over) in pixel.iter().zip([r, g, b]) {
            let mixed = f32::from(under) * (1.0 - opacity) + f32::from(over) * opacity;
            shaded.push(mixed.round() as u8);
        }
    }
    shaded
}

/// Where a pixel of the panel lies between the middles of the places of a map that has `side`
/// places along a side.
fn place(pixel: usize, side: usize) -> f32 {
    let place = (pixel as f32 + 0.5) / PANEL_PX as f32 * side as f32 - 0.5;
    place.clamp(0.0, side.saturating_sub(1) as f32)
}

/// The map between its places, linear; a place that the map lacks says nothing.
fn between(map: &[f32], x: f32, y: f32) -> f32 {
    let places = map.len().isqrt();
    let at = |row: usize, column: usize| {
        let last = places.saturating_sub(1);
        map.get(row.min(last) * places + column.min(last))
            .copied()
            .unwrap_or(0.0)
    };
    let (column, row) = (x as usize, y as usize);
    let (dx, dy) = (x.fract(), y.fract());
    let line = |row| at(row, column) * (1.0 - dx) + at(row, column + 1) * dx;
    line(row) * (1.0 - dy) + line(row + 1) * dy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_is_linear_between_its_places() {
        let map: Vec<f32> = (0..25).map(|i| (i % 5) as f32).collect();
        assert_eq!(between(&map, 2.25, 3.5), 2.25);
        assert_eq!(between(&map, 4.0, 4.0), 4.0);
        assert_eq!(between(&[], 1.0, 1.0), 0.0);
    }

    #[test]
    fn an_attack_is_orange_and_life_is_blue() {
        let grey = vec![128; (PANEL_PX * PANEL_PX * 3) as usize];
        let mut map = vec![0.0; 25];
        map[0] = 5.0;
        map[24] = -5.0;
        let shaded = shade(&grey, &map);
        let (first, last) = (&shaded[..3], &shaded[shaded.len() - 3..]);
        assert!(first[0] > 190 && first[2] < 60, "{first:?}");
        assert!(last[0] < 60 && last[2] > 150, "{last:?}");
        assert_eq!(shaded[shaded.len() / 2..][..3], [128; 3]);
    }
}
