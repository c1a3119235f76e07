//! What was heard, and the merging of several runs.

use crate::decode::Decoded;
use crate::level::root_mean_square;

/// Hypotheses that are given at most; `challenge::digits::align` looks at as many.
pub const MAX_HYPOTHESES: usize = 5;
/// Milliseconds between two values of the envelope.
pub const ENVELOPE_STEP_MS: u64 = 50;
const ENVELOPE_STEP: usize = 800;

/// What was heard in one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Digits, 0 to 9, the likeliest first, at most [`MAX_HYPOTHESES`], each as many as were asked for; none where
    /// nobody spoke.
    pub hypotheses: Vec<Vec<u8>>,
    /// When the answer began, in milliseconds of the sound: the first loud 20 ms from where the recogniser has the
    /// first digit of its likeliest hypothesis begin. `None` where nobody spoke.
    pub started_at_ms: Option<u64>,
    /// Root mean square of the sound about its mean (full scale 1), one value for each [`ENVELOPE_STEP_MS`].
    pub envelope: Vec<f64>,
}

impl Heard {
    /// Nobody spoke.
    pub(crate) fn nothing(pcm: &[i16]) -> Self {
        Self {
            hypotheses: Vec::new(),
            started_at_ms: None,
            envelope: envelope(pcm),
        }
    }
}

/// Root mean square of each 50 ms.
pub(crate) fn envelope(pcm: &[i16]) -> Vec<f64> {
    pcm.chunks(ENVELOPE_STEP).map(root_mean_square).collect()
}

/// The best of each run, then the second best of each, and so on, each once.
pub(crate) fn merged(runs: &[Decoded], count: usize) -> Vec<Vec<u8>> {
    let mut merged: Vec<Vec<u8>> = Vec::new();
    let longest = runs.iter().map(|run| run.hypotheses.len()).max();
    for rank in 0..longest.unwrap_or(0) {
        for run in runs {
            let Some(hypothesis) = run.hypotheses.get(rank) else {
                continue;
            };
            let is_new = hypothesis.len() == count && !merged.contains(hypothesis);
            if is_new && merged.len() < MAX_HYPOTHESES {
                merged.push(hypothesis.clone());
            }
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_take_turns_and_nothing_comes_twice() {
        let run = |lines: &[&[u8]]| Decoded {
            hypotheses: lines.iter().map(|line| line.to_vec()).collect(),
            first_word: None,
        };
        let runs = [
            run(&[&[1, 2], &[1, 3], &[4, 4], &[5, 5]]),
            run(&[&[1, 2], &[6, 6], &[1, 3], &[7]]),
            run(&[]),
        ];
        let expected: [&[u8]; 5] = [&[1, 2], &[1, 3], &[6, 6], &[4, 4], &[5, 5]];
        assert_eq!(merged(&runs, 2), expected);
        assert!(merged(&[], 2).is_empty());
    }

    #[test]
    fn the_envelope_has_twenty_values_a_second() {
        let mut pcm = vec![0_i16; 16_000];
        for (n, sample) in pcm[800..1_600].iter_mut().enumerate() {
            *sample = if n % 2 == 0 { 16_384 } else { -16_384 };
        }
        let envelope = envelope(&pcm);
        assert_eq!(envelope.len(), 20);
        assert_eq!(&envelope[..3], [0.0, 0.5, 0.0]);
    }
}
