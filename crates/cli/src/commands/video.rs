//! `lifesign video`: judges clips one after the other, for one takes all of a core and much memory.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use lifesign_clip::{ClipCheck, ClipJudge};
use lifesign_domain::{ClipResult, Verdict};
use lifesign_video::{ClipLimits, Tools};
use serde_json::json;

use crate::args::VideoArgs;
use crate::error::{CliError, EXIT_BAD_INPUT};
use crate::output::{filmstrip, print_json, print_line, print_rows, visible, write_file};
use lifesign_config::Config;

/// Runs the command.
pub(crate) fn run(args: &VideoArgs, config: &Config) -> Result<ExitCode, CliError> {
    let limits = ClipLimits {
        duration_s: f64::from(args.max_seconds),
        side_min: args.min_pixels,
        frames: 130 * (args.max_seconds + 1),
        ..ClipLimits::default()
    };
    let judge = ClipJudge::new(Arc::new(crate::judge::engine(config)?), Tools::find()?);
    let mut page = filmstrip::Page::default();
    let mut verdicts = Vec::with_capacity(args.files.len());
    for file in &args.files {
        let name = file.display().to_string();
        match one(&judge, file, &limits, &config.settings.profile) {
            Ok(check) => {
                print(&name, &check.result, args.json)?;
                if args.explain.is_some() {
                    page.add(&name, &check)?;
                }
                verdicts.push(Some(check.result.verdict));
            }
            Err(message) => {
                print_error(&name, &message, args.json)?;
                verdicts.push(None);
            }
        }
    }
    if let Some(path) = &args.explain {
        write_file(path, page.finish().as_bytes())?;
    }
    Ok(exit_code(&verdicts))
}

fn one(
    judge: &ClipJudge,
    file: &Path,
    limits: &ClipLimits,
    profile: &str,
) -> Result<ClipCheck, String> {
    use std::io::Read;
    // One byte over the limit is enough to be refused for it.
    let enough = limits.file_bytes as u64 + 1;
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|file| file.take(enough).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot be read: {error}"))?;
    // Hidden by indicatif itself where the output is no terminal.
    let bar = ProgressBar::new(1000);
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {percent} %") {
        bar.set_style(style);
    }
    bar.set_message(visible(&file.display().to_string()));
    let judged = judge.judge(&bytes, limits, profile, false, &mut |share| {
        bar.set_position((share * 1000.0) as u64);
    });
    bar.finish_and_clear();
    judged.map_err(|error| error.to_string())
}

fn print(name: &str, result: &ClipResult, as_json: bool) -> Result<(), CliError> {
    if as_json {
        let mut line = json!({ "file": name });
        if let (Some(line), serde_json::Value::Object(result)) =
            (line.as_object_mut(), serde_json::to_value(result)?)
        {
            line.extend(result);
        }
        return print_json(&line);
    }
    print_line(&format!(
        "{}\n\n{}  confidence {:.2}, threshold {:.2}, {:.1} s, {} frames looked at, {} judged\n",
        visible(name),
        result.verdict,
        result.confidence,
        result.threshold,
        result.duration_s,
        result.frame_count,
        result.frames.len()
    ))?;
    let rows = result.signals.iter().map(|signal| {
        let score = if signal.assessed {
            format!("{:.2}", signal.score)
        } else {
            "-".to_owned()
        };
        vec![signal.label.clone(), score, signal.detail.clone()]
    });
    print_rows(&["signal", "score", "finding"], rows.collect())?;
    for reason in &result.reasons {
        print_line(&format!("  {} {}", reason.message, reason.guidance))?;
    }
    print_line("")
}

fn print_error(name: &str, message: &str, as_json: bool) -> Result<(), CliError> {
    if as_json {
        return print_json(&json!({ "file": name, "error": { "message": message } }));
    }
    print_line(&format!("{}\n  {message}\n", visible(name)))
}

fn exit_code(verdicts: &[Option<Verdict>]) -> ExitCode {
    match verdicts {
        [Some(Verdict::Live)] => ExitCode::SUCCESS,
        [Some(Verdict::Spoof)] => ExitCode::from(1),
        [Some(Verdict::Inconclusive)] => ExitCode::from(2),
        all if all.iter().all(Option::is_some) => ExitCode::SUCCESS,
        _ => ExitCode::from(EXIT_BAD_INPUT),
    }
}
