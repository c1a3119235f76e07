//! How figures are written for people.

use crate::Estimate;

/// A share in percent: one decimal, none for whole percents of settings such as 5%.
pub(crate) fn percent(share: f64) -> String {
    let text = format!("{:.1}%", 100.0 * share);
    text.strip_suffix(".0%").map_or(text.clone(), |whole| format!("{whole}%"))
}

/// A share in percent with its interval.
pub(crate) fn rate(estimate: Option<Estimate>) -> String {
    let Some(e) = estimate else {
        return "–".to_owned();
    };
    match (e.low, e.high) {
        (Some(low), Some(high)) => {
            format!("{} [{:.1}, {:.1}]", percent(e.value), 100.0 * low, 100.0 * high)
        }
        _ => format!("{} [no interval]", percent(e.value)),
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
        rows.iter().filter_map(|row| row.get(column)).map(|c| c.chars().count()).max().unwrap_or(0)
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
