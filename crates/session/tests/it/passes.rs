//! A puppet that answers every prompt passes the challenge; whether it is LIVE is the calibration's word.

use lifesign_challenge::{Action, StepResult};
use lifesign_domain::Verdict;
use lifesign_session::SessionJudge;

use crate::player::{Player, run};
use crate::stage::{ASTRONAUT, LENIENT, STRICT, begin};

const HEAD: [Action; 4] = [
    Action::TurnLeft { degrees: 20 },
    Action::LookDown { degrees: 11 },
    Action::TurnRight { degrees: 28 },
    Action::LookUp { degrees: 11 },
];

const FACE: [Action; 3] = [Action::Smile, Action::OpenMouth, Action::MoveCloser];

fn played(judge: &SessionJudge, actions: &[Action]) -> lifesign_session::Captured {
    let mut capture = begin(judge, actions);
    let outcome = run(&mut capture, &mut Player::new(&ASTRONAUT, 1), 7);
    for step in &outcome.steps {
        println!("{step:?}");
    }
    assert!(outcome.passed, "{:?}", outcome.failure);
    assert!(outcome.steps.iter().all(|s| s.result == StepResult::Passed));
    capture.finish().unwrap()
}

fn tell(captured: &lifesign_session::Captured) {
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
fn turning_and_nodding_pass_and_are_not_live_by_the_rules_of_sessions_alone() {
    // Not only the frames: the light turns with the puppet.
    let captured = played(&STRICT, &HEAD);
    tell(&captured);
    let result = &captured.result;
    assert!(result.prerecorded_risk, "{:?}", result.signals.last());
    assert!(result.challenge_passed && result.failure.is_none());
    assert_ne!(result.verdict, Verdict::Live);
    assert!((3..=12).contains(&captured.frames.len()));
    assert_eq!(result.audio.reason.as_deref(), Some("not_asked"));
}

#[test]
fn face_and_distance_pass_and_are_live_under_the_test_calibration() {
    let captured = played(&LENIENT, &FACE);
    tell(&captured);
    let result = &captured.result;
    assert!(result.challenge_passed);
    assert_eq!(result.verdict, Verdict::Live, "{:?}", result.reasons);
    assert!(
        result.calibration.ends_with("puppet"),
        "{}",
        result.calibration
    );
    assert!(!captured.may_retry);
}
