//! How loud the sound is over time, and where somebody may be speaking.
//!
//! Energy alone: speech rises and falls, the noise of a room does not. It tells silence and steady noise from
//! speech; whether what rises and falls is a voice, it cannot tell.

use std::ops::Range;

/// Samples of 20 ms.
pub(crate) const FRAME: usize = 320;
/// Milliseconds of a frame.
pub(crate) const FRAME_MS: u64 = 20;

/// Quieter than -46 dB of full scale is silence; `challenge::digits::lips` has the same bound.
const SILENCE: f64 = 0.005;
/// Speech is this much louder than its background, by root mean square. Steady noise reaches 1.1.
const LEAST_RANGE: f64 = 1.7;
/// The level of speech is what so many frames exceed (0.4 s): longer than a click or a knock.
const LOUD_FRAMES: usize = 20;
/// The level of the background is what this part of the frames stays under.
const QUIET_PART: f64 = 0.1;
/// A frame is loud from this part of the way from background to speech.
const LOUD_FROM: f64 = 0.2;

/// Root mean square of each frame (full scale 1) and what they say together.
pub(crate) struct Level {
    frames: Vec<f64>,
    /// The level of speech.
    pub(crate) speech: f64,
    background: f64,
}

impl Level {
    pub(crate) fn of(pcm: &[i16]) -> Self {
        let frames: Vec<f64> = pcm.chunks(FRAME).map(root_mean_square).collect();
        let mut sorted = frames.clone();
        sorted.sort_by(f64::total_cmp);
        let loud = sorted.len().saturating_sub(LOUD_FRAMES);
        let quiet = (sorted.len() as f64 * QUIET_PART) as usize;
        let at = |index: usize| sorted.get(index).copied().unwrap_or(0.0);
        Self {
            speech: at(loud),
            background: at(quiet),
            frames,
        }
    }

    /// The frames from the first to the last loud one, or `None` where nobody speaks: too short, too quiet, or
    /// always about as loud.
    pub(crate) fn spoken(&self) -> Option<Range<usize>> {
        let is_speech = self.frames.len() > LOUD_FRAMES
            && self.speech >= SILENCE
            && self.speech >= LEAST_RANGE * self.background;
        if !is_speech {
            return None;
        }
        let first = self.frames.iter().position(|f| self.is_loud(*f))?;
        let last = self.frames.iter().rposition(|f| self.is_loud(*f))?;
        Some(first..last + 1)
    }

    /// The first loud frame from one on, if any.
    pub(crate) fn first_loud(&self, from: usize) -> Option<usize> {
        let rest = self.frames.get(from..)?;
        Some(from + rest.iter().position(|f| self.is_loud(*f))?)
    }

    fn is_loud(&self, frame: f64) -> bool {
        frame > self.background + LOUD_FROM * (self.speech - self.background)
    }
}

/// Of a piece of sound, about its mean, because microphones have an offset; full scale is 1.
pub(crate) fn root_mean_square(piece: &[i16]) -> f64 {
    let count = piece.len().max(1) as f64;
    let scaled = || piece.iter().map(|sample| f64::from(*sample) / 32_768.0);
    let mean = scaled().sum::<f64>() / count;
    let squares: f64 = scaled().map(|value| (value - mean).powi(2)).sum();
    (squares / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(seconds: f64, amplitude: impl Fn(f64) -> f64) -> Vec<i16> {
        let mut rng = fastrand::Rng::with_seed(1);
        let count = (seconds * 16_000.0) as usize;
        (0..count)
            .map(|n| (amplitude(n as f64 / 16_000.0) * (rng.f64() * 2.0 - 1.0) * 32_767.0) as i16)
            .collect()
    }

    #[test]
    fn silence_and_steady_noise_are_no_speech() {
        let level = |pcm: &[i16]| Level::of(pcm).spoken();
        assert_eq!(level(&[]), None);
        assert_eq!(level(&[0; 48_000]), None);
        assert_eq!(level(&[i16::MIN; 48_000]), None);
        for amplitude in [0.001, 0.01, 0.1, 1.0] {
            assert_eq!(level(&sound(4.0, |_| amplitude)), None, "{amplitude}");
        }
        // A knock is too short.
        let knock = sound(4.0, |t| if (1.0..1.2).contains(&t) { 0.5 } else { 0.01 });
        assert_eq!(level(&knock), None);
    }

    #[test]
    fn what_rises_out_of_noise_is_found_where_it_is() {
        let burst = sound(4.0, |t| if (1.0..2.0).contains(&t) { 0.2 } else { 0.02 });
        assert_eq!(Level::of(&burst).spoken(), Some(50..100));
        assert_eq!(Level::of(&burst).first_loud(20), Some(50));
        assert_eq!(Level::of(&burst).first_loud(120), None);
        assert_eq!(Level::of(&burst).first_loud(9_000), None);
    }
}
