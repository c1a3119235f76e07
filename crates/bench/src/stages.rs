//! What criterion has measured of each stage, as one table.

use std::collections::BTreeMap;
use std::path::Path;

use lifesign_bench::{Outcome, SIZES, size_name};
use serde::Deserialize;

/// criterion's `estimates.json`, in nanoseconds.
#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
}

/// Median milliseconds, a row a stage and a column a size; the costly rows of the largest size first.
pub(crate) fn table(criterion: &Path) -> Outcome<String> {
    let mut rows: BTreeMap<String, [f64; SIZES.len()]> = BTreeMap::new();
    for (column, size) in SIZES.into_iter().enumerate() {
        for stage in std::fs::read_dir(criterion.join(size_name(size)))? {
            let stage = stage?;
            let file = stage.path().join("new").join("estimates.json");
            let Ok(text) = std::fs::read(file) else {
                continue;
            };
            let measured: Estimates = serde_json::from_slice(&text)?;
            let name = stage.file_name().to_string_lossy().into_owned();
            let row = rows.entry(name).or_insert([f64::NAN; SIZES.len()]);
            row[column] = measured.median.point_estimate / 1e6;
        }
    }
    let mut rows = Vec::from_iter(rows);
    let by_largest = |row: &[f64; SIZES.len()]| row.last().copied().unwrap_or(f64::NAN);
    rows.sort_by(|a, b| by_largest(&b.1).total_cmp(&by_largest(&a.1)));
    let mut text = String::from("| median ms |");
    text.extend(SIZES.map(|size| format!(" {} |", size_name(size))));
    text += &format!("\n|---|{}\n", "---|".repeat(SIZES.len()));
    for (name, values) in rows {
        text += &format!("| {name} |");
        text.extend(values.map(|ms| format!(" {ms:.2} |")));
        text += "\n";
    }
    Ok(text)
}
