//! The challenge of an active session: which steps a person is asked for, and whether what the camera and the
//! microphone then showed answers them.
//!
//! [`Plan::draw`] draws the steps, [`Machine`] judges the events of one session, [`digits`] scores what was
//! said and [`light`] the colours that the face threw back. All of it is pure: time, randomness and
//! measurements are arguments, and nothing here reads an image, a clock or a socket. Rules and numbers are
//! explained in docs/CHALLENGE.md.

pub mod digits;
pub mod light;

mod attempt;
mod blinks;
mod continuity;
mod event;
mod guess;
mod limits;
mod machine;
mod motion;
mod neutral;
mod output;
mod plan;
mod random;
mod step;

pub use event::{Event, FaceMeasures, Observation, Speech};
pub use guess::GuessBits;
pub use limits::{
    AudioLimits, ContinuityLimits, ExpressionLimits, EyeLimits, HeadLimits, LightLimits, Limits,
    LimitsError, NeutralLimits, TimeLimits,
};
pub use machine::Machine;
pub use output::{
    Failure, Guidance, Outcome, Output, Progress, Prompt, SessionFailure, StepFailure, StepReport,
    StepResult,
};
pub use plan::{DigitsPolicy, LightPolicy, MAX_MOVEMENTS, MIN_MOVEMENTS, Options, Plan, PlanError};
pub use step::{Action, Direction, Step, StepKind};
