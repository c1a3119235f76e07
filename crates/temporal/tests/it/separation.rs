//! How well the signals separate synthetic sequences of living people from attacks with the very
//! same people. The printed table is the one in docs/SIGNALS.md:
//!
//!     cargo test -p lifesign-temporal --test it separation -- --nocapture

use fastrand::Rng;
use lifesign_temporal::signals::{self, NEUTRAL};
use lifesign_temporal::synthetic::{
    Flickering, PlaneMotion, Script, flickering, frozen, looped, ping_pong, re_encoded,
};
use lifesign_temporal::{Calibration, Clip, ClipResult, Decision, Still, Track, judge};

const PEOPLE: u64 = 200;
const KINDS: [&str; 4] = ["live", "print", "replay", "repeat"];

fn between(random: &mut Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * random.f64()
}

/// One living person and three attacks with that person, in the order of [`KINDS`].
fn tracks(seed: u64) -> [Track; 4] {
    let random = &mut Rng::with_seed(seed.wrapping_mul(77) + 5);
    let take = Script::random(seed).play();
    let live = take.record();
    let fresh = |take: &lifesign_temporal::synthetic::Take| {
        let mut other = take.clone();
        other.seed = seed ^ 0xA77A_C4ED;
        other.record()
    };
    let tilt = between(random, 3.0, 14.0);
    let hand = PlaneMotion::new(random, tilt, between(&mut Rng::with_seed(seed), 5.0, 35.0));
    let mut print = take.printed(take.shots.len() / 3).on_plane(&hand);
    if random.bool() {
        print = print.before(&take);
    }
    let tilt = between(random, 2.0, 12.0);
    let hand = PlaneMotion::new(random, tilt, between(&mut Rng::with_seed(seed), 3.0, 25.0));
    let mut replay = fresh(&take.on_plane(&hand));
    if random.f64() < 0.7 {
        let light = Flickering {
            hertz: [50.0, 60.0, 90.0, 120.0, 144.0, 240.0][random.usize(0..6)] + random.f64(),
            depth: between(random, 0.003, 0.04),
            readout_s: between(random, 0.008, 0.03),
            everywhere: false,
        };
        replay = flickering(&replay, &light);
    }
    let part = live.moments().len() * 2 / 5;
    let repeat = match seed % 3 {
        0 => looped(&live, part),
        1 => ping_pong(&live, part),
        _ => frozen(&live, part, part),
    };
    [live, fresh(&print), replay, re_encoded(&repeat, seed, 0.05)]
}

/// The chance that a living person scores above an attack; ties count half.
fn auc(live: &[f64], attack: &[f64]) -> f64 {
    let wins: f64 = live
        .iter()
        .flat_map(|l| attack.iter().map(move |a| (l, a)))
        .map(|(l, a)| {
            if l > a {
                1.0
            } else if l == a {
                0.5
            } else {
                0.0
            }
        })
        .sum();
    wins / (live.len() * attack.len()) as f64
}

fn judged(track: &Track, calibration: &Calibration) -> ClipResult {
    let stills: Vec<Still> = (0..10)
        .map(|i| Still {
            at_s: f64::from(i) * 0.5,
            confidence: 0.8,
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
    judge(&clip, calibration, &decision)
}

fn quantiles(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    let at = |q: f64| values[((values.len() - 1) as f64 * q).round() as usize];
    if values.is_empty() {
        return "none".to_owned();
    }
    let list = [0.05, 0.25, 0.5, 0.75, 0.95].map(|q| format!("{:.4}", at(q)));
    list.join(" ")
}

#[test]
fn living_people_and_attacks_separate() {
    let calibration = Calibration::embedded();
    let names: Vec<&str> = signals::all().iter().map(|s| s.name()).collect();
    // Scores by kind, then by signal; the last column is the confidence of equal frames.
    let mut scores = vec![vec![Vec::new(); names.len() + 1]; KINDS.len()];
    let mut assessed = vec![vec![0; names.len()]; KINDS.len()];
    let mut natives: std::collections::BTreeMap<(String, usize), Vec<f64>> = Default::default();
    for seed in 0..PEOPLE {
        for (kind, track) in tracks(seed).iter().enumerate() {
            let result = judged(track, &calibration);
            // The first report is that of the frames.
            for (i, report) in result.signals.iter().skip(1).enumerate() {
                assessed[kind][i] += usize::from(report.assessed);
                scores[kind][i].push(if report.assessed {
                    report.score
                } else {
                    NEUTRAL
                });
                for (name, value) in &report.values {
                    let key = (format!("{}.{name}", report.name), kind);
                    natives.entry(key).or_default().push(*value);
                }
            }
            scores[kind][names.len()].push(result.confidence);
        }
    }
    for ((name, kind), values) in natives {
        println!("{name:36} {:7} {}", KINDS[kind], quantiles(values));
    }
    println!("\nAUC of each signal; share assessed live; live scores under 0.25");
    let area = |signal: usize, kind: usize| auc(&scores[0][signal], &scores[kind][signal]);
    for (i, name) in names.iter().chain(&["confidence"]).enumerate() {
        let low = scores[0][i].iter().filter(|s| **s < 0.25).count();
        println!(
            "{name:16} print {:.3} replay {:.3} repeat {:.3} | assessed {:3} of {PEOPLE} | low {low}",
            area(i, 1),
            area(i, 2),
            area(i, 3),
            assessed[0].get(i).unwrap_or(&0),
        );
    }
    let at = |name: &str| names.iter().position(|n| *n == name).unwrap();
    for (name, kind, floor) in [
        ("micro_motion", 1, 0.90),
        ("micro_motion", 2, 0.85),
        ("non_rigidity", 1, 0.93),
        ("blink", 1, 0.88),
        ("pulse", 1, 0.95),
        ("flicker", 2, 0.65),
        ("static_risk", 3, 0.95),
    ] {
        let found = area(at(name), kind);
        assert!(found >= floor, "{name} against {}: {found:.3}", KINDS[kind]);
    }
    for (kind, floor) in [(1, 0.95), (2, 0.90), (3, 0.97)] {
        let found = area(names.len(), kind);
        assert!(
            found >= floor,
            "confidence against {}: {found:.3}",
            KINDS[kind]
        );
    }
}
