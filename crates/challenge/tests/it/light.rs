//! The light challenge on simulated reflections.

use fastrand::Rng;
use lifesign_challenge::light::{Colour, LightVerdict, Sample, compare};
use lifesign_challenge::{
    Action, DigitsPolicy, Event, LightPolicy, Limits, Machine, Options, Plan, StepFailure,
    StepResult,
};

use crate::body::{between, normal};
use crate::scene::{face, seen};

const FLASH_MS: u64 = 500;

#[derive(Clone, Copy)]
struct Optics {
    /// Light of the screen against that of the room.
    strength: f64,
    lag_ms: f64,
    /// Noise of the mean colour, in levels.
    noise: f64,
    /// How fast the camera's exposure takes brightness back, a second; 0 never.
    exposure_per_s: f64,
}

fn draw(rng: &mut Rng) -> Vec<Colour> {
    let options = Options {
        light: LightPolicy::Required,
        ..Options::default()
    };
    let plan = Plan::draw(&mut || rng.u64(..), &options, &Limits::default()).unwrap();
    let colours = plan.steps().iter().find_map(|step| match &step.action {
        Action::LightSequence { colours, .. } => Some(colours.clone()),
        _ => None,
    });
    colours.unwrap()
}

/// Skin in a lit room, before a screen that shows `colours`, through a camera that adjusts its exposure.
fn reflect(colours: &[Colour], optics: Optics, rng: &mut Rng) -> Vec<Sample> {
    let skin = [0.5, 0.38, 0.3].map(|c| c * between(rng, 0.6, 1.4));
    let mut gain = 1.0;
    let interval = between(rng, 83.0, 125.0);
    (0..60)
        .map(|i| {
            let t = f64::from(i) * interval;
            let index = (t - optics.lag_ms) / FLASH_MS as f64;
            let shown = colours
                .get(index.max(0.0) as usize)
                .filter(|_| index >= 0.0);
            let screen = shown.map_or([0.0; 3], |c| c.rgb());
            let light: Vec<f64> = (0..3)
                .map(|c| skin[c] * (1.0 + optics.strength * screen[c]))
                .collect();
            let mean = light.iter().sum::<f64>() / 3.0;
            gain += (0.45 / mean - gain) * (optics.exposure_per_s * interval / 1_000.0).min(1.0);
            let mut levels =
                |c: usize| (255.0 * gain * light[c] + normal(rng, optics.noise)).clamp(0.0, 255.0);
            Sample {
                at: t as u64,
                colour: [levels(0), levels(1), levels(2)],
            }
        })
        .collect()
}

fn share(
    verdict: LightVerdict,
    sessions: u32,
    mut sample: impl FnMut(&mut Rng) -> LightVerdict,
) -> f64 {
    let mut rng = Rng::with_seed(9);
    let hits = (0..sessions)
        .filter(|_| sample(&mut rng) == verdict)
        .count();
    100.0 * hits as f64 / f64::from(sessions)
}

fn judge(colours: &[Colour], samples: &[Sample]) -> LightVerdict {
    compare(colours, FLASH_MS, samples, &Limits::default().light).verdict
}

#[test]
fn a_reflection_matches_at_any_delay_and_under_automatic_exposure() {
    for (strength, noise, exposure_per_s) in [
        (0.2, 0.5, 0.0),
        (0.1, 0.5, 2.0),
        (0.05, 0.5, 5.0),
        (0.03, 0.5, 2.0),
    ] {
        let rate = share(LightVerdict::Matches, 200, |rng| {
            let colours = draw(rng);
            let lag_ms = between(rng, 0.0, 450.0);
            let optics = Optics {
                strength,
                lag_ms,
                noise,
                exposure_per_s,
            };
            judge(&colours, &reflect(&colours, optics, rng))
        });
        println!(
            "screen {strength} of the room, noise {noise} levels, exposure {exposure_per_s}/s: {rate:.1} % match"
        );
        assert!(rate >= 95.0, "{strength}: {rate}");
    }
}

#[test]
fn a_replay_of_another_sequence_matches_only_by_chance() {
    let rate = share(LightVerdict::Matches, 1_000, |rng| {
        let (shown, replayed) = (draw(rng), draw(rng));
        let lag_ms = between(rng, 0.0, 450.0);
        let optics = Optics {
            strength: 0.1,
            lag_ms,
            noise: 0.5,
            exposure_per_s: 2.0,
        };
        judge(&shown, &reflect(&replayed, optics, rng))
    });
    println!("replays of another sequence: {rate:.1} % match");
    assert!(rate <= 2.0, "{rate}");
}

