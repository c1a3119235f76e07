//! Digits read aloud by a synthetic voice while a puppet's mouth follows it, heard by the real recogniser.

use std::sync::{Arc, LazyLock};

use fastrand::Rng;
use lifesign_challenge::{Action, DigitsPolicy, LightPolicy, Plan, Step};
use lifesign_engine::{Calibration, Engine};
use lifesign_session::{Captured, PageEvent, SAMPLE_RATE, SessionJudge, SessionSpec};
use lifesign_speech::Recogniser;
use lifesign_testkit::{Player, PuppetState};

use crate::stage::{ASTRONAUT, film};
use crate::voices::{can_speak, say, text_of};

const ASKED: [u8; 4] = [4, 7, 1, 9];
/// How long after the prompt is shown the voice begins.
const REACTION_MS: u64 = 700;
const PER_MS: u64 = SAMPLE_RATE as u64 / 1_000;

static JUDGE: LazyLock<Result<SessionJudge, String>> = LazyLock::new(|| {
    if !can_speak() {
        return Err("espeak-ng is not installed (make speech)".to_owned());
    }
    let recogniser = Recogniser::find().map_err(|error| error.to_string())?;
    let engine = Engine::embedded(Calibration::embedded()).map_err(|error| error.to_string())?;
    Ok(SessionJudge::new(Arc::new(engine), Some(recogniser)))
});

/// The judge, or `None` where the machine cannot speak or hear: the test then says so and passes, unless
/// LIFESIGN_TEST_REQUIRE_SPEECH is set.
fn judge() -> Option<&'static SessionJudge> {
    match &*JUDGE {
        Ok(judge) => Some(judge),
        Err(why) => {
            let required = std::env::var("LIFESIGN_TEST_REQUIRE_SPEECH").unwrap_or_default();
            assert!(required.is_empty(), "{why}");
            eprintln!("skipped: {why}");
            None
        }
    }
}

/// What is said from a moment on, and nothing before and after it.
struct Voice {
    pcm: Vec<i16>,
    loudest: f64,
    begins_ms: Option<u64>,
}

impl Voice {
    fn of(said: &[u8]) -> Self {
        let pcm = match said {
            [] => Vec::new(),
            digits => say("en-us", 140, &text_of(digits, true, false)),
        };
        let loudest = pcm.chunks(800).map(level).fold(1.0, f64::max);
        Self {
            pcm,
            loudest,
            begins_ms: None,
        }
    }

    fn between(&self, from_ms: u64, to_ms: u64) -> Vec<i16> {
        let heard = |n: u64| {
            let n = n.checked_sub(self.begins_ms? * PER_MS)?;
            self.pcm.get(usize::try_from(n).ok()?).copied()
        };
        let samples = from_ms * PER_MS..to_ms * PER_MS;
        samples.map(|n| heard(n).unwrap_or(0)).collect()
    }

    /// How far the mouth is open that speaks.
    fn mouth(&self, at_ms: u64) -> f64 {
        0.7 * level(&self.between(at_ms - 50, at_ms + 50)) / self.loudest
    }
}

fn level(pcm: &[i16]) -> f64 {
    let squares: f64 = pcm.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (squares / pcm.len().max(1) as f64).sqrt()
}

/// A session that asks for [`ASKED`] alone and gets `said` from a mouth that speaks.
fn answered(judge: &SessionJudge, said: &[u8]) -> Captured {
    spoken_by(judge, said, Voice::mouth)
}

/// The same from a mouth that does what it likes.
fn spoken_by(judge: &SessionJudge, said: &[u8], mouth: fn(&Voice, u64) -> f64) -> Captured {
    let step = Step {
        action: Action::ReadDigits { digits: ASKED },
        pause_ms: 300,
        window_ms: 12_000,
    };
    let spec = SessionSpec {
        plan: Plan::of_steps(vec![step], DigitsPolicy::Required, LightPolicy::Off),
        profile: "ensemble".to_owned(),
        references: Vec::new(),
        microphone: true,
        camera: None,
    };
    let mut capture = judge.begin(spec).unwrap();
    let mut voice = Voice::of(said);
    let sways = Player::new(1);
    let mut rng = Rng::with_seed(5);
    let mut at = 1_000;
    while capture.outcome().is_none() {
        assert!(at < 40_000, "the session does not end");
        let before = at;
        at += 92 + rng.u64(..16);
        let state = PuppetState {
            mouth: mouth(&voice, at),
            ..sways.state(at)
        };
        let output = capture.frame(at, &film(&ASTRONAUT, &state, at)).unwrap();
        if output.prompt.is_some() && voice.begins_ms.is_none() {
            capture.event(at, PageEvent::Shown(0));
            voice.begins_ms = Some(at + REACTION_MS);
        }
        capture.sound(at, &voice.between(before, at));
        if let Some(listening) = capture.listen(at) {
            capture.heard(at, listening.recognise());
        }
    }
    let captured = capture.finish().unwrap();
    let result = &captured.result;
    println!("{:?} {:?} {:?}", result.failure, result.audio, result.steps);
    captured
}

#[test]
fn the_right_digits_are_heard() {
    let Some(judge) = judge() else { return };
    let result = answered(judge, &ASKED).result;
    assert!(result.challenge_passed, "{:?}", result.failure);
    assert!(result.audio.score.unwrap() >= 70 && result.audio.reason.is_none());
    // Not the recogniser's time, but the voice's.
    let reaction_ms = result.steps[0].reaction_ms.unwrap();
    assert!(
        (REACTION_MS - 100..REACTION_MS + 350).contains(&reaction_ms),
        "{reaction_ms} ms"
    );
}

/// Somebody out of sight reads aloud.
#[test]
fn lips_that_stand_still_say_nothing() {
    let Some(judge) = judge() else { return };
    let captured = spoken_by(judge, &ASKED, |_, _| 0.0);
    let result = &captured.result;
    assert_eq!(result.failure.as_deref(), Some("lips_do_not_follow"));
    assert!(!result.challenge_passed && !captured.may_retry);
}

#[test]
fn other_digits_are_wrong() {
    let Some(judge) = judge() else { return };
    let captured = answered(judge, &[2, 5, 8, 3]);
    let result = &captured.result;
    assert_eq!(result.failure.as_deref(), Some("wrong_digits"));
    assert!(!result.challenge_passed);
    assert!(result.audio.score.unwrap() < 70);
}

#[test]
fn silence_is_no_answer() {
    let Some(judge) = judge() else { return };
    let result = answered(judge, &[]).result;
    assert_eq!(result.failure.as_deref(), Some("silence"));
    assert_eq!(result.audio.score, None);
    assert_eq!(result.audio.reason.as_deref(), Some("silence"));
}
