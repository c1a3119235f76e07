//! What is to be judged: a manifest in CSV, or a folder with `live/` and `attack/`.
//!
//! Nothing is dropped silently: a row or a file that cannot be used becomes a [`RowIssue`].

mod folder;
mod rows;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Sample;

/// Names of a manifest that is looked for inside a folder.
const MANIFEST_NAMES: [&str; 2] = ["manifest.csv", "MANIFEST.csv"];

/// The samples of a manifest or of a folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// Usable samples in the order of the manifest, or sorted by path for a folder.
    pub samples: Vec<Sample>,
    /// Rows and files that cannot be used.
    pub issues: Vec<RowIssue>,
    /// The columns beside path, label and species, in the order of the header.
    pub columns: Vec<String>,
}

/// A row or a file that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowIssue {
    /// Line of the manifest, counted from 1; `None` for a file of a folder.
    pub line: Option<u64>,
    /// The path as far as it could be read.
    pub path: String,
    /// What is wrong and what is accepted.
    pub reason: String,
}

/// A manifest or a folder that cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file or folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// What was to be read.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The header lacks a column.
    #[error("manifest has no column `{column}`; it has: {found}")]
    MissingColumn {
        /// The column that is needed.
        column: &'static str,
        /// The columns found, comma separated.
        found: String,
    },
    /// The header names a column twice.
    #[error("manifest names column `{0}` twice")]
    RepeatedColumn(String),
    /// The header does not parse.
    #[error("manifest header does not parse: {0}")]
    Header(csv::Error),
    /// A folder without a manifest and without the two folders.
    #[error("{} has neither a manifest.csv nor both folders live/ and attack/", .0.display())]
    NoLayout(PathBuf),
}

impl Manifest {
    /// Reads the manifest at `path`, or the folder at `path`.
    ///
    /// A manifest is CSV (comma, semicolon or tab) in UTF-8 with the columns `path` (relative to
    /// the manifest's folder), `label` (`live` or `attack`), `species` (of an attack; optional)
    /// and any further columns to group by. `source`, `set` or `dataset` names the collection,
    /// `person` or `subject` who is shown.
    ///
    /// A folder holds a manifest.csv, or `live/[PERSON/]` and `attack/[SPECIES/[PERSON/]]` with
    /// image files. Hidden files are ignored, all others that are no images become issues.
    ///
    /// # Errors
    /// Where nothing can be read at all, or the header lacks `path` or `label`.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        if !path.is_dir() {
            return rows::read(path);
        }
        for name in MANIFEST_NAMES {
            let manifest = path.join(name);
            if manifest.is_file() {
                return rows::read(&manifest);
            }
        }
        folder::read(path)
    }
}
