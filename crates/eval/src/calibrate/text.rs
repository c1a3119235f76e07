//! The summary of a fit for a terminal.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Calibrated, Target};
use crate::format::{chosen, percent, plain_area, table};

impl Calibrated {
    /// What was fitted, against the weights `before`, and how well it does on what was left out.
    pub fn to_text(&self, before: &BTreeMap<String, f64>, target: Target) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_text(&mut text, before, target);
        text
    }

    fn write_text(
        &self,
        out: &mut String,
        before: &BTreeMap<String, f64>,
        target: Target,
    ) -> std::fmt::Result {
        writeln!(out, "Weights")?;
        let mut rows = vec![["", "before", "fitted"].map(str::to_owned).to_vec()];
        rows.extend(self.weights.iter().map(|(name, weight)| {
            let old = before.get(name).map_or("–".into(), |w| format!("{w:.3}"));
            vec![name.clone(), old, format!("{weight:.3}")]
        }));
        out.push_str(&table(&rows));
        writeln!(
            out,
            "  Operating score {:.4}, which becomes the threshold {:.2}",
            self.map.operating_score, self.map.threshold
        )?;

        let cv = &self.cross_validated;
        writeln!(
            out,
            "\nWith each fold's {} left out ({} folds)",
            cv.left_out, cv.folds
        )?;
        let mut rows: Vec<Vec<String>> = vec![
            vec![
                "BPCER".into(),
                percent(cv.bpcer),
                format!("target {}", chosen(target.bpcer)),
            ],
            vec!["EER".into(), percent(cv.eer)],
            vec![
                "AUC".into(),
                plain_area(cv.auc),
                format!("equal weights {}", plain_area(cv.auc_of_equal_weights)),
            ],
        ];
        let of_species =
            |(species, rate): (&String, &f64)| vec![format!("APCER {species}"), percent(*rate)];
        rows.extend(cv.apcer.iter().map(of_species));
        out.push_str(&table(&rows));
        writeln!(out)?;
        for note in &self.notes {
            writeln!(out, "Note: {note}")?;
        }
        Ok(())
    }
}
