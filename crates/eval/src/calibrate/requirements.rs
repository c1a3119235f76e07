//! How much is needed before a fit says anything.

use std::collections::BTreeSet;

use super::folds::{self, Fold, Unit};
use super::{Observations, Target};

/// With `3 / p` presentations and no error among them, a rate of `p` is excluded with 95%
/// confidence ("rule of three", Hanley and Lippman-Hand, 1983). Fewer cannot resolve `p`.
const RULE_OF_THREE: f64 = 3.0;
/// Attacks are asked for as if an APCER of this much had to be seen.
const ATTACK_RATE: f64 = 0.1;
/// Persons (bona fide) at least, where persons are named.
const MIN_PERSONS: usize = 10;

/// How many are there and how many are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Bona fide presentations found and needed.
    pub live: (usize, usize),
    /// Attacks found and needed.
    pub attack: (usize, usize),
    /// Persons among the bona fide presentations found and needed; 0 needed where the data
    /// names none.
    pub persons: (usize, usize),
}

impl Shortage {
    fn any(&self) -> bool {
        [self.live, self.attack, self.persons]
            .iter()
            .any(|(found, needed)| found < needed)
    }
}

impl std::fmt::Display for Shortage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [
            ("bona fide presentations", self.live),
            ("attacks", self.attack),
            ("persons", self.persons),
        ];
        let missing: Vec<String> = parts
            .iter()
            .filter(|(_, (found, needed))| found < needed)
            .map(|(what, (found, needed))| {
                format!(
                    "{} more {what} ({found} found, {needed} needed)",
                    needed - found
                )
            })
            .collect();
        f.write_str(&missing.join(", "))
    }
}

/// A sample that cannot be fitted to.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CalibrateError {
    /// Too few presentations or persons.
    #[error("sample is too small for a BPCER of {}%: needs {shortage}", 100.0 * bpcer)]
    TooSmall {
        /// The target.
        bpcer: f64,
        /// What is missing.
        shortage: Shortage,
    },
    /// The target is out of range.
    #[error("target bpcer is {0}, must be above 0 and at most 0.5")]
    Bpcer(f64),
    /// The operating point is out of range.
    #[error("operating point is {0}, must be above 0 and below 1")]
    OperatingPoint(f64),
    /// The columns of the observations disagree.
    #[error("observations disagree: {0}")]
    Shape(String),
    /// No signal is higher for bona fide presentations than for attacks.
    #[error("no signal separates bona fide presentations from attacks in this sample")]
    NoInformation,
    /// What was fitted is of no use on what was not.
    #[error(
        "the fit separates no better than chance where it was not fitted: AUC {auc:.3} with each \
         {left_out} left out, must be above 0.5"
    )]
    Chance {
        /// Cross-validated area under the ROC curve.
        auc: f64,
        /// What was left out together.
        left_out: &'static str,
    },
}

impl Target {
    /// Refuses what cannot be reached, before anything is judged for it.
    ///
    /// # Errors
    /// [`CalibrateError::Bpcer`] or [`CalibrateError::OperatingPoint`].
    pub fn validate(&self) -> Result<(), CalibrateError> {
        if !(self.bpcer > 0.0 && self.bpcer <= 0.5) {
            return Err(CalibrateError::Bpcer(self.bpcer));
        }
        if !(self.operating_point > 0.0 && self.operating_point < 1.0) {
            return Err(CalibrateError::OperatingPoint(self.operating_point));
        }
        Ok(())
    }
}

/// Refuses what cannot be fitted to.
pub(super) fn check(data: &Observations, target: Target) -> Result<(), CalibrateError> {
    target.validate()?;
    shape(data)?;
    let live = data.live.iter().filter(|live| **live).count();
    let persons = live_persons(data);
    let shortage = Shortage {
        live: (live, needed(target.bpcer)),
        attack: (data.live.len() - live, needed(ATTACK_RATE)),
        persons: (persons, if names_persons(data) { MIN_PERSONS } else { 0 }),
    };
    if shortage.any() {
        return Err(CalibrateError::TooSmall {
            bpcer: target.bpcer,
            shortage,
        });
    }
    Ok(())
}

/// Presentations that resolve a rate.
fn needed(rate: f64) -> usize {
    // 3 / 0.05 is a little over 60 in floating point.
    (RULE_OF_THREE / rate - 1e-9).ceil() as usize
}

fn shape(data: &Observations) -> Result<(), CalibrateError> {
    let n = data.live.len();
    if data.signals.is_empty() {
        return Err(CalibrateError::Shape("there is no signal".to_owned()));
    }
    for (what, found) in [
        ("rows of scores", data.scores.len()),
        ("species", data.species.len()),
        ("sources", data.source.len()),
        ("persons", data.person.len()),
    ] {
        if found != n {
            return Err(CalibrateError::Shape(format!(
                "{found} {what} for {n} labels"
            )));
        }
    }
    let signals = data.signals.len();
    for (i, row) in data.scores.iter().enumerate() {
        if row.len() != signals {
            let text = format!("row {i} has {} scores for {signals} signals", row.len());
            return Err(CalibrateError::Shape(text));
        }
        if let Some(score) = row
            .iter()
            .find(|s| !s.is_nan() && !(0.0..=1.0).contains(*s))
        {
            return Err(CalibrateError::Shape(format!(
                "row {i} holds {score}, must be in [0, 1]"
            )));
        }
    }
    Ok(())
}

fn names_persons(data: &Observations) -> bool {
    data.person.iter().any(|p| !p.is_empty())
}

fn live_persons(data: &Observations) -> usize {
    let rows = data.live.iter().zip(data.person.iter().zip(&data.source));
    let persons: BTreeSet<_> = rows
        .filter(|(live, (p, _))| **live && !p.is_empty())
        .map(|(_, who)| who)
        .collect();
    persons.len()
}

/// What the operator must know about a fit.
pub(super) fn notes(data: &Observations, folds: &[Fold]) -> Vec<String> {
    let unit = folds::unit(data);
    let mut notes = vec![match unit {
        Unit::Source => format!(
            "cross-validated over {} folds of whole sources",
            folds.len()
        ),
        Unit::Person => format!(
            "cross-validated over {} folds of whole persons; figures on another camera or place \
             will be worse",
            folds.len()
        ),
        Unit::Image => format!(
            "cross-validated over {} folds of single images, since neither sources nor persons \
             are named for both classes; the figures are too good where persons appear in \
             several images",
            folds.len()
        ),
    }];
    if !names_persons(data) {
        notes.push("no persons are named, so their number could not be checked".to_owned());
    }
    notes
}
