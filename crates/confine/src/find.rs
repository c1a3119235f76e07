//! Where the tools and the programs in front of them are.

use std::path::{Path, PathBuf};

use crate::ChildError;

/// One program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name, for messages.
    pub name: &'static str,
    /// Its real path.
    pub path: PathBuf,
}

impl Tool {
    /// The tool at a path, or in `PATH`, or where Debian has it.
    ///
    /// # Errors
    /// [`ChildError::Missing`].
    pub fn locate(name: &'static str, path: Option<&Path>) -> Result<Self, ChildError> {
        let found = match path {
            Some(path) => path.canonicalize().ok(),
            None => in_path(name),
        };
        match found {
            Some(path) => Ok(Self { name, path }),
            None => Err(ChildError::Missing {
                tool: path.map_or_else(|| name.to_owned(), |path| path.display().to_string()),
            }),
        }
    }

    /// It is there and does not work, for this reason.
    pub fn unusable(&self, detail: impl Into<String>) -> ChildError {
        ChildError::Unusable {
            tool: self.path.display().to_string(),
            detail: detail.into(),
        }
    }
}

/// The real path of a program in `PATH`, or in the places where Debian has it.
pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/bin", "/bin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .and_then(|file| file.canonicalize().ok())
}
