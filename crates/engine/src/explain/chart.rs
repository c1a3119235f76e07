//! Verdict, confidence and signals as a gauge with bars.

use lifesign_domain::{CheckResult, PASS_SCORE, SignalReport, Verdict};

use super::canvas::{Canvas, Pen};
use super::palette::{BLUE, GREY, Ink, MUTED, ORANGE, PANEL, PAPER, RULE, SKY, TEXT, VERMILLION};
use super::text::TextStyle;
use super::{ExplainError, Picture};
use crate::{Decision, Point2, Rect};

const WIDTH_PX: u32 = 640;
const MARGIN: f32 = 24.0;
const HEAD_PX: f32 = 236.0;
const ROW_PX: f32 = 66.0;
const FOOT_PX: f32 = 40.0;
const BAR_PX: f32 = 16.0;
/// Room for the figure at the right of a bar.
const FIGURE_PX: f32 = 58.0;
/// From here on a signal counts as strong in the tables of the native API.
pub(super) const STRONG_SCORE: f64 = 0.8;

/// Draws the chart of `result`; `decision` gives the band of the gauge.
pub(super) fn picture(result: &CheckResult, decision: &Decision) -> Result<Picture, ExplainError> {
    let rows = result.signals.len() as f32;
    let height = HEAD_PX + rows * ROW_PX + FOOT_PX;
    let mut canvas = Canvas::new(WIDTH_PX, height as u32, PAPER)?;
    headline(&mut canvas, result);
    gauge(&mut canvas, result, decision);
    for (i, signal) in result.signals_by_weight().into_iter().enumerate() {
        row(&mut canvas, signal, HEAD_PX + i as f32 * ROW_PX);
    }
    half_mark(&mut canvas, result.signals.len());
    let caption = caption(result, decision);
    canvas.into_picture("signals", "Verdict and signals", caption)
}

/// Icon of a verdict; read together with the word.
pub(super) fn verdict_icon(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Live => "✓",
        Verdict::Spoof => "✗",
        Verdict::Inconclusive => "⚠",
    }
}

fn verdict_ink(verdict: Verdict) -> Ink {
    match verdict {
        Verdict::Live => BLUE,
        Verdict::Spoof => VERMILLION,
        Verdict::Inconclusive => Ink(138, 92, 0, 255),
    }
}

fn headline(canvas: &mut Canvas, result: &CheckResult) {
    let style = TextStyle::new(38.0).bold().ink(verdict_ink(result.verdict));
    let icon = verdict_icon(result.verdict);
    let text = format!("{icon} {}", result.verdict);
    canvas.text(&text, Point2 { x: MARGIN, y: 54.0 }, style);
    let right = Point2 {
        x: canvas.width() - MARGIN,
        y: 54.0,
    };
    let confidence = format!("confidence {:.2}", unit(result.confidence));
    canvas.text_right(&confidence, right, TextStyle::new(22.0));
}

/// The scale from 0 to 1 with its three zones, the threshold and the confidence.
fn gauge(canvas: &mut Canvas, result: &CheckResult, decision: &Decision) {
    const TOP: f32 = 118.0;
    const HEIGHT: f32 = 34.0;
    let width = canvas.width() - 2.0 * MARGIN;
    let at = |value: f64| MARGIN + unit(value) as f32 * width;
    let low = at(result.threshold - decision.inconclusive_margin);
    let high = at(result.threshold + decision.inconclusive_margin);
    let zone = |from: f32, to: f32| Rect {
        x: from,
        y: TOP,
        width: to - from,
        height: HEIGHT,
    };
    canvas.fill_rect(zone(MARGIN, low), VERMILLION);
    canvas.fill_rect(zone(low, high), ORANGE);
    canvas.fill_rect(zone(high, at(1.0)), BLUE);
    let inside = TextStyle::new(20.0).bold().ink(PAPER);
    zone_word(canvas, "SPOOF", [MARGIN, low], TOP + 24.0, inside);
    zone_word(canvas, "LIVE", [high, at(1.0)], TOP + 24.0, inside);

    let small = TextStyle::new(17.0).ink(MUTED);
    let below = TOP + HEIGHT + 28.0;
    let threshold = at(result.threshold);
    let tick = [TOP - 4.0, TOP + HEIGHT + 10.0].map(|y| Point2 { x: threshold, y });
    canvas.line(tick[0], tick[1], Pen::new(TEXT, 2.0));
    canvas.text(
        "0",
        Point2 {
            x: MARGIN,
            y: below,
        },
        small,
    );
    canvas.text_right(
        "1",
        Point2 {
            x: at(1.0),
            y: below,
        },
        small,
    );
    let centre = |y| Point2 { x: threshold, y };
    let label = format!("threshold {:.2}", result.threshold);
    canvas.text_centred(&label, centre(below), small.ink(TEXT));
    let band = format!(
        "INCONCLUSIVE {:.2} to {:.2}",
        unit(result.threshold - decision.inconclusive_margin),
        unit(result.threshold + decision.inconclusive_margin),
    );
    canvas.text_centred(&band, centre(below + 23.0), small);
    marker(canvas, at(result.confidence), TOP - 4.0, result.confidence);
}

fn zone_word(canvas: &mut Canvas, word: &str, [from, to]: [f32; 2], y: f32, style: TextStyle) {
    let text_width = canvas.fonts.width(word, style);
    if text_width + 8.0 <= to - from {
        let x = (from + to - text_width) / 2.0;
        canvas.text(word, Point2 { x, y }, style);
    }
}

