//! The words that a recogniser heard against the digits asked, by the least cost of edits.
//!
//! Recognisers of a digit loop mishear: one took "four seven one nine" for "four one one nine two". So the
//! answer is not compared as a whole, and the costs follow how such mistakes come about.

use super::{Measured, Unheard};

/// A digit that was not heard, or another one in its place.
const LOST: f64 = 1.0;
/// A digit that was not asked: breath and noise at either end are often taken for a short word, and all
/// asked digits were heard nevertheless.
const ADDED: f64 = 0.5;
/// Five and nine share their vowel; radio traffic says "fife" and "niner" to tell them apart (ICAO Annex 10,
/// volume II, 5.2.1.4).
const FIVE_FOR_NINE: f64 = 0.5;
/// Points that each rank of the list of hypotheses costs: the recogniser believed less in it.
const RANK_POINTS: u8 = 5;
/// Hypotheses that are looked at; each more is one more chance for a wrong answer.
const MAX_HYPOTHESES: usize = 5;
/// Words of a hypothesis that are looked at; four digits and as many mistakes need less.
const MAX_WORDS: usize = 32;

/// Score of the best of a recogniser's hypotheses, likeliest first, each a list of words. Words that are no
/// digits are passed over. [`Unheard::Silence`] if no hypothesis has a digit.
pub fn score_digits(asked: &[u8], hypotheses: &[Vec<String>]) -> Measured {
    let mut best = None;
    for (rank, words) in hypotheses.iter().take(MAX_HYPOTHESES).enumerate() {
        let heard: Vec<u8> = words
            .iter()
            .filter_map(|w| digit(w))
            .take(MAX_WORDS)
            .collect();
        if heard.is_empty() {
            continue;
        }
        let points = points(asked, &heard).saturating_sub(RANK_POINTS * rank as u8);
        best = best.max(Some(points));
    }
    best.map_or(Measured::Unavailable(Unheard::Silence), Measured::Score)
}

/// The digit that an English word stands for. Dictionaries number further pronunciations: `one(2)`.
fn digit(word: &str) -> Option<u8> {
    let word = word
        .split('(')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    Some(match word.as_str() {
        "zero" | "oh" | "0" => 0,
        "one" | "1" => 1,
        "two" | "2" => 2,
        "three" | "3" => 3,
        "four" | "4" => 4,
        "five" | "5" => 5,
        "six" | "6" => 6,
        "seven" | "7" => 7,
        "eight" | "8" => 8,
        "nine" | "9" => 9,
        _ => return None,
    })
}

fn points(asked: &[u8], heard: &[u8]) -> u8 {
    if asked.is_empty() {
        return 0;
    }
    let part = 1.0 - distance(asked, heard) / asked.len() as f64;
    Measured::of(part).score().unwrap_or(0)
}

/// Least cost of turning what was asked into what was heard (Wagner and Fischer), one row at a time.
fn distance(asked: &[u8], heard: &[u8]) -> f64 {
    let mut row: Vec<f64> = (0..=heard.len()).map(|n| n as f64 * ADDED).collect();
    for &digit in asked {
        let mut next = Vec::with_capacity(row.len());
        let mut left = row.first().copied().unwrap_or(0.0) + LOST;
        next.push(left);
        for (pair, &other) in row.windows(2).zip(heard) {
            let &[diagonal, above] = pair else { continue };
            left = (diagonal + mistaken(digit, other))
                .min(above + LOST)
                .min(left + ADDED);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0.0)
}

fn mistaken(asked: u8, heard: u8) -> f64 {
    match (asked, heard) {
        (a, b) if a == b => 0.0,
        (5, 9) | (9, 5) => FIVE_FOR_NINE,
        _ => LOST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn heard(lines: &[&str]) -> Vec<Vec<String>> {
        let words = |line: &&str| line.split_whitespace().map(str::to_owned).collect();
        lines.iter().map(words).collect()
    }

    #[test]
    fn known_answers() {
        let asked = [4, 7, 1, 9];
        let cases: &[(&[&str], Measured)] = &[
            (&["four seven one nine"], Measured::Score(100)),
            (
                &["<sil> FOUR seven(2) [NOISE] one nine"],
                Measured::Score(100),
            ),
            // The mistake of the header: one lost, one added.
            (&["four one one nine two"], Measured::Score(63)),
            (&["four seven one five"], Measured::Score(88)),
            (&["four seven one"], Measured::Score(75)),
            (&["four seven one nine two"], Measured::Score(88)),
            (&["four two one nine"], Measured::Score(75)),
            (&["nine one seven four"], Measured::Score(13)),
            (&["two two two two"], Measured::Score(0)),
            (
                &["four two one nine", "four seven one nine"],
                Measured::Score(95),
            ),
            (&[], Measured::Unavailable(Unheard::Silence)),
            (&["<sil>", ""], Measured::Unavailable(Unheard::Silence)),
        ];
        for (lines, expected) in cases {
            assert_eq!(score_digits(&asked, &heard(lines)), *expected, "{lines:?}");
        }
    }

    #[test]
    fn zero_has_two_names() {
        assert_eq!(
            score_digits(&[0, 0], &heard(&["oh zero"])),
            Measured::Score(100)
        );
    }

    #[test]
    fn at_most_43_of_10_000_answers_pass_one_prompt() {
        let least = Limits::default().audio.alignment;
        for asked in [
            [4, 7, 1, 9],
            [0, 0, 0, 0],
            [1, 2, 3, 4],
            [5, 5, 5, 5],
            [5, 9, 5, 9],
        ] {
            let passing = (0..10_000_u16)
                .map(|n| [n / 1000, n / 100 % 10, n / 10 % 10, n % 10].map(|d| d as u8))
                .filter(|said| points(&asked, said) >= least)
                .count();
            println!("{asked:?}: {passing} of 10,000 answers pass");
            assert!((1..=43).contains(&passing), "{asked:?}: {passing}");
        }
    }

    #[test]
    fn long_nonsense_has_an_answer() {
        let long = vec!["nine".to_owned(); 100_000];
        assert_eq!(score_digits(&[4, 7, 1, 2], &[long]), Measured::Score(0));
        assert_eq!(score_digits(&[], &heard(&["one"])), Measured::Score(0));
    }
}
