//! A picture made into a clip, a freeze and a loop are found after encoding; the living keep moving.

use lifesign_media::Frame;
use lifesign_temporal::Measured;
use lifesign_testkit::{Codec, Performance, film};

use crate::support::{FRAMES_PER_S, judge, noisy, puppet, read, shots, track};

const CODECS: [Codec; 3] = [Codec::H264, Codec::Vp8, Codec::Vp9];

fn static_risk(
    judge: &lifesign_clip::ClipJudge,
    frames: &[Frame],
    codec: Codec,
    what: &str,
) -> Measured {
    let clip = film(frames.iter().cloned(), FRAMES_PER_S, codec);
    let found = read("static_risk", &track(judge, &clip));
    eprintln!("{what} {codec:?}: {:.2} {:?}", found.score, found.values);
    found
}

fn value(found: &Measured, name: &str) -> f64 {
    let value = found.values.iter().find(|(n, _)| *n == name);
    value.unwrap_or_else(|| panic!("no {name}: {found:?}")).1
}

#[test]
fn a_picture_made_into_a_clip_stands_still() {
    let Some(judge) = judge() else { return };
    let shot = shots(&puppet("astronaut.jpg"), &Performance::lively(4), 0.1).remove(0);
    let same = vec![shot.clone(); 45];
    for codec in CODECS {
        let found = static_risk(&judge, &same, codec, "a picture");
        assert!(found.score < 0.1, "{codec:?}: {found:?}");
    }
    // Noise that is added to hide it does not move the face.
    let noise = noisy(same.into_iter());
    assert!(static_risk(&judge, &noise, Codec::H264, "a picture with noise").score < 0.1);
}

#[test]
fn a_freeze_within_a_clip_is_found() {
    let Some(judge) = judge() else { return };
    let mut frames = shots(&puppet("astronaut.jpg"), &Performance::lively(5), 3.0);
    let last = frames[44].clone();
    frames.extend(vec![last; 30]);
    for codec in CODECS {
        let found = static_risk(&judge, &frames, codec, "a freeze");
        assert!(found.score < 0.15, "{codec:?}: {found:?}");
        assert!(
            (value(&found, "frozen_s") - 2.0).abs() < 0.3,
            "{codec:?}: {found:?}"
        );
        assert_eq!(value(&found, "repeats"), 0.0, "{codec:?}: {found:?}");
    }
}

#[test]
fn a_loop_is_found() {
    let Some(judge) = judge() else { return };
    let once = shots(&puppet("grace_hopper.jpg"), &Performance::lively(6), 2.0);
    let looped = [once.clone(), once.clone(), once.clone()].concat();
    for codec in CODECS {
        let found = static_risk(&judge, &looped, codec, "a loop");
        assert!(found.score < 0.2, "{codec:?}: {found:?}");
        assert_eq!(value(&found, "repeats"), 1.0, "{codec:?}: {found:?}");
    }
    let back = once.iter().rev().cloned();
    let there_and_back =
        Vec::from_iter(once.iter().cloned().chain(back).chain(once.iter().cloned()));
    assert!(static_risk(&judge, &there_and_back, Codec::H264, "forth and back").score < 0.2);
}

#[test]
fn whoever_moves_or_only_breathes_neither_freezes_nor_repeats() {
    let Some(judge) = judge() else { return };
    for (performance, codec) in [
        (Performance::lively(7), Codec::H264),
        (Performance::calm(8), Codec::H264),
        (Performance::calm(9), Codec::Vp9),
    ] {
        let frames = shots(&puppet("astronaut.jpg"), &performance, 5.0);
        let found = static_risk(&judge, &frames, codec, "alive");
        assert!(found.score >= 0.4, "{codec:?}: {found:?}");
    }
}
