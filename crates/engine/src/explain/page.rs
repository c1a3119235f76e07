//! One self-contained HTML page about one or several checks.
//!
//! No script, no reference to anything outside the file, and a content security policy that
//! forbids both. Every text that comes from outside is escaped and isolated from the direction
//! of the text around it.

use std::fmt::Write as _;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use lifesign_domain::{CheckResult, PASS_SCORE, QualityComponent, Reason, SignalReport, Verdict};

use super::Picture;
use super::chart::{STRONG_SCORE, unit, verdict_icon};

/// One check on the page.
#[derive(Clone, Copy, Debug)]
pub struct PageEntry<'a> {
    /// Heading, usually the name of the file; may hold anything.
    pub title: &'a str,
    /// The answer.
    pub result: &'a CheckResult,
    /// Its pictures, as [`super::pictures`] made them.
    pub pictures: &'a [Picture],
}

/// Lets the page load its own pictures and style and nothing else.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
                      base-uri 'none'; form-action 'none'";

/// Writes the page. Several entries get an index at the top.
pub fn page(entries: &[PageEntry<'_>]) -> String {
    let pictures = entries.iter().flat_map(|e| e.pictures);
    let mut html =
        String::with_capacity(16_384 + pictures.map(|p| p.png.len() * 3 / 2).sum::<usize>());
    let style = include_str!("assets/page.css");
    put(
        &mut html,
        format_args!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Lifesign: why a check ended as it did</title>\n<style>\n{style}</style>\n</head>\n\
         <body>\n<header>\n<h1>Why a check ended as it did</h1>\n\
         <p class=\"lead\">A liveness check asks whether a living person was in front of the camera, \
         or a print, a screen, a mask or a generated picture. Below is what was seen and how much \
         each finding counted.</p>\n</header>\n",
        ),
    );
    if entries.len() > 1 {
        index(&mut html, entries);
    }
    html.push_str("<main>\n");
    for (number, entry) in (1..).zip(entries) {
        article(&mut html, number, entry);
    }
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn put(html: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = html.write_fmt(text);
}

/// `text` with every character that means something to HTML replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Live => "live",
        Verdict::Spoof => "spoof",
        Verdict::Inconclusive => "inconclusive",
    }
}

fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Live => "The picture is consistent with a living person in front of the camera.",
        Verdict::Spoof => "The picture is consistent with a presentation attack.",
        Verdict::Inconclusive => "No decision can be made from this picture; ask for a new one.",
    }
}

