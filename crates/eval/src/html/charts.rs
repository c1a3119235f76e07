//! Charts as inline SVG. Only numbers enter them; names stand in the legend beside.

mod curves;
mod histogram;

use std::fmt::Write;

pub(super) use curves::{det, roc};
pub(super) use histogram::histogram;

/// Width of every chart in its own units; about the width of a phone, so that text keeps its
/// size there.
const WIDTH: f64 = 380.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 40.0;

/// A plot area with a linear mapping from data to drawing units.
struct Plot {
    height: f64,
    x: (f64, f64),
    y: (f64, f64),
    body: String,
}

impl Plot {
    fn new(height: f64, x: (f64, f64), y: (f64, f64)) -> Self {
        Self {
            height,
            x,
            y,
            body: String::new(),
        }
    }

    fn px(&self, x: f64) -> f64 {
        let (from, to) = self.x;
        LEFT + (x - from) / (to - from) * (WIDTH - LEFT - RIGHT)
    }

    fn py(&self, y: f64) -> f64 {
        let (from, to) = self.y;
        self.height - BOTTOM - (y - from) / (to - from) * (self.height - TOP - BOTTOM)
    }

    fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let (x1, y1, x2, y2) = (
            self.px(from.0),
            self.py(from.1),
            self.px(to.0),
            self.py(to.1),
        );
        self.add(format_args!(
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        ));
    }

    fn rect(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let (x1, y1, x2, y2) = (
            self.px(from.0),
            self.py(from.1),
            self.px(to.0),
            self.py(to.1),
        );
        let (x, y, w, h) = (x1.min(x2), y1.min(y2), (x2 - x1).abs(), (y2 - y1).abs());
        self.add(format_args!(
            r#"<rect class="{class}" x="{x:.2}" y="{y:.2}" width="{w:.2}" height="{h:.2}"/>"#
        ));
    }

    fn path(&mut self, class: &str, points: impl Iterator<Item = (f64, f64)>) {
        let mut d = String::new();
        for (i, (x, y)) in points.enumerate() {
            let command = if i == 0 { 'M' } else { 'L' };
            let _ = write!(d, "{command}{:.1} {:.1}", self.px(x), self.py(y));
        }
        self.add(format_args!(r#"<path class="{class}" d="{d}"/>"#));
    }

    fn dot(&mut self, class: &str, (x, y): (f64, f64)) {
        let (x, y) = (self.px(x), self.py(y));
        self.add(format_args!(
            r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="4"/>"#
        ));
    }

    /// Grid line and text at `x`.
    fn tick_x(&mut self, x: f64, text: &str) {
        let (from, to) = self.y;
        self.line("grid", (x, from), (x, to));
        let (px, py) = (self.px(x), self.height - BOTTOM + 15.0);
        self.add(format_args!(
            r#"<text x="{px:.1}" y="{py:.1}" text-anchor="middle">{text}</text>"#
        ));
    }

    /// Grid line and text at `y`.
    fn tick_y(&mut self, y: f64, text: &str) {
        let (from, to) = self.x;
        self.line("grid", (from, y), (to, y));
        let (px, py) = (LEFT - 6.0, self.py(y) + 4.0);
        self.add(format_args!(
            r#"<text x="{px:.1}" y="{py:.1}" text-anchor="end">{text}</text>"#
        ));
    }

    fn titles(&mut self, x: &str, y: &str) {
        let (cx, bottom) = ((LEFT + WIDTH - RIGHT) / 2.0, self.height - 5.0);
        self.add(format_args!(
            r#"<text class="axis" x="{cx:.1}" y="{bottom:.1}" text-anchor="middle">{x}</text>"#
        ));
        let cy = (TOP + self.height - BOTTOM) / 2.0;
        self.add(format_args!(
            r#"<text class="axis" transform="translate(11 {cy:.1}) rotate(-90)" text-anchor="middle">{y}</text>"#
        ));
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.body.write_fmt(element);
        self.body.push('\n');
    }

    fn finish(self, label: &str) -> String {
        format!(
            r#"<svg viewBox="0 0 {WIDTH} {}" role="img" aria-label="{label}">
{}</svg>"#,
            self.height, self.body
        )
    }
}

/// The colour of the n-th species; they repeat after eight.
pub(super) fn colour(n: usize) -> String {
    format!("s{}", n % 8)
}
