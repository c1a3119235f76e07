//! The presentations that went wrong.

use super::{NonResponse, WorstError};
use crate::{Label, Outcome, Scored};

/// Errors that are shown.
const WORST: usize = 20;

/// The presentations on the wrong side of the threshold, the farthest from it first.
pub(super) fn errors(scored: &[Scored], threshold: f64) -> Vec<WorstError> {
    let mut errors: Vec<WorstError> = scored.iter().filter_map(|s| error(s, threshold)).collect();
    let distance = |e: &WorstError| (e.confidence - threshold).abs();
    errors.sort_by(|a, b| {
        distance(b)
            .total_cmp(&distance(a))
            .then_with(|| a.path.cmp(&b.path))
    });
    errors.truncate(WORST);
    errors
}

fn error(scored: &Scored, threshold: f64) -> Option<WorstError> {
    let sample = &scored.sample;
    let Outcome::Score {
        verdict, signals, ..
    } = &scored.outcome
    else {
        return None;
    };
    let confidence = scored.outcome.confidence()?;
    let wrong = match sample.label {
        Label::Live => confidence < threshold,
        Label::Attack => confidence >= threshold,
    };
    wrong.then(|| WorstError {
        path: sample.path.clone(),
        label: sample.label,
        species: sample.species.clone(),
        source: sample.source.clone(),
        confidence,
        verdict: *verdict,
        signals: signals.clone(),
    })
}

/// The presentations without a score, in the order of the manifest.
pub(super) fn non_responses(scored: &[Scored]) -> Vec<NonResponse> {
    let without = scored
        .iter()
        .filter_map(|s| Some((s, s.outcome.non_response()?)));
    without
        .map(|(scored, reason)| NonResponse {
            path: scored.sample.path.clone(),
            label: scored.sample.label,
            species: scored.sample.species.clone(),
            reason: reason.to_owned(),
        })
        .collect()
}
