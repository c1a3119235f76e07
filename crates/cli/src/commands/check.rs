//! `lifesign check`: judges images on all cores and prints them in the order given.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use indicatif::ProgressBar;
use lifesign_domain::Verdict;
use lifesign_engine::explain::{self, PageEntry};

use crate::args::{CheckArgs, Format};
use crate::error::{CliError, EXIT_BAD_INPUT};
use crate::inputs::{self, Input};
use crate::judge::{Judge, Judged};
use crate::output::{file_stem, json, print_line, table, write_file};
use crate::parallel;
use lifesign_config::Config;

/// A page with the pictures of more images than this would be too heavy for a browser.
const MAX_EXPLAINED: usize = 200;

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
    let judge = Judge::new(config, args.explain.is_some() || args.pictures.is_some())?;
    let mut printer = Printer::new(args, &inputs.images)?;
    let mut tally = Tally::default();
    let mut kept = Vec::new();
    let work = |input: &Input| judge.judge(input);
    parallel::in_order(&inputs.images, parallel::jobs(args.jobs), work, |judged| {
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
            progress: parallel::progress_bar(images.len()),
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
    let stem = file_stem(&judged.file);
    for picture in &judged.pictures {
        let path = folder.join(format!("{stem}.{}.png", picture.name));
        write_file(&path, &picture.png)?;
    }
    Ok(())
}
