//! Two reports side by side.

use std::collections::BTreeSet;

use crate::format::{area, chosen, percent, plain_area, rate, table};
use crate::{Estimate, Report};

/// One figure in two reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Name of the figure, for instance `APCER print`.
    pub figure: String,
    /// In the first report.
    pub a: Option<Estimate>,
    /// In the second report.
    pub b: Option<Estimate>,
    /// Whether a higher value is better.
    pub higher_is_better: bool,
}

impl Difference {
    /// Second minus first.
    pub fn change(&self) -> Option<f64> {
        Some(self.b?.value - self.a?.value)
    }

    /// Whether the intervals share a point. Where they do not, the difference is no accident of
    /// the persons drawn; where they do, it may still be real, since both reports often rest on
    /// the same images. `None` where an interval is missing.
    pub fn overlap(&self) -> Option<bool> {
        self.a?.overlaps(&self.b?)
    }

    fn verdict(&self) -> &'static str {
        let better = self
            .change()
            .map(|change| (change > 0.0) == self.higher_is_better);
        match (self.change(), self.overlap(), better) {
            (None, ..) => "in one report only",
            (Some(0.0), ..) => "equal",
            (_, Some(false), Some(true)) => "better",
            (_, Some(false), _) => "worse",
            (_, Some(true), Some(true)) => "better, intervals overlap",
            (_, Some(true), _) => "worse, intervals overlap",
            (_, None, Some(true)) => "better, no interval",
            (_, None, _) => "worse, no interval",
        }
    }
}

/// Every figure of two reports; groups and signals are matched by name.
pub fn differences(a: &Report, b: &Report) -> Vec<Difference> {
    let mut names = Vec::new();
    let mut known = BTreeSet::new();
    for report in [a, b] {
        for (name, higher_is_better, _) in figures(report) {
            if known.insert(name.clone()) {
                names.push((name, higher_is_better));
            }
        }
    }
    let (a, b) = (figures(a), figures(b));
    let find = |all: &[Figure], name: &str| {
        all.iter()
            .find(|(n, ..)| n == name)
            .and_then(|(_, _, estimate)| *estimate)
    };
    names
        .into_iter()
        .map(|(figure, higher_is_better)| Difference {
            a: find(&a, &figure),
            b: find(&b, &figure),
            figure,
            higher_is_better,
        })
        .filter(|d| d.a.is_some() || d.b.is_some())
        .collect()
}

/// The comparison in plain text for a terminal.
pub fn compare(a: &Report, b: &Report) -> String {
    let mut text = String::new();
    for (name, report) in [("A", a), ("B", b)] {
        let (s, basis) = (&report.settings, &report.basis);
        text.push_str(&format!(
            "{name}: {} ({} bona fide, {} attacks; {}, profile {}, calibration {}, threshold \
             {:.2})\n",
            s.title, basis.live, basis.attack, s.binary, s.profile, s.calibration, s.threshold
        ));
    }
    if (a.basis.live, a.basis.attack) != (b.basis.live, b.basis.attack) {
        text.push_str("The two rest on different numbers of presentations.\n");
    }
    text.push('\n');
    let mut rows = vec![["", "A", "B", "B - A", ""].map(str::to_owned).to_vec()];
    rows.extend(differences(a, b).iter().map(|d| {
        // Of all figures only areas are better when they are higher.
        let text = if d.higher_is_better { area } else { rate };
        let number = if d.higher_is_better {
            plain_area
        } else {
            percent
        };
        let change = d.change().map_or_else(
            || "–".to_owned(),
            |c| format!("{}{}", if c > 0.0 { "+" } else { "" }, number(c)),
        );
        vec![
            d.figure.clone(),
            text(d.a),
            text(d.b),
            change,
            d.verdict().to_owned(),
        ]
    }));
    text + &table(&rows)
}

type Figure = (String, bool, Option<Estimate>);

/// Every figure of a report: name, whether higher is better, value.
fn figures(report: &Report) -> Vec<Figure> {
    let o = &report.overall;
    let lower = |name: &str, estimate| (name.to_owned(), false, estimate);
    let mut all: Vec<Figure> = vec![
        ("AUC".to_owned(), true, o.auc),
        lower("EER", o.eer),
        lower("APCER worst", o.apcer_worst),
        lower("BPCER", o.bpcer),
        lower("ACER", o.acer),
        lower("APNRR", o.apnrr),
        lower("BPNRR", o.bpnrr),
    ];
    all.extend(o.apcer_at_bpcer.iter().map(|at| {
        (
            format!("APCER worst at BPCER {}", chosen(at.bpcer)),
            false,
            at.worst,
        )
    }));
    for s in &report.species {
        all.push((format!("AUC {}", s.species), true, s.auc));
        all.push((format!("EER {}", s.species), false, s.eer));
        all.push((format!("APCER {}", s.species), false, s.apcer));
    }
    for group in &report.groups {
        for row in group.rows.iter().filter(|row| row.live > 0) {
            let name = format!("BPCER {}={}", group.column, row.value);
            all.push((name, false, row.bpcer));
        }
    }
    for signal in &report.signals {
        all.push((format!("AUC of signal {}", signal.name), true, signal.auc));
    }
    all
}
