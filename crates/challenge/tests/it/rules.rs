//! Each rule about a movement by itself.

use crate::scene::*;
use lifesign_challenge::{Action, FaceMeasures, Guidance, SessionFailure, StepFailure};

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
fn a_smile_must_come_back_too() {
    let mut smile = face();
    smile.smile = 1.2;
    let mut scene = Scene::new(&[Action::Smile]);
    scene.ask(0).frames(70, &smile);
    scene.fails_step(StepFailure::NotReturned);
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
