//! `lifesign check`: judges images on all cores and prints them in the order given.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lifesign_domain::{CheckResult, ErrorKind, Verdict};
use lifesign_engine::Engine;
use lifesign_engine::explain::{self, PageEntry, Picture};
use lifesign_media::{Limits, MediaError};
use serde::Serialize;

use crate::args::{CheckArgs, Format};
use crate::config::Config;
use crate::error::{CliError, EXIT_INTERNAL};
use crate::inputs::{self, Input};
use crate::output::{json, print_line, table};

const EXIT_BAD_INPUT: u8 = 3;

/// From this many images on, a progress bar is shown.
const PROGRESS_FROM: usize = 10;

/// A page with the pictures of more images than this would be too heavy for a browser.
const MAX_EXPLAINED: usize = 200;

/// One image and what came out.
pub(crate) struct Judged {
    pub(crate) file: String,
    pub(crate) outcome: Result<CheckResult, FileError>,
    pub(crate) pictures: Vec<Picture>,
}

/// Why one image could not be judged.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FileError {
    /// The native API's word for it; FILE_ERROR if the file could not even be read.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    #[serde(skip)]
    exit: u8,
}

impl FileError {
    fn new(kind: ErrorKind, message: String) -> Self {
        let (code, exit) = match kind {
            ErrorKind::InvalidInput | ErrorKind::OverLimit | ErrorKind::Unsupported => {
                ("INVALID_REQUEST", EXIT_BAD_INPUT)
            }
            _ => ("INFERENCE_ERROR", EXIT_INTERNAL),
        };
        Self {
            code,
            message,
            exit,
        }
    }

