//! The summary of `make bench`: what a clip costs, the stages as criterion has measured them
//! (`benches/stages.rs`), and checks a second on all cores.

#![allow(clippy::print_stdout, reason = "a report for people")]

mod clip;
mod stages;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lifesign_bench::photo::{self, Coding};
use lifesign_bench::{Outcome, SAMPLE, SIZES, document, pixels, size_name};
use lifesign_engine::{Calibration, Engine};
use lifesign_media::{Limits, decode};

const USAGE: &str =
    "usage: lifesign-bench [CRITERION-FOLDER [--seconds N] [--write docs/PERFORMANCE.md]]";
const PROFILE: &str = "ensemble";

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let first = args.next();
    if first.as_deref() == Some(clip::JUDGE_ONLY) {
        let file = args.next().ok_or("no clip to judge")?;
        return clip::judge_only(file.as_ref());
    }
    let (mut seconds, mut write) = (5.0, None::<PathBuf>);
    while let Some(flag) = args.next() {
        let value = args.next().ok_or(USAGE)?;
        match flag.as_str() {
            "--seconds" => seconds = value.parse()?,
            "--write" => write = Some(value.into()),
            _ => return Err(USAGE.into()),
        }
    }
    let engine = Engine::embedded(Calibration::embedded())?;
    let frame = decode(&std::fs::read(SAMPLE)?, &Limits::default())?.frame;
    clip::report(&engine, frame)?;
    let Some(criterion) = first else {
        return Ok(());
    };
    let mut text = stages::table(criterion.as_ref())?;
    text += "\n";
    for size in SIZES {
        let jpeg = photo::jpeg(&pixels(SAMPLE.as_ref())?, size, Coding::Baseline)?;
        let (threads, rate) = throughput(&engine, &jpeg, Duration::from_secs_f64(seconds))?;
        let name = size_name(size);
        text += &format!("{name}, {threads} threads: {rate:.0} checks a second ({PROFILE}).\n");
    }
    println!("\n{text}");
    if let Some(path) = write {
        document::replace(&path, "stages", &text)?;
    }
    Ok(())
}

/// Whole checks on every core until the time is up: threads and checks a second.
fn throughput(engine: &Engine, jpeg: &[u8], budget: Duration) -> Outcome<(usize, f64)> {
    let threads = std::thread::available_parallelism()?.get();
    let done = AtomicUsize::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| -> Outcome<()> {
        let work = || -> Outcome<()> {
            while start.elapsed() < budget {
                engine.check(decode(jpeg, &Limits::default())?, PROFILE)?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().map_err(|_| "a worker panicked")??;
        }
        Ok(())
    })?;
    let rate = done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64();
    Ok((threads, rate))
}
