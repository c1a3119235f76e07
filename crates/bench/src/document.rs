//! Sections of docs/PERFORMANCE.md: each benchmark replaces its own and leaves the prose around it alone.

use std::path::Path;

use crate::Outcome;

/// Replaces what stands between the marks of section `name` in the file at `path`.
///
/// # Errors
/// If the file cannot be read or written, or has no such section.
pub fn replace(path: &Path, name: &str, text: &str) -> Outcome<()> {
    let document = std::fs::read_to_string(path)?;
    let replaced = replaced(&document, name, text)
        .ok_or_else(|| format!("{} has no section `{name}`", path.display()))?;
    Ok(std::fs::write(path, replaced)?)
}

fn replaced(document: &str, name: &str, text: &str) -> Option<String> {
    let (begin, end) = (
        format!("<!-- begin {name} -->\n"),
        format!("<!-- end {name} -->"),
    );
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{}\n{end}{after}", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_rest_stays() {
        let document = "# A\n<!-- begin x -->\nold\n<!-- end x -->\ntail\n";
        let once = replaced(document, "x", "new\n\n").unwrap();
        assert_eq!(once, "# A\n<!-- begin x -->\nnew\n<!-- end x -->\ntail\n");
        assert_eq!(replaced(&once, "x", "new"), Some(once.clone()));
        assert_eq!(replaced(document, "y", "new"), None);
        assert_eq!(replaced("<!-- begin x -->\n", "x", "new"), None);
    }
}
