//! What a person or a program reads.

pub(crate) mod json;
pub(crate) mod log;
pub(crate) mod table;

use std::io::Write;

use crate::error::CliError;

/// Prints one line to standard output; colours are dropped where nobody would see them.
pub(crate) fn print_line(line: &str) -> Result<(), CliError> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{line}").map_err(CliError::Stdout)
}
