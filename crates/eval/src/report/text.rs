//! The summary for a terminal.

use std::fmt::Write;

use super::{BPCER_POINTS, Report};
use crate::format::{area, chosen, count, percent, plain_area, rate, table};

/// Rows of a group table that the summary shows.
const GROUP_ROWS: usize = 8;
/// Unreadable rows that the summary shows.
const UNREADABLE_ROWS: usize = 10;

impl Report {
    /// A summary in plain text, at most about 100 columns wide.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_text(&mut text);
        text
    }

    fn write_text(&self, out: &mut String) -> std::fmt::Result {
        let (s, b, o) = (&self.settings, &self.basis, &self.overall);
        writeln!(out, "{}", s.title)?;
        writeln!(
            out,
            "{} and {} of {} named {} in {} named {}; profile {}, calibration {}",
            count(b.live, "bona fide presentation"),
            count(b.attack, "attack"),
            b.persons,
            if b.persons == 1 { "person" } else { "persons" },
            b.sources,
            if b.sources == 1 { "source" } else { "sources" },
            s.profile,
            s.calibration
        )?;
        writeln!(out, "\nAt the threshold {:.2}", s.threshold)?;
        let worst = format!("APCER, worst: {}", o.worst_species);
        out.push_str(&table(&[
            vec![worst, rate(o.apcer_worst)],
            vec!["BPCER".into(), rate(o.bpcer)],
            vec!["ACER".into(), rate(o.acer)],
            vec!["APNRR".into(), rate(o.apnrr)],
            vec!["BPNRR".into(), rate(o.bpnrr)],
        ]));
        writeln!(out, "\nAt every threshold")?;
        let mut rows = vec![
            vec!["AUC".into(), area(o.auc)],
            vec!["EER".into(), rate(o.eer)],
        ];
        rows.extend(o.apcer_at_bpcer.iter().map(|at| {
            let name = format!(
                "APCER at BPCER {}, worst: {}",
                chosen(at.bpcer),
                at.worst_species
            );
            vec![name, rate(at.worst)]
        }));
        out.push_str(&table(&rows));
        self.write_tables(out)?;
        self.write_notes(out)
    }

    fn write_tables(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\nBy species")?;
        let at = BPCER_POINTS.map(|p| format!("APCER@{}", chosen(p)));
        let mut header: Vec<String> = ["", "n", "APCER", "APNRR", "AUC", "EER"]
            .map(str::to_owned)
            .to_vec();
        header.extend(at);
        let mut rows = vec![header];
        rows.extend(self.species.iter().map(|s| {
            let mut row = vec![s.species.clone(), s.presentations.to_string()];
            row.extend([
                short(s.apcer),
                short(s.apnrr),
                short_area(s.auc),
                short(s.eer),
            ]);
            row.extend(s.apcer_at_bpcer.iter().map(|e| short(*e)));
            row
        }));
        out.push_str(&table(&rows));

        writeln!(out, "\nAnswers")?;
        let mut rows = vec![
            ["", "LIVE", "INCONCLUSIVE", "SPOOF", "none"]
                .map(str::to_owned)
                .to_vec(),
        ];
        rows.extend(self.answers.iter().map(|a| {
            let name = if a.species.is_empty() {
                "bona fide"
            } else {
                &a.species
            };
            let shares = [a.live, a.inconclusive, a.spoof, a.non_response];
            std::iter::once(name.to_owned())
                .chain(shares.iter().map(|e| short(*e)))
                .collect()
        }));
        out.push_str(&table(&rows));

        for group in &self.groups {
            writeln!(out, "\nBy {}, highest BPCER first", group.column)?;
            let mut rows = vec![
                ["", "live", "attack", "BPCER", "APCER", "AUC"]
                    .map(str::to_owned)
                    .to_vec(),
            ];
            rows.extend(group.rows.iter().take(GROUP_ROWS).map(|r| {
                let value = if r.value.is_empty() {
                    "(none)"
                } else {
                    &r.value
                };
                let mut row = vec![value.to_owned(), r.live.to_string(), r.attack.to_string()];
                row.extend([rate(r.bpcer), short(r.apcer), short_area(r.auc)]);
                row
            }));
            out.push_str(&table(&rows));
            more(out, group.rows.len(), GROUP_ROWS)?;
        }

        if !self.signals.is_empty() {
            writeln!(out, "\nAUC of each signal alone (0.5 is chance)")?;
            let mut header = vec![String::new(), "all attacks".to_owned()];
            header.extend(self.species.iter().map(|s| s.species.clone()));
            let mut rows = vec![header];
            rows.extend(self.signals.iter().map(|s| {
                let mut row = vec![s.name.clone(), area(s.auc)];
                row.extend(self.species.iter().map(|species| {
                    short_area(s.by_species.get(&species.species).copied().flatten())
                }));
                row
            }));
            out.push_str(&table(&rows));
        }
        Ok(())
    }

    fn write_notes(&self, out: &mut String) -> std::fmt::Result {
        if !self.non_responses.is_empty() {
            let n = count(self.non_responses.len(), "presentation");
            writeln!(
                out,
                "\n{n} without a score, each counted as an error of its class"
            )?;
        }
        if !self.unreadable.is_empty() {
            let n = count(self.unreadable.len(), "row");
            writeln!(out, "\n{n} could not be used and count nowhere")?;
            for issue in self.unreadable.iter().take(UNREADABLE_ROWS) {
                let line = issue
                    .line
                    .map_or_else(String::new, |l| format!("line {l}: "));
                writeln!(out, "  {line}{}: {}", issue.path, issue.reason)?;
            }
            more(out, self.unreadable.len(), UNREADABLE_ROWS)?;
        }
        writeln!(out)?;
        for note in &self.basis.notes {
            writeln!(out, "Note: {note}")?;
        }
        Ok(())
    }
}

fn short(estimate: Option<crate::Estimate>) -> String {
    estimate.map_or_else(|| "–".to_owned(), |e| percent(e.value))
}

fn short_area(estimate: Option<crate::Estimate>) -> String {
    estimate.map_or_else(|| "–".to_owned(), |e| plain_area(e.value))
}

fn more(out: &mut String, all: usize, shown: usize) -> std::fmt::Result {
    match all.checked_sub(shown) {
        Some(rest) if rest > 0 => writeln!(out, "  and {rest} more"),
        _ => Ok(()),
    }
}
