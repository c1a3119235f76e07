//! `make bench`: milliseconds by stage on one thread, checks a second on all cores, and what a clip costs.
//!
//! Arguments: the sample photograph, and optionally how many seconds to spend on each part.

#![allow(clippy::print_stdout, reason = "a report for people")]

mod clip;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lifesign_bench::timing::Samples;
use lifesign_bench::{Outcome, photo};
use lifesign_engine::{Calibration, Engine, quality};
use lifesign_media::{Limits, decode};

const SIZES: [(u32, u32); 3] = [(640, 480), (1280, 960), (4000, 3000)];
const PROFILE: &str = "classic";
const LEARNED: &str = "pad_context";
const DEFAULT_SECONDS: f64 = 5.0;

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let sample = args
        .next()
        .ok_or("usage: lifesign-bench SAMPLE [SECONDS]")?;
    if sample == clip::JUDGE_ONLY {
        let file = args.next().ok_or("no clip to judge")?;
        return clip::judge_only(file.as_ref());
    }
    let seconds = args.next().map_or(Ok(DEFAULT_SECONDS), |s| s.parse())?;
    let budget = Duration::from_secs_f64(seconds);
    let limits = Limits::default();
    let bytes = std::fs::read(sample)?;
    let frame = decode(&bytes, &limits)?.frame;
    let sample = image::RgbImage::from_raw(frame.width(), frame.height(), frame.rgb().to_vec())
        .ok_or("the sample has no pixels")?;
    let engine = Engine::embedded(Calibration::embedded())?;

    clip::report(&engine, frame.clone())?;
    for (width, height) in SIZES {
        let jpeg = photo::jpeg(&sample, width, height)?;
        println!(
            "\n{width}x{height} JPEG, {} kB, profile {PROFILE}",
            jpeg.len() / 1000
        );
        println!("{:24}{:>10}{:>10}", "stage", "p50 ms", "p95 ms");
        let stages = stages(&engine, &jpeg, &limits, budget)?;
        for (name, samples) in &stages {
            println!(
                "{name:24}{:>10.2}{:>10.2}",
                samples.quantile_ms(0.50),
                samples.quantile_ms(0.95)
            );
        }
        let (threads, rate) = throughput(&engine, &jpeg, &limits, budget)?;
        println!("{threads} threads: {rate:.0} checks a second");
    }
    Ok(())
}

/// Runs whole checks stage by stage until the time is up; the last entry is the whole.
fn stages(
    engine: &Engine,
    jpeg: &[u8],
    limits: &Limits,
    budget: Duration,
) -> Outcome<Vec<(&'static str, Samples)>> {
    let [
        mut decoding,
        mut detection,
        mut mesh,
        mut pose,
        mut luma,
        mut quality_,
        mut learned,
        mut signals,
    ] = std::array::from_fn(|_| Samples::default());
    let mut whole = Samples::default();
    let params = &engine.calibration().signals;
    let first = engine.signals().find(|s| s.name() == LEARNED);
    let first = first.ok_or("no learned signal")?;
    let start = Instant::now();
    while start.elapsed() < budget {
        let photo = decoding.time(|| decode(jpeg, limits))?;
        let frame = &photo.frame;
        let detections = detection.time(|| engine.detect_near(frame))?;
        let face = detections.first().ok_or("no face in the sample")?;
        let face = mesh.time(|| engine.landmarks(frame, face))?;
        let face = face.ok_or("no mesh for the sample")?;
        pose.time(|| engine.pose(frame, &face.landmarks));
        luma.time(|| frame.luma());
        let lifesign_engine::Subject::Face(evidence) = engine.gather(photo)? else {
            return Err("no face in the sample".into());
        };
        quality_.time(|| quality::assess(&evidence, engine.calibration()));
        // The first of the learned signals that is read runs the networks of both.
        learned.time(|| first.read(&evidence, params));
        signals.time(|| engine.readings(&evidence));
        whole.time(|| -> Outcome<_> { Ok(engine.check(decode(jpeg, limits)?, PROFILE)?) })?;
    }
    Ok(vec![
        ("decode", decoding),
        ("detect (short range)", detection),
        ("mesh", mesh),
        ("pose", pose),
        ("luma", luma),
        ("quality", quality_),
        ("crops, networks, heads", learned),
        ("other signals", signals),
        ("whole check", whole),
    ])
}

/// Whole checks on every core until the time is up: threads and checks a second.
fn throughput(
    engine: &Engine,
    jpeg: &[u8],
    limits: &Limits,
    budget: Duration,
) -> Outcome<(usize, f64)> {
    let threads = std::thread::available_parallelism()?.get();
    let done = AtomicUsize::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| -> Outcome<()> {
        let work = || -> Outcome<()> {
            while start.elapsed() < budget {
                engine.check(decode(jpeg, limits)?, PROFILE)?;
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
