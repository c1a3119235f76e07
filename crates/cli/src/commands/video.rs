//! `lifesign video`: judges clips one after the other, for one takes all of a core and much memory.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use lifesign_clip::{ClipCheck, ClipJudge, JudgeOptions};
use lifesign_domain::{ClipResult, Verdict};
use lifesign_video::{ClipLimits, Tools, VideoError};
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
        let strip = filmstrip::Strip::default();
        let options = JudgeOptions {
            limits: &limits,
            profile: &config.settings.profile,
            camera_data: false,
            on_judged: &|frame| {
                if args.explain.is_some() {
                    strip.add(frame);
                }
            },
        };
        match one(&judge, file, &options) {
            Ok(check) => {
                print(&name, &check.result, args.json)?;
                if args.explain.is_some() {
                    page.add(&name, &check, strip)?;
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

fn one(judge: &ClipJudge, file: &Path, options: &JudgeOptions<'_>) -> Result<ClipCheck, String> {
    use std::io::Read;
    let limit_bytes = options.limits.file_bytes;
    let unread = |error: std::io::Error| format!("cannot be read: {error}");
    let opened = std::fs::File::open(file).map_err(unread)?;
    let size_bytes = opened.metadata().map_err(unread)?.len();
    if size_bytes > limit_bytes as u64 {
        let size_bytes = usize::try_from(size_bytes).unwrap_or(usize::MAX);
        let error = VideoError::FileTooLarge {
            size_bytes,
            limit_bytes,
        };
        return Err(error.to_string());
    }
    // What is no file has no size; of that one byte over the limit is enough to be refused for it.
    let mut bytes = Vec::new();
    opened
        .take(limit_bytes as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unread)?;
    // Hidden by indicatif itself where the output is no terminal.
    let bar = ProgressBar::new(1000);
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {percent} %") {
        bar.set_style(style);
    }
    bar.set_message(visible(&file.display().to_string()));
    let judged = judge.judge(&bytes, options, &mut |share| {
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
