//! Synthesis: a generated face, or one swapped into another picture.
//!
//! A linear head on inner maps of the network that finds faces, learned from generated faces of few
//! generators; docs/LIMITS.md says what it has never seen.

use std::sync::Arc;

use super::{PadAnswer, PadNetwork, ask, logistic, reading};
use crate::Evidence;
use crate::signals::params::SyntheticFaceParams;
use crate::signals::{Reading, Signal, SignalParams};

/// Probability that the face was not made or swapped by a generator.
pub(in crate::signals) struct SyntheticFace(pub(in crate::signals) Arc<PadNetwork>);

impl Signal for SyntheticFace {
    fn name(&self) -> &str {
        "synthetic_face"
    }

    fn label(&self) -> &str {
        "Generated face detection"
    }

    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading {
        match ask(&self.0, evidence, params) {
            Ok(answer) => measured(&answer, &params.synthetic_face),
            Err(why) => Reading::NotAssessable(why),
        }
    }
}

fn measured(answer: &PadAnswer, params: &SyntheticFaceParams) -> Reading {
    let logit = answer.synthesis.logit;
    reading(
        logistic(params.bias - params.synthesis_weight * logit),
        vec![("synthesis_logit", logit)],
        [
            "No trace of a generated or swapped face",
            "Some traces of a generated or swapped face",
            "Looks like a generated or swapped face",
        ],
    )
}

/// What each place of the crop adds to the logit of an attack.
pub(crate) fn contributions(answer: &PadAnswer, params: &SignalParams) -> Vec<f32> {
    let weight = params.synthetic_face.synthesis_weight as f32;
    let places = answer.synthesis.contributions.iter();
    places.map(|place| weight * place).collect()
}
