//! A manifest in CSV.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::{Manifest, ManifestError, RowIssue};
use crate::sample::UNSPECIFIED_SPECIES;
use crate::{Label, Sample};

const SOURCE_COLUMNS: [&str; 3] = ["source", "set", "dataset"];
const PERSON_COLUMNS: [&str; 2] = ["person", "subject"];

/// Reads the manifest at `path`.
pub(super) fn read(path: &Path) -> Result<Manifest, ManifestError> {
    let bytes = std::fs::read(path).map_err(|source| ManifestError::Read {
        path: path.to_owned(),
        source,
    })?;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text);
    let header = Header::new(reader.headers().map_err(ManifestError::Header)?)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut manifest = Manifest {
        samples: Vec::new(),
        issues: Vec::new(),
        columns: header
            .further
            .iter()
            .map(|i| header.names[*i].clone())
            .collect(),
    };
    let mut seen = HashSet::new();
    let mut record = csv::StringRecord::new();
    loop {
        let row = reader.read_record(&mut record);
        let read = match row {
            Ok(false) => return Ok(manifest),
            Ok(true) => header.sample(&record, folder, &mut seen),
            Err(ref error) if error.is_io_error() => return Err(io_error(path, &row)),
            Err(error) => Err(RowIssue {
                line: error.position().map(csv::Position::line),
                path: String::new(),
                reason: "row is not UTF-8".to_owned(),
            }),
        };
        match read {
            Ok(sample) => manifest.samples.push(sample),
            Err(issue) => manifest.issues.push(issue),
        }
    }
}

fn io_error(path: &Path, row: &csv::Result<bool>) -> ManifestError {
    let text = row
        .as_ref()
        .err()
        .map(ToString::to_string)
        .unwrap_or_default();
    ManifestError::Read {
        path: path.to_owned(),
        source: std::io::Error::other(text),
    }
}

/// The separator that the header uses most; spreadsheets of many countries write semicolons.
fn delimiter(text: &[u8]) -> u8 {
    let header = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| header.iter().filter(|b| **b == wanted).count();
    // The last of equals wins, so that a header of one column is read with commas.
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|d| count(*d))
        .unwrap_or(b',')
}

struct Header {
    names: Vec<String>,
    path: usize,
    label: usize,
    species: Option<usize>,
    source: Option<usize>,
    person: Option<usize>,
    further: Vec<usize>,
}

impl Header {
    fn new(record: &csv::StringRecord) -> Result<Self, ManifestError> {
        let names: Vec<String> = record.iter().map(str::to_lowercase).collect();
        if let Some(twice) = names.iter().enumerate().find_map(|(i, name)| {
            names
                .iter()
                .take(i)
                .any(|earlier| earlier == name)
                .then_some(name)
        }) {
            return Err(ManifestError::RepeatedColumn(twice.clone()));
        }
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        let need = |column: &'static str| {
            find(column).ok_or_else(|| ManifestError::MissingColumn {
                column,
                found: names.join(", "),
            })
        };
        let (path, label, species) = (need("path")?, need("label")?, find("species"));
        let further = (0..names.len())
            .filter(|i| ![Some(path), Some(label), species].contains(&Some(*i)))
            .collect();
        Ok(Self {
            path,
            label,
            species,
            source: SOURCE_COLUMNS.iter().find_map(|name| find(name)),
            person: PERSON_COLUMNS.iter().find_map(|name| find(name)),
            further,
            names,
        })
    }

    fn sample(
        &self,
        record: &csv::StringRecord,
        folder: &Path,
        seen: &mut HashSet<String>,
    ) -> Result<Sample, RowIssue> {
        let field = |i: usize| record.get(i).unwrap_or_default().to_owned();
        let filled = |i: Option<usize>| i.map(field).filter(|text| !text.is_empty());
        let path = field(self.path);
        let issue = |reason: String| RowIssue {
            line: record.position().map(csv::Position::line),
            path: path.clone(),
            reason,
        };
        if record.len() != self.names.len() {
            let (found, wanted) = (record.len(), self.names.len());
            return Err(issue(format!(
                "row has {found} fields, the header has {wanted}"
            )));
        }
        if path.is_empty() {
            return Err(issue("path is empty".to_owned()));
        }
        let label = label(&field(self.label)).map_err(issue)?;
        let file = folder.join(&path);
        if !file.is_file() {
            return Err(issue("file does not exist".to_owned()));
        }
        if !seen.insert(path.clone()) {
            return Err(issue("path is listed a second time".to_owned()));
        }
        let groups: BTreeMap<String, String> = self
            .further
            .iter()
            .filter_map(|i| Some((self.names.get(*i)?.clone(), filled(Some(*i))?)))
            .collect();
        Ok(Sample {
            file,
            label,
            species: species(label, filled(self.species).as_deref()),
            groups,
            person: filled(self.person),
            source: filled(self.source),
            path,
        })
    }
}

fn label(text: &str) -> Result<Label, String> {
    match text.to_lowercase().as_str() {
        "live" => Ok(Label::Live),
        "attack" => Ok(Label::Attack),
        _ => Err(format!("label is `{text}`, must be live or attack")),
    }
}

/// The species of a sample; live samples have none, whatever the manifest says.
pub(super) fn species(label: Label, text: Option<&str>) -> String {
    let word = text.map(str::to_lowercase).filter(|w| w != "none");
    match label {
        Label::Live => String::new(),
        Label::Attack => word.unwrap_or_else(|| UNSPECIFIED_SPECIES.to_owned()),
    }
}
