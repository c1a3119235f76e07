//! What somebody who does not see the prompts must guess.

use serde::{Deserialize, Serialize};

use crate::plan::{LEAST_HEAD_MOVEMENTS, MAX_MOVEMENTS, angles_of};
use crate::{Action, Limits, Plan, StepKind};

/// Bits to guess, by what they stand for. The pauses, which a recording must also meet, are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GuessBits {
    /// Which steps, in which order.
    pub order: f64,
    /// How far the head goes; they bind a recording, not somebody who creeps along and watches the guidance.
    pub angles: f64,
    /// The digits, before the forgiveness of the recogniser's mistakes.
    pub digits: f64,
    /// The colours, as far as the test tells them apart.
    pub light: f64,
}

impl GuessBits {
    /// All together.
    pub fn total(&self) -> f64 {
        self.order + self.angles + self.digits + self.light
    }
}

impl Plan {
    /// How many bits somebody who does not see the prompts must guess.
    pub fn guess_bits(&self, limits: &Limits) -> GuessBits {
        let mut bits = GuessBits::default();
        let mut movements = 0;
        for step in self.steps() {
            match &step.action {
                Action::ReadDigits { digits } => {
                    bits.digits = 10_f64.powi(digits.len() as i32).log2()
                }
                // A wrong sequence fits with the false-alarm level, however many sequences there are.
                Action::LightSequence { .. } => bits.light = -limits.light.false_alarm.log2(),
                action => {
                    movements += 1;
                    bits.angles += angles_of(action.kind(), limits)
                        .map_or(0.0, |angles| (angles.len() as f64).log2());
                }
            }
        }
        bits.order = (subsets(movements) * factorial(self.steps().len())).log2();
        bits
    }
}

/// Sets of `count` movements with enough head movements among them.
fn subsets(count: usize) -> f64 {
    let heads = StepKind::MOVEMENTS.iter().filter(|k| k.is_head()).count();
    let others = MAX_MOVEMENTS - heads;
    (LEAST_HEAD_MOVEMENTS..=heads.min(count))
        .map(|h| choose(heads, h) * choose(others, count - h))
        .sum::<f64>()
        .max(1.0)
}

fn choose(n: usize, k: usize) -> f64 {
    if k > n {
        return 0.0;
    }
    factorial(n) / (factorial(k) * factorial(n - k))
}

fn factorial(n: usize) -> f64 {
    (1..=n).map(|i| i as f64).product()
}
