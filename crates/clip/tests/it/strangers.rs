//! A face that is swapped at its place is another person's.

use lifesign_clip::JudgeOptions;
use lifesign_domain::{ReasonCode, Verdict};
use lifesign_media::Frame;
use lifesign_testkit::{Codec, Performance, film};
use lifesign_video::ClipLimits;

use crate::support::{FRAMES_PER_S, judge, puppet, shots};

#[test]
fn a_face_that_changes_at_its_place_is_a_reason_and_one_that_stays_is_none() {
    let Some(judge) = judge() else { return };
    let [first, second] = ["astronaut.jpg", "grace_hopper.jpg"]
        .map(|name| shots(&puppet(name), &Performance::calm(31), 2.0));
    let limits = ClipLimits {
        side_min: 480,
        ..ClipLimits::default()
    };
    let options = JudgeOptions {
        limits: &limits,
        profile: "classic",
        camera_data: false,
        on_judged: &|_| {},
    };
    let reasons = |frames: Vec<Frame>| {
        let clip = film(frames, FRAMES_PER_S, Codec::H264);
        let result = judge.judge(&clip, &options, &mut |_| {}).unwrap().result;
        let changed = result
            .reasons
            .iter()
            .any(|r| r.code == ReasonCode::FaceChanged);
        eprintln!(
            "{} {:.2} {:?}",
            result.verdict, result.confidence, result.reasons
        );
        (changed, result.verdict)
    };
    let same = [first.clone(), first.clone()].concat();
    assert!(!reasons(same).0);
    let (changed, verdict) = reasons([first, second].concat());
    assert!(changed);
    assert_eq!(verdict, Verdict::Inconclusive);
}
