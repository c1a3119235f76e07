//! `make profile`: which functions a check spends its time in, by `perf`, for a page's and a telephone's photograph.
//!
//! The check runs as criterion's benchmark of it does; the table goes to the terminal and into docs/PERFORMANCE.md.

#![allow(clippy::print_stdout, reason = "a report for people")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use lifesign_bench::{Outcome, document};

const USAGE: &str = "usage: lifesign-profile [--write docs/PERFORMANCE.md] STAGES-BENCHMARK";
const SIZES: [&str; 2] = ["1280x960", "4000x3000"];
const PROFILE: &str = "check ensemble";
/// How long each is watched, and how often a second it is asked where it is.
const SECONDS: &str = "10";
const FREQUENCY: &str = "997";
/// Rows with less than this share of both are put together.
const LEAST: f64 = 0.5;

/// Symbols that make the photographs before the first check. (`roundf` is the scaling's.)
const PREPARING: [&str; 4] = ["image::", "jpeg_encoder::", "lifesign_bench::", "roundf"];

/// What a symbol belongs to, by the first pattern that it contains.
const PARTS: [(&str, &str); 16] = [
    ("__memset", "zeros into memory"),
    ("__memmove", "copies"),
    ("zune_jpeg::bitstream", "JPEG: entropy decoding"),
    ("zune_jpeg::idct", "JPEG: inverse transform"),
    ("zune_jpeg::color_convert", "JPEG: colours"),
    ("zune_jpeg::worker::color_convert", "JPEG: colours"),
    ("zune_jpeg::upsampler", "JPEG: upsampling of chroma"),
    ("zune_jpeg", "JPEG: other"),
    ("fast_image_resize", "scaling of crops"),
    ("rustfft", "Fourier transforms"),
    ("lifesign_engine::signals::", "signals"),
    ("lifesign_engine::quality", "quality"),
    (
        "lifesign_engine::warp",
        "crops of the detectors and the mesh",
    ),
    ("lifesign_infer", "networks"),
    ("rten", "networks and luma (vector code of rten)"),
    ("[k]", "kernel: fresh memory"),
];

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let first = args.next().ok_or(USAGE)?;
    let (write, benchmark) = match first.as_str() {
        "--write" => (Some(args.next().ok_or(USAGE)?), args.next().ok_or(USAGE)?),
        _ => (None, first),
    };
    let benchmark = PathBuf::from(benchmark);
    let mut rows: BTreeMap<String, [f64; SIZES.len()]> = BTreeMap::new();
    for (column, size) in SIZES.into_iter().enumerate() {
        for (symbol, percent) in watched(&benchmark, &format!("{size}/{PROFILE}"))? {
            rows.entry(part_of(&symbol)).or_default()[column] += percent;
        }
    }
    let text = table(rows);
    println!("{text}");
    if let Some(file) = write {
        document::replace(file.as_ref(), "profile", &text)?;
    }
    Ok(())
}

/// Symbols and their percentage of a benchmark's samples, without what prepares it.
fn watched(benchmark: &Path, name: &str) -> Outcome<Vec<(String, f64)>> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("perf.data");
    // Processor time by a timer: counters of the hardware are often not there in a virtual machine.
    let recorded = Command::new("perf")
        .args([
            "record",
            "--quiet",
            "--event",
            "cpu-clock",
            "--freq",
            FREQUENCY,
            "--output",
        ])
        .arg(&data)
        .arg("--")
        .arg(benchmark)
        .args(["--bench", "--profile-time", SECONDS, "--exact", name])
        .output()?;
    if !recorded.status.success() {
        let told = String::from_utf8_lossy(&recorded.stderr).into_owned();
        return Err(format!("perf could not record: {told}").into());
    }
    let reported = Command::new("perf")
        .args([
            "report",
            "--stdio",
            "--no-children",
            "--fields",
            "overhead,symbol",
            "--input",
        ])
        .arg(&data)
        .output()?;
    let text = String::from_utf8_lossy(&reported.stdout).into_owned();
    let lines = text.lines().filter_map(|line| {
        let (percent, symbol) = line.trim().split_once('%')?;
        let is_preparing = PREPARING.iter().any(|pattern| symbol.contains(pattern));
        (!is_preparing).then_some((symbol.trim().to_owned(), percent.parse().ok()?))
    });
    let mut shares: Vec<(String, f64)> = lines.collect();
    let all: f64 = shares.iter().map(|(_, share)| share).sum();
    shares
        .iter_mut()
        .for_each(|(_, share)| *share *= 100.0 / all);
    Ok(shares)
}

fn part_of(symbol: &str) -> String {
    let known = PARTS.iter().find(|(pattern, _)| symbol.contains(pattern));
    let name = symbol.trim_start_matches("[.] ").split("::<").next();
    known.map_or_else(
        || format!("`{}`", name.unwrap_or(symbol)),
        |(_, part)| (*part).to_owned(),
    )
}

fn table(rows: BTreeMap<String, [f64; SIZES.len()]>) -> String {
    let mut rows = Vec::from_iter(rows);
    rows.sort_by(|a, b| b.1[1].total_cmp(&a.1[1]));
    let (large, small): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|(_, shares)| shares.iter().any(|share| *share >= LEAST));
    let mut rest = [0.0; SIZES.len()];
    for (_, shares) in small {
        for (sum, share) in rest.iter_mut().zip(shares) {
            *sum += share;
        }
    }
    let mut text = format!(
        "| share of a {PROFILE}, % | {} |\n|---|---|---|\n",
        SIZES.join(" | ")
    );
    for (part, shares) in large
        .into_iter()
        .chain([("everything else".to_owned(), rest)])
    {
        text += &format!("| {part} | {:.1} | {:.1} |\n", shares[0], shares[1]);
    }
    text
}
