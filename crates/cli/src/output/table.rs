//! Verdicts for people: one file in full, many files a row each.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};
use lifesign_domain::{CheckResult, SignalReport, Verdict};

use super::visible;
use crate::judge::Judged;

/// Width of a table that is not printed on a terminal.
const FALLBACK_WIDTH: u16 = 100;

/// Everything about one file.
pub(crate) fn one(judged: &Judged) -> String {
    let result = match &judged.outcome {
        Ok(result) => result,
        Err(error) => return format!("{}\n  {}", visible(&judged.file), error.message),
    };
    let mut text = format!("{}\n\n{}\n", visible(&judged.file), headline(result));
    if !result.signals.is_empty() {
        text.push_str(&format!("\n{}\n", signals(&result.signals_by_weight())));
    }
    for reason in &result.reasons {
        text.push_str(&format!("\n  {} {}", reason.message, reason.guidance));
    }
    text.trim_end().to_owned()
}

fn headline(result: &CheckResult) -> String {
    let mut table = plain_table();
    table.add_row([
        verdict_cell(result.verdict),
        Cell::new(format!(
            "confidence {:.2}, threshold {:.2}, profile {}, calibration {}",
            result.confidence, result.threshold, result.profile, result.calibration
        )),
    ]);
    table.to_string()
}

fn signals(signals: &[&SignalReport]) -> Table {
    let mut table = plain_table();
    table.set_header(["", "SIGNAL", "SCORE", "WEIGHT", "FINDING"]);
    for signal in signals {
        let (mark, color) = match (signal.assessed, signal.passed) {
            (false, _) => ("-", Color::Grey),
            (true, true) => ("pass", Color::Green),
            (true, false) => ("fail", Color::Red),
        };
        let score = if signal.assessed {
            format!("{:.2}", signal.score)
        } else {
            "-".to_owned()
        };
        table.add_row([
            Cell::new(mark).fg(color),
            Cell::new(&signal.label),
            right(score),
            right(format!("{:.2}", signal.weight)),
            Cell::new(&signal.detail),
        ]);
    }
    table
}

/// Many files, a row each. Rows are made one at a time so that they appear as they are ready;
/// hence the fixed columns.
pub(crate) struct Rows {
    file_width: usize,
}

impl Rows {
    /// For files with names up to the given length.
    pub(crate) fn new(longest_name: usize) -> Self {
        const WIDEST: usize = 60;
        Self {
            file_width: longest_name.clamp("FILE".len(), WIDEST),
        }
    }

    /// The heading.
    pub(crate) fn header(&self) -> String {
        let width = self.file_width;
        format!(
            "{:width$}  {:12}  {:>10}  {:>5}  REASONS",
            "FILE", "VERDICT", "CONFIDENCE", "FACES"
        )
    }

    /// The row of one file.
    pub(crate) fn row(&self, judged: &Judged) -> String {
        let width = self.file_width;
        let file = tail(&visible(&judged.file), width);
        match &judged.outcome {
            Ok(result) => {
                let codes = Vec::from_iter(result.reasons.iter().map(|r| r.code.as_str()));
                let verdict = painted(&format!("{:12}", result.verdict), result.verdict);
                format!(
                    "{file:width$}  {verdict}  {:>10.2}  {:>5}  {}",
                    result.confidence,
                    result.face_count,
                    codes.join(", ")
                )
            }
            Err(error) => format!(
                "{file:width$}  {:12}  {:>10}  {:>5}  {}",
                "ERROR", "-", "-", error.message
            ),
        }
    }
}

/// Bold, in the verdict's colour; `print_line` drops the codes where nobody would see them.
fn painted(text: &str, verdict: Verdict) -> String {
    let code = match verdict {
        Verdict::Live => 32,
        Verdict::Spoof => 31,
        Verdict::Inconclusive => 33,
    };
    format!("\u{1b}[1;{code}m{text}\u{1b}[0m")
}

/// The last `width` characters, so that the file's own name stays visible.
fn tail(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(length + 1 - width).collect();
    format!("…{kept}")
}

fn plain_table() -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    if !table.is_tty() {
        table.set_width(FALLBACK_WIDTH);
    }
    table
}

fn verdict_cell(verdict: Verdict) -> Cell {
    let color = match verdict {
        Verdict::Live => Color::Green,
        Verdict::Spoof => Color::Red,
        Verdict::Inconclusive => Color::Yellow,
    };
    Cell::new(verdict.as_str())
        .fg(color)
        .add_attribute(Attribute::Bold)
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

#[cfg(test)]
mod tests {
    use super::tail;

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(tail("short.jpg", 12), "short.jpg");
        assert_eq!(tail("folder/with/a/picture.jpg", 12), "…picture.jpg");
    }
}
