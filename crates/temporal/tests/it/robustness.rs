//! Tracks that are broken in every way give a verdict, never a panic and never LIVE.

use fastrand::Rng;
use lifesign_domain::Verdict;
use lifesign_temporal::synthetic::Script;
use lifesign_temporal::{
    Calibration, Clip, ClipFacts, ClipResult, Corner, Decision, LumaGrid, Moment, Still, Track,
    judge, signals,
};

fn judged(track: &Track) -> ClipResult {
    let stills: Vec<Still> = (0..12)
        .map(|i| Still {
            at_s: f64::from(i) * 0.4,
            confidence: 0.95,
        })
        .collect();
    let decision = Decision {
        live_threshold: 0.58,
        inconclusive_margin: 0.04,
    };
    let clip = Clip {
        track,
        stills: &stills,
    };
    judge(&clip, &Calibration::embedded(), &decision)
}

const ODD: [f64; 8] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    0.0,
    -1.0,
    1e300,
    -1e300,
    1e-300,
];

fn broken(moment: &mut Moment, random: &mut Rng) {
    let odd = ODD[random.usize(0..ODD.len())];
    let Some(face) = &mut moment.face else { return };
    match random.u32(0..10) {
        0 => moment.face = None,
        1 => face.pose.yaw = odd,
        2 => face.eye_aspect_ratios = Some([odd, 0.3]),
        3 => face.skin.forehead = Some([odd, 1.0, odd]),
        4 => face.landmarks = face.landmarks.map(|_, [x, _, z]| [x, odd as f32, z]),
        5 => face.landmarks = face.landmarks.map(|_, _| [7.0; 3]),
        6 => face.descriptor = Some(vec![odd as f32; random.usize(0..4)]),
        7 => moment.background.grid = LumaGrid::new(1, vec![3.0]),
        8 => {
            let (x, dx) = (odd, odd);
            moment
                .background
                .corners
                .iter_mut()
                .for_each(|c| *c = Corner { x, dx, ..*c });
        }
        _ => moment.face_count = Some(random.usize(0..100)),
    }
}

#[test]
fn broken_tracks_are_judged_without_panic() {
    for seed in 0..60 {
        let random = &mut Rng::with_seed(seed);
        let mut track = Script::random(seed).play().record();
        let share = random.f64();
        track.map_moments(|_, moment| {
            if random.f64() < share {
                broken(moment, random);
            }
        });
        track
            .facts
            .frame_times_s
            .push(ODD[seed as usize % ODD.len()]);
        track.facts.duration_s = Some(ODD[seed as usize % ODD.len()]);
        track.facts.nominal_fps = Some(ODD[seed as usize % ODD.len()]);
        track.facts.time_step_s = Some(ODD[seed as usize % ODD.len()]);
        let result = judged(&track);
        assert!(
            (0.0..=1.0).contains(&result.confidence),
            "{seed}: {}",
            result.confidence
        );
        for signal in &result.signals {
            assert!((0.0..=1.0).contains(&signal.score), "{seed}: {signal:?}");
            assert!(
                signal.values.values().all(|v| v.is_finite()),
                "{seed}: {signal:?}"
            );
            assert!(!signal.detail.is_empty());
        }
    }
}

#[test]
fn hardly_any_track_is_never_live() {
    let whole = Script::random(3).play().record();
    for length in [0, 1, 2, 3, 5, 8] {
        let moments = whole.moments()[..length].to_vec();
        let result = judged(&Track::new(whole.size, ClipFacts::default(), moments));
        assert_eq!(result.verdict, Verdict::Inconclusive, "{length}");
        assert!(!result.reasons.is_empty(), "{length}");
    }
    let mut faceless = whole.clone();
    faceless.map_moments(|_, m| m.face = None);
    assert_eq!(judged(&faceless).verdict, Verdict::Inconclusive);
    let mut sizeless = whole.clone();
    sizeless.size = [0, 0];
    judged(&sizeless);
}

#[test]
fn the_same_track_has_the_same_verdict_whenever_it_starts() {
    let track = Script::random(5).play().record();
    assert_eq!(judged(&track), judged(&track));
    let later: Vec<Moment> = track
        .moments()
        .iter()
        .map(|m| Moment {
            at_s: m.at_s + 1000.0,
            ..m.clone()
        })
        .collect();
    let shifted = Track::new(track.size, track.facts.clone(), later);
    let params = Calibration::embedded().signals;
    for signal in signals::all() {
        let scores = [&track, &shifted].map(|t| signal.read(t, &params).score());
        match scores {
            [Some(a), Some(b)] => assert!((a - b).abs() < 1e-3, "{}: {a} {b}", signal.name()),
            [a, b] => assert_eq!(a, b, "{}", signal.name()),
        }
    }
}
