//! Who is there, the order of events, and the digits.

use crate::scene::*;
use lifesign_challenge::digits::{Measured, Unheard};
use lifesign_challenge::{
    Action, DigitsPolicy, Event, Guidance, Observation, SessionFailure, StepFailure, StepResult,
};

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
fn no_step_ends_while_there_is_a_doubt_about_the_person() {
    let compared = |same| Observation {
        same_person: Some(same),
        ..seen(face())
    };
    for digits in [false, true] {
        let answered = || {
            let mut scene = Scene::with(
                &[if digits { DIGITS } else { LEFT }],
                DigitsPolicy::Required,
            );
            scene.ask(0);
            if digits {
                scene.hear(0, 300, Measured::Score(90), Measured::Score(50));
            } else {
                scene
                    .frame(yaw(10.0))
                    .frames(4, &yaw(20.0))
                    .frame(yaw(10.0));
            }
            assert!(scene.outcome().is_none());
            scene.observe(compared(false));
            assert!(scene.outcome().is_none(), "one frame may be misjudged");
            scene
        };
        answered().observe(compared(true)).passes();
        answered()
            .observe(compared(false))
            .fails_session(SessionFailure::IdentityChanged);
    }
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
    scene.shown(7).turn(20.0).disturb();
    assert_eq!(scene.machine, end);
}

#[test]
fn digits_pass_or_fail_for_their_own_reason() {
    let (good, lips) = (Measured::Score(88), Measured::Score(50));
    let asked = || {
        let mut scene = Scene::with(&[DIGITS], DigitsPolicy::Required);
        scene.ask(0);
        scene
    };
    let mut right = asked();
    right.hear(0, 300, good, lips);
    assert!(right.outcome().is_none(), "the last word is a face at rest");
    right.frame(face()).passes();
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
    scene.frame(face()).passes();
    assert_eq!(
        scene.outcome().unwrap().steps[0].result,
        StepResult::Skipped
    );
    let mut scene = Scene::with(&[DIGITS], DigitsPolicy::Required);
    skip(scene.ask(0));
    scene.fails_session(SessionFailure::EventOutOfOrder);
    let none = Measured::Unavailable(Unheard::NoRecogniser);
    let mut scene = Scene::new(&[DIGITS]);
    scene.ask(0).hear(0, 300, none, none).frame(face()).passes();
    // A recogniser that answers after the person has left the step out is not heard any more.
    let mut scene = Scene::new(&[DIGITS, LEFT]);
    skip(scene.ask(0));
    scene.frame(face()).hear(0, 0, Measured::Score(0), none);
    scene.ask(1).turn(20.0).passes();
}

#[test]
fn a_plan_without_steps_never_passes() {
    let mut scene = Scene::new(&[]);
    scene
        .frame(face())
        .fails_session(SessionFailure::EventOutOfOrder);
}
