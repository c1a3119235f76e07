//! Puppets against replays of the same clips on prints and phones.
//!
//! A puppet is itself an injection attack, so it need not be LIVE; what is asserted is that the signals
//! over time tell a head in space from its picture on a plane. All frames are given the same confidence.
//!
//! ```text
//! cargo test -p lifesign-clip --test it puppets -- --nocapture
//! ```

use lifesign_media::Frame;
use lifesign_temporal::{self as temporal, ClipResult, Still, Track};
use lifesign_testkit::{Codec, Performance, Sheet, faceless_scene, film};

use crate::support::{FRAMES_PER_S, SIZE, judge, noisy, puppet, shots, track};

const SECONDS: f64 = 6.0;
/// What every frame is given.
const FRAMES: f64 = 0.75;

/// The verdict over time.
fn over_time(track: &Track) -> ClipResult {
    let seconds = track.duration_s();
    let still = |i: usize| Still {
        at_s: seconds * i as f64 / 11.0,
        confidence: FRAMES,
    };
    temporal::judge(
        &temporal::Clip {
            track,
            stills: &Vec::from_iter((0..12).map(still)),
        },
        &temporal::Calibration::embedded(),
        &temporal::Decision {
            live_threshold: 0.58,
            inconclusive_margin: 0.04,
        },
    )
}

/// The frames on a sheet in a hand.
fn replayed(frames: impl Iterator<Item = Frame>, seed: u64, tilt_deg: f64) -> Vec<Frame> {
    let background = faceless_scene(8);
    let shown = frames.enumerate().map(|(i, frame)| {
        let at_s = i as f64 / FRAMES_PER_S;
        Sheet::in_a_hand(seed, tilt_deg, at_s).show(&frame, &background, SIZE)
    });
    noisy(shown)
}

#[test]
fn puppets_and_their_planar_replays_separate() {
    let Some(judge) = judge() else { return };
    let (mut heads, mut planes) = (Vec::new(), Vec::new());
    for (name, seed, hand_px, codec) in [
        ("astronaut.jpg", 21, 0.0, Codec::H264),
        ("grace_hopper.jpg", 22, 0.0, Codec::Vp9),
        ("astronaut.jpg", 23, 8.0, Codec::H264),
    ] {
        let performance = Performance {
            hand_px,
            ..Performance::lively(seed)
        };
        let frames = shots(&puppet(name), &performance, SECONDS);
        let count = frames.len();
        let print = replayed(std::iter::repeat_n(frames[0].clone(), count), seed, 10.0);
        let phone = replayed(frames.iter().cloned(), seed, 10.0);
        for (what, frames, is_head) in [
            ("puppet", frames, true),
            ("print", print, false),
            ("phone", phone, false),
        ] {
            let result = over_time(&track(&judge, &film(frames, FRAMES_PER_S, codec)));
            eprintln!("{name} {what}: {} {:.2}", result.verdict, result.confidence);
            for signal in result
                .signals
                .iter()
                .filter(|s| s.assessed && s.name != "frames")
            {
                eprintln!(
                    "    {} {:.2} {:.3?}",
                    signal.name, signal.score, signal.values
                );
            }
            let confidences = if is_head { &mut heads } else { &mut planes };
            confidences.push(result.confidence);
        }
    }
    let lowest_head = heads.iter().copied().fold(f64::MAX, f64::min);
    let highest_plane = planes.iter().copied().fold(f64::MIN, f64::max);
    eprintln!("puppets from {lowest_head:.2}, planes up to {highest_plane:.2}");
    assert!(
        lowest_head > highest_plane + 0.05,
        "{heads:.2?} {planes:.2?}"
    );
}
