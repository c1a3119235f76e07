//! A puppet that answers every prompt passes the challenge; whether it is LIVE is the calibration's word.

use lifesign_challenge::{Action, StepResult};
use lifesign_domain::Verdict;
use lifesign_engine::{Calibration, Engine};
use lifesign_session::{Capture, Captured};
use lifesign_testkit::{Puppet, PuppetState};

use crate::player::{Actor, run};
use crate::stage::{
    ASTRONAUT, LENIENT, SHIPPED, SIZE, STRICT, begin, begin_with, descriptor, portrait,
};

const HEAD: [Action; 4] = [
    Action::TurnLeft { degrees: 20 },
    Action::LookDown { degrees: 11 },
    Action::TurnRight { degrees: 28 },
    Action::LookUp { degrees: 11 },
];

const FACE: [Action; 4] = [
    Action::Smile,
    Action::BlinkTwice,
    Action::OpenMouth,
    Action::MoveCloser,
];

/// Plays to the end and sees that every step was passed.
fn played(capture: Capture, seed: u64) -> Captured {
    played_by(Actor::new(&ASTRONAUT, seed), capture, seed)
}

fn played_by(mut actor: Actor, mut capture: Capture, seed: u64) -> Captured {
    let outcome = run(&mut capture, &mut actor, seed);
    for step in &outcome.steps {
        println!("{step:?}");
    }
    assert!(outcome.passed, "{:?}", outcome.failure);
    assert!(outcome.steps.iter().all(|s| s.result == StepResult::Passed));
    let captured = capture.finish().unwrap();
    tell(&captured);
    captured
}

fn tell(captured: &Captured) {
    let result = &captured.result;
    println!(
        "{:?} {:.3} of {:.3}, static {}, prerecorded {}, {} frames, {:.1} s",
        result.verdict,
        result.confidence,
        result.threshold,
        result.static_risk,
        result.prerecorded_risk,
        result.frame_count,
        result.duration_s
    );
    for signal in &result.signals {
        println!("  {:16} {:.3} {}", signal.name, signal.score, signal.detail);
    }
    println!(
        "  {:?}",
        result.reasons.iter().map(|r| r.code).collect::<Vec<_>>()
    );
}

#[test]
fn a_puppet_that_does_all_it_is_told_is_not_live() {
    for seed in [1, 2, 3] {
        // Frames that are always live enough, so that the rules of sessions decide alone.
        let captured = played(begin(&STRICT, &HEAD), seed);
        let result = &captured.result;
        assert!(result.prerecorded_risk, "{:?}", result.signals.last());
        assert_eq!(result.verdict, Verdict::Inconclusive);
        assert!(result.challenge_passed && result.failure.is_none());
        assert!(!captured.may_retry);
        assert!((3..=12).contains(&captured.frames.len()));
        assert_eq!(result.audio.reason.as_deref(), Some("not_asked"));
    }
}

#[test]
fn a_puppet_is_not_live_under_the_shipped_calibration() {
    let mut turning_and_smiling = HEAD.to_vec();
    turning_and_smiling[3] = Action::Smile;
    let result = played(begin(&SHIPPED, &turning_and_smiling), 4).result;
    assert!(result.challenge_passed && result.prerecorded_risk);
    assert_ne!(result.verdict, Verdict::Live);
}

#[test]
fn under_the_test_calibration_it_is_and_is_matched_with_its_own_picture() {
    let references = vec![
        descriptor(&ASTRONAUT.render(&PuppetState::default(), SIZE)),
        descriptor(&portrait("grace_hopper.jpg")),
    ];
    let captured = played(begin_with(&LENIENT, &FACE, references), 7);
    let result = &captured.result;
    assert!(result.challenge_passed);
    assert_eq!(result.verdict, Verdict::Live, "{:?}", result.reasons);
    assert!(result.calibration.ends_with("puppet"));
    assert!(!captured.may_retry);
    let [own, other] = &result.face_matches[..] else {
        panic!("{:?}", result.face_matches);
    };
    println!("{own:?} {other:?}");
    assert!(own.same_person && !other.same_person);
    assert!(own.best_frame.unwrap() < captured.frames.len());
    assert!(own.score > other.score);
}

#[test]
fn a_hand_that_sways_the_whole_picture_does_not_light_it() {
    let mut actor = Actor::new(&ASTRONAUT, 2);
    actor.player.hand_px = 5.0;
    let result = played_by(actor, begin(&STRICT, &HEAD), 2).result;
    assert!(result.challenge_passed && result.prerecorded_risk);
    assert_eq!(result.verdict, Verdict::Inconclusive);
}

/// Not as it should be: docs/LIMITS.md says so as long as this holds.
#[test]
fn a_picture_full_of_detail_that_sways_hides_that_its_light_is_dead() {
    let engine = Engine::embedded(Calibration::embedded()).unwrap();
    let puppet = Puppet::of(&engine, portrait("astronaut.jpg")).before(portrait("coffee.jpg"));
    let mut actor = Actor::new(&puppet, 2);
    actor.player.hand_px = 5.0;
    let result = played_by(actor, begin(&STRICT, &HEAD), 2).result;
    assert!(result.challenge_passed && !result.prerecorded_risk);
}
