//! The answers so far, on disk, so that an interrupted evaluation goes on where it stopped.
//!
//! One JSON object a line: first what judged (the [`Fingerprint`]), then one answer each. A line
//! that was cut by the interruption is dropped. Answers are found again by path, size and time
//! of modification of the image, so that a changed image is judged anew.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::{Outcome, Sample};

/// What judged; answers of anything else are not taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Name and version of the program.
    pub binary: String,
    /// Version of the calibration, or a digest of it.
    pub calibration: String,
    /// Profile.
    pub profile: String,
}

/// Which state of which file an answer is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileKey {
    /// The sample's path.
    pub path: String,
    /// Size of the file.
    pub size_bytes: u64,
    /// Time of modification since 1970; 0 where the file system has none.
    pub modified_ns: u64,
}

impl FileKey {
    /// The key of a sample's file as it is now.
    ///
    /// # Errors
    /// Where the file's metadata cannot be read.
    pub fn of(sample: &Sample) -> std::io::Result<Self> {
        let metadata = std::fs::metadata(&sample.file)?;
        let modified = metadata
            .modified()
            .ok()
            .and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        Ok(Self {
            path: sample.path.clone(),
            size_bytes: metadata.len(),
            modified_ns: modified.map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    key: FileKey,
    outcome: Outcome,
}

/// What was found when a journal was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// There was no journal.
    New,
    /// There was one of the same fingerprint.
    Resumed {
        /// Answers that are known.
        answers: usize,
        /// Lines that do not parse and were left out; 1 after an interruption.
        damaged: usize,
    },
    /// There was one of another fingerprint; it was emptied.
    Restarted,
}

/// A journal that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Reading or writing failed.
    #[error("journal {}: {source}", path.display())]
    Io {
        /// The journal.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is something else and is left alone.
    #[error("{} is no journal of an evaluation; it was left as it is", .0.display())]
    NotAJournal(PathBuf),
}

/// The answers so far.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    answers: HashMap<FileKey, Outcome>,
}

impl Journal {
    /// Opens the journal at `path`, or begins one.
    ///
    /// # Errors
    /// Where the file cannot be read or written, or is no journal.
    pub fn open(path: &Path, fingerprint: &Fingerprint) -> Result<(Self, Opened), JournalError> {
        let failed = |source| JournalError::Io {
            path: path.to_owned(),
            source,
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(failed)?;
        let head = serde_json::to_string(fingerprint).map_err(|e| failed(e.into()))?;
        let (opened, answers) = match Found::read(&file).map_err(failed)? {
            Found::Nothing => (Opened::New, HashMap::new()),
            Found::Foreign => return Err(JournalError::NotAJournal(path.to_owned())),
            Found::Journal { of, .. } if of != *fingerprint => (Opened::Restarted, HashMap::new()),
            Found::Journal {
                answers, damaged, ..
            } => (
                Opened::Resumed {
                    answers: answers.len(),
                    damaged,
                },
                answers,
            ),
        };
        if let Opened::Resumed { .. } = opened {
            end_with_newline(&mut file).map_err(failed)?;
        } else {
            file.set_len(0).map_err(failed)?;
            file.rewind().map_err(failed)?;
            writeln!(file, "{head}").map_err(failed)?;
        }
        Ok((
            Self {
                path: path.to_owned(),
                file,
                answers,
            },
            opened,
        ))
    }

    /// The answer to this state of this file, if it is known.
    pub fn get(&self, key: &FileKey) -> Option<&Outcome> {
        self.answers.get(key)
    }

    /// Writes an answer and hands it to the system at once.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn record(&mut self, key: FileKey, outcome: &Outcome) -> Result<(), JournalError> {
        let line = Line {
            key,
            outcome: outcome.clone(),
        };
        let written = serde_json::to_string(&line)
            .map_err(std::io::Error::from)
            .and_then(|text| self.file.write_all(format!("{text}\n").as_bytes()));
        written.map_err(|source| JournalError::Io {
            path: self.path.clone(),
            source,
        })?;
        self.answers.insert(line.key, line.outcome);
        Ok(())
    }
}

enum Found {
    Nothing,
    Foreign,
    Journal {
        of: Fingerprint,
        answers: HashMap<FileKey, Outcome>,
        damaged: usize,
    },
}

impl Found {
    fn read(file: &File) -> std::io::Result<Self> {
        let mut lines = BufReader::new(file).split(b'\n');
        let Some(head) = lines.next().transpose()? else {
            return Ok(Self::Nothing);
        };
        let Ok(of) = serde_json::from_slice(&head) else {
            return Ok(Self::Foreign);
        };
        let (mut answers, mut damaged) = (HashMap::new(), 0);
        for line in lines {
            let line = line?;
            match serde_json::from_slice::<Line>(&line) {
                Ok(line) => {
                    answers.insert(line.key, line.outcome);
                }
                Err(_) if line.is_empty() => {}
                Err(_) => damaged += 1,
            }
        }
        Ok(Self::Journal {
            of,
            answers,
            damaged,
        })
    }
}

/// Goes to the end and closes a line that was cut.
fn end_with_newline(file: &mut File) -> std::io::Result<()> {
    use std::io::{Read, SeekFrom};

    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(());
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    if last != *b"\n" {
        file.write_all(b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::score;

    fn fingerprint(calibration: &str) -> Fingerprint {
        Fingerprint {
            binary: "lifesign 1".into(),
            calibration: calibration.into(),
            profile: "classic".into(),
        }
    }

    fn key(path: &str) -> FileKey {
        FileKey {
            path: path.into(),
            size_bytes: 1,
            modified_ns: 1_700_000_000_000_000_007,
        }
    }

    fn three_answers(path: &Path) {
        let (mut journal, opened) = Journal::open(path, &fingerprint("a")).unwrap();
        assert_eq!(opened, Opened::New);
        journal.record(key("x"), &score(0.25)).unwrap();
        journal
            .record(key("y"), &Outcome::NonResponse("no face".into()))
            .unwrap();
        journal.record(key("z"), &score(0.75)).unwrap();
    }

    #[test]
    fn goes_on_after_a_line_that_was_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        three_answers(&path);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 20]).unwrap();

        let (mut journal, opened) = Journal::open(&path, &fingerprint("a")).unwrap();
        assert_eq!(
            opened,
            Opened::Resumed {
                answers: 2,
                damaged: 1
            }
        );
        assert_eq!(journal.get(&key("x")), Some(&score(0.25)));
        assert_eq!(
            journal.get(&key("y")),
            Some(&Outcome::NonResponse("no face".into()))
        );
        assert_eq!(journal.get(&key("z")), None);
        journal.record(key("z"), &score(0.5)).unwrap();

        let (journal, opened) = Journal::open(&path, &fingerprint("a")).unwrap();
        assert_eq!(
            opened,
            Opened::Resumed {
                answers: 3,
                damaged: 1
            }
        );
        assert_eq!(journal.get(&key("z")), Some(&score(0.5)));
    }

