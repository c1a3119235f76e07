//! How well each signal alone separates.

use std::collections::BTreeSet;

use super::SignalFigures;
use crate::metrics::{Bootstrap, Data, Ranking};
use crate::{Label, Outcome};

/// The figures of every signal that any answer holds, the best first.
pub(super) fn signals(data: &Data<'_>, draws: &Bootstrap) -> Vec<SignalFigures> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for scored in data.scored {
        if let Outcome::Score { signals, .. } = &scored.outcome {
            names.extend(signals.keys().map(String::as_str));
        }
    }
    let mut all: Vec<SignalFigures> = names
        .into_iter()
        .map(|name| signal(data, draws, name))
        .collect();
    let auc = |s: &SignalFigures| s.auc.map_or(-1.0, |e| e.value);
    all.sort_by(|a, b| auc(b).total_cmp(&auc(a)));
    all
}

fn signal(data: &Data<'_>, draws: &Bootstrap, name: &str) -> SignalFigures {
    let ranking = |species: Option<&str>| data.rank_by(species, |_, s| s.outcome.signal(name));
    let mut rankings: Vec<Ranking> = vec![ranking(None)];
    rankings.extend(data.species.iter().map(|species| ranking(Some(species))));
    let mut figures = draws
        .estimate(|weights| {
            let auc = |r: &Ranking| r.curve(weights).map_or(f64::NAN, |c| c.auc());
            rankings.iter().map(auc).collect()
        })
        .into_iter();
    let assessed = |label: Label| {
        let all = data.indices(|s| s.sample.label == label);
        let with = data.indices(|s| s.sample.label == label && s.outcome.signal(name).is_some());
        with.len() as f64 / all.len().max(1) as f64
    };
    SignalFigures {
        name: name.to_owned(),
        assessed_live: assessed(Label::Live),
        assessed_attack: assessed(Label::Attack),
        auc: figures.next().flatten(),
        by_species: data
            .species
            .iter()
            .zip(figures)
            .map(|(species, figure)| ((*species).to_owned(), figure))
            .collect(),
    }
}
