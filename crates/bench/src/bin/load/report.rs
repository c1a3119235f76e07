//! The rows of a run as a table in Markdown, with ratios to the first target where a peer stands beside it.

use std::fmt::Write as _;
use std::time::Duration;

use lifesign_bench::timing::Samples;

use crate::drive::Stretch;

/// One stretch of load on one target.
pub(crate) struct Row {
    pub(crate) target: String,
    /// What was asked of it.
    pub(crate) load: String,
    pub(crate) connections: usize,
    pub(crate) stretch: Stretch,
}

impl Row {
    pub(crate) fn new(target: &str, load: String, connections: usize, stretch: Stretch) -> Self {
        Self {
            target: target.to_owned(),
            load,
            connections,
            stretch,
        }
    }
}

pub(crate) fn table(what: &str, rows: &[Row], ready_after: Duration, peak_mb: f64) -> String {
    let mut text = format!(
        "{what}. From start to ready {:.0} ms, peak memory {peak_mb:.0} MB.\n\n\
         | target | load | answers/s | p50 ms | p95 ms | p99 ms | refused | refused p50 ms | failed |\n\
         |---|---|---|---|---|---|---|---|---|\n",
        ready_after.as_secs_f64() * 1e3
    );
    for row in rows {
        let Stretch {
            answered,
            refused,
            failed,
            ..
        } = &row.stretch;
        let _ = writeln!(
            text,
            "| {} | {} | {:.1} | {} | {} | {} | {} | {} | {failed} |",
            row.target,
            row.load,
            row.stretch.per_second(),
            ms(answered, 0.5),
            ms(answered, 0.95),
            ms(answered, 0.99),
            refused.len(),
            ms(refused, 0.5),
        );
    }
    ratios(&mut text, rows);
    text
}

/// How many times the answers of each peer the first target gave, under the same closed load.
fn ratios(text: &mut String, rows: &[Row]) {
    let Some(own) = rows.first().map(|row| row.target.as_str()) else {
        return;
    };
    let closed = |row: &&Row| row.load.starts_with("closed");
    let mut lines = String::new();
    for peer in rows.iter().filter(closed).filter(|row| row.target != own) {
        let twin = rows
            .iter()
            .filter(closed)
            .find(|row| row.target == own && row.connections == peer.connections);
        if let Some(twin) = twin {
            let ratio = twin.stretch.per_second() / peer.stretch.per_second();
            let _ = writeln!(
                lines,
                "| {} | {} | {ratio:.1} |",
                peer.target, peer.connections
            );
        }
    }
    if !lines.is_empty() {
        let _ = write!(
            text,
            "\n| {own} against | connections | times its answers/s |\n|---|---|---|\n{lines}"
        );
    }
}

fn ms(samples: &Samples, share: f64) -> String {
    if samples.is_empty() {
        return "–".to_owned();
    }
    format!("{:.1}", samples.quantile_ms(share))
}
