//! What is heard of an answer, and whether that would pass.

use lifesign_challenge::Limits;
use lifesign_challenge::digits::lips::Sample;
use lifesign_challenge::digits::{Measured, score_digits, score_lips};
use lifesign_speech::{ENVELOPE_STEP_MS, Heard, SpeechError};

use crate::recogniser;
use crate::voices::{Noise, Room, say, text_of};

const VOICES: [&str; 5] = ["en-us", "en-gb", "en-us+f1", "en-gb+m5", "en-gb-x-rp+f4"];

fn passes(asked: &[u8], heard: &Heard) -> bool {
    let words = |digits: &Vec<u8>| digits.iter().map(u8::to_string).collect();
    let hypotheses: Vec<Vec<String>> = heard.hypotheses.iter().map(words).collect();
    let least = Limits::default().audio.alignment;
    score_digits(asked, &hypotheses)
        .score()
        .is_some_and(|score| score >= least)
}

/// A smaller cut of examples/digits.rs, whose table is in docs/CHALLENGE.md.
#[test]
fn right_digits_pass_and_wrong_ones_do_not() {
    let Some(recogniser) = recogniser() else {
        return;
    };
    let mut room = Room::new(11);
    let (mut answers, mut right, mut tried, mut wrong) = (0, 0, 0, 0);
    for voice in VOICES {
        for speed in [120, 150, 180] {
            let digits = room.digits();
            let said = say(voice, speed, &text_of(&digits, speed == 150, speed == 180));
            for noise in [Noise::None, Noise::White(20.0), Noise::Babble(20.0)] {
                let (pcm, _) = room.hear(&said, noise);
                let heard = recogniser.digits(&pcm, digits.len()).unwrap();
                answers += 1;
                right += i32::from(passes(&digits, &heard));
                for _ in 0..100 {
                    let other = room.digits();
                    if other != digits {
                        tried += 1;
                        wrong += i32::from(passes(&other, &heard));
                    }
                }
            }
        }
    }
    println!("{right} of {answers} right answers pass, {wrong} of {tried} wrong ones");
    assert!(f64::from(right) >= 0.85 * f64::from(answers));
    assert!(f64::from(wrong) <= 0.02 * f64::from(tried));
}

#[test]
fn an_answer_starts_where_its_first_digit_does() {
    let Some(recogniser) = recogniser() else {
        return;
    };
    let mut room = Room::new(5);
    for noise in [
        Noise::None,
        Noise::White(20.0),
        Noise::White(10.0),
        Noise::Babble(20.0),
    ] {
        let said = say("en-us", 140, "four, seven, one, nine");
        let (pcm, begins_ms) = room.hear(&said, noise);
        let heard = recogniser.digits(&pcm, 4).unwrap();
        let started_ms = heard.started_at_ms.unwrap();
        println!("{noise}: begins at {begins_ms} ms, heard at {started_ms} ms");
        // The synthesiser begins after a few milliseconds, and the first sound of "four" is faint.
        assert!(
            (begins_ms..begins_ms + 250).contains(&started_ms),
            "{noise}"
        );
    }
}

#[test]
fn silence_and_noise_are_no_digits() {
    let Some(recogniser) = recogniser() else {
        return;
    };
    let mut room = Room::new(3);
    let (hiss, _) = room.hear(&[0; 32_000], Noise::White(6.0));
    for pcm in [
        Vec::new(),
        vec![0; 10],
        vec![0; 64_000],
        vec![-32_768; 64_000],
        hiss,
    ] {
        let heard = recogniser.digits(&pcm, 4).unwrap();
        assert!(heard.hypotheses.is_empty());
        assert_eq!(heard.started_at_ms, None);
        assert_eq!(heard.envelope.len(), pcm.len().div_ceil(800));
    }
}

#[test]
fn other_counts_are_heard_and_odd_ones_refused() {
    let Some(recogniser) = recogniser() else {
        return;
    };
    let said = say("en-us", 140, "two, eight, three, one, six, five");
    let (pcm, _) = Room::new(2).hear(&said, Noise::White(25.0));
    let heard = recogniser.digits(&pcm, 6).unwrap();
    assert!(heard.hypotheses.iter().all(|digits| digits.len() == 6));
    assert!(
        passes(&[2, 8, 3, 1, 6, 5], &heard),
        "{:?}",
        heard.hypotheses
    );
    for count in [0, 11] {
        let refused = recogniser.digits(&pcm, count);
        assert_eq!(refused, Err(SpeechError::DigitCount { count }));
    }
    let long = vec![0; 31 * 16_000];
    assert_eq!(
        recogniser.digits(&long, 4),
        Err(SpeechError::TooLong { seconds: 31.0 })
    );
}

/// A mouth that opens with the voice fits its envelope, one that stands still does not, and one that belongs to
/// another answer fits worse.
#[test]
fn lips_that_follow_the_envelope_score_higher() {
    let Some(recogniser) = recogniser() else {
        return;
    };
    let mut room = Room::new(8);
    let mut scores = Vec::new();
    for voice in VOICES {
        let said = say(voice, 130, &text_of(&room.digits(), true, false));
        let (pcm, _) = room.hear(&said, Noise::Babble(20.0));
        let other = say(voice, 170, &text_of(&room.digits(), true, false));
        let (other, _) = room.hear(&other, Noise::None);
        let [heard, other] = [pcm, other].map(|pcm| recogniser.digits(&pcm, 4).unwrap());
        let sound = series(&heard.envelope, 1, |level| level);
        let follows = series(&heard.envelope, 2, |level| 0.02 + level.min(0.1));
        let foreign = series(&other.envelope, 2, |level| 0.02 + level.min(0.1));
        let still = series(&heard.envelope, 2, |_| 0.02);
        let score = |lips: &[Sample]| score_lips(lips, &sound).score();
        let (good, bad) = (score(&follows).unwrap(), score(&foreign).unwrap());
        println!("{voice}: lips of this answer {good}, of another {bad}");
        assert_eq!(score_lips(&still, &sound), Measured::Score(0));
        assert!(good >= 60, "{voice}: {good}");
        scores.push((good, bad));
    }
    assert!(scores.iter().filter(|(good, bad)| good > bad).count() >= 4);
}

/// Every `step`-th value of an envelope as the clock of a session would have it.
fn series(envelope: &[f64], step: usize, value: impl Fn(f64) -> f64) -> Vec<Sample> {
    let values = envelope.iter().enumerate().step_by(step);
    values
        .map(|(n, level)| Sample {
            at: n as u64 * ENVELOPE_STEP_MS,
            value: value(*level),
        })
        .collect()
}
