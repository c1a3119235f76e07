//! What a person or a program reads.

pub(crate) mod filmstrip;
pub(crate) mod json;
pub(crate) mod log;
pub(crate) mod picture;
pub(crate) mod table;

use std::io::Write;
use std::path::Path;

use crate::error::CliError;

/// Prints one line to standard output; colours are dropped where nobody would see them.
pub(crate) fn print_line(line: &str) -> Result<(), CliError> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{line}").map_err(CliError::Stdout)
}

/// Prints lines of plain text, in which names out of files may stand.
pub(crate) fn print_text(text: &str) -> Result<(), CliError> {
    text.lines().try_for_each(|line| print_line(&visible(line)))
}

/// Prints one JSON value on one line.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    print_line(&serde_json::to_string(value)?)
}

/// Prints a table under its head; names in it may come from anywhere.
pub(crate) fn print_rows(head: &[&str], rows: Vec<Vec<String>>) -> Result<(), CliError> {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    table.set_header(head.iter().map(|name| name.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().map(|cell| visible(cell)));
    }
    print_line(&table.to_string())
}

/// Control characters of a name as escapes: they could repaint the terminal or break a row.
pub(crate) fn visible(name: &str) -> String {
    name.chars()
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_default());
            let plain = (!c.is_control()).then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// Writes a whole file.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    std::fs::write(path, bytes).map_err(|source| CliError::Write {
        path: path.to_owned(),
        source,
    })
}

/// The end of the path in characters that every file system takes, and a digest of the whole path,
/// so that no two images share a name.
pub(crate) fn file_stem(file: &str) -> String {
    const LONGEST: usize = 100;
    let plain: Vec<char> = file
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._-".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let kept: String = plain
        .iter()
        .skip(plain.len().saturating_sub(LONGEST))
        .collect();
    format!(
        "{}-{}",
        kept.trim_start_matches(['_', '.']),
        lifesign_config::digest::short(file)
    )
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn control_characters_are_shown_not_sent() {
        assert_eq!(visible("a\u{1b}[31m\n.jpg"), "a\\u{1b}[31m\\n.jpg");
    }
}
