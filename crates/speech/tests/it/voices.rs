//! Answers by speech synthesis, in noise. Shared by the tests and by examples/digits.rs.

use std::process::{Command, Stdio};

/// Samples a second.
const RATE: f64 = 16_000.0;
const WORDS: [&str; 10] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
];
/// Level of a voice, as root mean square of samples: 22 dB under full scale.
const LEVEL: f64 = 2_500.0;

/// What is heard beside the voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Noise {
    /// Nothing at all: zeros between the words.
    None,
    /// White noise, so many decibels under the voice.
    White(f64),
    /// Six other voices that read aloud, so many decibels under the voice in all.
    Babble(f64),
}

impl std::fmt::Display for Noise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => write!(f, "none"),
            Self::White(db) => write!(f, "white, {db} dB"),
            Self::Babble(db) => write!(f, "babble, {db} dB"),
        }
    }
}

/// Is there a synthesiser?
pub(crate) fn can_speak() -> bool {
    let found = Command::new("espeak-ng").arg("--version").output();
    found.is_ok_and(|found| found.status.success())
}

/// Digits as a person might read them: with or without pauses, zero by either name.
pub(crate) fn text_of(digits: &[u8], with_pauses: bool, with_oh: bool) -> String {
    let word = |digit: &u8| match (digit, with_oh) {
        (0, true) => "oh",
        _ => WORDS[usize::from(*digit)],
    };
    let words: Vec<&str> = digits.iter().map(word).collect();
    words.join(if with_pauses { ", " } else { " " })
}

/// The text by a voice at so many words a minute, at 16,000 samples a second.
pub(crate) fn say(voice: &str, words_a_minute: u32, text: &str) -> Vec<i16> {
    let speed = words_a_minute.to_string();
    let spoken = Command::new("espeak-ng")
        .args(["-v", voice, "-s", &speed, "--stdout", text])
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let wav = spoken.stdout;
    assert_eq!(&wav[..4], b"RIFF", "espeak-ng has no voice {voice}");
    let rate = u32::from_le_bytes(wav[24..28].try_into().unwrap());
    let samples: Vec<f64> = wav[44..]
        .chunks_exact(2)
        .map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])))
        .collect();
    let resampled = resample(&samples, f64::from(rate));
    resampled.iter().map(|s| *s as i16).collect()
}

/// To 16,000 a second by a windowed sinc, cut off below the lower of the two rates' limits.
fn resample(samples: &[f64], rate: f64) -> Vec<f64> {
    const REACH: f64 = 16.0;
    let cut = 0.95 * (RATE / rate).min(1.0);
    let count = (samples.len() as f64 * RATE / rate) as usize;
    let at = |n: usize| {
        let centre = n as f64 * rate / RATE;
        let first = (centre - REACH).ceil().max(0.0) as usize;
        let last = ((centre + REACH) as usize).min(samples.len().saturating_sub(1));
        let weighted = (first..=last).map(|i| {
            let x = i as f64 - centre;
            let sinc = match x.abs() < 1e-9 {
                true => cut,
                false => (std::f64::consts::PI * x * cut).sin() / (std::f64::consts::PI * x),
            };
            let window = 0.5 + 0.5 * (std::f64::consts::PI * x / REACH).cos();
            samples[i] * sinc * window
        });
        weighted.sum()
    };
    (0..count).map(at).collect()
}

/// A room: its noises, drawn once.
pub(crate) struct Room {
    rng: fastrand::Rng,
    white: Vec<f64>,
    babble: Vec<f64>,
}

impl Room {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let white = (0..10 * RATE as usize)
            .map(|_| (0..12).map(|_| rng.f64() - 0.5).sum())
            .collect();
        Self {
            rng,
            white,
            babble: babble(),
        }
    }

    /// Four digits.
    pub(crate) fn digits(&mut self) -> Vec<u8> {
        (0..4).map(|_| self.rng.u8(..10)).collect()
    }

    /// The voice in the noise, which begins 0.3 to 1.5 s earlier and ends 0.3 to 0.8 s later. Also where the voice's
    /// recording begins, in milliseconds.
    pub(crate) fn hear(&mut self, voice: &[i16], noise: Noise) -> (Vec<i16>, u64) {
        let voice: Vec<f64> = voice.iter().map(|s| f64::from(*s)).collect();
        let gain = LEVEL / active_level(&voice);
        let lead = self.rng.usize(4_800..24_000);
        let tail = self.rng.usize(4_800..12_800);
        let source = match noise {
            Noise::None => None,
            Noise::White(db) => Some((&self.white, db)),
            Noise::Babble(db) => Some((&self.babble, db)),
        };
        let offset = self.rng.usize(..self.white.len());
        let sample = |n: usize| {
            let word = n.checked_sub(lead).and_then(|n| voice.get(n));
            let voiced = word.copied().unwrap_or(0.0) * gain;
            let beside = source.map_or(0.0, |(noise, db)| {
                noise[(offset + n) % noise.len()] * LEVEL / 10_f64.powf(db / 20.0)
            });
            (voiced + beside) as i16
        };
        let pcm = (0..lead + voice.len() + tail).map(sample).collect();
        (pcm, lead as u64 * 1_000 / RATE as u64)
    }
}

/// Root mean square of the pieces of 20 ms that are within 30 dB of the loudest.
fn active_level(samples: &[f64]) -> f64 {
    let levels: Vec<f64> = samples.chunks(320).map(level).collect();
    let loudest = levels.iter().copied().fold(0.0, f64::max);
    let active: Vec<f64> = levels.into_iter().filter(|l| *l > loudest / 30.0).collect();
    level(&active).max(1.0)
}

fn level(samples: &[f64]) -> f64 {
    (samples.iter().map(|s| s * s).sum::<f64>() / samples.len().max(1) as f64).sqrt()
}

/// Six voices at once for ten seconds, at level 1. None of them reads digits elsewhere.
fn babble() -> Vec<f64> {
    const TALK: [(&str, &str); 6] = [
        (
            "en-gb-x-gbclan",
            "please bring the papers to the office tomorrow, and ask for the key at the door",
        ),
        (
            "en-029",
            "the weather was fine, so they walked along the river until it was dark",
        ),
        (
            "en-gb-x-gbcwmd",
            "could you tell me where the station is, and when the last train leaves",
        ),
        (
            "en-us+f3",
            "my sister has bought a bicycle and rides it to school with her friends",
        ),
        (
            "en-gb+m4",
            "dinner was late because the guests did not find the house in time",
        ),
        (
            "en-us+m7",
            "this book tells of a long journey over the mountains and across the sea",
        ),
    ];
    let count = 10 * RATE as usize;
    let mut all = vec![0.0; count];
    for (voice, text) in TALK {
        let said: Vec<f64> = say(voice, 160, text)
            .iter()
            .map(|s| f64::from(*s))
            .collect();
        let gain = 1.0 / active_level(&said);
        for (n, sum) in all.iter_mut().enumerate() {
            *sum += said[n % said.len()] * gain;
        }
    }
    let level = level(&all);
    all.iter().map(|s| s / level).collect()
}
