//! A folder without a manifest: `live/[PERSON/]` and `attack/[SPECIES/[PERSON/]]`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::rows::species;
use super::{Manifest, ManifestError, RowIssue};
use crate::{Label, Sample};

/// Extensions of the formats that can be decoded.
const IMAGE_EXTENSIONS: [&str; 5] = ["bmp", "jpeg", "jpg", "png", "webp"];

/// Reads the folder at `root`.
pub(super) fn read(root: &Path) -> Result<Manifest, ManifestError> {
    let (live, attack) = (find(root, Label::Live)?, find(root, Label::Attack)?);
    let (Some(live), Some(attack)) = (live, attack) else {
        return Err(ManifestError::NoLayout(root.to_owned()));
    };
    let mut manifest = Manifest {
        samples: Vec::new(),
        issues: Vec::new(),
        columns: Vec::new(),
    };
    for (label, folder) in [(Label::Live, live), (Label::Attack, attack)] {
        walk(root, &folder, label, &mut manifest);
    }
    if manifest.samples.iter().any(|s| s.person.is_some()) {
        manifest.columns.push("person".to_owned());
    }
    Ok(manifest)
}

/// The sub-folder named like the label, in whatever case.
fn find(root: &Path, label: Label) -> Result<Option<PathBuf>, ManifestError> {
    let failed = |source| ManifestError::Read {
        path: root.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(root).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        if name == label.as_str() && path.is_dir() {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn walk(root: &Path, folder: &Path, label: Label, manifest: &mut Manifest) {
    let visible = |entry: &DirEntry| {
        entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
    };
    // Links are followed, since data sets are often linked together; walkdir reports loops.
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name();
    for entry in entries.into_iter().filter_entry(visible) {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => match sample(root, folder, &entry, label) {
                Ok(sample) => manifest.samples.push(sample),
                Err(issue) => manifest.issues.push(issue),
            },
            Err(error) => manifest.issues.push(RowIssue {
                line: None,
                path: error.path().map_or_else(String::new, |p| relative(root, p)),
                reason: format!("cannot read: {error}"),
            }),
        }
    }
}

fn sample(root: &Path, folder: &Path, entry: &DirEntry, label: Label) -> Result<Sample, RowIssue> {
    let path = relative(root, entry.path());
    let extension = entry
        .path()
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    if !IMAGE_EXTENSIONS.contains(&extension.as_str()) {
        let accepted = IMAGE_EXTENSIONS.join(", ");
        return Err(RowIssue {
            line: None,
            path,
            reason: format!("not an image by its name; accepted: {accepted}"),
        });
    }
    let inner = relative(folder, entry.path());
    let mut folders: Vec<&str> = inner.split('/').collect();
    folders.pop();
    let mut folders = folders.into_iter();
    let species = species(label, folders.clone().next());
    if label == Label::Attack {
        folders.next();
    }
    let person = folders.next().map(str::to_owned);
    Ok(Sample {
        file: entry.path().to_owned(),
        label,
        species,
        groups: person
            .iter()
            .map(|p| ("person".to_owned(), p.clone()))
            .collect::<BTreeMap<_, _>>(),
        person,
        source: None,
        path,
    })
}

/// `path` below `root`, with forward slashes.
fn relative(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}
