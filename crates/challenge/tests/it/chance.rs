//! Sessions that were not acted for their prompts: walkers at random and recordings.

use fastrand::Rng;
use lifesign_challenge::{
    DigitsPolicy, Event, Limits, Machine, Observation, Options, Output, Prompt,
};

use crate::body::{Body, Part, between};
use crate::honest::Person;
use crate::session::{Actor, machine, options, plan, run};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// Moves whenever it likes.
    Free,
    /// Waits for each prompt and answers it by a random movement.
    Waits,
    /// Knows the rules and not the prompts: at each one it smiles, blinks twice and lets its head creep
    /// through all angles of one direction, the next time of another.
    Crafty,
}

/// Does one thing after the other at random, each as a human would do it.
struct Walker {
    body: Body,
    next: f64,
    eyes: Vec<(f64, f64)>,
    style: Style,
    step: Option<usize>,
    asked: bool,
    relaxes: bool,
}

impl Walker {
    fn new(style: Style, rng: &mut Rng) -> Self {
        Self {
            body: Body::new(rng),
            next: 2_000.0,
            eyes: Vec::new(),
            style,
            step: None,
            asked: false,
            relaxes: false,
        }
    }

    fn creep(&mut self, t: f64, rng: &mut Rng) {
        self.body.go(Part::Smile, 0.2, t, 300.0);
        self.eyes = vec![
            (t, -1.0),
            (t + 400.0, 0.0),
            (t + 800.0, -1.0),
            (t + 1_200.0, 0.0),
        ];
        let (part, amount) = match rng.u8(0..4) {
            0 => (Part::Yaw, 33.0),
            1 => (Part::Yaw, -33.0),
            2 => (Part::Pitch, 24.0),
            _ => (Part::Pitch, -24.0),
        };
        self.body.go(part, amount, t, 3_500.0);
    }

    fn gesture(&mut self, t: f64, rng: &mut Rng) {
        let head = between(rng, 0.25, 0.7) * 1_000.0;
        match rng.u8(0..8) {
            0 => self.body.go(Part::Yaw, between(rng, 8.0, 32.0), t, head),
            1 => self.body.go(Part::Yaw, -between(rng, 8.0, 32.0), t, head),
            2 => self.body.go(Part::Pitch, between(rng, 7.0, 23.0), t, head),
            3 => self.body.go(Part::Pitch, -between(rng, 7.0, 23.0), t, head),
            4 => {
                self.eyes = vec![
                    (t, -1.0),
                    (t + 400.0, 0.0),
                    (t + 900.0, -1.0),
                    (t + 1_300.0, 0.0),
                ]
            }
            5 => self.body.go(Part::Smile, between(rng, 0.1, 0.35), t, 400.0),
            6 => self.body.go(Part::Mouth, between(rng, 0.1, 0.4), t, 400.0),
            _ => self.body.go(Part::Near, between(rng, 0.2, 0.7), t, 900.0),
        }
    }
}

impl Actor for Walker {
    fn see(&mut self, t: f64, output: &Output, rng: &mut Rng) {
        let step = output.prompt.as_ref().map(|p| p.step);
        self.asked = step.is_some();
        if self.style != Style::Free && step.is_some() && step != self.step {
            self.step = step;
            self.relaxes = false;
            self.next = t + between(rng, 400.0, 900.0);
        }
    }

    fn show(&mut self, t: f64, rng: &mut Rng) -> Observation {
        if t >= self.next {
            if self.relaxes {
                self.body.relax(t, between(rng, 300.0, 700.0));
                // Long enough at rest for the next prompt to come.
                let rest = if self.style != Style::Free {
                    600.0
                } else {
                    between(rng, 500.0, 3_000.0)
                };
                self.next = t + 700.0 + rest;
            } else if self.style == Style::Crafty {
                if self.asked {
                    self.creep(t, rng);
                    self.next = t + 3_500.0;
                }
            } else if self.asked || self.style == Style::Free {
                self.gesture(t, rng);
                self.next = t + between(rng, 1_200.0, 2_200.0);
            }
            self.relaxes = !self.relaxes;
        }
        while let Some((at, open)) = self.eyes.first().copied().filter(|(at, _)| *at <= t) {
            self.body.go(Part::Eyes, open, at, 80.0);
            self.eyes.remove(0);
        }
        self.body.observe(t, rng)
    }