#[test]
fn noise_matches_only_by_chance_and_daylight_says_nothing() {
    let noise = share(LightVerdict::Matches, 1_000, |rng| {
        let optics = Optics {
            strength: 0.0,
            lag_ms: 0.0,
            noise: 2.0,
            exposure_per_s: 0.0,
        };
        judge(&draw(rng), &reflect(&[], optics, rng))
    });
    println!("noise alone: {noise:.1} % match");
    assert!(noise <= 2.0, "{noise}");
    let weak = share(LightVerdict::TooWeak, 200, |rng| {
        let colours = draw(rng);
        let optics = Optics {
            strength: 0.002,
            lag_ms: 100.0,
            noise: 0.3,
            exposure_per_s: 1.0,
        };
        judge(&colours, &reflect(&colours, optics, rng))
    });
    println!("daylight: {weak:.1} % too weak");
    assert!(weak >= 95.0, "{weak}");
}

#[test]
fn too_few_frames_say_nothing() {
    let limits = Limits::default().light;
    let colours = [Colour::Red, Colour::Green, Colour::Blue];
    let few = [
        Sample {
            at: 200,
            colour: [100.0; 3],
        },
        Sample {
            at: 700,
            colour: [100.0; 3],
        },
    ];
    for (colours, samples) in [
        (&colours[..], &few[..]),
        (&[], &few),
        (&colours[..1], &few),
        (&colours, &[]),
    ] {
        let found = compare(colours, FLASH_MS, samples, &limits);
        assert_eq!(found.verdict, LightVerdict::TooWeak);
        assert!((found.false_alarm - 1.0).abs() < f64::EPSILON);
    }
}

/// A session of the light step alone; the face throws back `reflected`.
fn session(
    policy: LightPolicy,
    shown: &[Colour],
    reflected: &[Colour],
    rng: &mut Rng,
) -> (bool, StepResult) {
    let limits = Limits::default();
    let action = Action::LightSequence {
        colours: shown.to_vec(),
        flash_ms: FLASH_MS,
    };
    let window_ms = shown.len() as u64 * FLASH_MS + limits.light.lag_ms;
    let step = lifesign_challenge::Step {
        action,
        pause_ms: 300,
        window_ms,
    };
    let mut machine = Machine::new(
        Plan::of_steps(vec![step], DigitsPolicy::Off, policy),
        limits,
    );
    let mut t = 0;
    while machine.output().prompt.is_none() {
        t += 100;
        machine.apply(&Event::Observed {
            at: t,
            observation: seen(face()),
        });
    }
    machine.apply(&Event::Shown { step: 0, at: t });
    let optics = Optics {
        strength: 0.1,
        lag_ms: 120.0,
        noise: 0.3,
        exposure_per_s: 1.0,
    };
    for sample in reflect(reflected, optics, rng) {
        let mut face = face();
        face.skin_colour = Some(sample.colour);
        machine.apply(&Event::Observed {
            at: t + sample.at,
            observation: seen(face),
        });
    }
    let outcome = machine.outcome().unwrap();
    (outcome.passed, outcome.steps[0].result)
}

#[test]
fn the_step_decides_where_light_is_required() {
    let mut rng = Rng::with_seed(3);
    let shown = [
        Colour::Red,
        Colour::Blue,
        Colour::Green,
        Colour::White,
        Colour::Magenta,
        Colour::Cyan,
        Colour::Red,
        Colour::Yellow,
    ];
    let other = [
        Colour::Cyan,
        Colour::Yellow,
        Colour::Red,
        Colour::Blue,
        Colour::Green,
        Colour::Red,
        Colour::Cyan,
        Colour::Blue,
    ];
    let wrong = StepFailure::LightDoesNotMatch;
    assert_eq!(
        session(LightPolicy::Required, &shown, &shown, &mut rng),
        (true, StepResult::Passed)
    );
    assert_eq!(
        session(LightPolicy::Required, &shown, &other, &mut rng),
        (false, StepResult::Failed(wrong))
    );
    assert_eq!(
        session(LightPolicy::Measured, &shown, &other, &mut rng),
        (true, StepResult::NotAssessed(wrong))
    );
}
