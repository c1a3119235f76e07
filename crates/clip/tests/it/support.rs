//! An engine, puppets and their clips.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use lifesign_clip::ClipJudge;
use lifesign_engine::{Calibration, Engine};
use lifesign_media::{Frame, Limits, decode};
use lifesign_temporal::{self as temporal, Measured, Reading, Track, signals};
use lifesign_testkit::{Performance, Puppet, with_noise};
use lifesign_video::{ClipLimits, Tools};

pub(crate) const SIZE: [u32; 2] = [640, 480];
pub(crate) const FRAMES_PER_S: f64 = 15.0;
/// Deviation of a webcam's noise in grey levels.
pub(crate) const NOISE: f64 = 2.0;

static ENGINE: LazyLock<Arc<Engine>> =
    LazyLock::new(|| Arc::new(Engine::embedded(Calibration::embedded()).unwrap()));

/// The judge, or `None` with a line that says why the test does nothing. CI asks for ffmpeg.
pub(crate) fn judge() -> Option<ClipJudge> {
    match Tools::find() {
        Ok(tools) => Some(ClipJudge::new(ENGINE.clone(), tools)),
        Err(error) => {
            let required = std::env::var_os("LIFESIGN_TEST_REQUIRE_FFMPEG").is_some();
            assert!(!required, "{error}");
            eprintln!("skipped: {error}");
            None
        }
    }
}

pub(crate) fn puppet(name: &str) -> Puppet {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../assets/samples")
        .join(name);
    let portrait = decode(&std::fs::read(path).unwrap(), &Limits::default()).unwrap();
    Puppet::of(&ENGINE, portrait.frame)
}

/// What a camera with its noise sees of a puppet.
pub(crate) fn shots(puppet: &Puppet, performance: &Performance, seconds: f64) -> Vec<Frame> {
    let count = (seconds * FRAMES_PER_S) as usize;
    let shot = |i: usize| puppet.render(&performance.at(i as f64 / FRAMES_PER_S), SIZE);
    noisy((0..count).map(shot))
}

pub(crate) fn noisy(frames: impl Iterator<Item = Frame>) -> Vec<Frame> {
    let frames = frames.enumerate();
    frames
        .map(|(i, frame)| with_noise(&frame, NOISE, i as u64 + 1))
        .collect()
}

pub(crate) fn track(judge: &ClipJudge, clip: &[u8]) -> Track {
    judge
        .track(
            clip,
            &ClipLimits {
                side_min: 480,
                ..ClipLimits::default()
            },
        )
        .unwrap()
}

/// What a signal reads; panics where it cannot be assessed.
pub(crate) fn read(name: &str, track: &Track) -> Measured {
    let params = temporal::Calibration::embedded().signals;
    let signal = signals::all()
        .into_iter()
        .find(|s| s.name() == name)
        .unwrap();
    match signal.read(track, &params) {
        Reading::Measured(measured) => measured,
        Reading::NotAssessable(why) => panic!("{name}: {why}"),
    }
}
