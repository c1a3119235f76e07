//! Foreign text made fit to be shown.

/// A line of a tool: bounded, printable, ASCII only, because such lines quote the input.
pub fn tool_line(line: &[u8]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_terminal_is_left() {
        assert_eq!(tool_line(b"\x1b]0;x\x07 y\xff"), "]0;x  y");
        assert_eq!(tool_line(&[b'z'; 1000]).len(), 160);
    }
}
