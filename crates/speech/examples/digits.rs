//! Measures how many right and how many wrong digits pass, over synthetic voices, speeds and noises:
//!
//!     cargo run -p lifesign-speech --example digits [tuned]
//!
//! Prints the table of docs/CHALLENGE.md. `tuned` measures the voices that the settings were chosen on instead.

#[path = "../tests/it/voices.rs"]
mod voices;

use std::collections::BTreeMap;

use lifesign_challenge::Limits;
use lifesign_challenge::digits::score_digits;
use lifesign_speech::{Heard, Recogniser};
use voices::{Noise, Room, can_speak, say, text_of};

const TUNED: [&str; 6] = [
    "en-us",
    "en-gb",
    "en-us+f2",
    "en-gb+f4",
    "en-us+m3",
    "en-gb-scotland",
];
const OTHERS: [&str; 8] = [
    "en-us+m1",
    "en-us+m5",
    "en-us+f1",
    "en-us+f5",
    "en-gb+m2",
    "en-gb+f3",
    "en-gb-x-rp",
    "en-us-nyc",
];
const SPEEDS: [u32; 3] = [120, 150, 180];
const NOISES: [Noise; 7] = [
    Noise::None,
    Noise::White(20.0),
    Noise::White(10.0),
    Noise::White(5.0),
    Noise::Babble(20.0),
    Noise::Babble(10.0),
    Noise::Babble(5.0),
];
/// Answers for each voice, speed and noise.
const ANSWERS: usize = 4;
/// Other digits that each answer is held against.
const WRONG: usize = 100;

#[derive(Default)]
struct Tally {
    answers: usize,
    right: usize,
    exact: usize,
    wrong: usize,
}

fn main() {
    let recogniser = match Recogniser::find() {
        Ok(recogniser) if can_speak() => recogniser,
        Ok(_) => return eprintln!("skipped: espeak-ng is not installed (make speech)"),
        Err(error) => return eprintln!("skipped: {error}"),
    };
    let is_tuned = std::env::args().nth(1).is_some_and(|arg| arg == "tuned");
    let voices: &[&str] = if is_tuned { &TUNED } else { &OTHERS };
    let mut room = Room::new(if is_tuned { 1 } else { 2 });
    let mut rows: BTreeMap<(usize, String), Tally> = BTreeMap::new();
    for voice in voices {
        for speed in SPEEDS {
            for answer in 0..ANSWERS {
                let digits = room.digits();
                let text = text_of(&digits, answer % 2 == 1, answer % 3 == 2);
                let said = say(voice, speed, &text);
                for (place, noise) in NOISES.iter().enumerate() {
                    let (pcm, _) = room.hear(&said, *noise);
                    let heard = match recogniser.digits(&pcm, digits.len()) {
                        Ok(heard) => heard,
                        Err(error) => return eprintln!("failed: {error}"),
                    };
                    let wrong = (0..WRONG)
                        .map(|_| room.digits())
                        .filter(|other| *other != digits && passes(other, &heard))
                        .count();
                    let keys = [
                        (place, format!("noise: {noise}")),
                        (50, format!("speed: {speed} words a minute")),
                        (60, format!("voice: {voice}")),
                        (70, "all".to_owned()),
                    ];
                    for key in keys {
                        let tally = rows.entry(key).or_default();
                        tally.answers += 1;
                        tally.right += usize::from(passes(&digits, &heard));
                        tally.exact += usize::from(heard.hypotheses.first() == Some(&digits));
                        tally.wrong += wrong;
                    }
                }
            }
        }
    }
    print(&rows);
}

fn passes(asked: &[u8], heard: &Heard) -> bool {
    let words = |digits: &Vec<u8>| digits.iter().map(u8::to_string).collect();
    let hypotheses: Vec<Vec<String>> = heard.hypotheses.iter().map(words).collect();
    let least = Limits::default().audio.alignment;
    score_digits(asked, &hypotheses)
        .score()
        .is_some_and(|score| score >= least)
}

#[allow(clippy::print_stdout)]
fn print(rows: &BTreeMap<(usize, String), Tally>) {
    println!("| | answers | right ones pass, % | heard without mistake, % | wrong ones pass, % |");
    println!("|---|---|---|---|---|");
    for ((_, name), tally) in rows {
        let part = |count: usize, of: usize| 100.0 * count as f64 / of as f64;
        println!(
            "| {name} | {} | {:.0} | {:.0} | {:.2} |",
            tally.answers,
            part(tally.right, tally.answers),
            part(tally.exact, tally.answers),
            part(tally.wrong, tally.answers * WRONG),
        );
    }
}
