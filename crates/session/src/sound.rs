//! The spoken answer: kept while digits are asked, handed out once it is over, and scored.

use std::sync::Arc;

use lifesign_challenge::digits::lips::Sample;
use lifesign_challenge::digits::{Measured, Unheard, score_digits, score_lips};
use lifesign_challenge::{AudioLimits, Speech};
use lifesign_speech::Recogniser;

use crate::SoundParams;

/// Samples a second of the sound.
pub const SAMPLE_RATE: u32 = 16_000;
/// Samples of one step of the level, 50 ms.
const STEP: usize = SAMPLE_RATE as usize / 20;
const STEP_MS: u64 = 50;
/// Longest answer that is kept: the window of the digits and some more.
const MOST_SAMPLES: usize = 20 * SAMPLE_RATE as usize;
/// How far sound may be ahead of its arrival: chunks are stamped by clocks of their own.
const AHEAD_MS: u64 = 500;
/// Frames of the mouth that are kept; 30 a second for 20 seconds.
const MOST_MOUTHS: usize = 600;

/// The answer to one digits step, from the moment the page has shown it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) step: usize,
    digits: [u8; 4],
    shown_at: u64,
    ends_at: u64,
    pcm: Vec<i16>,
    /// Time of the first sample: what the chunk with the least delay says.
    starts_at: Option<u64>,
    /// Root mean square of each whole step, full scale 1.
    levels: Vec<f64>,
    mouth: Vec<Sample>,
    tries: u32,
    /// Steps of the level that were recognised already.
    recognised: usize,
    is_out: bool,
}

/// What is to be recognised, on a thread where that may take seconds.
pub struct Listening {
    recogniser: Arc<Recogniser>,
    step: usize,
    digits: [u8; 4],
    pcm: Vec<i16>,
    starts_at: u64,
    mouth: Vec<Sample>,
}

/// What was recognised.
#[derive(Clone, Copy, Debug)]
pub struct Recognised {
    pub(crate) step: usize,
    pub(crate) speech: Speech,
}

impl Answer {
    /// Nothing heard yet of the digits that were shown at `shown_at`.
    pub(crate) fn new(step: usize, digits: [u8; 4], shown_at: u64, window_ms: u64) -> Self {
        Self {
            step,
            digits,
            shown_at,
            ends_at: shown_at.saturating_add(window_ms),
            pcm: Vec::new(),
            starts_at: None,
            levels: Vec::new(),
            mouth: Vec::new(),
            tries: 0,
            recognised: 0,
            is_out: false,
        }
    }

    /// Takes a chunk that ended when it arrived, at `at`. What was recorded before the prompt was shown is
    /// left out, and so is what would be more sound than time has passed.
    pub(crate) fn add(&mut self, at: u64, chunk: &[i16]) {
        let lasts_ms = milliseconds(chunk.len());
        let chunk = if self.pcm.is_empty() {
            let early_ms = (self.shown_at + lasts_ms).saturating_sub(at);
            let early = samples(early_ms).min(chunk.len());
            chunk.get(early..).unwrap_or_default()
        } else {
            chunk
        };
        let length = self.pcm.len() + chunk.len();
        let ahead = milliseconds(length) > at.saturating_sub(self.shown_at) + AHEAD_MS;
        if chunk.is_empty() || ahead || length > MOST_SAMPLES {
            return;
        }
        self.pcm.extend_from_slice(chunk);
        let began = at.saturating_sub(milliseconds(length)).max(self.shown_at);
        self.starts_at = Some(self.starts_at.map_or(began, |earlier| earlier.min(began)));
        while let Some(step) = self
            .pcm
            .get(self.levels.len() * STEP..)
            .and_then(|rest| rest.get(..STEP))
        {
            self.levels.push(level(step));
        }
    }

    /// Takes the opening of the mouth in a frame.
    pub(crate) fn see(&mut self, at: u64, mouth_opening: f64) {
        if self.mouth.len() < MOST_MOUTHS {
            self.mouth.push(Sample {
                at,
                value: mouth_opening,
            });
        }
    }

    /// What is to be recognised now, if the answer is over or its time is: `Err` where that is known without
    /// listening.
    pub(crate) fn listen(
        &mut self,
        at: u64,
        recogniser: &Arc<Recogniser>,
        params: &SoundParams,
    ) -> Option<Result<Listening, Recognised>> {
        let is_late = at >= self.ends_at;
        let (voiced_ms, quiet_ms) = self.voice(params);
        let is_over = voiced_ms >= params.least_voiced_ms
            && quiet_ms >= params.quiet_ms
            && self.levels.len() > self.recognised;
        if self.is_out || !(is_late || is_over) {
            return None;
        }
        self.is_out = true;
        self.tries += 1;
        let Some(starts_at) = self.starts_at.filter(|_| voiced_ms > 0) else {
            return Some(Err(Recognised::unavailable(self.step, Unheard::Silence)));
        };
        self.recognised = self.levels.len() + steps(params.quiet_ms);
        Some(Ok(Listening {
            recogniser: Arc::clone(recogniser),
            step: self.step,
            digits: self.digits,
            pcm: self.pcm.clone(),
            starts_at,
            mouth: self.mouth.clone(),
        }))
    }

    /// Whether what was recognised is the answer: it passes, or nothing better can come any more. Else the
    /// person may go on speaking.
    pub(crate) fn settles(
        &mut self,
        at: u64,
        speech: &Speech,
        limits: &AudioLimits,
        params: &SoundParams,
    ) -> bool {
        self.is_out = false;
        let passes = speech
            .alignment
            .score()
            .is_some_and(|s| s >= limits.alignment);
        passes || at >= self.ends_at || self.tries >= params.tries
    }

