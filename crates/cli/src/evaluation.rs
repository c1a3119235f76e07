//! Judging a labelled set with a journal: what `eval` and `calibrate` share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lifesign_domain::ReasonCode;
use lifesign_eval::resume::{FileKey, Fingerprint, Journal, Opened};
use lifesign_eval::{Manifest, Outcome, RowIssue, Sample, Scored};

use crate::args::JudgingArgs;
use crate::error::CliError;
use crate::inputs::Input;
use crate::judge::{FileError, Judge, Judged};
use crate::parallel;
use lifesign_config::Config;
use lifesign_config::digest;

/// The program as reports name it.
pub(crate) const PROGRAM: &str = concat!("lifesign ", env!("CARGO_PKG_VERSION"));

/// A labelled set with its answers.
pub(crate) struct Evaluated {
    pub(crate) scored: Vec<Scored>,
    /// Rows and files that are no presentation.
    pub(crate) unreadable: Vec<RowIssue>,
}

impl Evaluated {
    /// Whether every row could be used and every file judged; that there is no face, or too
    /// little of one, is a judgement.
    pub(crate) fn is_complete(&self) -> bool {
        let judged = [ReasonCode::NoFace, ReasonCode::NotEnoughSignals].map(ReasonCode::message);
        let mut reasons = self.scored.iter().filter_map(|s| s.outcome.non_response());
        self.unreadable.is_empty() && reasons.all(|reason| judged.contains(&reason))
    }
}

/// `--resume`, else beside the first of `outputs` that is asked for: `report.json` has
/// `report.journal`. Without any there is no journal.
pub(crate) fn journal_path(args: &JudgingArgs, outputs: &[Option<&PathBuf>]) -> Option<PathBuf> {
    let beside = || {
        let first = outputs.iter().flatten().next()?;
        Some(first.with_extension("journal"))
    };
    args.resume.clone().or_else(beside)
}

/// Judges what the journal does not know yet.
///
/// # Errors
/// Where the set or the journal cannot be used. A file that cannot be judged is an answer.
pub(crate) fn evaluate(
    set: &Path,
    args: &JudgingArgs,
    journal: Option<&Path>,
    config: &Config,
) -> Result<Evaluated, CliError> {
    let manifest = Manifest::read(set)?;
    let judge = Judge::new(config, false)?;
    let mut journal = journal.map(|path| open(path, config)).transpose()?;

    let mut answers: BTreeMap<usize, Outcome> = BTreeMap::new();
    let mut pending: Vec<Pending> = Vec::new();
    for (index, sample) in manifest.samples.iter().enumerate() {
        let key = FileKey::of(sample).ok();
        let known = journal.as_ref().zip(key.as_ref());
        match known.and_then(|(journal, key)| journal.get(key)) {
            Some(outcome) => {
                answers.insert(index, outcome.clone());
            }
            None => pending.push(Pending::new(index, key, sample)),
        }
    }

    let progress = parallel::progress_bar(pending.len());
    let work = |pending: &Pending| judge.judge(&pending.input);
    let mut due = pending.iter();
    parallel::in_order(&pending, parallel::jobs(args.jobs), work, |judged| {
        progress.inc(1);
        let Some(pending) = due.next() else {
            return Ok(());
        };
        let outcome = outcome(&judged);
        // What failed for now, such as a disk, is tried again by the next run.
        let lasting = judged
            .outcome
            .as_ref()
            .err()
            .is_none_or(FileError::is_lasting);
        if let (Some(journal), Some(key), true) = (journal.as_mut(), &pending.key, lasting) {
            journal.record(key.clone(), &outcome)?;
        }
        answers.insert(pending.index, outcome);
        Ok(())
    })?;
    progress.finish_and_clear();

    // Every sample has its answer by now, in the order of the manifest.
    let pairs = manifest.samples.into_iter().zip(answers.into_values());
    Ok(Evaluated {
        scored: pairs
            .map(|(sample, outcome)| Scored { sample, outcome })
            .collect(),
        unreadable: manifest.issues,
    })
}

/// A sample without an answer.
struct Pending {
    index: usize,
    /// Taken before the file is read, so that a file that changes meanwhile is judged again.
    key: Option<FileKey>,
    input: Input,
}

impl Pending {
    fn new(index: usize, key: Option<FileKey>, sample: &Sample) -> Self {
        Self {
            index,
            key,
            input: Input::File(sample.file.clone()),
        }
    }
}

/// No face and too few signals are the standard's non-responses, and so is a file that cannot be
/// decoded: in service the person behind it would get no answer either.
fn outcome(judged: &Judged) -> Outcome {
    let result = match &judged.outcome {
        Ok(result) => result,
        Err(error) => return Outcome::NonResponse(error.message.clone()),
    };
    for code in [ReasonCode::NoFace, ReasonCode::NotEnoughSignals] {
        if result.reasons.iter().any(|reason| reason.code == code) {
            return Outcome::NonResponse(code.message().to_owned());
        }
    }
    let assessed = result.signals.iter().filter(|signal| signal.assessed);
    Outcome::Score {
        confidence: result.confidence,
        verdict: result.verdict,
        signals: assessed.map(|s| (s.name.clone(), s.score)).collect(),
    }
}

fn open(path: &Path, config: &Config) -> Result<Journal, CliError> {
    let (journal, opened) = Journal::open(path, &fingerprint(config)?)?;
    let path = path.display();
    match opened {
        Opened::Resumed { answers, .. } if answers > 0 => {
            anstream::eprintln!(
                "lifesign: {path}: {answers} answers are known from an earlier run"
            );
        }
        Opened::Restarted => anstream::eprintln!(
            "lifesign: {path}: the answers of another build, calibration or profile were dropped"
        ),
        Opened::New | Opened::Resumed { .. } => {}
    }
    Ok(journal)
}

/// The digest of the executable stands for its code and the models in it, the digest of the
/// calibration for every number that decides; a limit can refuse a file.
fn fingerprint(config: &Config) -> Result<Fingerprint, CliError> {
    let executable = std::env::current_exe().and_then(|path| digest::short_of_file(&path));
    let build = executable.map_err(CliError::Executable)?;
    let numbers = toml::to_string(&config.calibration)?;
    let deciding = format!("{numbers}{:?}", config.limits());
    Ok(Fingerprint {
        binary: format!("{PROGRAM} build {build}"),
        calibration: format!(
            "{} {}",
            config.calibration.version,
            digest::short(&deciding)
        ),
        profile: config.settings.profile.clone(),
    })
}
