//! The samples laid out for computing.

use std::collections::BTreeSet;

use super::{Ranking, Side, Units};
use crate::{Label, Scored};

/// Scored samples with their positions and units.
#[derive(Debug)]
pub(crate) struct Data<'a> {
    pub(crate) scored: &'a [Scored],
    /// Position on the axis of confidence, see the module's text.
    pub(crate) positions: Vec<f64>,
    /// The species of attacks present, sorted.
    pub(crate) species: Vec<&'a str>,
    pub(crate) units: Units,
}

impl<'a> Data<'a> {
    pub(crate) fn new(scored: &'a [Scored]) -> Self {
        let samples: Vec<_> = scored.iter().map(|s| &s.sample).collect();
        let species: BTreeSet<&str> = samples
            .iter()
            .filter(|s| s.label == Label::Attack)
            .map(|s| s.species.as_str())
            .collect();
        Self {
            scored,
            positions: scored.iter().map(position).collect(),
            species: species.into_iter().collect(),
            units: Units::new(&samples),
        }
    }

    /// Indices of the samples that `member` chooses.
    pub(crate) fn indices(&self, member: impl Fn(&Scored) -> bool) -> Vec<usize> {
        let chosen = self
            .scored
            .iter()
            .enumerate()
            .filter(|(_, scored)| member(scored));
        chosen.map(|(i, _)| i).collect()
    }

    /// All live samples, and the attacks of `species` or of all.
    pub(crate) fn ranking(&self, species: Option<&str>) -> Ranking {
        self.rank_by(species, |i, _| self.positions.get(i).copied())
    }

    /// The same, for another position; samples without one are left out.
    pub(crate) fn rank_by(
        &self,
        species: Option<&str>,
        position: impl Fn(usize, &Scored) -> Option<f64>,
    ) -> Ranking {
        let member = |s: &Scored| {
            s.sample.label == Label::Live || species.is_none_or(|name| s.sample.species == name)
        };
        let sides = self
            .scored
            .iter()
            .enumerate()
            .filter(|(_, scored)| member(scored));
        let sides = sides.filter_map(|(index, scored)| {
            Some(Side {
                index,
                position: position(index, scored)?,
                live: scored.sample.label == Label::Live,
            })
        });
        Ranking::new(sides.collect())
    }

    /// Number of units among `indices`.
    pub(crate) fn units_of(&self, indices: &[usize]) -> usize {
        let mut chosen = vec![false; self.scored.len()];
        for i in indices {
            if let Some(flag) = chosen.get_mut(*i) {
                *flag = true;
            }
        }
        self.units
            .count(|i| chosen.get(i).copied().unwrap_or(false))
    }
}

fn position(scored: &Scored) -> f64 {
    scored
        .outcome
        .confidence()
        .unwrap_or(match scored.sample.label {
            Label::Live => f64::NEG_INFINITY,
            Label::Attack => f64::INFINITY,
        })
}

/// Share of the weight of `indices` that lies on those for which `wrong` holds; NaN without
/// weight.
pub(crate) fn share(weights: &[f64], indices: &[usize], wrong: impl Fn(usize) -> bool) -> f64 {
    let (mut bad, mut total) = (0.0, 0.0);
    for i in indices {
        let weight = weights.get(*i).copied().unwrap_or(0.0);
        total += weight;
        if wrong(*i) {
            bad += weight;
        }
    }
    if total > 0.0 { bad / total } else { f64::NAN }
}
