//! `lifesign eval`: judges a labelled set and reports the error rates of ISO/IEC 30107-3.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use lifesign_eval::{Report, Scored, Settings, compare, scores};

use crate::args::EvalArgs;
use crate::error::{CliError, EXIT_BAD_INPUT};
use crate::evaluation::{self, PROGRAM};
use crate::inputs::Input;
use crate::judge::read_photo;
use crate::output::{picture, print_text, write_file};
use lifesign_config::Config;

/// Draws of the bootstrap behind the intervals, and its seed: the same answers, the same report.
const DRAWS: usize = 1000;
const SEED: u64 = 1;

/// Longest side in pixels of a picture on the page.
const PICTURE_PX: u32 = 240;

/// Runs the command.
pub(crate) fn run(args: &EvalArgs, config: &Config) -> Result<ExitCode, CliError> {
    if let [a, b] = args.compare.as_slice() {
        let text = compare::compare(&read_report(a)?, &read_report(b)?);
        return print_text(&text).map(|()| ExitCode::SUCCESS);
    }
    let Some(set) = &args.labelled else {
        return Err(CliError::Usage(
            "a manifest or a folder is needed".to_owned(),
        ));
    };
    let outputs = [&args.json, &args.scores, &args.html].map(Option::as_ref);
    let journal = evaluation::journal_path(&args.judging, &outputs);
    let evaluated = evaluation::evaluate(set, &args.judging, journal.as_deref(), config)?;
    // First, because it can be written even where a class is missing and there is no report.
    if let Some(path) = &args.scores {
        write_file(path, &scores::to_csv(&evaluated.scored)?)?;
    }
    let report = Report::new(
        &evaluated.scored,
        &evaluated.unreadable,
        settings(set, config),
    )?;
    if let Some(path) = &args.json {
        write_file(path, report.to_json()?.as_bytes())?;
    }
    if let Some(path) = &args.html {
        let pictures = pictures(&report, &evaluated.scored, config);
        write_file(path, report.to_html(&pictures)?.as_bytes())?;
    }
    print_text(&report.to_text())?;
    Ok(ExitCode::from(if evaluated.is_complete() {
        0
    } else {
        EXIT_BAD_INPUT
    }))
}

fn settings(set: &Path, config: &Config) -> Settings {
    let decision = &config.calibration.decision;
    Settings {
        title: set.display().to_string(),
        created: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        binary: PROGRAM.to_owned(),
        calibration: config.calibration.version.clone(),
        profile: config.settings.profile.clone(),
        threshold: decision.live_threshold,
        inconclusive_margin: decision.inconclusive_margin,
        draws: DRAWS,
        seed: SEED,
    }
}

/// Small pictures of the worst errors by path; one that cannot be read again is left out.
fn pictures(report: &Report, scored: &[Scored], config: &Config) -> BTreeMap<String, String> {
    let files: BTreeMap<&str, &PathBuf> = scored
        .iter()
        .map(|scored| (scored.sample.path.as_str(), &scored.sample.file))
        .collect();
    let picture = |path: &str| {
        let input = Input::File((*files.get(path)?).clone());
        let photo = read_photo(&input, &config.limits()).ok()?;
        picture::thumbnail_url(&photo.frame, PICTURE_PX).ok()
    };
    let worst = report.worst.iter();
    worst
        .filter_map(|error| Some((error.path.clone(), picture(&error.path)?)))
        .collect()
}

fn read_report(path: &Path) -> Result<Report, CliError> {
    let text = std::fs::read_to_string(path).map_err(|source| CliError::Read {
        path: path.to_owned(),
        source,
    })?;
    Report::from_json(&text).map_err(|source| CliError::ReadReport {
        path: path.to_owned(),
        source,
    })
}
