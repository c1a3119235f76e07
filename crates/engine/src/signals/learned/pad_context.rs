//! Recapture: a print or a screen before the camera, seen in the face and around it.
//!
//! Linear heads on inner maps of a network that was trained on photographs of all things (Tan and
//! Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019) and of the
//! face detector; their sum decides.
//! docs/ACCURACY.md says how well it does on sources that it has never seen.

use std::sync::Arc;

use super::{PadAnswer, PadNetwork, ask, logistic, reading};
use crate::Evidence;
use crate::signals::params::PadContextParams;
use crate::signals::{Reading, Signal, SignalParams};

/// Probability that the face is no print and no screen.
pub(in crate::signals) struct PadContext(pub(in crate::signals) Arc<PadNetwork>);

impl Signal for PadContext {
    fn name(&self) -> &str {
        "pad_context"
    }

    fn label(&self) -> &str {
        "Print and screen detection"
    }

    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading {
        match ask(&self.0, evidence, params) {
            Ok(answer) => measured(&answer, &params.pad_context),
            Err(why) => Reading::NotAssessable(why),
        }
    }
}

fn measured(answer: &PadAnswer, params: &PadContextParams) -> Reading {
    reading(
        logistic(-attack_logit(answer, params)),
        vec![("recapture_logit", answer.recapture.logit)],
        [
            "No trace of a print or a screen",
            "Some traces of a print or a screen",
            "Looks like a print or a screen",
        ],
    )
}

fn attack_logit(answer: &PadAnswer, params: &PadContextParams) -> f64 {
    params.recapture_weight * answer.recapture.logit - params.bias
}

/// What each place of the crop adds to the logit of an attack.
pub(crate) fn contributions(answer: &PadAnswer, params: &SignalParams) -> Vec<f32> {
    let weight = params.pad_context.recapture_weight as f32;
    let places = answer.recapture.contributions.iter();
    places.map(|place| weight * place).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Head;
    use super::*;

    const PARAMS: PadContextParams = PadContextParams {
        recapture_weight: 2.0,
        bias: 1.0,
    };

    fn score(recapture: f64) -> f64 {
        let head = |logit| Head {
            logit,
            contributions: vec![0.0; 100],
        };
        let answer = PadAnswer {
            recapture: head(recapture),
            synthesis: head(f64::NAN),
        };
        match measured(&answer, &PARAMS) {
            Reading::Measured(m) => m.score,
            Reading::NotAssessable(why) => panic!("{why}"),
        }
    }

    #[test]
    fn the_score_is_the_calibrated_probability() {
        assert!((score(0.5) - 0.5).abs() < 1e-12);
        // bias 1 + ln 3: odds of 3 to 1 once the bias is taken off.
        assert!((score(-(3.0_f64.ln()) / 2.0 + 0.5) - 0.75).abs() < 1e-12);
        assert!(score(900.0) < 1e-12 && score(-900.0) > 1.0 - 1e-12);
    }
}