fn index(html: &mut String, entries: &[PageEntry<'_>]) {
    put(
        html,
        format_args!(
            "<nav aria-label=\"Checks on this page\">\n<h2>{} checks</h2>\n<ol>\n",
            entries.len()
        ),
    );
    for (number, entry) in (1..).zip(entries) {
        let verdict = entry.result.verdict;
        put(
            html,
            format_args!(
                "<li><a href=\"#check-{number}\"><bdi>{}</bdi></a> \
             <b class=\"{}\"><span aria-hidden=\"true\">{}</span> {verdict} {:.2}</b></li>\n",
                escape(entry.title),
                class(verdict),
                verdict_icon(verdict),
                unit(entry.result.confidence),
            ),
        );
    }
    html.push_str("</ol>\n</nav>\n");
}

fn article(html: &mut String, number: usize, entry: &PageEntry<'_>) {
    let result = entry.result;
    let verdict = result.verdict;
    put(
        html,
        format_args!(
            "<article id=\"check-{number}\" aria-labelledby=\"check-{number}-title\">\n\
         <h2 id=\"check-{number}-title\"><bdi>{}</bdi></h2>\n\
         <p class=\"verdict {}\"><b><span aria-hidden=\"true\">{}</span> {verdict}</b> \
         confidence {:.2}, threshold {:.2}</p>\n<p>{}</p>\n",
            escape(entry.title),
            class(verdict),
            verdict_icon(verdict),
            unit(result.confidence),
            result.threshold,
            meaning(verdict),
        ),
    );
    reasons(html, &result.reasons);
    figures(html, number, entry.pictures);
    signals(html, &result.signals_by_weight());
    quality(html, &result.quality);
    put(
        html,
        format_args!(
            "<p class=\"facts\">Profile {}, calibration {}, faces found: {}.</p>\n</article>\n",
            escape(&result.profile),
            escape(&result.calibration),
            result.face_count,
        ),
    );
}

fn reasons(html: &mut String, reasons: &[Reason]) {
    if reasons.is_empty() {
        return;
    }
    html.push_str("<h3>What stands in the way of a better answer</h3>\n<ul class=\"reasons\">\n");
    for reason in reasons {
        let (message, guidance) = (escape(&reason.message), escape(&reason.guidance));
        put(
            html,
            format_args!("<li><strong>{message}</strong> {guidance}</li>\n"),
        );
    }
    html.push_str("</ul>\n");
}

fn figures(html: &mut String, number: usize, pictures: &[Picture]) {
    if pictures.is_empty() {
        return;
    }
    html.push_str("<h3>Pictures</h3>\n<div class=\"pictures\">\n");
    for picture in pictures {
        let id = format!("check-{number}-{}", picture.name);
        put(
            html,
            format_args!(
                "<figure>\n<img src=\"data:image/png;base64,{}\" width=\"{}\" height=\"{}\" \
             alt=\"{}\" aria-describedby=\"{id}\">\n\
             <figcaption id=\"{id}\"><strong>{}</strong> {}</figcaption>\n</figure>\n",
                Base64Display::new(&picture.png, &STANDARD),
                picture.width,
                picture.height,
                escape(picture.title),
                escape(picture.title),
                escape(&picture.caption),
            ),
        );
    }
    html.push_str("</div>\n");
}

fn signals(html: &mut String, signals: &[&SignalReport]) {
    if signals.is_empty() {
        return;
    }
    html.push_str(
        "<h3>What each signal found</h3>\n<table>\n<caption>A score of 0.50 or more counts as \
         passed. The confidence is made of the scores by their weights.</caption>\n<thead><tr>\
         <th scope=\"col\">Signal</th><th scope=\"col\">Score</th>\
         <th scope=\"col\" class=\"number\">Weight</th></tr></thead>\n<tbody>\n",
    );
    for signal in signals {
        put(
            html,
            format_args!(
                "<tr><th scope=\"row\">{}</th><td class=\"score\">{}</td>\
                 <td class=\"number\">{:.0} %</td></tr>\n\
                 <tr class=\"finding\"><td colspan=\"3\">{}</td></tr>\n",
                escape(&signal.label),
                score(signal),
                100.0 * signal.weight,
                escape(&signal.detail),
            ),
        );
    }
    html.push_str("</tbody>\n</table>\n");
}

/// Figure and word, with a bar for the eye.
fn score(signal: &SignalReport) -> String {
    if !signal.assessed {
        return "<span class=\"outcome\">– not assessed</span>".to_owned();
    }
    let score = unit(signal.score);
    let band = if score < PASS_SCORE {
        "failed"
    } else if score < STRONG_SCORE {
        "moderate"
    } else {
        "strong"
    };
    let outcome = if signal.passed {
        "✓ passed"
    } else {
        "✗ failed"
    };
    format!(
        "<span class=\"outcome\">{score:.2} {outcome}</span>\
         <svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"track\" width=\"100\" height=\"8\"/>\
         <rect class=\"{band}\" width=\"{:.1}\" height=\"8\"/>\
         <rect class=\"half\" x=\"49.5\" width=\"1\" height=\"8\"/></svg>",
        100.0 * score
    )
}

fn quality(html: &mut String, components: &[QualityComponent]) {
    if components.is_empty() {
        return;
    }
    html.push_str(
        "<details>\n<summary>Quality of the picture (ISO/IEC 29794-5)</summary>\n<table>\n<thead><tr>\
         <th scope=\"col\">Component</th><th scope=\"col\" class=\"number\">Value</th>\
         <th scope=\"col\">Within limits</th></tr></thead>\n<tbody>\n",
    );
    for component in components {
        put(
            html,
            format_args!(
                "<tr><th scope=\"row\">{}</th><td class=\"number\">{:.2} {}</td><td>{}</td></tr>\n",
                escape(&component.name.replace('_', " ")),
                component.value,
                escape(&component.unit),
                if component.passed {
                    "✓ yes"
                } else {
                    "✗ no"
                },
            ),
        );
    }
    html.push_str("</tbody>\n</table>\n</details>\n");
}
