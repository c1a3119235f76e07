//! Each rule by itself, with a face that is measured without noise, ten frames a second.

use lifesign_challenge::digits::{Measured, Unheard};
use lifesign_challenge::{
    Action, DigitsPolicy, Event, FaceMeasures, Failure, Guidance, LightPolicy, Limits, Machine,
    Observation, Outcome, Plan, SessionFailure, Speech, Step, StepFailure, StepResult,
};
use lifesign_domain::PoseDegrees;

const LEFT: Action = Action::TurnLeft { degrees: 20 };
const DIGITS: Action = Action::ReadDigits {
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

fn yaw(degrees: f64) -> FaceMeasures {
    let mut face = face();
    face.pose.yaw = degrees;
    face
}

fn eyes(openness: f64) -> FaceMeasures {
    FaceMeasures {
        eye_openness: [openness; 2],
        ..face()
    }
}

struct Scene {
    machine: Machine,
    t: u64,
}

impl Scene {
    fn new(actions: &[Action]) -> Self {
        Self::with(actions, DigitsPolicy::Skippable)
    }

    fn with(actions: &[Action], digits: DigitsPolicy) -> Self {
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
    fn frame(&mut self, face: FaceMeasures) -> &mut Self {
        self.observe(seen(face))
    }

    fn observe(&mut self, observation: Observation) -> &mut Self {
        self.t += 100;
        self.machine.apply(&Event::Observed {
            at: self.t,
            observation,
        });
        self
    }

    fn frames(&mut self, count: usize, face: &FaceMeasures) -> &mut Self {
        for _ in 0..count {
            self.frame(face.clone());
        }
        self
    }

    /// Rests until a prompt is out.
    fn reveal(&mut self) -> &mut Self {
        for _ in 0..30 {
            if self.machine.output().prompt.is_some() {
                return self;
            }
            self.frame(face());
        }
        panic!("no prompt: {:?}", self.machine.output());
    }

    /// The page shows the prompt of this step.
    fn shown(&mut self, step: usize) -> &mut Self {
        self.machine.apply(&Event::Shown { step, at: self.t });
        self
    }

    fn ask(&mut self, step: usize) -> &mut Self {
        self.reveal().frame(face()).shown(step).frames(2, &face())
    }

    /// Turns by ten degrees a frame, holds and comes back.
    fn turn(&mut self, to: f64) -> &mut Self {
        self.frame(yaw(to / 2.0))
            .frames(4, &yaw(to))
            .frame(yaw(to / 2.0))
            .frame(face())
    }

    fn hear(
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

    fn outcome(&self) -> Option<&Outcome> {
        self.machine.outcome()
    }

    #[track_caller]
    fn passes(&self) {
        assert!(
            self.outcome().is_some_and(|o| o.passed),
            "{:?}",
            self.machine.output()
        );
    }

    #[track_caller]
    fn fails(&self, failure: Failure) {
        let outcome = self
            .outcome()
            .unwrap_or_else(|| panic!("goes on: {:?}", self.machine.output()));
        assert_eq!((outcome.passed, outcome.failure), (false, Some(failure)));
    }

    #[track_caller]
    fn fails_step(&self, why: StepFailure) {
        self.fails(Failure::Step(why));
        let report = self
            .outcome()
            .and_then(|o| o.steps.last())
            .map(|s| s.result);
        assert_eq!(report, Some(StepResult::Failed(why)));
    }

    #[track_caller]
    fn fails_session(&self, why: SessionFailure) {
        self.fails(Failure::Session(why));
    }

    #[track_caller]
    fn guides(&self, guidance: Guidance) {
        assert_eq!(self.machine.output().guidance, Some(guidance));
    }
}

#[test]
fn a_turn_as_asked_passes_and_reports_the_reaction() {
    let mut scene = Scene::new(&[LEFT]);
    scene.ask(0).turn(20.0).passes();
    assert_eq!(scene.outcome().unwrap().steps[0].reaction_ms, Some(300));
}

#[test]
fn every_movement_passes_when_done() {
    let mut smile = face();
    smile.smile = 1.2;
    let mut mouth = face();
    mouth.mouth_opening = 0.2;
    let mut near = face();
    near.eye_distance = 0.19;
    let mut up = face();
    up.pose.pitch = 12.0;
    let mut down = face();
    down.pose.pitch = -10.0;
    let cases = [
        (Action::Smile, smile),
        (Action::OpenMouth, mouth),
        (Action::MoveCloser, near),
        (Action::LookUp { degrees: 11 }, up),
        (Action::LookDown { degrees: 11 }, down),
        (Action::TurnRight { degrees: 12 }, yaw(-12.0)),
    ];
    for (action, done) in cases {
        Scene::new(&[action])
            .ask(0)
            .frames(5, &done)
            .frames(2, &face())
            .passes();
    }
    let mut scene = Scene::new(&[Action::BlinkTwice]);
    for _ in 0..2 {
        scene
            .reveal()
            .shown(0)
            .frames(3, &face())
            .frames(3, &eyes(0.1))
            .frames(2, &face());
    }
    scene.passes();
}

#[test]
fn no_reaction_before_a_human_can() {
    // Moving between the reveal and the page's word that it is shown.
    let mut scene = Scene::new(&[LEFT]);
    scene
        .reveal()
        .frame(face())
        .frame(yaw(10.0))
        .shown(0)
        .frame(yaw(20.0));
    scene.fails_step(StepFailure::ImpossibleReaction);
    // And 100 ms after it.
    let mut scene = Scene::new(&[LEFT]);
    scene
        .reveal()
        .frame(face())
        .shown(0)
        .frame(yaw(10.0))
        .frame(yaw(20.0));
    scene.fails_step(StepFailure::ImpossibleReaction);
    let mut scene = Scene::new(&[Action::BlinkTwice]);
    scene
        .reveal()
        .frame(face())
        .shown(0)
        .frames(3, &eyes(0.1))
        .frame(face());
    scene.fails_step(StepFailure::ImpossibleReaction);
}

#[test]
fn a_start_at_rest_that_is_taken_back_is_no_reaction() {
    let mut scene = Scene::new(&[LEFT]);
    scene
        .reveal()
        .frame(face())
        .shown(0)
        .frame(yaw(7.0))
        .frames(3, &face());
    scene.turn(20.0).passes();
}

#[test]
fn nothing_done_and_done_too_late_are_told_apart() {
    Scene::new(&[LEFT])
        .ask(0)
        .frames(60, &face())
        .fails_step(StepFailure::NoReaction);
    let mut scene = Scene::new(&[LEFT]);
    scene
        .ask(0)
        .frames(60, &yaw(9.0))
        .fails_step(StepFailure::TooLate);
}

#[test]
fn a_wrong_movement_is_forgiven_once() {
    let mut scene = Scene::new(&[LEFT]);
    scene.ask(0).turn(-20.0);
    scene.turn(20.0).passes();
    let mut scene = Scene::new(&[LEFT]);
    scene
        .ask(0)
        .turn(-20.0)
        .turn(-20.0)
        .fails_step(StepFailure::WrongMovement);
}

#[test]
fn what_is_asked_must_come_from_rest() {
    // The other way first and through in one swing: must come to rest before it counts.
    let mut scene = Scene::new(&[LEFT]);
    scene
        .ask(0)
        .frames(2, &yaw(-11.0))
        .frames(5, &yaw(13.0))
        .frames(4, &yaw(20.0));
    assert!(scene.outcome().is_none());
    scene.guides(Guidance::WrongMovement);
    scene.frame(face()).turn(20.0).passes();
}

#[test]
fn a_head_that_stands_turned_gets_no_prompt() {
    let mut scene = Scene::new(&[LEFT]);
    scene.frames(20, &yaw(20.0)).guides(Guidance::FaceForward);
    scene
        .frames(300, &yaw(20.0))
        .fails_session(SessionFailure::NeverAtRest);
}

#[test]
fn a_jump_voids_the_movement_and_three_fail() {
    let mut scene = Scene::new(&[LEFT]);
    scene.ask(0).frame(yaw(-6.0)).frames(6, &yaw(20.0));
    assert!(scene.outcome().is_none());
    scene.frame(face()).frame(face()).turn(20.0).passes();
    let mut scene = Scene::new(&[Action::TurnLeft { degrees: 28 }]);
    scene.ask(0);
    for _ in 0..2 {
        scene.frame(yaw(28.0)).frame(face());
    }
    scene.fails_step(StepFailure::Discontinuous);
}

#[test]
fn a_movement_in_a_hole_between_frames_was_not_seen() {
    let mut scene = Scene::new(&[LEFT]);
    scene.ask(0);
    scene.t += 800;
    scene.frames(6, &yaw(20.0));
    assert!(scene.outcome().is_none());
    scene.frame(face()).turn(20.0).passes();
}

#[test]
fn swinging_through_the_angle_is_not_holding_it() {
    let mut scene = Scene::new(&[Action::TurnLeft { degrees: 12 }]);
    scene
        .ask(0)
        .frame(yaw(12.0))
        .frame(yaw(28.0))
        .guides(Guidance::LessFar);
    scene.frame(yaw(12.0)).frame(face());
    assert!(scene.outcome().is_none());
}

#[test]
fn the_face_must_come_back() {
    let mut scene = Scene::new(&[LEFT]);
    scene
        .ask(0)
        .frame(yaw(10.0))
        .frames(6, &yaw(20.0))
        .guides(Guidance::ComeBack);
    scene
        .frames(70, &yaw(20.0))
        .fails_step(StepFailure::NotReturned);
}

#[test]
fn blinks_by_nature_and_winks_do_not_count() {
    let mut scene = Scene::new(&[Action::BlinkTwice]);
    scene.ask(0);
    for _ in 0..4 {
        scene.frame(eyes(0.1)).frames(3, &face());
        let wink = FaceMeasures {
            eye_openness: [0.1, 0.3],
            ..face()
        };
        scene.frames(3, &wink).frames(2, &face());
    }
    scene
        .frames(30, &face())
        .fails_step(StepFailure::NoReaction);
}

#[test]
fn whoever_leaves_joins_or_replaces_ends_the_session() {
    let nobody = Observation::default();
    let two = Observation {
        faces: 2,
        ..seen(face())
    };
    let stranger = Observation {
        same_person: Some(false),
        ..seen(face())
    };
    let cases = [
        (nobody, 16, SessionFailure::FaceLost),
        (two, 3, SessionFailure::SecondFace),
        (stranger, 2, SessionFailure::IdentityChanged),
    ];
    for (observation, frames, why) in cases {
        let mut scene = Scene::new(&[LEFT]);
        scene.ask(0);
        for _ in 1..frames {
            scene.observe(observation.clone());
        }
        assert!(scene.outcome().is_none(), "{why:?} too soon");
        scene.observe(observation).fails_session(why);
    }
}

#[test]
fn figures_that_are_no_numbers_are_no_face() {
    let mut scene = Scene::new(&[LEFT]);
    scene.ask(0).frame(yaw(f64::NAN)).guides(Guidance::FaceLost);
    let mut empty = face();
    empty.eye_distance = 0.0;
    scene
        .frames(16, &empty)
        .fails_session(SessionFailure::FaceLost);
}

#[test]
fn a_stream_or_a_page_that_stops_ends_the_session() {
    let mut scene = Scene::new(&[LEFT]);
    scene.ask(0);
    scene.machine.apply(&Event::Tick {
        at: scene.t + 4_001,
    });
    scene.fails_session(SessionFailure::StreamStopped);
    let mut scene = Scene::new(&[LEFT]);
    scene
        .reveal()
        .frames(31, &face())
        .fails_session(SessionFailure::PromptNotShown);
    let mut scene = Scene::new(&[LEFT]);
    scene.reveal();
    scene.machine.apply(&Event::Aborted { at: scene.t });
    scene.fails_session(SessionFailure::Aborted);
}

#[test]
fn events_out_of_order_end_the_session() {
    let mut scene = Scene::new(&[LEFT, Action::Smile]);
    scene
        .shown(0)
        .fails_session(SessionFailure::EventOutOfOrder);
    let mut scene = Scene::new(&[LEFT, Action::Smile]);
    scene
        .reveal()
        .shown(1)
        .fails_session(SessionFailure::EventOutOfOrder);
    let mut scene = Scene::new(&[LEFT, DIGITS]);
    scene
        .ask(0)
        .hear(1, 0, Measured::Score(100), Measured::Score(100));
    scene.fails_session(SessionFailure::EventOutOfOrder);
    let mut scene = Scene::new(&[LEFT]);
    scene.ask(0);
    scene.machine.apply(&Event::Skipped {
        step: 0,
        at: scene.t,
    });
    scene.fails_session(SessionFailure::EventOutOfOrder);
    let mut scene = Scene::new(&[LEFT]);
    scene.ask(0);
    scene.machine.apply(&Event::Tick { at: scene.t - 1 });
    scene.fails_session(SessionFailure::ClockRanBackwards);
}

#[test]
fn nothing_changes_after_the_end() {
    let mut scene = Scene::new(&[LEFT]);
    scene.ask(0).frames(60, &face());
    let end = scene.machine.clone();
    scene.shown(7).turn(20.0).ask_again();
    assert_eq!(scene.machine, end);
}

impl Scene {
    fn ask_again(&mut self) {
        self.machine.apply(&Event::Tick { at: 0 });
        self.machine.apply(&Event::Aborted { at: u64::MAX });
    }
}

#[test]
fn digits_pass_or_fail_for_their_own_reason() {
    let (good, lips) = (Measured::Score(88), Measured::Score(50));
    let asked = || {
        let mut scene = Scene::with(&[DIGITS], DigitsPolicy::Required);
        scene.ask(0);
        scene
    };
    asked().hear(0, 300, good, lips).passes();
    asked()
        .hear(0, 300, Measured::Score(69), lips)
        .fails_step(StepFailure::WrongDigits);
    asked()
        .hear(0, 300, good, Measured::Score(5))
        .fails_step(StepFailure::LipsDoNotFollow);
    let silence = Measured::Unavailable(Unheard::Silence);
    asked()
        .hear(0, 300, silence, silence)
        .fails_step(StepFailure::NotHeard(Unheard::Silence));
    let no_microphone = Measured::Unavailable(Unheard::NoMicrophone);
    asked()
        .hear(0, 300, no_microphone, no_microphone)
        .fails_step(StepFailure::NotHeard(Unheard::NoMicrophone));
    let mut early = Scene::with(&[DIGITS], DigitsPolicy::Required);
    early
        .reveal()
        .frame(face())
        .shown(0)
        .hear(0, 100, good, lips);
    early.fails_step(StepFailure::ImpossibleReaction);
    asked()
        .frames(131, &face())
        .fails_step(StepFailure::NoReaction);
}

#[test]
fn digits_may_be_left_out_where_that_is_allowed() {
    let skip = |scene: &mut Scene| {
        let at = scene.t;
        scene.machine.apply(&Event::Skipped { step: 0, at });
    };
    let mut scene = Scene::new(&[DIGITS]);
    skip(scene.ask(0));
    scene.passes();
    assert_eq!(
        scene.outcome().unwrap().steps[0].result,
        StepResult::Skipped
    );
    let mut scene = Scene::with(&[DIGITS], DigitsPolicy::Required);
    skip(scene.ask(0));
    scene.fails_session(SessionFailure::EventOutOfOrder);
    let none = Measured::Unavailable(Unheard::NoRecogniser);
    let mut scene = Scene::new(&[DIGITS]);
    scene.ask(0).hear(0, 300, none, none).passes();
    // A recogniser that answers after the person has left the step out is not heard any more.
    let mut scene = Scene::new(&[DIGITS, LEFT]);
    skip(scene.ask(0));
    scene.hear(0, 0, Measured::Score(0), none);
    scene.ask(1).turn(20.0).passes();
}

#[test]
fn a_plan_without_steps_never_passes() {
    let mut scene = Scene::new(&[]);
    scene
        .frame(face())
        .fails_session(SessionFailure::EventOutOfOrder);
}