    /// Milliseconds of voice, and of quiet since.
    fn voice(&self, params: &SoundParams) -> (u64, u64) {
        let mut sorted = self.levels.clone();
        sorted.sort_by(f64::total_cmp);
        let floor = sorted.get(sorted.len() / 10).copied().unwrap_or(0.0);
        let limit = params.voiced_rms.max(params.voiced_over_floor * floor);
        let is_voiced = |level: &&f64| **level >= limit;
        let voiced = self.levels.iter().filter(is_voiced).count();
        let quiet = self
            .levels
            .iter()
            .rev()
            .take_while(|l| !is_voiced(l))
            .count();
        (voiced as u64 * STEP_MS, quiet as u64 * STEP_MS)
    }
}

impl Listening {
    /// Runs the recogniser and scores. A recogniser that fails counts as none.
    pub fn recognise(self) -> Recognised {
        let Ok(heard) = self.recogniser.digits(&self.pcm, self.digits.len()) else {
            return Recognised::unavailable(self.step, Unheard::NoRecogniser);
        };
        let words: Vec<Vec<String>> = heard
            .hypotheses
            .iter()
            .map(|digits| digits.iter().map(u8::to_string).collect())
            .collect();
        let envelope: Vec<Sample> = heard
            .envelope
            .iter()
            .zip(0_u64..)
            .map(|(value, i)| Sample {
                at: self.starts_at + i * STEP_MS + STEP_MS / 2,
                value: *value,
            })
            .collect();
        Recognised {
            step: self.step,
            speech: Speech {
                started_at: heard.started_at_ms.map(|ms| self.starts_at + ms),
                alignment: score_digits(&self.digits, &words),
                lips: score_lips(&self.mouth, &envelope),
            },
        }
    }
}

impl Recognised {
    pub(crate) fn unavailable(step: usize, why: Unheard) -> Self {
        Self {
            step,
            speech: Speech {
                started_at: None,
                alignment: Measured::Unavailable(why),
                lips: Measured::Unavailable(why),
            },
        }
    }
}

fn milliseconds(samples: usize) -> u64 {
    samples as u64 * 1_000 / u64::from(SAMPLE_RATE)
}

fn samples(ms: u64) -> usize {
    usize::try_from(ms.saturating_mul(u64::from(SAMPLE_RATE) / 1_000)).unwrap_or(usize::MAX)
}

fn steps(ms: u64) -> usize {
    usize::try_from(ms / STEP_MS).unwrap_or(usize::MAX)
}

fn level(step: &[i16]) -> f64 {
    let squares: f64 = step.iter().map(|v| f64::from(*v).powi(2)).sum();
    (squares / step.len().max(1) as f64).sqrt() / f64::from(i16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Calibration;

    fn tone(ms: u64, amplitude: f64) -> Vec<i16> {
        (0..samples(ms))
            .map(|i| (amplitude * f64::from(i16::MAX) * (i as f64 * 0.3).sin()) as i16)
            .collect()
    }

    /// Sends sound in chunks of 100 ms, as it would arrive.
    fn send(answer: &mut Answer, from: u64, ms: u64, amplitude: f64) -> u64 {
        let mut at = from;
        for _ in 0..ms / 100 {
            at += 100;
            answer.add(at, &tone(100, amplitude));
        }
        at
    }

    #[test]
    fn an_answer_is_over_when_a_voice_has_fallen_quiet() {
        let params = Calibration::embedded().sound;
        let mut answer = Answer::new(2, [1, 2, 3, 4], 1_000, 12_000);
        let at = send(&mut answer, 1_000, 1_000, 0.001);
        assert_eq!(answer.voice(&params).0, 0);
        let at = send(&mut answer, at, 1_500, 0.3);
        assert_eq!(answer.voice(&params), (1_500, 0));
        send(&mut answer, at, 1_000, 0.001);
        assert_eq!(answer.voice(&params), (1_500, 1_000));
        assert_eq!(answer.starts_at, Some(1_000));
    }

    #[test]
    fn steady_noise_is_no_voice() {
        let params = Calibration::embedded().sound;
        let mut answer = Answer::new(0, [0; 4], 0, 12_000);
        send(&mut answer, 0, 3_000, 0.2);
        assert_eq!(answer.voice(&params).0, 0);
    }

    #[test]
    fn sound_from_before_the_prompt_and_ahead_of_time_is_left_out() {
        let mut answer = Answer::new(0, [0; 4], 1_000, 12_000);
        answer.add(900, &tone(100, 0.3));
        assert!(answer.pcm.is_empty());
        answer.add(1_040, &tone(100, 0.3));
        assert_eq!(
            (answer.pcm.len(), answer.starts_at),
            (samples(40), Some(1_000))
        );
        // A whole recording at once.
        answer.add(1_050, &tone(5_000, 0.3));
        assert_eq!(answer.pcm.len(), samples(40));
        // A microphone that starts late puts its sound later.
        let mut late = Answer::new(0, [0; 4], 1_000, 12_000);
        late.add(3_100, &tone(100, 0.3));
        late.add(3_260, &tone(100, 0.3));
        assert_eq!(late.starts_at, Some(3_000));
    }

    #[test]
    fn memory_has_a_bound() {
        let mut answer = Answer::new(0, [0; 4], 0, u64::MAX);
        for i in 0..400 {
            answer.add(i * 100, &tone(100, 0.3));
            answer.see(i * 100, 0.1);
            answer.see(i * 100 + 50, 0.1);
        }
        assert!(answer.pcm.len() <= MOST_SAMPLES && answer.mouth.len() <= MOST_MOUTHS);
    }
}
