//! What a clip of ten seconds costs: wall time, and memory of the process that judges it and of its children
//! together. A puppet plays in it, so that nobody's recording is needed. It is judged by a process of its own,
//! in which nothing of the puppet lies.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use lifesign_bench::Outcome;
use lifesign_bench::timing::Samples;
use lifesign_clip::{ClipJudge, JudgeOptions};
use lifesign_engine::{Calibration, Engine};
use lifesign_media::Frame;
use lifesign_testkit::{Codec, Performance, Puppet, can_film, film, with_noise};
use lifesign_video::{ClipLimits, Tools};

const SIZE: [u32; 2] = [1280, 720];
const SECONDS: f64 = 9.9;
const FRAMES_PER_S: f64 = 30.0;
/// Rendered at this rate and shown twice: a judge looks at 15 a second.
const RENDERED_PER_S: f64 = 15.0;
const PROFILE: &str = "ensemble";
const RUNS: usize = 5;
/// The goals: seconds on two cores, and megabytes.
const GOAL: (f64, f64) = (3.0, 300.0);

/// Argument that makes this program judge a clip instead: [`judge_only`].
pub(crate) const JUDGE_ONLY: &str = "--judge-clip";

/// Prints the table.
pub(crate) fn report(engine: &Engine, portrait: Frame) -> Outcome<()> {
    if !can_film() {
        println!("\nclips: not measured, ffmpeg is not installed");
        return Ok(());
    }
    let puppet = Puppet::of(engine, portrait);
    let threads = std::thread::available_parallelism()?.get();
    println!(
        "\n{}x{} clip of {SECONDS} s, profile {PROFILE}, {threads} cores; goals {:.1} s and {:.0} MB",
        SIZE[0], SIZE[1], GOAL.0, GOAL.1
    );
    println!(
        "{:24}{:>10}{:>10}{:>10}",
        "codec", "p50 s", "worst s", "peak MB"
    );
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("clip");
    for codec in [Codec::H264, Codec::Vp9] {
        let bytes = film(frames(&puppet), FRAMES_PER_S, codec);
        std::fs::write(&file, &bytes)?;
        let (samples, peak_mb) = judged_apart(&file)?;
        println!(
            "{:24}{:>10.2}{:>10.2}{peak_mb:>10.0}",
            format!("{codec:?}, {:.1} MB", bytes.len() as f64 / 1e6),
            samples.quantile_ms(0.5) / 1000.0,
            samples.quantile_ms(1.0) / 1000.0,
        );
    }
    Ok(())
}

/// Judges the clip several times, like a server that lives on, and prints the milliseconds of each.
pub(crate) fn judge_only(file: &Path) -> Outcome<()> {
    let bytes = std::fs::read(file)?;
    let engine = Arc::new(Engine::embedded(Calibration::embedded())?);
    let judge = ClipJudge::new(engine, Tools::find()?);
    // Those of the native route.
    let limits = ClipLimits {
        side_min: 480,
        ..ClipLimits::default()
    };
    let options = JudgeOptions {
        limits: &limits,
        profile: PROFILE,
        camera_data: false,
        on_judged: &|_| {},
    };
    for _ in 0..RUNS {
        let mut samples = Samples::default();
        samples.time(|| judge.judge(&bytes, &options, &mut |_| {}))?;
        println!("{}", samples.quantile_ms(1.0));
    }
    Ok(())
}

/// Durations of the judgements in a process of its own, and the most memory in MB that it and its children
/// had at the same time, by looking every few milliseconds.
fn judged_apart(file: &Path) -> Outcome<(Samples, f64)> {
    let mut judging = Command::new(std::env::current_exe()?)
        .arg(JUDGE_ONLY)
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()?;
    let peak_mb = peak_mb(&mut judging);
    let done = judging.wait_with_output()?;
    if !done.status.success() {
        return Err(format!("a clip could not be judged: {}", done.status).into());
    }
    let mut samples = Samples::default();
    for line in String::from_utf8(done.stdout)?.lines() {
        samples.add(Duration::from_secs_f64(line.parse::<f64>()? / 1000.0));
    }
    Ok((samples, peak_mb?))
}

fn frames(puppet: &Puppet) -> impl Iterator<Item = Frame> + '_ {
    let performance = Performance::lively(1);
    let count = (SECONDS * RENDERED_PER_S) as u64;
    (0..count).flat_map(move |i| {
        let shot = puppet.render(&performance.at(i as f64 / RENDERED_PER_S), SIZE);
        [0, 1].map(|half| with_noise(&shot, 2.0, 2 * i + half))
    })
}

fn peak_mb(judging: &mut Child) -> Outcome<f64> {
    let mut peak_kb = 0;
    while judging.try_wait()?.is_none() {
        peak_kb = peak_kb.max(resident_with_children_kb(judging.id()));
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(peak_kb as f64 * 1024.0 / 1e6)
}

/// What is resident of a process and of the children of its threads; 0 for what cannot be read.
fn resident_with_children_kb(pid: u32) -> u64 {
    let program = |pid: u32| std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    let own = program(pid);
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
    let children = threads
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|thread| {
            let children = std::fs::read_to_string(thread.path().join("children")).ok()?;
            let pids = children.split_ascii_whitespace().map(str::parse::<u32>);
            Some(Vec::from_iter(pids.flatten()))
        });
    // Between its start and its program a child shares all of its parent's memory.
    let started = children.flatten().filter(|child| program(*child) != own);
    resident_kb(pid) + started.map(resident_kb).sum::<u64>()
}

fn resident_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let size = line.and_then(|line| line.split_ascii_whitespace().next());
    size.and_then(|size| size.parse().ok()).unwrap_or(0)
}
