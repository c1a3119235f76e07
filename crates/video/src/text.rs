//! Foreign text made fit to be shown: bounded, printable, one line.

/// Text of a clip's metadata: what cannot be printed, or turns the reading direction, becomes a
/// blank; at most `longest` characters.
pub(crate) fn printable(text: &str, longest: usize) -> String {
    let shown: String = text
        .chars()
        .take(longest)
        .map(|c| if is_shown(c) { c } else { ' ' })
        .collect();
    shown.trim().to_owned()
}

/// Excludes controls, marks without width, direction overrides and private characters.
fn is_shown(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff0}'..='\u{fffd}'
            | '\u{e0000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_terminal_is_left() {
        assert_eq!(printable("a\x1b[31mb\u{202e}c\n", 100), "a [31mb c");
        assert_eq!(printable(&"ü".repeat(300), 200).chars().count(), 200);
    }
}