    fn say(&mut self, _: &Prompt, rng: &mut Rng) -> Option<(u8, f64)> {
        // Four random digits fit well enough in 43 of 10,000 cases at most (`digits::align`).
        let score = if rng.u32(0..10_000) < 43 { 75 } else { 50 };
        Some((score, between(rng, 300.0, 2_000.0)))
    }
}

fn passing(options: &Options, style: Style, sessions: u32, seed: u64) -> u32 {
    let mut rng = Rng::with_seed(seed);
    let passes = |_: &u32| {
        let mut machine = machine(&mut rng, options);
        let mut walker = Walker::new(style, &mut rng);
        run(&mut machine, &mut walker, &mut rng).outcome.passed
    };
    (0..sessions).filter(passes).count() as u32
}

fn rates(sessions: u32, digits: &[DigitsPolicy]) {
    for movements in 3..=6 {
        for &digits in digits {
            for style in [Style::Free, Style::Waits, Style::Crafty] {
                let options = Options {
                    digits,
                    ..options(movements)
                };
                let passed = passing(&options, style, sessions, 20);
                let rate = 100.0 * f64::from(passed) / f64::from(sessions);
                println!(
                    "{movements} movements, digits {digits:?}, {style:?}: {passed} of {sessions} ({rate:.3} %)"
                );
                // Who knows the rules and does several things at once does not act at random.
                let most = if style == Style::Crafty { 5.0 } else { 1.0 };
                assert!(rate < most, "{movements} movements: {rate} %");
            }
        }
    }
}

#[test]
fn of_1000_walkers_at_random_under_1_percent_pass() {
    rates(1_000, &[DigitsPolicy::Off, DigitsPolicy::Required]);
}

#[test]
#[ignore = "minutes; run in release mode"]
fn of_100000_walkers_at_random_under_1_percent_pass() {
    // Digits only make it harder.
    rates(100_000, &[DigitsPolicy::Off]);
}

/// Frames of a passed session, sent again at their times into a session with another plan. The recording
/// even starts when the new session starts, and its prompts are acknowledged at once.
#[test]
fn a_recording_of_another_session_passes_only_by_chance() {
    const RECORDINGS: usize = 100;
    const PLANS: usize = 100;
    let mut rng = Rng::with_seed(7);
    for movements in [3, 4] {
        let mut tried = 0;
        let mut passed = 0;
        for _ in 0..RECORDINGS {
            let mut first = machine(&mut rng, &options(movements));
            let mut person = Person::new(&mut rng);
            let record = run(&mut first, &mut person, &mut rng);
            if !record.outcome.passed {
                continue;
            }
            for _ in 0..PLANS {
                let plan = plan(&mut rng, &options(movements));
                tried += 1;
                passed += u32::from(replay(plan, &record.events));
            }
        }
        println!("{movements} movements: {passed} of {tried} recordings pass");
        assert!(
            passed * 200 < tried,
            "{movements} movements: {passed} of {tried}"
        );
    }
}

fn replay(plan: lifesign_challenge::Plan, events: &[Event]) -> bool {
    let mut machine = Machine::new(plan, Limits::default());
    let mut shown = None;
    for event in events {
        if !matches!(event, Event::Observed { .. }) {
            continue;
        }
        let output = machine.apply(event);
        if let Some(prompt) = output.prompt.filter(|p| shown != Some(p.step)) {
            shown = Some(prompt.step);
            machine.apply(&Event::Shown {
                step: prompt.step,
                at: event.at(),
            });
        }
    }
    machine.outcome().is_some_and(|o| o.passed)
}
