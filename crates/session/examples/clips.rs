//! What a session would make of clips, as if a page had sent their frames: how much the light of the scene
//! changed, and the risks.
//!
//!     cargo run -p lifesign-session --example clips -- CLIP...

#![allow(clippy::print_stdout, reason = "a report for people")]

use std::error::Error;
use std::ops::ControlFlow;
use std::sync::Arc;

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use lifesign_challenge::{Options, Plan};
use lifesign_engine::{Calibration, Engine};
use lifesign_media::Frame;
use lifesign_session::{Capture, Captured, SessionJudge, SessionSpec};
use lifesign_video::{Clip, ClipLimits, Tools, Wanted};

fn main() -> Result<(), Box<dyn Error>> {
    let judge = SessionJudge::new(Arc::new(Engine::embedded(Calibration::embedded())?), None);
    let tools = Tools::find()?;
    for path in std::env::args().skip(1) {
        match captured(&judge, &tools, &std::fs::read(&path)?) {
            Ok(captured) => report(&path, &captured),
            Err(error) => println!("{path}: {error}"),
        }
    }
    Ok(())
}

fn captured(judge: &SessionJudge, tools: &Tools, bytes: &[u8]) -> Result<Captured, Box<dyn Error>> {
    let mut random = fastrand::Rng::with_seed(1);
    let rules = &judge.calibration().challenge;
    let mut capture = judge.begin(SessionSpec {
        plan: Plan::draw(&mut || random.u64(..), &Options::default(), rules)?,
        profile: "ensemble".to_owned(),
        references: Vec::new(),
        microphone: false,
        camera: None,
    })?;
    let wanted = Wanted {
        longer_side: 640,
        frames_per_second: Some(10.0),
    };
    // Any size and length of those that are at hand.
    let limits = ClipLimits {
        duration_s: 60.0,
        side_min: 160,
        frames: 3_600,
        ..ClipLimits::default()
    };
    let mut failure = None;
    Clip::open(tools, bytes, &limits)?.decode(&wanted, &mut |seen| {
        // The jitter of a browser: the beat of the file is not what is looked at.
        let at_ms = (seen.at_s * 1_000.0) as u64 + random.u64(..12);
        match send(&mut capture, at_ms, &seen.frame) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    match failure {
        Some(error) => Err(error),
        None => Ok(capture.finish()?),
    }
}

fn send(capture: &mut Capture, at_ms: u64, frame: &Frame) -> Result<(), Box<dyn Error>> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 85).encode(
        frame.rgb(),
        frame.width(),
        frame.height(),
        ExtendedColorType::Rgb8,
    )?;
    capture.frame(at_ms, &jpeg)?;
    Ok(())
}

fn report(path: &str, captured: &Captured) {
    let result = &captured.result;
    let value = |name: &str| {
        let found = result
            .signals
            .iter()
            .find_map(|signal| signal.values.get(name));
        found.map_or("-".to_owned(), |value| format!("{value:.4}"))
    };
    println!(
        "{path}: {} frames, scene changes by {} levels, confidence {:.3}, static {}, prerecorded {}",
        result.frame_count,
        value("scene_change"),
        result.confidence,
        result.static_risk,
        result.prerecorded_risk
    );
}
