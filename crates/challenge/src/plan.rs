//! Drawing the steps of a session.

use std::fmt;

use lifesign_domain::ErrorKind;
use serde::{Deserialize, Serialize};

use crate::light::Colour;
use crate::random::{below, pick, shuffle};
use crate::{Action, Limits, Step, StepKind};

/// Fewest movements of a session: with two, guessing passes too often (docs/CHALLENGE.md).
pub const MIN_MOVEMENTS: usize = 3;
/// Most movements: each kind is asked once.
pub const MAX_MOVEMENTS: usize = StepKind::MOVEMENTS.len();
/// Head movements in every plan. They are the hardest to do by the way: somebody who smiles, blinks and
/// comes closer at every prompt would pass a plan of only these.
pub(crate) const LEAST_HEAD_MOVEMENTS: usize = 2;
/// Tries to draw enough head movements. Three movements have them in half of the draws, so a working source
/// fails once in 2^64.
const DRAWS: usize = 64;

/// Whether digits are read aloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DigitsPolicy {
    /// Never asked.
    Off,
    /// Asked; the person may skip them, and a missing microphone or recogniser does not fail the session.
    #[default]
    Skippable,
    /// Asked, and nothing else will do.
    Required,
}

/// Whether the screen shows colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LightPolicy {
    /// Never shown.
    #[default]
    Off,
    /// Shown and reported, but never the reason why a session fails: daylight drowns any screen, and a face
    /// that moves in uneven light changes its colour by itself.
    Measured,
    /// Shown, and the face must answer.
    Required,
}

/// What a caller can choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Number of movements, 3 to 8.
    pub movements: usize,
    /// Reading digits aloud.
    pub digits: DigitsPolicy,
    /// The light sequence.
    pub light: LightPolicy,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            movements: 4,
            digits: DigitsPolicy::default(),
            light: LightPolicy::default(),
        }
    }
}

impl Options {
    /// The same with one movement more for each attempt that has failed, as far as there are movements: chances of
    /// guessing add up over attempts, and this keeps their sum near that of the first (docs/CHALLENGE.md).
    #[must_use]
    pub fn harder(&self, failed_attempts: u32) -> Self {
        let more = usize::try_from(failed_attempts).unwrap_or(MAX_MOVEMENTS);
        Self {
            movements: self
                .movements
                .saturating_add(more)
                .min(MAX_MOVEMENTS.max(self.movements)),
            ..self.clone()
        }
    }
}

/// Why no plan could be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Too few or too many movements.
    #[error("a challenge has {MIN_MOVEMENTS} to {MAX_MOVEMENTS} movements, not {0}")]
    Movements(usize),
    /// A list of angles is empty.
    #[error("the limits name no angle to draw from")]
    NoAngles,
    /// The source of random bits repeats itself.
    #[error("the source of random bits is broken")]
    Randomness,
}

impl PlanError {
    /// Whose fault it is.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Movements(_) => ErrorKind::InvalidInput,
            Self::NoAngles => ErrorKind::Configuration,
            Self::Randomness => ErrorKind::Internal,
        }
    }
}

/// The steps of one session. They are a secret until their turn: keep a plan sealed, never log it. `Debug`
/// tells only how many there are.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    steps: Vec<Step>,
    digits: DigitsPolicy,
    light: LightPolicy,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plan({} steps)", self.steps.len())
    }
}

impl Plan {
    /// Draws the steps: which movements, in which order and how far, and the pause before each. `random`
    /// must give bits that cannot be predicted, from the operating system for instance.
    pub fn draw(
        random: &mut dyn FnMut() -> u64,
        options: &Options,
        limits: &Limits,
    ) -> Result<Self, PlanError> {
        let mut kinds = draw_movements(random, options.movements)?;
        if options.digits != DigitsPolicy::Off {
            kinds.push(StepKind::ReadDigits);
        }
        if options.light != LightPolicy::Off {
            kinds.push(StepKind::LightSequence);
        }
        shuffle(random, &mut kinds);
        let mut steps = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let action = draw_action(random, kind, limits).ok_or(PlanError::NoAngles)?;
            steps.push(Step {
                window_ms: window_ms(&action, limits),
                pause_ms: draw_pause(random, limits),
                action,
            });
        }
        Ok(Self {
            steps,
            digits: options.digits,
            light: options.light,
        })
    }

    /// A plan of given steps, for tests and demonstrations.
    pub fn of_steps(steps: Vec<Step>, digits: DigitsPolicy, light: LightPolicy) -> Self {
        Self {
            steps,
            digits,
            light,
        }
    }

    /// The steps in their order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether digits may be left out.
    pub const fn digits(&self) -> DigitsPolicy {
        self.digits
    }

    /// Whether the light decides.
    pub const fn light(&self) -> LightPolicy {
        self.light
    }
}