    #[test]
    fn answers_of_another_calibration_are_not_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        three_answers(&path);
        let (journal, opened) = Journal::open(&path, &fingerprint("b")).unwrap();
        assert_eq!(opened, Opened::Restarted);
        assert_eq!(journal.get(&key("x")), None);
        let (_, opened) = Journal::open(&path, &fingerprint("b")).unwrap();
        assert_eq!(
            opened,
            Opened::Resumed {
                answers: 0,
                damaged: 0
            }
        );
    }

    #[test]
    fn a_file_that_is_no_journal_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("holiday.txt");
        std::fs::write(&path, "dear diary\n").unwrap();
        let error = Journal::open(&path, &fingerprint("a")).unwrap_err();
        assert!(matches!(error, JournalError::NotAJournal(_)));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "dear diary\n");
    }

    #[test]
    fn a_changed_file_has_another_key() {
        let folder = tempfile::tempdir().unwrap();
        let mut sample = crate::testing::sample("a.jpg", crate::Label::Live, "");
        sample.file = folder.path().join("a.jpg");
        std::fs::write(&sample.file, "1").unwrap();
        let before = FileKey::of(&sample).unwrap();
        assert_eq!(before, FileKey::of(&sample).unwrap());
        std::fs::write(&sample.file, "22").unwrap();
        assert_ne!(before, FileKey::of(&sample).unwrap());
    }
}
