//! The state machine of one session.
//!
//! Before each step the face comes to rest, which gives the baseline, and stays so for the drawn pause. Then
//! the prompt is revealed; once the page has shown it, the answer must begin no sooner than a human can
//! react, come from rest, be held, be complete in the window and end at rest again with the
//! same person. Anything out of order, and anybody leaving, joining or replacing the person, ends the session without a
//! pass.

mod answer;
mod deadline;
mod report;

use serde::{Deserialize, Serialize};

use crate::attempt::Attempt;
use crate::blinks::Blinks;
use crate::continuity::{Continuity, Follows};
use crate::event::{Event, FaceMeasures, Observation};
use crate::light;
use crate::motion;
use crate::neutral::{Baseline, Rest, unrest};
use crate::output::{Failure, Guidance, Outcome, Output, SessionFailure, StepFailure, StepReport};
use crate::{Limits, Plan};

/// The judge of one session. It holds the plan, so keep it sealed as the plan is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    plan: Plan,
    limits: Limits,
    started_at: Option<u64>,
    now: u64,
    /// Index of the current step.
    step: usize,
    phase: Phase,
    continuity: Continuity,
    wrong_answers: u32,
    jumps: u32,
    guidance: Option<Guidance>,
    reports: Vec<StepReport>,
    outcome: Option<Outcome>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Phase {
    /// Waiting for the face to rest.
    Resting { since: Option<u64>, rest: Rest },
    /// At rest until the drawn pause is over.
    Pausing {
        since: Option<u64>,
        until: u64,
        baseline: Baseline,
    },
    /// The prompt is out.
    Asking(Asking),
    /// Answered; the face comes back.
    Returning {
        since: u64,
        baseline: Baseline,
        report: StepReport,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Asking {
    baseline: Baseline,
    revealed_at: u64,
    shown_at: Option<u64>,
    answer: Answer,
    wrong_frames: u32,
    /// A wrong movement was counted, and the face has not been at home since.
    went_wrong: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Answer {
    Movement(Attempt),
    Blinks(Blinks),
    Digits,
    Light(Vec<light::Sample>),
}

impl Machine {
    /// A session that has not begun.
    pub fn new(plan: Plan, limits: Limits) -> Self {
        Self {
            plan,
            limits,
            started_at: None,
            now: 0,
            step: 0,
            phase: Phase::Resting {
                since: None,
                rest: Rest::default(),
            },
            continuity: Continuity::default(),
            wrong_answers: 0,
            jumps: 0,
            guidance: None,
            reports: Vec::new(),
            outcome: None,
        }
    }

    /// Takes one event and tells the state after it. After the end nothing changes any more.
    pub fn apply(&mut self, event: &Event) -> Output {
        if self.outcome.is_none()
            && let Err(failure) = self.advance(event)
        {
            self.fail(failure);
        }
        self.output()
    }

    /// The end of the session, once it is there.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    fn advance(&mut self, event: &Event) -> Result<(), Failure> {
        let at = event.at();
        if at < self.now {
            return Err(Failure::Session(SessionFailure::ClockRanBackwards));
        }
        self.now = at;
        self.keep_time(at)?;
        match event {
            Event::Shown { step, at } => self.shown(*step, *at),
            Event::Observed { at, observation } => self.observed(*at, observation),
            Event::Heard { step, at, speech } => self.heard(*step, *at, speech),
            Event::Skipped { step, .. } => self.skipped(*step),
            Event::Tick { .. } => Ok(()),
            Event::Aborted { .. } => Err(Failure::Session(SessionFailure::Aborted)),
        }
    }

    fn shown(&mut self, step: usize, at: u64) -> Result<(), Failure> {
        if self.is_past(step)? {
            return Ok(());
        }
        match &mut self.phase {
            Phase::Asking(asking) => {
                // A page that says it twice gains no time.
                asking.shown_at.get_or_insert(at);
                Ok(())
            }
            Phase::Returning { .. } => Ok(()),
            Phase::Resting { .. } | Phase::Pausing { .. } => Err(out_of_order()),
        }
    }

    /// Whether the turn of a step is over, so that what comes for it has no effect. An error for steps whose
    /// turn has not come.
    fn is_past(&self, step: usize) -> Result<bool, Failure> {
        if step > self.step {
            return Err(out_of_order());
        }
        Ok(step < self.step)
    }

    fn observed(&mut self, at: u64, observation: &Observation) -> Result<(), Failure> {
        let face = observation
            .face
            .as_ref()
            .filter(|face| observation.faces == 1 && face.is_usable());
        let started = self.step > 0 || self.is_under_way();
        let follows = self
            .continuity
            .observe(at, observation, face, started, &self.limits.continuity)
            .map_err(Failure::Session)?;
        let Some(face) = face else {
            let several = observation.faces > 1;
            self.guidance = Some(if several {
                Guidance::SeveralFaces
            } else {
                Guidance::FaceLost
            });
            if let Phase::Resting { rest, .. } = &mut self.phase {
                rest.restart();
            }
            return Ok(());
        };
        self.guidance = None;
        if follows == Follows::Jumping && self.is_under_way() {
            self.jumps += 1;
            if self.jumps > self.limits.continuity.jumps {
                return Err(Failure::Step(StepFailure::Discontinuous));
            }
        }
        self.follow(at, face, follows)
    }

    fn is_under_way(&self) -> bool {
        matches!(self.phase, Phase::Asking(_) | Phase::Returning { .. })
    }

    /// Moves the phase on by a frame with a face.
    fn follow(&mut self, at: u64, face: &FaceMeasures, follows: Follows) -> Result<(), Failure> {
        let step = self
            .plan
            .steps()
            .get(self.step)
            .ok_or(out_of_order())?
            .clone();
        match &mut self.phase {
            Phase::Resting { since, rest } => {
                if follows != Follows::Smoothly {
                    rest.restart();
                }
                match rest.observe(at, face, &self.limits.neutral) {
                    Ok(baseline) => {
                        self.phase = Phase::Pausing {
                            since: *since,
                            until: at.saturating_add(step.pause_ms),
                            baseline,
                        };
                    }
                    Err(guidance) => self.guidance = Some(guidance),
                }
                Ok(())
            }
            Phase::Pausing {
                since,
                until,
                baseline,
            } => {
                let rests = follows == Follows::Smoothly
                    && unrest(face, &self.limits.neutral).is_none()
                    && motion::is_home(face, baseline, &self.limits);
                if !rests {
                    self.guidance = Some(Guidance::HoldStill);
                    self.phase = Phase::Resting {
                        since: *since,
                        rest: Rest::default(),
                    };
                } else if at >= *until {
                    self.phase = Phase::Asking(Asking::new(&step.action, *baseline, at));
                }
                Ok(())
            }
            Phase::Asking(_) => self.answer(at, &step, face, follows),
            Phase::Returning {
                baseline, report, ..
            } => {
                let at_rest = motion::reach(&step.action, face, baseline, &self.limits)
                    .is_none_or(|reach| reach.at_rest());
                let is_back = at_rest && motion::is_home(face, baseline, &self.limits);
                if is_back && !self.continuity.is_same_person() {
                    self.guidance = Some(Guidance::HoldStill);
                } else if is_back {
                    let report = report.clone();
                    self.complete(at, report);
                } else {
                    self.guidance = Some(Guidance::ComeBack);
                }
                Ok(())
            }
        }
    }
}

fn out_of_order() -> Failure {
    Failure::Session(SessionFailure::EventOutOfOrder)
}
