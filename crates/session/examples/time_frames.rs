//! Milliseconds of processor time of each part of a frame of a session, on one thread, and of the judgement
//! at its end; what else the machine does hardly counts:
//!
//!     cargo run --release -p lifesign-session --example time_frames -- assets/samples/astronaut.jpg

#![allow(clippy::print_stdout, reason = "a report for people")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use lifesign_challenge::{Options, Plan};
use lifesign_engine::{Calibration, Engine, Follower};
use lifesign_media::{Frame, Limits, decode};
use lifesign_session::{SessionJudge, SessionSpec};
use lifesign_watch::Watcher;

/// Frames that are timed.
const FRAMES: u32 = 200;
/// As the page sends them.
const SIZE: (u32, u32) = (640, 480);
const QUALITY: u8 = 80;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("usage: time_frames PORTRAIT")?;
    let portrait = decode(&std::fs::read(path)?, &Limits::default())?.frame;
    let (width, height) = (portrait.width(), portrait.height());
    let portrait = image::RgbImage::from_raw(width, height, portrait.rgb().to_vec())
        .ok_or("a picture without its pixels")?;
    let engine = Arc::new(Engine::embedded(Calibration::embedded())?);
    let jpegs = (0..FRAMES)
        .map(|i| sway(&portrait, i))
        .collect::<Result<Vec<_>, _>>()?;
    let frames = jpegs
        .iter()
        .map(|jpeg| Ok(decode(jpeg, &Limits::default())?.frame))
        .collect::<Result<Vec<Frame>, Box<dyn Error>>>()?;
    println!(
        "{} x {}, {} kB a frame",
        SIZE.0,
        SIZE.1,
        jpegs[0].len() / 1_000
    );

    report(
        "decode",
        jpegs
            .iter()
            .map(|jpeg| timed(|| decode(jpeg, &Limits::default()).is_ok())),
    );
    let mut follower = Follower::looking_around_every(3);
    report(
        "follow the face",
        frames
            .iter()
            .map(|frame| timed(|| engine.follow(&mut follower, frame).is_ok())),
    );
    let mut watcher = Watcher::coarse(Follower::looking_around_every(3));
    report(
        "follow and measure",
        frames
            .iter()
            .enumerate()
            .map(|(i, frame)| timed(|| watcher.look(&engine, i as f64 / 10.0, frame).is_ok())),
    );
    let face = engine
        .faces(&frames[0])?
        .into_iter()
        .next()
        .ok_or("no face")?;
    report(
        "embed",
        frames
            .iter()
            .take(20)
            .map(|frame| timed(|| engine.embed(frame, &face.mesh.landmarks).is_ok())),
    );

    let judge = SessionJudge::new(engine, None);
    let mut random = fastrand::Rng::with_seed(1);
    let limits = &judge.calibration().challenge;
    let plan = Plan::draw(&mut || random.u64(..), &Options::default(), limits)?;
    let mut capture = judge.begin(SessionSpec {
        plan,
        profile: "ensemble".to_owned(),
        references: Vec::new(),
        microphone: true,
        camera: None,
    })?;
    report(
        "whole frame",
        jpegs
            .iter()
            .enumerate()
            .map(|(i, jpeg)| timed(|| capture.frame(i as u64 * 100, jpeg).is_ok())),
    );
    let (whole, _) = timed(|| capture.finish().map(|captured| captured.frames.len()));
    println!("{:20}{:>8.1} ms", "judgement", whole.as_secs_f64() * 1e3);
    Ok(())
}

/// The portrait, seen by a camera in a hand.
fn sway(portrait: &image::RgbImage, i: u32) -> image::ImageResult<Vec<u8>> {
    let (width, height) = (SIZE.0 + 40, SIZE.1 + 40);
    let scale = (f64::from(width) / f64::from(portrait.width()))
        .max(f64::from(height) / f64::from(portrait.height()));
    let side = |length: u32| (f64::from(length) * scale).ceil() as u32;
    let large = imageops::resize(
        portrait,
        side(portrait.width()),
        side(portrait.height()),
        FilterType::Triangle,
    );
    let shift = |period: f64| (20.0 + 18.0 * (f64::from(i) / period).sin()) as u32;
    let view = imageops::crop_imm(&large, shift(9.0), shift(14.0), SIZE.0, SIZE.1).to_image();
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&view)?;
    Ok(jpeg)
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = processor_time();
    let done = work();
    (processor_time().saturating_sub(start), done)
}

/// Of this thread, as Linux counts it in nanoseconds.
fn processor_time() -> Duration {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = spent.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

fn report(name: &str, runs: impl Iterator<Item = (Duration, bool)>) {
    let mut times: Vec<f64> = Vec::new();
    for (took, succeeded) in runs {
        assert!(succeeded, "{name} failed");
        times.push(took.as_secs_f64() * 1e3);
    }
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{name:20}{mean:>8.2} ms mean {:>8.2} p50 {:>8.2} p95",
        at(0.5),
        at(0.95)
    );
}
