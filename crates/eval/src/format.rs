//! How figures are written for people.

use crate::Estimate;

/// A rate in percent with one decimal.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// A share that someone chose, such as 5%: decimals only where it has some.
pub(crate) fn chosen(share: f64) -> String {
    format!("{}%", (1e6 * share).round() / 1e4)
}

/// A rate in percent with its interval.
pub(crate) fn rate(estimate: Option<Estimate>) -> String {
    with_interval(estimate, percent, |share| format!("{:.1}", 100.0 * share))
}

/// An area under a curve with its interval.
pub(crate) fn area(estimate: Option<Estimate>) -> String {
    with_interval(estimate, plain_area, plain_area)
}

/// An area under a curve, from 0 to 1.
pub(crate) fn plain_area(area: f64) -> String {
    format!("{area:.3}")
}

fn with_interval(
    estimate: Option<Estimate>,
    value: impl Fn(f64) -> String,
    end: impl Fn(f64) -> String,
) -> String {
    let Some(e) = estimate else {
        return "–".to_owned();
    };
    match (e.low, e.high) {
        (Some(low), Some(high)) => format!("{} [{}, {}]", value(e.value), end(low), end(high)),
        _ => format!("{} [no interval]", value(e.value)),
    }
}

/// A number with its noun, in the plural where it needs it.
pub(crate) fn count(n: usize, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

/// Rows in aligned columns, indented by two.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|c| c.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}", width = *width))
            .collect();
        text.push_str("  ");
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
