//! What a clip of ten seconds costs: wall time, and memory of this process and its children together.
//! A puppet plays in it, so that nobody's recording is needed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lifesign_bench::Outcome;
use lifesign_bench::timing::Samples;
use lifesign_clip::ClipJudge;
use lifesign_engine::Engine;
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

/// Prints the table.
pub(crate) fn report(engine: &Arc<Engine>, portrait: Frame) -> Outcome<()> {
    if !can_film() {
        println!("\nclips: not measured, ffmpeg is not installed");
        return Ok(());
    }
    let judge = ClipJudge::new(Arc::clone(engine), Tools::find()?);
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
    // Those of the native route.
    let limits = ClipLimits {
        side_min: 480,
        ..ClipLimits::default()
    };
    for codec in [Codec::H264, Codec::Vp9] {
        let bytes = film(frames(&puppet), FRAMES_PER_S, codec);
        let mut samples = Samples::default();
        let peak_mb = peak_mb(|| -> Outcome<()> {
            for _ in 0..RUNS {
                samples.time(|| judge.judge(&bytes, &limits, PROFILE, false, &mut |_| {}))?;
            }
            Ok(())
        })?;
        println!(
            "{:24}{:>10.2}{:>10.2}{peak_mb:>10.0}",
            format!("{codec:?}, {:.1} MB", bytes.len() as f64 / 1e6),
            samples.quantile_ms(0.5) / 1000.0,
            samples.quantile_ms(1.0) / 1000.0,
        );
    }
    Ok(())
}

fn frames(puppet: &Puppet) -> impl Iterator<Item = Frame> + '_ {
    let performance = Performance::lively(1);
    let count = (SECONDS * RENDERED_PER_S) as u64;
    (0..count).flat_map(move |i| {
        let shot = puppet.render(&performance.at(i as f64 / RENDERED_PER_S), SIZE);
        [0, 1].map(|half| with_noise(&shot, 2.0, 2 * i + half))
    })
}

/// The most memory that this process and its children have at the same time while `work` runs, in MB, by
/// looking every few milliseconds.
fn peak_mb(work: impl FnOnce() -> Outcome<()>) -> Outcome<f64> {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut peak = 0_u64;
            while !done.load(Ordering::Relaxed) {
                peak = peak.max(resident_kb());
                std::thread::sleep(Duration::from_millis(5));
            }
            peak
        });
        let outcome = work();
        done.store(true, Ordering::Relaxed);
        let peak = watcher.join().map_err(|_| "the watcher panicked")?;
        outcome.map(|()| peak as f64 / 1000.0)
    })
}

/// What is resident of this process and its children; 0 for what cannot be read.
fn resident_kb() -> u64 {
    let own = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mine = processes.filter_map(|entry| {
        let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_ascii_whitespace().next()
        };
        let is_mine = [field("Pid:"), field("PPid:")].contains(&Some(own.as_str()));
        if is_mine {
            field("VmRSS:")?.parse::<u64>().ok()
        } else {
            None
        }
    });
    mine.sum()
}
