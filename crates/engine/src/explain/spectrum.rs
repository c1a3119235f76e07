//! The log spectrum of the face with the ring and the sector that stand out.

use lifesign_domain::{CheckResult, SignalReport};

use super::canvas::{Canvas, Pen};
use super::palette::{DARK_TO_BRIGHT, MUTED, PAPER, SHADOW, SKY, TEXT, YELLOW, ramp};
use super::text::TextStyle;
use super::{ExplainError, Picture, unavailable};
use crate::signals::fft_deepfake;
use crate::signals::spectrum::Spectrum;
use crate::{Evidence, Point2};

const NAME: &str = "spectrum";
const TITLE: &str = "Fine detail and its regularity (log spectrum)";
const WIDTH_PX: u32 = 640;
const HEIGHT_PX: u32 = 664;
const SIDE_PX: usize = 512;
const LEFT: f32 = (WIDTH_PX as f32 - SIDE_PX as f32) / 2.0;
const TOP: f32 = 12.0;
const NYQUIST_PX: f32 = SIDE_PX as f32 / 2.0;
/// Quantiles that are drawn darkest and brightest; the few values beyond would eat the contrast.
const CONTRAST: [f32; 2] = [0.02, 0.998];
const RING: Pen = Pen::new(SKY, 2.5).cased(SHADOW);
const SECTOR: Pen = Pen::new(YELLOW, 2.5).cased(SHADOW);

pub(super) fn picture(evidence: &Evidence, result: &CheckResult) -> Result<Picture, ExplainError> {
    let signal = result.signals.iter().find(|s| s.name == "fft_deepfake");
    let map = match fft_deepfake::spectrum(evidence) {
        Ok(map) => map,
        Err(why) => return unavailable::picture(NAME, TITLE, &why),
    };
    let mut canvas = Canvas::new(WIDTH_PX, HEIGHT_PX, PAPER)?;
    let image = Canvas::from_rgb(SIDE_PX as u32, SIDE_PX as u32, &coloured(&map))?;
    canvas.paste(&image, LEFT as usize, TOP as usize);
    marks(&mut canvas, &map);
    axis(&mut canvas);
    legend(&mut canvas, fired(signal));
    canvas.into_picture(NAME, TITLE, caption(signal))
}

/// Whether the signal failed, so that the marks show a finding rather than a maximum.
fn fired(signal: Option<&SignalReport>) -> bool {
    signal.is_some_and(|s| s.assessed && !s.passed)
}

fn coloured(map: &Spectrum) -> Vec<u8> {
    let mut sorted: Vec<f32> = map
        .log_magnitude
        .iter()
        .copied()
        .filter(|v| v.is_finite())
        .collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let quantile = |q: f32| {
        let at = (q * sorted.len().saturating_sub(1) as f32) as usize;
        sorted.get(at).copied().unwrap_or(0.0)
    };
    let [dark, bright] = CONTRAST.map(quantile);
    let span = (bright - dark).max(f32::EPSILON);
    let mut rgb = Vec::with_capacity(SIDE_PX * SIDE_PX * 3);
    for row in 0..SIDE_PX {
        for column in 0..SIDE_PX {
            let at = (row * map.side / SIDE_PX) * map.side + column * map.side / SIDE_PX;
            let value = map.log_magnitude.get(at).copied().unwrap_or(dark);
            rgb.extend(ramp(&DARK_TO_BRIGHT, (value - dark) / span));
        }
    }
    rgb
}

/// The ring and the sector; the spectrum of real pixels repeats itself through the centre, and so
/// does the sector.
fn marks(canvas: &mut Canvas, map: &Spectrum) {
    let centre = centre(map.side);
    for radius in map.ring {
        canvas.circle(centre, radius * NYQUIST_PX, RING);
    }
    let [from, to] = map.sector;
    for turn in [0.0, std::f32::consts::PI] {
        canvas.polyline(&wedge(centre, from + turn, to + turn), true, SECTOR);
    }
}

/// The middle of the cell of frequency 0.
fn centre(side: usize) -> Point2 {
    let cell = SIDE_PX as f32 / side.max(1) as f32;
    let offset = ((side / 2) as f32 + 0.5) * cell;
    Point2 {
        x: LEFT + offset,
        y: TOP + offset,
    }
}

