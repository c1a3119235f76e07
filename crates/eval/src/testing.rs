//! Samples for tests.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lifesign_domain::Verdict;

use crate::{Label, Outcome, Sample};

pub(crate) fn sample(path: &str, label: Label, species: &str) -> Sample {
    Sample {
        path: path.to_owned(),
        file: PathBuf::from(path),
        label,
        species: species.to_owned(),
        groups: BTreeMap::new(),
        person: None,
        source: None,
    }
}

pub(crate) fn score(confidence: f64) -> Outcome {
    let verdict = match confidence {
        c if c > 0.62 => Verdict::Live,
        c if c < 0.54 => Verdict::Spoof,
        _ => Verdict::Inconclusive,
    };
    Outcome::Score {
        confidence,
        verdict,
        signals: BTreeMap::new(),
    }
}
