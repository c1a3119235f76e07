//! What is left out together.

use std::collections::BTreeMap;

use super::Observations;

/// Folds at most; more groups than that are dealt out in turn.
const MAX_FOLDS: usize = 10;
/// Groups of each class that make folds of a kind possible.
const MIN_GROUPS: usize = 3;

/// What is never split between fit and test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Source,
    Person,
    Image,
}

impl Unit {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Person => "person",
            Self::Image => "image",
        }
    }
}

/// Indices that are judged by a fit to the rest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fold {
    pub(super) left_out: Vec<usize>,
    pub(super) rest: Vec<usize>,
}

/// Sources where each class is in at least [`MIN_GROUPS`] of them, else persons, else images.
pub(super) fn unit(data: &Observations) -> Unit {
    let enough = |unit: Unit| {
        [true, false].iter().all(|class| {
            let mut groups: Vec<String> = (0..data.live.len())
                .filter(|i| data.live.get(*i) == Some(class))
                .filter_map(|i| key(data, unit, i))
                .collect();
            groups.sort();
            groups.dedup();
            groups.len() >= MIN_GROUPS
        })
    };
    [Unit::Source, Unit::Person]
        .into_iter()
        .find(|u| enough(*u))
        .unwrap_or(Unit::Image)
}

/// Deals whole groups out, the largest first, each to the fold that is smallest so far.
pub(super) fn split(data: &Observations) -> Vec<Fold> {
    let unit = unit(data);
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for i in 0..data.live.len() {
        // A presentation whose group is unknown is a group of its own.
        let key = key(data, unit, i).unwrap_or_else(|| format!("\u{0}{i}"));
        groups.entry(key).or_default().push(i);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); groups.len().min(MAX_FOLDS)];
    for group in groups {
        if let Some(part) = parts.iter_mut().min_by_key(|part| part.len()) {
            part.extend(group);
        }
    }
    parts
        .into_iter()
        .map(|left_out| Fold {
            rest: (0..data.live.len())
                .filter(|i| !left_out.contains(i))
                .collect(),
            left_out,
        })
        .collect()
}

fn key(data: &Observations, unit: Unit, i: usize) -> Option<String> {
    let source = data.source.get(i)?;
    let key = match unit {
        Unit::Source => source.clone(),
        Unit::Person => {
            let person = data.person.get(i).filter(|p| !p.is_empty())?;
            format!("{source}\u{0}{person}")
        }
        Unit::Image => return None,
    };
    (!key.is_empty()).then_some(key)
}
