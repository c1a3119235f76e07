//! Brings sound into the form that the model knows: one level, over a floor of noise.
//!
//! The model was trained on recordings of rooms. Sound without any noise between the words (speech synthesis, and
//! telephones that suppress noise) is outside of what it has seen: of such answers 46 in 100 passed, and over 90 with
//! this floor. A higher floor also covers what voices in the background leave between the words, and costs some
//! digits where there are none; so both are tried.

use std::ops::Range;

use crate::level::FRAME;

/// Level of speech, as root mean square of samples: a quarter of the way to clipping the loudest voices.
const LEVEL: f64 = 6_000.0;

/// What one run of the recogniser hears.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Preparation {
    /// Decibels that the floor lies under the level of speech.
    pub(crate) floor_db: f64,
    /// Frames of 20 ms that are kept around the speech.
    pub(crate) margin: usize,
}

/// The bytes for the recogniser (16-bit, little-endian), and the frame of the sound that they begin with.
/// `speech` is the root mean square of speech, full scale 1, and not 0.
pub(crate) fn prepare(
    pcm: &[i16],
    speech: f64,
    spoken: &Range<usize>,
    how: Preparation,
) -> (Vec<u8>, usize) {
    let first = spoken.start.saturating_sub(how.margin);
    let last = spoken.end.saturating_add(how.margin);
    let from = first.saturating_mul(FRAME).min(pcm.len());
    let until = last.saturating_mul(FRAME).min(pcm.len());
    let gain = LEVEL / (speech * 32_768.0);
    let floor = LEVEL / 10_f64.powf(how.floor_db / 20.0);
    // Always the same noise, so that the same sound always has the same answer.
    let mut rng = fastrand::Rng::with_seed(1);
    let bytes = pcm
        .get(from..until)
        .unwrap_or_default()
        .iter()
        .map(|sample| f64::from(*sample) * gain + floor * normal(&mut rng))
        // Saturates.
        .flat_map(|sample| (sample as i16).to_le_bytes())
        .collect();
    (bytes, first)
}

/// About normal with deviation 1: the sum of four even ones, each of variance 1/12.
fn normal(rng: &mut fastrand::Rng) -> f64 {
    let sum: f64 = (0..4).map(|_| rng.f64() - 0.5).sum();
    sum * 3_f64.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::root_mean_square;

    const HOW: Preparation = Preparation {
        floor_db: 25.0,
        margin: 2,
    };

    fn samples(bytes: &[u8]) -> Vec<i16> {
        bytes
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
            .collect()
    }

    #[test]
    fn level_floor_and_margin_are_what_was_asked() {
        let mut pcm = vec![0_i16; 50 * FRAME];
        for (n, sample) in pcm[20 * FRAME..30 * FRAME].iter_mut().enumerate() {
            *sample = if n % 2 == 0 { 100 } else { -100 };
        }
        let (bytes, first) = prepare(&pcm, 100.0 / 32_768.0, &(20..30), HOW);
        let heard = samples(&bytes);
        assert_eq!((first, heard.len()), (18, 14 * FRAME));
        let floor = 32_768.0 * root_mean_square(&heard[..2 * FRAME]);
        assert!((300.0..380.0).contains(&floor), "{floor}");
        let speech = 32_768.0 * root_mean_square(&heard[2 * FRAME..12 * FRAME]);
        assert!((5_900.0..6_100.0).contains(&speech), "{speech}");
        let (bytes, first) = prepare(&pcm, 0.01, &(1..49), HOW);
        assert_eq!((first, bytes.len()), (0, 2 * pcm.len()));
    }

    #[test]
    fn the_loudest_sound_saturates() {
        let (bytes, _) = prepare(&[i16::MIN, i16::MAX], 0.005, &(0..1), HOW);
        assert_eq!(samples(&bytes), [i16::MIN, i16::MAX]);
    }
}
