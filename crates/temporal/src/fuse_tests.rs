use lifesign_domain::OPERATING_POINT;

use super::*;
use crate::FaceMoment;
use crate::synthetic::{PlaneMotion, Script, frozen, looped};

const DECISION: Decision = Decision {
    live_threshold: OPERATING_POINT,
    inconclusive_margin: 0.04,
};

fn stills(confidence: f64) -> Vec<Still> {
    (0..16)
        .map(|i| Still {
            at_s: f64::from(i) * 0.5,
            confidence,
        })
        .collect()
}

fn lively() -> Script {
    Script {
        sway_deg: [4.0, 2.0, 1.5],
        sway_cm: 0.6,
        blinks_s: vec![2.0, 5.0],
        ..Script::calm(21, 8.0, 25.0)
    }
}

fn judged(track: &Track, confidence: f64) -> ClipResult {
    let stills = stills(confidence);
    let clip = Clip {
        track,
        stills: &stills,
    };
    judge(&clip, &Calibration::embedded(), &DECISION)
}

fn codes(result: &ClipResult) -> Vec<ReasonCode> {
    result.reasons.iter().map(|r| r.code).collect()
}

fn faces(track: &mut Track, change: impl Fn(usize, &mut FaceMoment)) {
    track.map_moments(|i, m: &mut Moment| m.face.iter_mut().for_each(|f| change(i, f)));
}

#[test]
fn live_frames_in_a_lively_clip_are_live_and_lifted_little() {
    let result = judged(&lively().play().record(), 0.8);
    assert_eq!(result.verdict, Verdict::Live, "{result:#?}");
    assert!(
        result.confidence >= 0.8 && result.confidence < 0.8 * 1.11,
        "{}",
        result.confidence
    );
    assert!(result.reasons.is_empty(), "{:?}", result.reasons);
    let weights: f64 = result.signals.iter().map(|s| s.weight).sum();
    assert!((weights - 1.0).abs() < 1e-9);
    assert_eq!(result.signals.len(), 8);
    assert_eq!(result.signals[0].name, FRAMES);
}

#[test]
fn time_alone_never_makes_a_spoof_live() {
    let result = judged(&lively().play().record(), 0.45);
    assert_eq!(result.verdict, Verdict::Spoof, "{}", result.confidence);
}

#[test]
fn each_attack_over_time_overrules_good_frames() {
    let take = lively().play();
    let clip = take.record();
    let hand = PlaneMotion::new(&mut fastrand::Rng::with_seed(2), 12.0, 30.0);
    let mut injected = clip.clone();
    injected
        .facts
        .encoders
        .push("OBS Virtual Camera".to_owned());
    for (attack, reason) in [
        (frozen(&clip, 20, 100), ReasonCode::FrozenClip),
        (looped(&clip, 60), ReasonCode::LoopedClip),
        (
            take.printed(9).on_plane(&hand).record(),
            ReasonCode::PlanarMotion,
        ),
        (injected, ReasonCode::InjectedClip),
    ] {
        let result = judged(&attack, 0.9);
        assert_eq!(result.verdict, Verdict::Spoof, "{reason:?}: {result:#?}");
        assert!(
            codes(&result).contains(&reason),
            "{reason:?}: {:?}",
            codes(&result)
        );
    }
}

#[test]
fn what_is_missing_is_inconclusive_however_good_the_frames() {
    let clip = lively().play().record();
    let empty = judged(&Track::default(), 0.99);
    assert_eq!(
        (empty.verdict, codes(&empty)[0]),
        (Verdict::Inconclusive, ReasonCode::NoFace)
    );

    let mut lost = clip.clone();
    lost.map_moments(|i, m| m.face = m.face.take().filter(|_| i < 60));
    assert!(codes(&judged(&lost, 0.99)).contains(&ReasonCode::FaceLost));

    let short = Script::calm(1, 0.5, 25.0).play().record();
    assert!(codes(&judged(&short, 0.99)).contains(&ReasonCode::ClipTooShort));

    let mut crowd = clip.clone();
    crowd.map_moments(|i, m| m.face_count = Some(if i % 4 == 0 { 2 } else { 1 }));
    assert!(codes(&judged(&crowd, 0.99)).contains(&ReasonCode::SeveralFaces));

    let mut swapped = clip.clone();
    faces(&mut swapped, |i, f| {
        f.descriptor = Some(vec![if i < 150 { 0.0 } else { 1.0 }; 128])
    });
    assert!(codes(&judged(&swapped, 0.99)).contains(&ReasonCode::FaceChanged));

    let mut cut = clip.clone();
    faces(&mut cut, |i, f| {
        if i >= 100 {
            f.landmarks = f.landmarks.map(|_, [x, y, z]| [x + 300.0, y, z]);
        }
    });
    assert!(codes(&judged(&cut, 0.99)).contains(&ReasonCode::FaceChanged));

    for track in [lost, short, crowd, swapped, cut] {
        assert_eq!(judged(&track, 0.99).verdict, Verdict::Inconclusive);
    }
    let few = Clip {
        track: &clip,
        stills: &stills(0.99)[..1],
    };
    let result = judge(&few, &Calibration::embedded(), &DECISION);
    assert_eq!(result.verdict, Verdict::Inconclusive);
    assert_eq!(codes(&result), [ReasonCode::NotEnoughSignals]);
}

