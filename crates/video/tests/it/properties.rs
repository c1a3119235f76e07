//! Clips with flipped bits, overwritten, cut or with pieces doubled: always an answer in time.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use lifesign_video::{ClipLimits, VideoError, Wanted};
use proptest::prelude::*;

use crate::make::{decode, ffmpeg, plain_mp4, plain_webm, small, tools};

fn originals() -> &'static [Vec<u8>; 4] {
    static CLIPS: OnceLock<[Vec<u8>; 4]> = OnceLock::new();
    CLIPS.get_or_init(|| {
        let source = "-f lavfi -i testsrc2=s=160x120:r=25:d=0.3";
        let hevc = "-c:v libx265 -preset ultrafast -x265-params log-level=none";
        let vp9 = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8";
        [
            plain_mp4(0.4),
            plain_webm(0.4),
            ffmpeg(&format!("{source} {hevc}"), "mp4"),
            ffmpeg(&format!("{source} {vp9}"), "webm"),
        ]
    })
}

#[derive(Clone, Debug)]
enum Harm {
    Flip { at: f64, bit: u8 },
    Set { at: f64, value: u8 },
    Cut { at: f64 },
    Double { at: f64, length: usize },
}

fn harm() -> impl Strategy<Value = Harm> {
    let at = 0.0..1.0_f64;
    prop_oneof![
        6 => (at.clone(), 0..8_u8).prop_map(|(at, bit)| Harm::Flip { at, bit }),
        4 => (at.clone(), any::<u8>()).prop_map(|(at, value)| Harm::Set { at, value }),
        1 => at.clone().prop_map(|at| Harm::Cut { at }),
        1 => (at, 1..4000_usize).prop_map(|(at, length)| Harm::Double { at, length }),
    ]
}

fn apply(bytes: &mut Vec<u8>, harm: &Harm) {
    let place = |at: &f64| ((bytes.len() as f64 * at) as usize).min(bytes.len().saturating_sub(1));
    match harm {
        _ if bytes.is_empty() => {}
        Harm::Flip { at, bit } => {
            let at = place(at);
            bytes[at] ^= 1 << bit;
        }
        Harm::Set { at, value } => {
            let at = place(at);
            bytes[at] = *value;
        }
        Harm::Cut { at } => bytes.truncate(place(at)),
        Harm::Double { at, length } => {
            let at = place(at);
            let piece = bytes[at..(at + length).min(bytes.len())].to_vec();
            bytes.splice(at..at, piece);
        }
    }
}

proptest! {
    // Each case starts two processes; PROPTEST_CASES asks for more.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 8,
        ..ProptestConfig::with_cases(std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24))
    })]

    #[test]
    fn a_harmed_clip_has_an_answer(which in 0..4_usize, harms in prop::collection::vec(harm(), 1..12)) {
        let Some(tools) = tools() else { return Ok(()) };
        let mut bytes = originals()[which].clone();
        for harm in &harms {
            apply(&mut bytes, harm);
        }
        let limits = ClipLimits { wall: Duration::from_secs(20), ..small() };
        let started = Instant::now();
        let answer = decode(tools, &bytes, &limits, &Wanted::default());
        prop_assert!(started.elapsed() < Duration::from_secs(50));
        if let Err(error) = answer {
            let of_us = matches!(error, VideoError::Internal { .. } | VideoError::ToolUnusable { .. } | VideoError::ToolMissing { .. });
            prop_assert!(!of_us, "{error}");
            prop_assert!(error.to_string().lines().count() == 1);
        }
    }
}
