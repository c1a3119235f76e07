//! What may be heard: so many digits and nothing else, as a grammar in JSGF.
//!
//! A free loop of digits heard "four one one nine two" for "four seven one nine". How many digits were asked is
//! known, which ones is not told to the recogniser: it would hear them.

/// The words of the model's dictionary that stand for a digit.
pub(crate) const WORDS: [(&str, u8); 11] = [
    ("zero", 0),
    ("oh", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
];

/// Pronunciations that the dictionary lacks: it is American. `four` without its last sound and `zero` with a glide are
/// British; `seven` loses its second vowel in quick speech. With them one answer in ten more is heard without a mistake.
const VARIANTS: &str = "four(8) F AO\nseven(8) S EH V N\nzero(8) Z IY AH R OW\n";

/// The digit of a word; dictionaries number further pronunciations: `one(2)`.
pub(crate) fn digit(word: &str) -> Option<u8> {
    let word = word.split('(').next().unwrap_or_default();
    let found = WORDS.iter().find(|(name, _)| *name == word);
    found.map(|(_, digit)| *digit)
}

/// Exactly `count` digits.
pub(crate) fn grammar(count: usize) -> String {
    let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
    format!(
        "#JSGF V1.0;\ngrammar digits;\n<digit> = {};\npublic <digits> ={};\n",
        words.join(" | "),
        " <digit>".repeat(count)
    )
}

/// The lines of a dictionary that are about digits, and some more of these: reading all of it takes longer than
/// hearing.
pub(crate) fn digits_of(dictionary: &str) -> String {
    let mut lines = String::new();
    for line in dictionary.lines() {
        let word = line.split_whitespace().next().unwrap_or_default();
        if digit(word).is_some() {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    lines.push_str(VARIANTS);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grammar_has_as_many_places_as_digits() {
        let grammar = grammar(3);
        assert!(grammar.contains("<digit> = zero | oh | one | two |"));
        assert!(grammar.ends_with("public <digits> = <digit> <digit> <digit>;\n"));
    }

    #[test]
    fn only_lines_of_digits_are_kept() {
        let dictionary = "nine N AY N\nninety N AY N T IY\none W AH N\none(2) HH W AH N\n\n";
        let kept = "nine N AY N\none W AH N\none(2) HH W AH N\n";
        assert_eq!(digits_of(dictionary), format!("{kept}{VARIANTS}"));
        for variant in VARIANTS.lines() {
            assert!(
                variant.split(' ').next().and_then(digit).is_some(),
                "{variant}"
            );
        }
        assert_eq!(digit("one(2)"), Some(1));
        assert_eq!(digit("<sil>"), None);
        assert_eq!(digit(""), None);
    }
}