    fn unreadable(error: &std::io::Error) -> Self {
        Self {
            code: "FILE_ERROR",
            message: format!("cannot be read: {error}"),
            exit: EXIT_BAD_INPUT,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &CheckArgs, config: &Config) -> Result<ExitCode, CliError> {
    let inputs = inputs::gather(&args.inputs);
    if args.explain.is_some() && inputs.images.len() > MAX_EXPLAINED {
        return Err(CliError::Usage(format!(
            "--explain takes at most {MAX_EXPLAINED} images, got {}; use --pictures DIR for more",
            inputs.images.len()
        )));
    }
    if inputs.images.is_empty() {
        anstream::eprintln!("lifesign: no images found");
    }
    let judge = Judge {
        engine: config.engine()?,
        profile: config.settings.profile.clone(),
        limits: config.limits(),
        explain: args.explain.is_some() || args.pictures.is_some(),
    };
    let mut printer = Printer::new(args, &inputs.images)?;
    let jobs = args
        .jobs
        .or_else(|| std::thread::available_parallelism().ok())
        .map_or(1, usize::from);
    let mut tally = Tally::default();
    let mut kept = Vec::new();
    judge_all(&judge, &inputs.images, jobs, |judged| {
        tally.count(&judged);
        printer.print(&judged)?;
        if let Some(folder) = &args.pictures {
            write_pictures(folder, &judged)?;
        }
        if args.explain.is_some() {
            kept.push(judged);
        }
        Ok(())
    })?;
    printer.finish(&tally, inputs.skipped, &inputs.unlisted)?;
    if let Some(path) = &args.explain {
        write_page(path, &kept)?;
    }
    let named_one_image = args.inputs.len() == 1 && !args.inputs.iter().any(|path| path.is_dir());
    Ok(tally.exit_code(named_one_image, inputs.unlisted.len()))
}

/// All that a worker needs to judge one image.
struct Judge {
    engine: Engine,
    profile: String,
    limits: Limits,
    explain: bool,
}

impl Judge {
    /// A panic over one image is an error of that image, so that the others are still judged.
    fn judge(&self, input: &Input) -> Judged {
        let checked = catch_unwind(AssertUnwindSafe(|| self.check(input))).unwrap_or_else(|_| {
            let message = "the check panicked; this is a bug".to_owned();
            Err(FileError::new(ErrorKind::Internal, message))
        });
        let (outcome, pictures) = match checked {
            Ok((result, pictures)) => (Ok(result), pictures),
            Err(error) => (Err(error), vec![]),
        };
        Judged {
            file: input.name(),
            outcome,
            pictures,
        }
    }

    fn check(&self, input: &Input) -> Result<(CheckResult, Vec<Picture>), FileError> {
        if let Some(size_bytes) = input.size_bytes()
            && size_bytes > self.limits.file_bytes
        {
            let too_large = MediaError::FileTooLarge {
                size_bytes,
                limit_bytes: self.limits.file_bytes,
            };
            return Err(FileError::new(too_large.kind(), too_large.to_string()));
        }
        let bytes = input
            .read(&self.limits)
            .map_err(|e| FileError::unreadable(&e))?;
        let photo = lifesign_media::decode(&bytes, &self.limits)
            .map_err(|e| FileError::new(e.kind(), e.to_string()))?;
        let check = self
            .engine
            .check(photo, &self.profile)
            .map_err(|e| FileError::new(e.kind(), e.to_string()))?;
        let pictures = if self.explain {
            explain::pictures(&check)
                .map_err(|e| FileError::new(ErrorKind::Internal, e.to_string()))?
        } else {
            vec![]
        };
        Ok((check.result, pictures))
    }
}

/// Judges on `jobs` threads and hands the results on in the order of `images`.
fn judge_all(
    judge: &Judge,
    images: &[Input],
    jobs: usize,
    mut hand_on: impl FnMut(Judged) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let next = AtomicUsize::new(0);
    // Bounded, so that a slow reader of our output also slows the workers down.
    let (sender, receiver) = mpsc::sync_channel(2 * jobs);
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(images.len()) {
            let sender = sender.clone();
            let next = &next;
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(input) = images.get(index) else {
                        return;
                    };
                    if sender.send((index, judge.judge(input))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (index, judged) in receiver {
            early.insert(index, judged);
            while let Some(judged) = early.remove(&due) {
                hand_on(judged)?;
                due += 1;
            }
        }
        Ok(())
    })
}

/// Prints each image in the chosen form, under a progress bar where there are many.
struct Printer {
    form: Form,
    progress: ProgressBar,
}

enum Form {
    Json,
    OneTable,
    Rows(table::Rows),
}

impl Printer {
    fn new(args: &CheckArgs, images: &[Input]) -> Result<Self, CliError> {
        let terminal = std::io::stdout().is_terminal();
        let json =
            args.json || args.format == Format::Json || (args.format == Format::Auto && !terminal);
        let form = if json {
            Form::Json
        } else if images.len() == 1 {
            Form::OneTable
        } else {
            let longest = images.iter().map(|i| i.name().chars().count()).max();
            let rows = table::Rows::new(longest.unwrap_or(0));
            print_line(&rows.header())?;
            Form::Rows(rows)
        };
        Ok(Self {
            form,
            progress: progress_bar(images.len()),
        })
    }

    fn print(&self, judged: &Judged) -> Result<(), CliError> {
        let text = match &self.form {
            Form::Json => json::line(judged)?,
            Form::OneTable => table::one(judged),
            Form::Rows(rows) => rows.row(judged),
        };
        self.progress.suspend(|| print_line(&text))?;
        self.progress.inc(1);
        Ok(())
    }

    /// Sums up; what was left out is told on standard error so that JSON lines stay clean.
    fn finish(
        &mut self,
        tally: &Tally,
        skipped: usize,
        unlisted: &[String],
    ) -> Result<(), CliError> {
        self.progress.finish_and_clear();
        for problem in unlisted {
            anstream::eprintln!("lifesign: cannot be listed: {problem}");
        }
        if skipped > 0 {
            anstream::eprintln!("lifesign: {skipped} files in folders are not images, left out");
        }
        match self.form {
            Form::Rows(_) => print_line(&format!("\n{tally}")),
            _ => Ok(()),
        }
    }
}

/// Shown on standard error, if that is a terminal.
fn progress_bar(images: usize) -> ProgressBar {
    if images < PROGRESS_FROM {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(images as u64), ProgressDrawTarget::stderr());
    let template = "{bar:30} {pos}/{len} images, {per_sec}, {eta} left";
    // A template that does not parse would be a bug here; the default look is no loss.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// How many images came out how.
#[derive(Debug, Default)]
struct Tally {
    live: usize,
    spoof: usize,
    inconclusive: usize,
    errors: usize,
    last_exit: u8,
}

impl Tally {
    fn count(&mut self, judged: &Judged) {
        let (counter, exit) = match &judged.outcome {
            Ok(result) => match result.verdict {
                Verdict::Live => (&mut self.live, 0),
                Verdict::Spoof => (&mut self.spoof, 1),
                Verdict::Inconclusive => (&mut self.inconclusive, 2),
            },
            Err(error) => (&mut self.errors, error.exit),
        };
        *counter += 1;
        self.last_exit = exit;
    }

    fn exit_code(&self, named_one_image: bool, unlisted: usize) -> ExitCode {
        let judged = self.live + self.spoof + self.inconclusive;
        ExitCode::from(if named_one_image {
            self.last_exit
        } else if self.errors + unlisted > 0 || judged == 0 {
            EXIT_BAD_INPUT
        } else {
            0
        })
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            live,
            spoof,
            inconclusive,
            errors,
            ..
        } = self;
        let all = live + spoof + inconclusive + errors;
        write!(
            f,
            "{all} images: {live} LIVE, {spoof} SPOOF, {inconclusive} INCONCLUSIVE, {errors} errors"
        )
    }
}

fn write_page(path: &Path, kept: &[Judged]) -> Result<(), CliError> {
    let entries: Vec<PageEntry<'_>> = kept
        .iter()
        .filter_map(|judged| {
            let result = judged.outcome.as_ref().ok()?;
            Some(PageEntry {
                title: &judged.file,
                result,
                pictures: &judged.pictures,
            })
        })
        .collect();
    let refused = kept.len() - entries.len();
    if refused > 0 {
        anstream::eprintln!(
            "lifesign: {refused} images could not be judged and are not in {}",
            path.display()
        );
    }
    write_file(path, explain::page(&entries).as_bytes())
}

/// Writes `<image name>.<picture name>.png` for each picture.
fn write_pictures(folder: &Path, judged: &Judged) -> Result<(), CliError> {
    std::fs::create_dir_all(folder).map_err(|source| CliError::Write {
        path: folder.to_owned(),
        source,
    })?;
    let stem = picture_stem(&judged.file);
    for picture in &judged.pictures {
        let path = folder.join(format!("{stem}.{}.png", picture.name));
        write_file(&path, &picture.png)?;
    }
    Ok(())
}

/// The end of the path in characters that every file system takes, and a digest of the whole path,
/// so that no two images share a name.
fn picture_stem(file: &str) -> String {
    const LONGEST: usize = 100;
    let plain: Vec<char> = file
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._-".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let kept: String = plain
        .iter()
        .skip(plain.len().saturating_sub(LONGEST))
        .collect();
    format!(
        "{}-{}",
        kept.trim_start_matches(['_', '.']),
        crate::digest::short(file)
    )
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    std::fs::write(path, bytes).map_err(|source| CliError::Write {
        path: path.to_owned(),
        source,
    })
}