fn draw_movements(
    random: &mut dyn FnMut() -> u64,
    count: usize,
) -> Result<Vec<StepKind>, PlanError> {
    if !(MIN_MOVEMENTS..=MAX_MOVEMENTS).contains(&count) {
        return Err(PlanError::Movements(count));
    }
    // Drawing again keeps every allowed set and order equally likely.
    for _ in 0..DRAWS {
        let mut kinds = StepKind::MOVEMENTS.to_vec();
        shuffle(random, &mut kinds);
        kinds.truncate(count);
        if kinds.iter().filter(|k| k.is_head()).count() >= LEAST_HEAD_MOVEMENTS {
            return Ok(kinds);
        }
    }
    Err(PlanError::Randomness)
}

fn draw_action(random: &mut dyn FnMut() -> u64, kind: StepKind, limits: &Limits) -> Option<Action> {
    let mut degrees = || pick(random, angles_of(kind, limits)?);
    Some(match kind {
        StepKind::TurnLeft => Action::TurnLeft {
            degrees: degrees()?,
        },
        StepKind::TurnRight => Action::TurnRight {
            degrees: degrees()?,
        },
        StepKind::LookUp => Action::LookUp {
            degrees: degrees()?,
        },
        StepKind::LookDown => Action::LookDown {
            degrees: degrees()?,
        },
        StepKind::BlinkTwice => Action::BlinkTwice,
        StepKind::Smile => Action::Smile,
        StepKind::OpenMouth => Action::OpenMouth,
        StepKind::MoveCloser => Action::MoveCloser,
        StepKind::ReadDigits => Action::ReadDigits {
            digits: std::array::from_fn(|_| below(random, 10) as u8),
        },
        StepKind::LightSequence => Action::LightSequence {
            colours: draw_colours(random, usize::from(limits.light.flashes)),
            flash_ms: limits.light.flash_ms,
        },
    })
}

/// The angles that a kind of step draws from; `None` for the steps that have none.
pub(crate) fn angles_of(kind: StepKind, limits: &Limits) -> Option<&[u8]> {
    match kind {
        StepKind::TurnLeft | StepKind::TurnRight => Some(&limits.head.yaw_deg),
        StepKind::LookUp | StepKind::LookDown => Some(&limits.head.pitch_deg),
        _ => None,
    }
}

/// Colours of which no two neighbours are the same, because only changes can be measured.
pub(crate) fn draw_colours(random: &mut dyn FnMut() -> u64, count: usize) -> Vec<Colour> {
    let mut colours: Vec<Colour> = Vec::with_capacity(count);
    for _ in 0..count {
        let others = Colour::ALL.map(|c| (Some(&c) != colours.last()).then_some(c));
        let others: Vec<Colour> = others.into_iter().flatten().collect();
        colours.extend(pick(random, &others));
    }
    colours
}

fn draw_pause(random: &mut dyn FnMut() -> u64, limits: &Limits) -> u64 {
    let time = &limits.time;
    let range = time.pause_most_ms.saturating_sub(time.pause_least_ms);
    time.pause_least_ms + below(random, (range as usize).saturating_add(1)) as u64
}

fn window_ms(action: &Action, limits: &Limits) -> u64 {
    match action {
        Action::MoveCloser => limits.time.approach_ms,
        Action::ReadDigits { .. } => limits.time.digits_ms,
        Action::LightSequence { colours, flash_ms } => {
            colours.len() as u64 * flash_ms + limits.light.lag_ms
        }
        _ => limits.time.movement_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failed_attempt_makes_it_harder_as_far_as_there_are_movements() {
        let options = Options::default();
        let movements = |failed| options.harder(failed).movements;
        assert_eq!([0, 1, 2, 9].map(movements), [4, 5, 6, MAX_MOVEMENTS]);
        let wrong = Options {
            movements: MAX_MOVEMENTS + 1,
            ..options
        };
        assert_eq!(wrong.harder(1), wrong, "what is refused stays refused");
    }
}
