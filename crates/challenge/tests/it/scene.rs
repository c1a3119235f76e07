//! A face that is measured without noise, ten frames a second.

use lifesign_challenge::digits::Measured;
use lifesign_challenge::{
    Action, DigitsPolicy, Event, FaceMeasures, Failure, Guidance, LightPolicy, Limits, Machine,
    Observation, Outcome, Plan, SessionFailure, Speech, Step, StepFailure, StepResult,
};
use lifesign_domain::PoseDegrees;

pub(crate) const LEFT: Action = Action::TurnLeft { degrees: 20 };
pub(crate) const DIGITS: Action = Action::ReadDigits {
    digits: [4, 7, 1, 9],
};

pub(crate) fn face() -> FaceMeasures {
    FaceMeasures {
        pose: PoseDegrees {
            yaw: 0.0,
            pitch: 0.0,
            roll: 0.0,
        },
        eye_openness: [0.3; 2],
        mouth_opening: 0.01,
        smile: 1.0,
        eye_distance: 0.15,
        skin_colour: Some([150.0, 120.0, 100.0]),
    }
}

pub(crate) fn seen(face: FaceMeasures) -> Observation {
    Observation {
        faces: 1,
        same_person: Some(true),
        face: Some(face),
    }
}

pub(crate) fn yaw(degrees: f64) -> FaceMeasures {
    let mut face = face();
    face.pose.yaw = degrees;
    face
}

pub(crate) fn eyes(openness: f64) -> FaceMeasures {
    FaceMeasures {
        eye_openness: [openness; 2],
        ..face()
    }
}

pub(crate) struct Scene {
    pub(crate) machine: Machine,
    pub(crate) t: u64,
}

impl Scene {
    pub(crate) fn new(actions: &[Action]) -> Self {
        Self::with(actions, DigitsPolicy::Skippable)
    }

    pub(crate) fn with(actions: &[Action], digits: DigitsPolicy) -> Self {
        let step = |action: &Action| Step {
            action: action.clone(),
            pause_ms: 300,
            window_ms: 5_000,
        };
        let plan = Plan::of_steps(actions.iter().map(step).collect(), digits, LightPolicy::Off);
        Self {
            machine: Machine::new(plan, Limits::default()),
            t: 1_000,
        }
    }

    /// A frame that shows this face.
    pub(crate) fn frame(&mut self, face: FaceMeasures) -> &mut Self {
        self.observe(seen(face))
    }

    pub(crate) fn observe(&mut self, observation: Observation) -> &mut Self {
        self.t += 100;
        self.machine.apply(&Event::Observed {
            at: self.t,
            observation,
        });
        self
    }

    pub(crate) fn frames(&mut self, count: usize, face: &FaceMeasures) -> &mut Self {
        for _ in 0..count {
            self.frame(face.clone());
        }
        self
    }

    /// Rests until a prompt is out.
    pub(crate) fn reveal(&mut self) -> &mut Self {
        for _ in 0..30 {
            if self.machine.output().prompt.is_some() {
                return self;
            }
            self.frame(face());
        }
        panic!("no prompt: {:?}", self.machine.output());
    }

    /// The page shows the prompt of this step.
    pub(crate) fn shown(&mut self, step: usize) -> &mut Self {
        self.machine.apply(&Event::Shown { step, at: self.t });
        self
    }

    pub(crate) fn ask(&mut self, step: usize) -> &mut Self {
        self.reveal().frame(face()).shown(step).frames(2, &face())
    }

    /// Turns by ten degrees a frame, holds and comes back.
    pub(crate) fn turn(&mut self, to: f64) -> &mut Self {
        self.frame(yaw(to / 2.0))
            .frames(4, &yaw(to))
            .frame(yaw(to / 2.0))
            .frame(face())
    }

    pub(crate) fn hear(
        &mut self,
        step: usize,
        after_ms: u64,
        alignment: Measured,
        lips: Measured,
    ) -> &mut Self {
        let started_at = Some(self.t + after_ms);
        self.frames(30, &face());
        let speech = Speech {
            started_at,
            alignment,
            lips,
        };
        self.machine.apply(&Event::Heard {
            step,
            at: self.t,
            speech,
        });
        self
    }

    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.machine.outcome()
    }

    #[track_caller]
    pub(crate) fn passes(&self) {
        assert!(
            self.outcome().is_some_and(|o| o.passed),
            "{:?}",
            self.machine.output()
        );
    }

    #[track_caller]
    pub(crate) fn fails(&self, failure: Failure) {
        let outcome = self
            .outcome()
            .unwrap_or_else(|| panic!("goes on: {:?}", self.machine.output()));
        assert_eq!((outcome.passed, outcome.failure), (false, Some(failure)));
    }

    #[track_caller]
    pub(crate) fn fails_step(&self, why: StepFailure) {
        self.fails(Failure::Step(why));
        let report = self
            .outcome()
            .and_then(|o| o.steps.last())
            .map(|s| s.result);
        assert_eq!(report, Some(StepResult::Failed(why)));
    }

    #[track_caller]
    pub(crate) fn fails_session(&self, why: SessionFailure) {
        self.fails(Failure::Session(why));
    }

    #[track_caller]
    pub(crate) fn guides(&self, guidance: Guidance) {
        assert_eq!(self.machine.output().guidance, Some(guidance));
    }

    pub(crate) fn disturb(&mut self) {
        self.machine.apply(&Event::Tick { at: 0 });
        self.machine.apply(&Event::Aborted { at: u64::MAX });
    }
}
