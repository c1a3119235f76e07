//! From the paths that were typed to the images to judge.

use std::io::Read;
use std::path::{Path, PathBuf};

use lifesign_media::Limits;

/// One image to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// One image on standard input, typed as `-`.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Input {
    /// The name that the output shows.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Size of a regular file in bytes; `None` where only reading tells.
    pub(crate) fn size_bytes(&self) -> Option<usize> {
        let Self::File(path) = self else {
            return None;
        };
        let metadata = std::fs::metadata(path).ok()?;
        metadata
            .is_file()
            .then(|| usize::try_from(metadata.len()).unwrap_or(usize::MAX))
    }

    /// The bytes, but never more than one over the limit: enough for the decoder to refuse them.
    pub(crate) fn read(&self, limits: &Limits) -> std::io::Result<Vec<u8>> {
        let enough = (limits.file_bytes as u64).saturating_add(1);
        let mut bytes = Vec::new();
        match self {
            Self::Stdin => std::io::stdin()
                .lock()
                .take(enough)
                .read_to_end(&mut bytes)?,
            Self::File(path) => std::fs::File::open(path)?
                .take(enough)
                .read_to_end(&mut bytes)?,
        };
        Ok(bytes)
    }
}

/// The images behind the typed paths, and how many other files the folders held.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    pub(crate) images: Vec<Input>,
    /// Files in folders that are no images.
    pub(crate) skipped: usize,
    /// Folders or files that could not be listed, with the reason.
    pub(crate) unlisted: Vec<String>,
}

/// Walks folders recursively, in the order of the names. A file that is named is always judged; a
/// file found in a folder is judged if its content or its extension is that of an image, else it
/// is left out and counted.
pub(crate) fn gather(typed: &[PathBuf]) -> Inputs {
    let mut inputs = Inputs::default();
    for path in typed {
        if path.as_os_str() == "-" {
            inputs.images.push(Input::Stdin);
        } else if path.is_dir() {
            walk(path, &mut inputs);
        } else {
            inputs.images.push(Input::File(path.clone()));
        }
    }
    inputs
}

fn walk(folder: &Path, inputs: &mut Inputs) {
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            // Links are followed to files, not to folders, which could lead in circles. What is no
            // regular file (a pipe, a device) could be read for ever.
            Ok(entry) if !entry.path().is_file() => inputs.skipped += 1,
            Ok(entry) => match looks_like_an_image(entry.path()) {
                Ok(true) => inputs.images.push(Input::File(entry.into_path())),
                Ok(false) => inputs.skipped += 1,
                Err(error) => inputs
                    .unlisted
                    .push(format!("{}: {error}", entry.path().display())),
            },
            Err(error) => inputs.unlisted.push(error.to_string()),
        }
    }
}

fn looks_like_an_image(path: &Path) -> std::io::Result<bool> {
    const EXTENSIONS: [&str; 12] = [
        "avif", "bmp", "gif", "heic", "heif", "jfif", "jpeg", "jpg", "png", "tif", "tiff", "webp",
    ];
    let claims_to_be = path
        .extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()));
    if claims_to_be {
        return Ok(true);
    }
    let mut head = Vec::with_capacity(64);
    std::fs::File::open(path)?.take(64).read_to_end(&mut head)?;
    Ok(lifesign_media::sniff(&head).is_ok())
}
