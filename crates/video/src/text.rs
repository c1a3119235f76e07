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

/// A line of a tool: ASCII only, because such lines quote the clip.
pub(crate) fn tool_line(line: &[u8]) -> String {
    const LONGEST: usize = 160;
    let shown: String = line
        .iter()
        .take(LONGEST)
        .map(|&b| match b {
            0x20..=0x7e => char::from(b),
            _ => ' ',
        })
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
        assert_eq!(tool_line(b"\x1b]0;x\x07 y\xff"), "]0;x  y");
        assert_eq!(tool_line(&[b'z'; 1000]).len(), 160);
    }
}
