//! Fitting fusion weights and the operating point to labelled presentations.
//!
//! The fused score is the engine's own ([`Fusion`]): the weights are not negative and sum to 1, so
//! the confidence never falls when a signal speaks more for a living person. Weights come from a logistic regression whose coefficients are not negative;
//! how strongly it is held to equal weights is chosen by cross-validation over whole sources,
//! or over persons where there are too few sources. A monotone map then moves the threshold
//! that keeps the target to the operating point.

mod folds;
mod regression;
mod requirements;
mod text;

use std::collections::BTreeMap;

use lifesign_domain::{ConfidenceMap, Fusion};
use serde::Serialize;

pub use requirements::{CalibrateError, Shortage};

use crate::metrics::Curve;
use crate::{Label, Scored};
use folds::Fold;

/// Strengths of the pull towards equal weights that are tried, the strongest first.
const STRENGTHS: [f64; 6] = [1.0, 0.1, 0.03, 0.01, 0.001, 0.0001];

/// What is to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Target {
    /// Share of the bona fide presentations that may be rejected, in (0, 0.5].
    pub bpcer: f64,
    /// Confidence at which the threshold is to lie, in (0, 1); 0.58 for Lifesign.
    pub operating_point: f64,
}

/// Presentations as rows of signal scores.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observations {
    /// Names of the columns.
    pub signals: Vec<String>,
    /// One row for each presentation with one score in [0, 1] for each signal; NaN where it was
    /// not assessed.
    pub scores: Vec<Vec<f64>>,
    /// Whether each presentation is bona fide.
    pub live: Vec<bool>,
    /// Attack species of each presentation; empty for bona fide ones.
    pub species: Vec<String>,
    /// Source of each presentation; empty where unknown.
    pub source: Vec<String>,
    /// Person of each presentation; empty where unknown.
    pub person: Vec<String>,
}

impl Observations {
    /// The answers that hold at least one of `signals`; the others are counted.
    ///
    /// Presentations without a score cannot be fitted to and are left out; the bona fide ones
    /// among them come on top of the target's BPCER.
    pub fn new(scored: &[Scored], signals: &[String]) -> (Self, usize) {
        let mut all = Self {
            signals: signals.to_vec(),
            ..Self::default()
        };
        let mut left_out = 0;
        for Scored { sample, outcome } in scored {
            let row: Vec<f64> = signals
                .iter()
                .map(|name| outcome.signal(name).map_or(f64::NAN, |s| s.clamp(0.0, 1.0)))
                .collect();
            if row.iter().all(|score| score.is_nan()) {
                left_out += 1;
                continue;
            }
            all.scores.push(row);
            all.live.push(sample.label == Label::Live);
            all.species.push(sample.species.clone());
            all.source.push(sample.source.clone().unwrap_or_default());
            all.person.push(sample.person.clone().unwrap_or_default());
        }
        (all, left_out)
    }
}

/// What was fitted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibrated {
    /// Weight of each signal, not negative; they sum to 1.
    pub weights: BTreeMap<String, f64>,
    /// Fused score at which the target is kept.
    pub threshold: f64,
    /// Maps that threshold to the operating point.
    pub map: ConfidenceMap,
    /// Strength of the pull towards equal weights that was chosen.
    pub strength: f64,
    /// Figures on presentations whose source or person was not fitted to.
    pub cross_validated: CrossValidated,
    /// What the operator must know.
    pub notes: Vec<String>,
}

/// Figures on presentations that were left out of the fit that judged them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CrossValidated {
    /// What was left out together: `source`, `person` or `image`.
    pub left_out: &'static str,
    /// Number of folds.
    pub folds: usize,
    /// Area under the ROC curve.
    pub auc: f64,
    /// Equal error rate.
    pub eer: f64,
    /// BPCER at the operating point, thresholds chosen without the fold.
    pub bpcer: f64,
    /// APCER of each species at the operating point.
    pub apcer: BTreeMap<String, f64>,
    /// Area under the ROC curve for equal weights, to compare.
    pub auc_of_equal_weights: f64,
    /// Confidence of each presentation, in the order of the observations.
    #[serde(skip)]
    pub confidence: Vec<f64>,
}