/// A triangle with its tip at (x, tip) and the figure above.
fn marker(canvas: &mut Canvas, x: f32, tip: f32, confidence: f64) {
    let corner = |dx: f32, dy: f32| Point2 {
        x: x + dx,
        y: tip + dy,
    };
    let triangle = [corner(0.0, 3.0), corner(-11.0, -15.0), corner(11.0, -15.0)];
    canvas.polygon(&triangle, TEXT);
    let figure = format!("{:.2}", unit(confidence));
    let style = TextStyle::new(20.0).bold();
    canvas.text_centred(&figure, corner(0.0, -21.0), style);
}

fn row(canvas: &mut Canvas, signal: &SignalReport, top: f32) {
    let right = canvas.width() - MARGIN;
    let rule = [MARGIN, right].map(|x| Point2 { x, y: top });
    canvas.line(rule[0], rule[1], Pen::new(RULE, 1.0));
    let base = top + 27.0;
    let label_width = canvas.text(
        &signal.label,
        Point2 { x: MARGIN, y: base },
        TextStyle::new(20.0).bold(),
    );
    let weight = if signal.assessed {
        format!("weight {:.0} %", 100.0 * signal.weight)
    } else {
        "no weight".to_owned()
    };
    let style = TextStyle::new(17.0).ink(MUTED);
    let x = MARGIN + label_width + 12.0;
    canvas.text(&weight, Point2 { x, y: base }, style);
    let (word, ink) = outcome(signal);
    let style = TextStyle::new(19.0).bold().ink(ink);
    canvas.text_right(word, Point2 { x: right, y: base }, style);
    bar(canvas, signal, top + 38.0);
}

fn outcome(signal: &SignalReport) -> (&'static str, Ink) {
    if !signal.assessed {
        ("– not assessed", MUTED)
    } else if signal.passed {
        ("✓ passed", BLUE)
    } else {
        ("✗ failed", VERMILLION)
    }
}

fn bar_width(canvas: &Canvas) -> f32 {
    canvas.width() - 2.0 * MARGIN - FIGURE_PX
}

fn bar(canvas: &mut Canvas, signal: &SignalReport, top: f32) {
    let track = Rect {
        x: MARGIN,
        y: top,
        width: bar_width(canvas),
        height: BAR_PX,
    };
    canvas.fill_rect(track, PANEL);
    let figure_at = Point2 {
        x: canvas.width() - MARGIN,
        y: top + BAR_PX - 1.0,
    };
    if !signal.assessed {
        let slashes = (0..(track.width / 12.0) as u32).map(|i| {
            let x = MARGIN + i as f32 * 12.0;
            [(x, top + BAR_PX), (x + 10.0, top)].map(|(x, y)| Point2 { x, y })
        });
        canvas.segments(slashes, Pen::new(GREY, 1.0));
        canvas.text_right("–", figure_at, TextStyle::new(19.0).ink(MUTED));
        return;
    }
    let score = unit(signal.score);
    let ink = if score < PASS_SCORE {
        VERMILLION
    } else if score < STRONG_SCORE {
        SKY
    } else {
        BLUE
    };
    let filled = Rect {
        width: track.width * score as f32,
        ..track
    };
    canvas.fill_rect(filled, ink);
    canvas.text_right(&format!("{score:.2}"), figure_at, TextStyle::new(19.0));
}

/// The pass mark at 0.5 through every bar, named once under the last.
fn half_mark(canvas: &mut Canvas, rows: usize) {
    let x = MARGIN + bar_width(canvas) * PASS_SCORE as f32;
    for i in 0..rows {
        let top = HEAD_PX + i as f32 * ROW_PX + 34.0;
        let ends = [top, top + BAR_PX + 8.0].map(|y| Point2 { x, y });
        canvas.line(ends[0], ends[1], Pen::new(TEXT, 2.0).cased(PAPER));
    }
    if rows > 0 {
        let y = HEAD_PX + rows as f32 * ROW_PX + 20.0;
        let style = TextStyle::new(17.0).ink(MUTED);
        canvas.text_centred("pass mark 0.50", Point2 { x, y }, style);
    }
}

fn caption(result: &CheckResult, decision: &Decision) -> String {
    let count = |keep: fn(&SignalReport) -> bool| result.signals.iter().filter(|s| keep(s)).count();
    let passed = count(|s| s.assessed && s.passed);
    let failed = count(|s| s.assessed && !s.passed);
    let missing = count(|s| !s.assessed);
    let not_assessed = if missing > 0 {
        format!(" {missing} could not be assessed; the others share the weight.")
    } else {
        String::new()
    };
    format!(
        "Verdict {} with confidence {:.2}: {passed} signals passed, {failed} failed.{not_assessed} \
         A bar to the right of the pass mark speaks for a living person. The scores make the \
         confidence by their weights: a heavy signal moves the marker more than a light one. Above \
         {:.2} the verdict is LIVE, below {:.2} SPOOF, between them INCONCLUSIVE: ask for a new \
         picture.",
        result.verdict,
        unit(result.confidence),
        unit(result.threshold + decision.inconclusive_margin),
        unit(result.threshold - decision.inconclusive_margin),
    )
}

/// The value cut to [0, 1]; 0 for NaN.
pub(super) fn unit(value: f64) -> f64 {
    if value.is_nan() {
        0.0
    } else {
        value.clamp(0.0, 1.0)
    }
}
