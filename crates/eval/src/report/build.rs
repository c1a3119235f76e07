//! From answers to the report.

use std::collections::BTreeSet;

use super::{
    Basis, CurvePoint, Histogram, NamedCurve, Report, ReportError, SCHEMA, Settings, groups, rates,
    signals, worst,
};
use crate::metrics::{Bootstrap, Curve, Data};
use crate::sample::UNSPECIFIED_SPECIES;
use crate::{Label, RowIssue, Scored};

/// Bins of the histogram of confidences.
const BINS: usize = 50;
/// Points of a curve that are kept at most.
const MAX_POINTS: usize = 400;
/// Under this many units an interval rests on too few to be taken at its word.
const FEW_UNITS: usize = 20;

impl Report {
    /// Computes every figure over `scored`; `unreadable` rows are listed and count nowhere.
    ///
    /// The same input and seed give the same report.
    ///
    /// # Errors
    /// [`ReportError::NoPresentation`] where one class is empty.
    pub fn new(
        scored: &[Scored],
        unreadable: &[RowIssue],
        settings: Settings,
    ) -> Result<Self, ReportError> {
        for label in [Label::Live, Label::Attack] {
            if !scored.iter().any(|s| s.sample.label == label) {
                return Err(ReportError::NoPresentation(label));
            }
        }
        let data = Data::new(scored);
        let draws = Bootstrap::new(&data.units, scored.len(), settings.draws, settings.seed);
        let (overall, species) = rates::rates(&data, &draws, settings.threshold);
        let (groups, not_grouped) = groups::groups(&data, &draws, settings.threshold);
        Ok(Self {
            schema: SCHEMA.to_owned(),
            basis: basis(&data),
            overall,
            answers: rates::answers(&data, &draws),
            species,
            groups,
            not_grouped,
            signals: signals::signals(&data, &draws),
            curves: curves(&data),
            histogram: histogram(&data),
            worst: worst::errors(scored, settings.threshold),
            non_responses: worst::non_responses(scored),
            unreadable: unreadable.to_vec(),
            settings,
        })
    }
}

fn basis(data: &Data<'_>) -> Basis {
    let samples = || data.scored.iter().map(|s| &s.sample);
    let persons: BTreeSet<_> = samples()
        .filter_map(|s| Some((s.source.as_deref(), s.person.as_deref()?)))
        .collect();
    let sources: BTreeSet<_> = samples().filter_map(|s| s.source.as_deref()).collect();
    let live = data.indices(|s| s.sample.label == Label::Live);
    let attack = data.indices(|s| s.sample.label == Label::Attack);
    let mut basis = Basis {
        live: live.len(),
        attack: attack.len(),
        persons: persons.len(),
        sources: sources.len(),
        live_units: data.units_of(&live),
        attack_units: data.units_of(&attack),
        notes: Vec::new(),
    };
    basis.notes = notes(data, &basis);
    basis
}

fn notes(data: &Data<'_>, basis: &Basis) -> Vec<String> {
    let mut notes = Vec::new();
    if data.units.by_image {
        notes.push(
            "Neither persons nor sources are named, so each image counts as independent. If \
             persons appear in several images, the true intervals are wider."
                .to_owned(),
        );
    } else {
        notes.push(
            "Intervals (95%) are drawn over persons, within bona fide and within each species."
                .to_owned(),
        );
    }
    let blocked: Vec<&str> = data
        .units
        .blocked
        .iter()
        .map(String::as_str)
        .filter(|s| !s.is_empty())
        .collect();
    if !blocked.is_empty() {
        notes.push(format!(
            "Intervals are drawn over blocks of consecutive frames where a source shows a single \
             person, which says nothing about other persons: {}.",
            blocked.join(", ")
        ));
    } else if !data.units.blocked.is_empty() {
        notes.push(
            "Presentations without a person are drawn in blocks of consecutive frames.".to_owned(),
        );
    }
    for (what, units) in [
        ("bona fide", basis.live_units),
        ("attack", basis.attack_units),
    ] {
        if units < FEW_UNITS {
            notes.push(format!(
                "Only {units} independent units carry the {what} figures: take their intervals as \
                 a hint."
            ));
        }
    }
    if data.species.contains(&UNSPECIFIED_SPECIES) {
        notes.push(format!(
            "Attacks without a species are one species, `{UNSPECIFIED_SPECIES}`; the standard \
             asks for an APCER of each."
        ));
    }
    notes
}

fn curves(data: &Data<'_>) -> Vec<NamedCurve> {
    let all = std::iter::once(None).chain(data.species.iter().map(|s| Some(*s)));
    let weights = vec![1.0; data.scored.len()];
    all.filter_map(|species| {
        let curve = data.ranking(species).curve(&weights)?;
        Some(NamedCurve {
            species: species.unwrap_or_default().to_owned(),
            points: thin(&curve),
        })
    })
    .collect()
}

/// Keeps the corners: a point whose neighbours lie on the same horizontal or vertical line adds
/// nothing. Of what is left, every so many where it is still too long.
fn thin(curve: &Curve) -> Vec<CurvePoint> {
    let all = curve.points();
    let straight = |i: usize| {
        let (Some(a), Some(b), Some(c)) = (
            i.checked_sub(1).and_then(|i| all.get(i)),
            all.get(i),
            all.get(i + 1),
        ) else {
            return false;
        };
        (a.apcer == b.apcer && b.apcer == c.apcer) || (a.bpcer == b.bpcer && b.bpcer == c.bpcer)
    };
    let corners: Vec<usize> = (0..all.len()).filter(|i| !straight(*i)).collect();
    let step = corners.len().div_ceil(MAX_POINTS).max(1);
    let last = corners.len().saturating_sub(1);
    let kept = corners
        .iter()
        .enumerate()
        .filter(|(n, _)| n % step == 0 || *n == last);
    kept.filter_map(|(_, i)| all.get(*i))
        .map(|p| CurvePoint {
            threshold: p.threshold.is_finite().then_some(p.threshold),
            apcer: p.apcer,
            bpcer: p.bpcer,
        })
        .collect()
}

fn histogram(data: &Data<'_>) -> Histogram {
    let count = |label: Label, species: &str| {
        let mut bins = vec![0; BINS];
        for scored in data.scored {
            let sample = &scored.sample;
            if sample.label != label || sample.species != species {
                continue;
            }
            let Some(confidence) = scored.outcome.confidence() else {
                continue;
            };
            let bin = (confidence.clamp(0.0, 1.0) * BINS as f64) as usize;
            if let Some(bin) = bins.get_mut(bin.min(BINS - 1)) {
                *bin += 1;
            }
        }
        bins
    };
    let species = data.species.iter();
    Histogram {
        bins: BINS,
        live: count(Label::Live, ""),
        species: species
            .map(|s| ((*s).to_owned(), count(Label::Attack, s)))
            .collect(),
    }
}