/// Fits weights and operating point for scores that are fused by `fusion`.
///
/// # Errors
/// [`CalibrateError`] where the target is out of range, the rows disagree in length, the sample
/// is too small (with what is missing), no signal separates the classes, or the fit does not
/// where it was not fitted.
pub fn calibrate(
    data: &Observations,
    fusion: Fusion,
    target: Target,
) -> Result<Calibrated, CalibrateError> {
    requirements::check(data, target)?;
    let folds = folds::split(data);
    let (strength, scores) = STRENGTHS
        .iter()
        .map(|strength| (*strength, out_of_fold(data, fusion, &folds, *strength)))
        .map(|(strength, scores)| (auc(data, &scores), strength, scores))
        // Of equals the strongest pull, which comes first, is kept.
        .fold(
            None,
            |best: Option<(f64, f64, Vec<f64>)>, next| match best {
                Some(best) if best.0 >= next.0 - 1e-4 => Some(best),
                _ => Some(next),
            },
        )
        .map(|(_, strength, scores)| (strength, scores))
        .ok_or(CalibrateError::NoInformation)?;
    let everything: Vec<usize> = (0..data.live.len()).collect();
    let weights = regression::weights(data, fusion, &everything, strength)
        .ok_or(CalibrateError::NoInformation)?;
    let left_out = auc(data, &scores);
    if left_out <= 0.5 {
        return Err(CalibrateError::Chance {
            auc: left_out,
            left_out: folds::unit(data).word(),
        });
    }
    let threshold = threshold(data, &scores, |_| true, target);
    let map = ConfidenceMap::new(threshold, target.operating_point);
    Ok(Calibrated {
        weights: data.signals.iter().cloned().zip(weights).collect(),
        threshold,
        map,
        strength,
        cross_validated: cross_validated(data, fusion, &folds, scores, target),
        notes: requirements::notes(data, &folds),
    })
}

/// The fused score of each presentation by weights that were fitted without its fold.
fn out_of_fold(data: &Observations, fusion: Fusion, folds: &[Fold], strength: f64) -> Vec<f64> {
    let equal = vec![1.0 / data.signals.len() as f64; data.signals.len()];
    let mut scores = vec![0.0; data.live.len()];
    for fold in folds {
        let weights = regression::weights(data, fusion, &fold.rest, strength)
            .unwrap_or_else(|| equal.clone());
        for i in &fold.left_out {
            if let (Some(score), Some(row)) = (scores.get_mut(*i), data.scores.get(*i)) {
                *score = fused(row, fusion, &weights);
            }
        }
    }
    scores
}

/// The fused score of one row, where NaN was not assessed.
fn fused(row: &[f64], fusion: Fusion, weights: &[f64]) -> f64 {
    let assessed = |score: f64| (!score.is_nan()).then_some(score);
    let signals = weights.iter().zip(row);
    fusion.fuse(signals.map(|(w, s)| (*w, assessed(*s)))).score
}

fn curve(data: &Observations, scores: &[f64]) -> Option<Curve> {
    let of = |live: bool| -> Vec<f64> {
        let pairs = scores.iter().zip(&data.live).filter(|(_, l)| **l == live);
        pairs.map(|(score, _)| *score).collect()
    };
    Curve::of(&of(true), &of(false))
}

fn auc(data: &Observations, scores: &[f64]) -> f64 {
    curve(data, scores).map_or(0.0, |c| c.auc())
}

/// The highest score that rejects at most the target's share of the bona fide presentations
/// chosen by `member`.
fn threshold(
    data: &Observations,
    scores: &[f64],
    member: impl Fn(usize) -> bool,
    target: Target,
) -> f64 {
    let mut live: Vec<f64> = scores
        .iter()
        .zip(&data.live)
        .enumerate()
        .filter(|(i, (_, live))| **live && member(*i))
        .map(|(_, (score, _))| *score)
        .collect();
    live.sort_by(f64::total_cmp);
    let rejected = (target.bpcer * live.len() as f64 + 1e-9).floor() as usize;
    live.get(rejected).copied().unwrap_or(1.0)
}

/// Each fold's confidence uses the threshold of the other folds.
fn cross_validated(
    data: &Observations,
    fusion: Fusion,
    folds: &[Fold],
    scores: Vec<f64>,
    target: Target,
) -> CrossValidated {
    let mut confidence = scores.clone();
    for fold in folds {
        let other = |i: usize| !fold.left_out.contains(&i);
        let map = ConfidenceMap::new(
            threshold(data, &scores, other, target),
            target.operating_point,
        );
        for i in &fold.left_out {
            if let (Some(to), Some(from)) = (confidence.get_mut(*i), scores.get(*i)) {
                *to = map.apply(*from);
            }
        }
    }
    let mut rejected: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (confidence, species) in confidence.iter().zip(&data.species) {
        let (wrong, all) = rejected.entry(species).or_default();
        *all += 1;
        let passes = *confidence >= target.operating_point;
        // Bona fide presentations have no species.
        *wrong += usize::from(passes != species.is_empty());
    }
    let share = |(wrong, all): (usize, usize)| wrong as f64 / all.max(1) as f64;
    let curve = curve(data, &confidence);
    let equal = vec![1.0 / data.signals.len() as f64; data.signals.len()];
    let rows = data.scores.iter();
    let equally: Vec<f64> = rows.map(|row| fused(row, fusion, &equal)).collect();
    CrossValidated {
        left_out: folds::unit(data).word(),
        folds: folds.len(),
        auc: curve.as_ref().map_or(0.0, Curve::auc),
        eer: curve.as_ref().map_or(1.0, |c| c.eer().0),
        bpcer: rejected.get("").copied().map_or(0.0, share),
        apcer: rejected
            .iter()
            .filter(|(species, _)| !species.is_empty())
            .map(|(species, counts)| ((*species).to_owned(), share(*counts)))
            .collect(),
        auc_of_equal_weights: auc(data, &equally),
        confidence,
    }
}
