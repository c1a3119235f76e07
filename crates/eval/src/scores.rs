//! Every answer as one row of CSV, for other tools.

use std::collections::BTreeSet;

use crate::{Outcome, Scored};

/// Columns before those of the signals.
const COLUMNS: [&str; 7] = [
    "path",
    "label",
    "species",
    "outcome",
    "reason",
    "verdict",
    "confidence",
];

/// The answers as CSV in UTF-8, in their order.
///
/// Columns: `path`, `label`, `species`, `outcome` (`score` or `non_response`), `reason` (of a
/// non-response), `verdict`, `confidence`, then the score of every signal under its name; empty
/// where there is none.
///
/// # Errors
/// Never in memory; see [`csv::Writer`].
pub fn to_csv(scored: &[Scored]) -> Result<Vec<u8>, csv::Error> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for Scored { outcome, .. } in scored {
        if let Outcome::Score { signals, .. } = outcome {
            names.extend(signals.keys().map(String::as_str));
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS.iter().chain(&names))?;
    for Scored { sample, outcome } in scored {
        let reason = outcome.non_response();
        let (word, verdict) = match (reason, outcome) {
            (None, Outcome::Score { verdict, .. }) => ("score", verdict.as_str()),
            _ => ("non_response", ""),
        };
        let number = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
        let mut row = vec![
            sample.path.clone(),
            sample.label.to_string(),
            sample.species.clone(),
            word.to_owned(),
            reason.unwrap_or_default().to_owned(),
            verdict.to_owned(),
            number(outcome.confidence()),
        ];
        row.extend(names.iter().map(|name| number(outcome.signal(name))));
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}

#[cfg(test)]
mod tests {
    use lifesign_domain::Verdict;

    use super::*;
    use crate::Label;
    use crate::testing::sample;

    #[test]
    fn every_answer_is_a_row_and_every_signal_a_column() {
        let live = Scored {
            sample: sample("a, b.jpg", Label::Live, ""),
            outcome: Outcome::Score {
                confidence: 0.75,
                verdict: Verdict::Live,
                signals: [("sharpness".to_owned(), 0.5)].into(),
            },
        };
        let attack = Scored {
            sample: sample("c.jpg", Label::Attack, "print"),
            outcome: Outcome::NonResponse("no face".into()),
        };
        let csv = String::from_utf8(to_csv(&[live, attack]).unwrap()).unwrap();
        assert_eq!(
            csv,
            "path,label,species,outcome,reason,verdict,confidence,sharpness\n\
             \"a, b.jpg\",live,,score,,LIVE,0.75,0.5\n\
             c.jpg,attack,print,non_response,no face,,,\n"
        );
    }
}
