//! Honest persons: they see the prompt, wait as long as humans do, move more or less as asked, and follow
//! the guidance.

use std::collections::BTreeMap;

use fastrand::Rng;
use lifesign_challenge::{
    Action, DigitsPolicy, Direction, Guidance, Observation, Options, Output, Prompt,
};

use crate::body::{Body, Part, between, normal};
use crate::session::{Actor, machine, options, run};

pub(crate) struct Person {
    pub(crate) body: Body,
    /// Step that was seen last.
    step: Option<usize>,
    /// What it is about to do.
    intents: Vec<(f64, Intent)>,
    /// Where its head is asked to go, and how far it went.
    head: Option<(Part, f64, f64)>,
    next_correction: f64,
    away: bool,
    /// Part of prompts at which it first does something else.
    slips: f64,
}

#[derive(Clone, Copy, Debug)]
enum Intent {
    Go(Part, f64, f64),
    Relax(f64),
}

impl Person {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        Self {
            body: Body::new(rng),
            step: None,
            intents: Vec::new(),
            head: None,
            next_correction: 0.0,
            away: false,
            slips: 0.02,
        }
    }

    /// Plans the answer to a prompt that it begins at `t`.
    fn answer(&mut self, prompt: &Prompt, t: f64, rng: &mut Rng) {
        self.away = true;
        if let Some((direction, degrees)) = prompt.action.head() {
            let (part, sign) = match direction {
                Direction::Left => (Part::Yaw, 1.0),
                Direction::Right => (Part::Yaw, -1.0),
                Direction::Up => (Part::Pitch, 1.0),
                Direction::Down => (Part::Pitch, -1.0),
            };
            let amount = sign * (degrees * between(rng, 0.7, 1.3) + normal(rng, 1.0));
            let duration = amount.abs() / between(rng, 40.0, 110.0) * 1_000.0;
            let mut at = t;
            if rng.f64() < self.slips {
                self.intents.push((at, Intent::Go(part, -amount, duration)));
                self.intents
                    .push((at + 1_500.0, Intent::Go(part, 0.0, duration)));
                at += 2_500.0;
            }
            self.intents.push((at, Intent::Go(part, amount, duration)));
            self.head = Some((part, sign, amount));
            self.next_correction = at + duration + between(rng, 400.0, 900.0);
            return;
        }
        match prompt.action {
            Action::BlinkTwice => {
                let mut at = t;
                // Those whose blinks were too short to be seen are asked once more.
                for _ in 0..4 {
                    let closed = between(rng, 200.0, 550.0);
                    self.intents.push((at, Intent::Go(Part::Eyes, -1.0, 70.0)));
                    at += 70.0 + closed;
                    self.intents.push((at, Intent::Go(Part::Eyes, 0.0, 90.0)));
                    at += 90.0 + between(rng, 250.0, 800.0);
                }
            }
            Action::Smile => self.go(t, Part::Smile, between(rng, 0.14, 0.35), rng),
            Action::OpenMouth => self.go(t, Part::Mouth, between(rng, 0.17, 0.4), rng),
            Action::MoveCloser => {
                let amount = between(rng, 0.33, 0.7);
                let duration = between(rng, 700.0, 2_000.0);
                self.intents
                    .push((t, Intent::Go(Part::Near, amount, duration)));
            }
            _ => self.away = false,
        }
    }

    fn go(&mut self, t: f64, part: Part, amount: f64, rng: &mut Rng) {
        self.intents
            .push((t, Intent::Go(part, amount, between(rng, 250.0, 600.0))));
    }

    fn correct(&mut self, t: f64, guidance: Option<Guidance>, rng: &mut Rng) {
        let Some((part, sign, amount)) = self.head.filter(|_| t >= self.next_correction) else {
            return;
        };
        let change = match guidance {
            Some(Guidance::Further) => between(rng, 2.0, 5.0),
            Some(Guidance::LessFar) => -between(rng, 2.0, 5.0),
            _ => return,
        };
        let amount = amount + sign * change;
        self.head = Some((part, sign, amount));
        self.next_correction = t + between(rng, 600.0, 1_000.0);
        self.intents
            .push((t + 250.0, Intent::Go(part, amount, 250.0)));
    }
}

impl Actor for Person {
    fn see(&mut self, t: f64, output: &Output, rng: &mut Rng) {
        match &output.prompt {
            Some(prompt) if self.step != Some(prompt.step) => {
                self.step = Some(prompt.step);
                // The page shows the prompt up to 150 ms after the server told it.
                let begins = t + 150.0 + between(rng, 250.0, 900.0);
                self.answer(prompt, begins, rng);
            }
            Some(_) => self.correct(t, output.guidance, rng),
            None if self.away => {
                self.away = false;
                self.head = None;
                self.intents.clear();
                let begins = t + between(rng, 250.0, 900.0);
                self.intents
                    .push((begins, Intent::Relax(between(rng, 300.0, 900.0))));
            }
            None => {}
        }
    }

    fn show(&mut self, t: f64, rng: &mut Rng) -> Observation {
        let due: Vec<_> = self
            .intents
            .iter()
            .filter(|(at, _)| *at <= t)
            .copied()
            .collect();
        self.intents.retain(|(at, _)| *at > t);
        for (at, intent) in due {
            match intent {
                Intent::Go(part, amount, duration) => self.body.go(part, amount, at, duration),
                Intent::Relax(duration) => self.body.relax(at, duration),
            }
        }
        self.body.observe(t, rng)
    }

    fn say(&mut self, _: &Prompt, rng: &mut Rng) -> Option<(u8, f64)> {
        Some((rng.u8(75..=100), between(rng, 400.0, 1_500.0)))
    }
}

#[test]
fn at_least_95_of_100_honest_persons_pass() {
    for movements in [3, 4, 5, 6] {
        for digits in [DigitsPolicy::Off, DigitsPolicy::Required] {
            let options = Options {
                digits,
                ..options(movements)
            };
            let (rate, seconds) = pass_rate(&options, 1.0, 500);
            println!("{movements} movements, digits {digits:?}: {rate:.1} % pass, {seconds:.0} s");
            assert!(rate >= 95.0, "{movements} movements: {rate} %");
        }
    }
}

#[test]
fn twice_the_noise_still_lets_most_pass() {
    let (rate, _) = pass_rate(&options(4), 2.0, 500);
    println!("4 movements, twice the noise: {rate:.1} % pass");
    assert!(rate >= 80.0, "{rate}");
}

/// Percentage that passes, and the mean length of a session in seconds.
fn pass_rate(options: &Options, noise: f64, sessions: u32) -> (f64, f64) {
    let mut rng = Rng::with_seed(6);
    let mut failures = BTreeMap::<String, u32>::new();
    let mut milliseconds = 0;
    for _ in 0..sessions {
        let mut machine = machine(&mut rng, options);
        let mut person = Person::new(&mut rng);
        person.body.noise = noise;
        let record = run(&mut machine, &mut person, &mut rng);
        milliseconds += record.events.last().unwrap().at();
        if !record.outcome.passed {
            let kind = record.outcome.steps.last().map(|s| s.kind);
            let why = format!("{kind:?} {:?}", record.outcome.failure);
            *failures.entry(why).or_default() += 1;
        }
    }
    println!("{failures:?}");
    let failed: u32 = failures.values().sum();
    let seconds = milliseconds as f64 / 1_000.0 / f64::from(sessions);
    let rate = 100.0 * f64::from(sessions - failed) / f64::from(sessions);
    (rate, seconds)
}
