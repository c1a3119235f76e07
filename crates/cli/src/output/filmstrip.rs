//! One page that explains clips: frames with their mesh, and curves over time.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use lifesign_clip::{ClipCheck, JudgedFrame, PulseWave};
use lifesign_domain::{ClipMoment, ClipResult};
use lifesign_engine::explain;
use lifesign_media::Limits;

use super::picture::thumbnail_url;
use crate::error::CliError;

/// Longer side of a face on the strip, in pixels.
const FRAME_PX: u32 = 208;
/// Size of a curve in units of its drawing, which is stretched to the width that there is.
const CURVE: [f64; 2] = [900.0, 100.0];

/// What is drawn into the faces of the strip.
const LEGEND: &str = "The judged face of each frame: the mesh (pale blue), which should sit on eyes, nose and mouth, \
the eyes (yellow), irises (green), midline and pairs whose symmetry is compared (pink), and the axes of the head, z where \
it looks. The strip scrolls to the side.";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;\
padding:0 1rem;color:#16242b;background:#fff;overflow-wrap:anywhere}h1,h2,h3{line-height:1.2}\
.strip{display:flex;gap:.5rem;overflow-x:auto;padding-bottom:.5rem}figure{margin:0}.strip figure{flex:none}.strip img{width:auto;height:13rem}\
figcaption,.axis{font-size:.85rem}img{display:block;border-radius:.3rem}\
.curves{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:1rem;align-items:end}\
.axis{display:flex;justify-content:space-between}svg{display:block;width:100%;height:6.5rem;\
background:#f4f7f8;border-radius:.3rem}path{fill:none;stroke:#0d6b78;stroke-width:2;\
vector-effect:non-scaling-stroke}.note,.axis,figcaption{color:#4b5c64}\
table{border-collapse:collapse}td,th{text-align:left;padding:.25rem .75rem .25rem 0;\
border-bottom:1px solid #ccd5d8;vertical-align:top}thead th{white-space:nowrap}@media(prefers-color-scheme:dark){\
body{color:#e6eef1;background:#10191d}svg{background:#1a262b}path{stroke:#5cc4d1}\
.note,.axis,figcaption{color:#a8b8bf}td,th{border-color:#32424a}}";

/// The page while it grows.
#[derive(Default)]
pub(crate) struct Page {
    sections: String,
}

impl Page {
    /// Adds a clip.
    pub(crate) fn add(
        &mut self,
        name: &str,
        check: &ClipCheck,
        strip: Strip,
    ) -> Result<(), CliError> {
        let result = &check.result;
        let html = &mut self.sections;
        put(html, format_args!("<h2>{}</h2>\n", escape(name)));
        put(
            html,
            format_args!(
                "<p><strong>{}</strong> with confidence {:.2} (threshold {:.2}), {:.1} s, {} frames \
                 looked at, {} judged. Calibration {}.</p>\n",
                result.verdict,
                result.confidence,
                result.threshold,
                result.duration_s,
                result.frame_count,
                result.frames.len(),
                escape(&result.calibration)
            ),
        );
        for reason in &result.reasons {
            put(
                html,
                format_args!(
                    "<p>{} {}</p>\n",
                    escape(&reason.message),
                    escape(&reason.guidance)
                ),
            );
        }
        put(
            html,
            format_args!(
                "<h3>Frames that were judged</h3>\n<div class=\"strip\" tabindex=\"0\" role=\"group\" \
                 aria-label=\"Frames that were judged\">\n{}</div>\n<p class=\"note\">{LEGEND}</p>\n",
                strip.into_html()?
            ),
        );
        html.push_str("<h3>Over time</h3>\n<div class=\"curves\">\n");
        curves(html, result);
        pulse(html, check.pulse.as_ref());
        html.push_str("</div>\n");
        signals(html, result);
        Ok(())
    }

    /// The whole page.
    pub(crate) fn finish(self) -> String {
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta \
             name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Why: clips\
             </title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>Why: clips</h1>\n{}</body>\n\
             </html>\n",
            self.sections
        )
    }
}

/// Figures of judged frames, drawn as soon as each is judged, so that no frame is kept.
#[derive(Default)]
pub(crate) struct Strip(Mutex<Vec<(f64, Result<String, CliError>)>>);

impl Strip {
    /// Draws a frame; frames come in any order.
    pub(crate) fn add(&self, frame: &JudgedFrame) {
        let figure = figure(frame);
        let mut figures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        figures.push((frame.at_s, figure));
    }

    fn into_html(self) -> Result<String, CliError> {
        let mut figures = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        figures.sort_by(|a, b| a.0.total_cmp(&b.0));
        figures.into_iter().map(|(_, figure)| figure).collect()
    }
}

fn figure(frame: &JudgedFrame) -> Result<String, CliError> {
    let page = |error: &dyn std::fmt::Display| CliError::Page(error.to_string());
    // Drawn twice as large, for screens with small pixels and so that thin lines stay visible.
    let face = explain::face_picture(&frame.check, 2 * FRAME_PX).map_err(|e| page(&e))?;
    let shown = lifesign_media::decode(&face.png, &Limits::default()).map_err(|e| page(&e))?;
    let url = thumbnail_url(&shown.frame, 2 * FRAME_PX).map_err(|e| page(&e))?;
    let result = &frame.check.result;
    Ok(format!(
        "<figure><img src=\"{url}\" alt=\"The face at {:.1} s with what was found in it\">\
         <figcaption>{:.1} s: {} {:.2}</figcaption></figure>\n",
        frame.at_s, frame.at_s, result.verdict, result.confidence
    ))
}

/// A name, its unit and how it is read from a moment.
type Curve<'a> = (&'a str, &'a str, fn(&ClipMoment) -> Option<f64>);

fn curves(html: &mut String, result: &ClipResult) {
    let all: [Curve<'_>; 4] = [
        ("Eye aspect ratio", "", |m| m.eye_aspect_ratio),
        ("Mouth opening", "", |m| m.mouth_opening),
        ("Yaw", "°", |m| m.pose.map(|pose| pose.yaw)),
        ("Pitch", "°", |m| m.pose.map(|pose| pose.pitch)),
    ];
    for (name, unit, read) in all {
        let points = result.timeline.iter().map(|m| (m.at_s, read(m)));
        curve(html, name, unit, &Vec::from_iter(points));
    }
    let scores = result.frames.iter().map(|f| (f.at_s, Some(f.confidence)));
    curve(
        html,
        "Confidence of the judged frames",
        "",
        &Vec::from_iter(scores),
    );
}

/// The pulse as it goes, and how strong each rate is in it.
fn pulse(html: &mut String, wave: Option<&PulseWave>) {
    let Some(wave) = wave else {
        html.push_str("<p class=\"note\">Pulse: not measured.</p>\n");
        return;
    };
    let place = |(i, value): (usize, &f64)| (wave.start_s + i as f64 * wave.step_s, Some(*value));
    let values = Vec::from_iter(wave.values.iter().enumerate().map(place));
    curve(html, "Pulse of the skin", "", &values);
    let rates = wave
        .spectrum
        .iter()
        .map(|[hertz, size]| (hertz * 60.0, Some(*size)));
    let name = format!(
        "Strength of each rate in it, strongest at {:.0} beats a minute, {:.1} dB over the rest",
        wave.bpm, wave.snr_db
    );
    drawing(html, &name, "", (" a minute", 0), &Vec::from_iter(rates));
}

/// A curve over seconds.
fn curve(html: &mut String, name: &str, unit: &str, points: &[(f64, Option<f64>)]) {
    drawing(html, name, unit, (" s", 1), points);
}

/// A curve as SVG; gaps stay gaps. `unit` is that of the values, `along` that of what they are drawn over, with
/// its decimals.
fn drawing(
    html: &mut String,
    name: &str,
    unit: &str,
    (along, decimals): (&str, usize),
    points: &[(f64, Option<f64>)],
) {
    let known = Vec::from_iter(points.iter().filter_map(|(_, value)| *value));
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return;
    };
    if known.is_empty() {
        put(
            html,
            format_args!("<p class=\"note\">{name}: not measured.</p>\n"),
        );
        return;
    }
    let low = known.iter().copied().fold(f64::MAX, f64::min);
    let high = known.iter().copied().fold(f64::MIN, f64::max);
    let span = (high - low).max(1e-6);
    let time = (last.0 - first.0).max(1e-6);
    let [width, height] = CURVE;
    let mut path = String::new();
    let mut pen_down = false;
    for (at, value) in points {
        let Some(value) = value else {
            pen_down = false;
            continue;
        };
        let x = (at - first.0) / time * width;
        let y = height - 6.0 - (value - low) / span * (height - 12.0);
        let step = if pen_down { 'L' } else { 'M' };
        let _ = write!(path, "{step}{x:.1} {y:.1}");
        pen_down = true;
    }
    let range = if low.abs().max(high.abs()) < 0.05 {
        String::new()
    } else {
        format!(": {low:.2}{unit} to {high:.2}{unit}")
    };
    put(
        html,
        format_args!(
            "<figure><figcaption>{name}{range}</figcaption><svg viewBox=\"0 0 {width} {height}\" \
             preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{name}{range}, over {time:.decimals$}{along}\">\
             <path d=\"{path}\"/></svg><div class=\"axis\"><span>{:.decimals$}{along}</span>\
             <span>{:.decimals$}{along}</span></div></figure>\n",
            first.0, last.0
        ),
    );
}

fn signals(html: &mut String, result: &ClipResult) {
    html.push_str(
        "<h3>What each signal found</h3>\n<table>\n<thead><tr><th scope=\"col\">Signal</th>\
         <th scope=\"col\">Score</th><th scope=\"col\">Finding</th></tr></thead>\n<tbody>\n",
    );
    for signal in &result.signals {
        let score = if signal.assessed {
            format!("{:.2}", signal.score)
        } else {
            "not assessed".to_owned()
        };
        put(
            html,
            format_args!(
                "<tr><th scope=\"row\">{}</th><td>{score}</td><td>{}</td></tr>\n",
                escape(&signal.label),
                escape(&signal.detail)
            ),
        );
    }
    html.push_str("</tbody>\n</table>\n");
}

fn put(html: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = html.write_fmt(text);
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}
