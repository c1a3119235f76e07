//! What must fail, each for its own reason, even where every frame by itself is live enough.

use lifesign_challenge::{Action, Output};
use lifesign_domain::{ReasonCode, SessionResult, Verdict};
use lifesign_session::{Captured, PageEvent};
use lifesign_testkit::Player;

use crate::player::{Actor, Camera, run};
use crate::stage::{ASTRONAUT, HOPPER, STRICT, begin, film};

const STEPS: [Action; 3] = [
    Action::TurnLeft { degrees: 20 },
    Action::Smile,
    Action::TurnRight { degrees: 12 },
];

/// A recording that is played whatever the page asks.
struct Recording {
    frames: Vec<Vec<u8>>,
    next: usize,
    /// Whether it begins anew at its end, or stands still there.
    loops: bool,
}

impl Camera for Recording {
    fn see(&mut self, _: u64, _: &Output) {}

    fn shoot(&mut self, _: u64) -> Vec<u8> {
        let last = self.frames.len() - 1;
        let at = match self.loops {
            true => self.next % self.frames.len(),
            false => self.next.min(last),
        };
        self.next += 1;
        self.frames[at].clone()
    }
}

fn attacked(camera: &mut dyn Camera) -> Captured {
    let mut capture = begin(&STRICT, &STEPS);
    run(&mut capture, camera, 3);
    let captured = capture.finish().unwrap();
    let result = &captured.result;
    assert!(!result.challenge_passed);
    assert_ne!(result.verdict, Verdict::Live);
    println!(
        "{:?} {:?} {:?}",
        result.failure,
        codes(result),
        result.steps
    );
    captured
}

fn codes(result: &SessionResult) -> Vec<ReasonCode> {
    result.reasons.iter().map(|reason| reason.code).collect()
}

#[test]
fn the_same_portrait_held_still_does_not_react() {
    let still = film(&ASTRONAUT, &Player::new(1).state(0), 1);
    let captured = attacked(&mut Recording {
        frames: vec![still],
        next: 0,
        loops: false,
    });
    let result = &captured.result;
    assert_eq!(result.failure.as_deref(), Some("no_reaction"));
    assert!(codes(result).contains(&ReasonCode::FrozenClip));
    assert!(result.static_risk && !captured.may_retry);
}

#[test]
fn a_looped_clip_does_not_react_and_is_found_to_repeat() {
    let player = Player::new(1);
    let frames = (0..25)
        .map(|i| film(&ASTRONAUT, &player.state(i * 100), i))
        .collect();
    let captured = attacked(&mut Recording {
        frames,
        next: 0,
        loops: true,
    });
    let result = &captured.result;
    assert_eq!(result.failure.as_deref(), Some("no_reaction"));
    assert!(codes(result).contains(&ReasonCode::LoopedClip));
    assert!(result.static_risk && result.prerecorded_risk);
}

#[test]
fn the_right_moves_in_the_wrong_order_fail_as_wrong_movements() {
    let mut actor = Actor::new(&ASTRONAUT, 1);
    actor.player.misreads = |action| match action {
        Action::TurnLeft { .. } => Action::TurnRight { degrees: 20 },
        Action::TurnRight { .. } => Action::TurnLeft { degrees: 20 },
        other => other.clone(),
    };
    let captured = attacked(&mut Stubborn {
        actor,
        asked_at: None,
    });
    let result = &captured.result;
    assert_eq!(result.failure.as_deref(), Some("wrong_movement"));
    assert!(codes(result).contains(&ReasonCode::ChallengeFailed));
}

/// Goes its own way, comes back, and does so again while the first prompt still stands.
struct Stubborn<'a> {
    actor: Actor<'a>,
    asked_at: Option<u64>,
}

impl Camera for Stubborn<'_> {
    fn see(&mut self, at: u64, output: &Output) {
        let mut output = output.clone();
        output.guidance = None;
        if let Some(prompt) = &mut output.prompt {
            let since = at - *self.asked_at.get_or_insert(at);
            // To the player each turn is a prompt of its own, which is gone after a while.
            prompt.step = (since / 3_000) as usize;
            if since % 3_000 > 1_700 {
                output.prompt = None;
            }
        }
        self.actor.see(at, &output);
    }

    fn shoot(&mut self, at: u64) -> Vec<u8> {
        self.actor.shoot(at)
    }
}

#[test]
fn another_face_half_way_ends_the_session() {
    let mut actor = Actor::new(&ASTRONAUT, 1);
    // During the first answer.
    actor.stand_in = Some((4_500, &HOPPER));
    let captured = attacked(&mut actor);
    let result = &captured.result;
    assert_eq!(result.failure.as_deref(), Some("identity_changed"));
    assert!(codes(result).contains(&ReasonCode::FaceChanged));
    assert!(!captured.may_retry);
}

/// Makes room for somebody else as soon as the last answer is given.
struct LeavesAtTheEnd(Actor<'static>);

impl Camera for LeavesAtTheEnd {
    fn see(&mut self, at: u64, output: &Output) {
        if output.prompt.is_some() && output.progress.done + 1 == STEPS.len() {
            self.0.stand_in = Some((u64::MAX, &HOPPER));
        } else if let Some((from, _)) = &mut self.0.stand_in {
            *from = at.min(*from);
        }
        self.0.see(at, output);
    }

    fn shoot(&mut self, at: u64) -> Vec<u8> {
        self.0.shoot(at)
    }
}

#[test]
fn another_face_after_the_last_answer_is_seen_before_the_end() {
    let captured = attacked(&mut LeavesAtTheEnd(Actor::new(&ASTRONAUT, 1)));
    let result = &captured.result;
    assert_eq!(result.failure.as_deref(), Some("identity_changed"));
    assert_eq!(result.steps.len(), STEPS.len() - 1);
    assert!(!captured.may_retry);
}

#[test]
fn a_connection_that_is_lost_ends_the_session_as_a_stopped_stream() {
    let mut capture = begin(&STRICT, &STEPS);
    let mut player = Actor::new(&ASTRONAUT, 1);
    for i in 0..12 {
        let at = 1_000 + i * 100;
        let jpeg = player.shoot(at);
        capture.frame(at, &jpeg).unwrap();
    }
    capture.lose(2_300);
    let captured = capture.finish().unwrap();
    assert_eq!(captured.result.failure.as_deref(), Some("stream_stopped"));
    assert_ne!(captured.result.verdict, Verdict::Live);
}

#[test]
fn files_that_are_no_frames_are_refused_by_name() {
    let mut capture = begin(&STRICT, &STEPS);
    let png = std::fs::read(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../engine/tests/data/grace_hopper_80.png"),
    )
    .unwrap();
    assert!(
        capture
            .frame(1, &png)
            .unwrap_err()
            .to_string()
            .contains("PNG")
    );
    assert!(capture.frame(2, b"nothing").is_err());
    let huge = vec![0xff; lifesign_session::MAX_FRAME_BYTES + 1];
    assert!(
        capture
            .frame(3, &huge)
            .unwrap_err()
            .to_string()
            .contains("limit")
    );
    capture.event(4, PageEvent::Abort);
    let captured = capture.finish().unwrap();
    assert_eq!(captured.result.verdict, Verdict::Inconclusive);
    assert_eq!(captured.result.failure.as_deref(), Some("aborted"));
    assert!(captured.frames.is_empty());
}