/// A slice of the disc between two angles, in radians counter-clockwise from the right.
fn wedge(centre: Point2, from: f32, to: f32) -> Vec<Point2> {
    const STEPS: u8 = 12;
    let arc = (0..=STEPS).map(|i| {
        let angle = from + (to - from) * f32::from(i) / f32::from(STEPS);
        Point2 {
            x: centre.x + NYQUIST_PX * 0.98 * angle.cos(),
            y: centre.y - NYQUIST_PX * 0.98 * angle.sin(),
        }
    });
    std::iter::once(centre).chain(arc).collect()
}

/// The scale below the spectrum: from its centre outwards detail gets finer.
fn axis(canvas: &mut Canvas) {
    let y = TOP + SIDE_PX as f32 + 16.0;
    let (middle, right) = (LEFT + NYQUIST_PX, LEFT + SIDE_PX as f32);
    let pen = Pen::new(TEXT, 2.0);
    let ends = [middle, right - 2.0].map(|x| Point2 { x, y });
    canvas.line(ends[0], ends[1], pen);
    let zero = [y - 12.0, y].map(|y| Point2 { x: middle, y });
    canvas.line(zero[0], zero[1], pen);
    let corner = |dx: f32, dy: f32| Point2 {
        x: right + dx,
        y: y + dy,
    };
    canvas.polygon(
        &[corner(0.0, 0.0), corner(-12.0, -6.0), corner(-12.0, 6.0)],
        TEXT,
    );
    let style = TextStyle::new(17.0);
    let below = |y| Point2 { x: middle + 8.0, y };
    canvas.text_right("centre: coarse shapes", below(y + 26.0), style);
    canvas.text_right("low frequency", below(y + 48.0), style.ink(MUTED));
    let edge = |y| Point2 { x: right, y };
    canvas.text_right("edge: fine detail", edge(y + 26.0), style);
    canvas.text_right("high frequency", edge(y + 48.0), style.ink(MUTED));
}

fn legend(canvas: &mut Canvas, fired: bool) {
    let style = TextStyle::new(17.0);
    let words = if fired {
        ["ring that stands out", "direction that stands out"]
    } else {
        ["most uneven ring (normal)", "strongest direction (normal)"]
    };
    let mut y = TOP + SIDE_PX as f32 + 96.0;
    for (pen, text) in [RING, SECTOR].into_iter().zip(words) {
        let ends = [LEFT, LEFT + 44.0].map(|x| Point2 { x, y: y - 6.0 });
        canvas.line(ends[0], ends[1], pen);
        canvas.text(text, Point2 { x: LEFT + 58.0, y }, style);
        y += 30.0;
    }
}

fn caption(signal: Option<&SignalReport>) -> String {
    let found = signal
        .map(|s| format!(" Found here: {}", s.detail))
        .unwrap_or_default();
    format!(
        "The face taken apart into coarse shapes (centre) and fine detail (edge); bright is strong. \
         Healthy: a soft glow that fades evenly in all directions, often with a faint cross from \
         straight edges. Suspicious: bright dots, rings or single rays away from the centre, as \
         screens, prints and picture generators leave them. The marks show where the spectrum is \
         most uneven.{found}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wedge_starts_in_the_centre_and_stays_on_the_disc() {
        let centre = Point2 { x: 300.0, y: 300.0 };
        let points = wedge(centre, 0.0, 0.5);
        assert_eq!(points[0], centre);
        assert!(points.iter().all(|p| p.distance(centre) <= NYQUIST_PX));
        assert!(points[1].x > centre.x && (points[1].y - centre.y).abs() < 1.0);
        assert!(points[13].y < centre.y, "angles count counter-clockwise");
    }

    #[test]
    fn values_that_are_no_numbers_are_drawn_dark() {
        let map = Spectrum {
            side: 2,
            log_magnitude: vec![f32::NAN, 1.0, 2.0, f32::INFINITY],
            ring_kurtosis: 3.0,
            ring: [0.25, 0.5],
            hf_ratio: 0.6,
            az_variance: 0.1,
            sector: [0.0, 0.2],
        };
        let rgb = coloured(&map);
        assert_eq!(rgb.len(), SIDE_PX * SIDE_PX * 3);
        assert_eq!(&rgb[..3], DARK_TO_BRIGHT[0]);
    }

    #[test]
    fn frequency_0_lies_in_the_middle_of_its_cell() {
        let centre = centre(128);
        assert_eq!((centre.x - LEFT, centre.y - TOP), (258.0, 258.0));
    }
}