#[test]
fn frames_on_which_nobody_looked_are_not_lost() {
    let mut clip = lively().play().record();
    clip.map_moments(|i, m| {
        if i % 2 == 1 {
            (m.face, m.face_count) = (None, None);
        }
    });
    let result = judged(&clip, 0.8);
    assert_eq!(result.verdict, Verdict::Live, "{:?}", result.reasons);
}

#[test]
fn the_same_person_throughout_is_no_stranger() {
    let mut clip = lively().play().record();
    faces(&mut clip, |i, f| {
        f.descriptor = Some(vec![0.001 * i as f32 / 128.0; 128])
    });
    assert!(judged(&clip, 0.8).reasons.is_empty());
}

#[test]
fn whoever_pulls_a_face_is_no_stranger_and_whoever_takes_a_place_is() {
    // At so many distances from the first face.
    let seen = |distances: &[f32]| {
        let mut clip = lively().play().record();
        faces(&mut clip, |i, f| {
            let at = distances.get(i / 25).copied();
            f.descriptor = at.filter(|_| i % 25 == 0).map(|at| vec![at, 0.0]);
        });
        codes(&judged(&clip, 0.8)).contains(&ReasonCode::FaceChanged)
    };
    assert!(!seen(&[0.0, 0.0, 0.1, 0.3, 0.52, 0.3, 0.0]));
    // Nothing lies between.
    assert!(seen(&[0.0, 0.0, 0.0, 0.0, 0.52, 0.52, 0.52]));
    // A face that becomes another one bit by bit.
    assert!(seen(&[0.0, 0.0, 0.0, 0.35, 0.7, 1.05, 1.05]));
    // What cannot be compared.
    assert!(seen(&[0.0, 0.0, 0.0, f32::NAN, f32::NAN]));
}

#[test]
fn the_confidence_never_falls_when_a_score_rises() {
    let params = Calibration::embedded().fusion;
    let reading = |score: f64| {
        Reading::Measured(signals::Measured {
            values: Vec::new(),
            score,
            detail: String::new(),
        })
    };
    for i in 0..signals::all().len() {
        let mut last = 0.0;
        for step in 0..=20 {
            let scores = (0..).map(|j| if j == i { f64::from(step) / 20.0 } else { 0.6 });
            let readings: Vec<_> = signals::all()
                .into_iter()
                .zip(scores.map(reading))
                .collect();
            let confidence = fused(0.7, &readings, &params);
            assert!(confidence >= last - 1e-12, "{i} {step}");
            assert!(confidence <= 0.7 * params.max_lift + 1e-12);
            last = confidence;
        }
    }
    let nothing = signals::all()
        .into_iter()
        .map(|s| (s, Reading::NotAssessable(String::new())))
        .collect::<Vec<_>>();
    assert!((fused(0.7, &nothing, &params) - 0.7).abs() < 1e-12);
    let neutral: Vec<_> = signals::all()
        .into_iter()
        .map(|s| (s, reading(NEUTRAL)))
        .collect();
    assert!((fused(0.7, &neutral, &params) - 0.7).abs() < 1e-12);
    assert_eq!(fused(0.0, &neutral, &params), 0.0);
}

#[test]
fn bands_of_the_contract() {
    for (confidence, verdict) in [
        (0.6201, Verdict::Live),
        (0.62, Verdict::Inconclusive),
        (0.54, Verdict::Inconclusive),
        (0.5399, Verdict::Spoof),
        (f64::NAN, Verdict::Inconclusive),
    ] {
        assert_eq!(decide(confidence, &DECISION), verdict, "{confidence}");
    }
}
