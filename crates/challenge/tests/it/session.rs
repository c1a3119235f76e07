//! Runs a session between a machine and somebody before the camera.

use fastrand::Rng;
use lifesign_challenge::digits::Measured;
use lifesign_challenge::{
    Action, DigitsPolicy, Event, LightPolicy, Limits, Machine, Observation, Options, Outcome,
    Output, Plan, Prompt, Speech,
};

use crate::body::between;

/// Somebody before the camera.
pub(crate) trait Actor {
    /// Sees the page. `t` in ms.
    fn see(&mut self, t: f64, output: &Output, rng: &mut Rng);
    /// Is seen by the camera.
    fn show(&mut self, t: f64, rng: &mut Rng) -> Observation;
    /// What it says when asked for digits: score of the alignment, and when it begins after the prompt.
    fn say(&mut self, prompt: &Prompt, rng: &mut Rng) -> Option<(u8, f64)>;
}

/// Everything that happened, and the end.
pub(crate) struct Record {
    pub(crate) events: Vec<Event>,
    pub(crate) outcome: Outcome,
    pub(crate) outputs: Vec<Output>,
}

pub(crate) fn options(movements: usize) -> Options {
    Options {
        movements,
        digits: DigitsPolicy::Off,
        light: LightPolicy::Off,
    }
}

pub(crate) fn plan(rng: &mut Rng, options: &Options) -> Plan {
    Plan::draw(&mut || rng.u64(..), options, &Limits::default()).unwrap()
}

pub(crate) fn machine(rng: &mut Rng, options: &Options) -> Machine {
    Machine::new(plan(rng, options), Limits::default())
}

/// 8 to 12 frames a second that arrive with jitter and of which some are lost, until the session ends.
pub(crate) fn run(machine: &mut Machine, actor: &mut dyn Actor, rng: &mut Rng) -> Record {
    let interval = between(rng, 1_000.0 / 12.0, 1_000.0 / 8.0);
    let dropped = between(rng, 0.0, 0.1);
    let mut record = Record {
        events: Vec::new(),
        outcome: Outcome {
            passed: false,
            failure: None,
            steps: Vec::new(),
        },
        outputs: Vec::new(),
    };
    let mut answered: Option<usize> = None;
    let mut pending: Vec<Event> = Vec::new();
    let mut t = 1_000.0;
    loop {
        t += (interval + between(rng, -15.0, 15.0)).max(10.0);
        pending.sort_by_key(Event::at);
        let due = pending.iter().take_while(|e| e.at() <= t as u64).count();
        let mut now: Vec<Event> = pending.drain(..due).collect();
        if rng.f64() >= dropped {
            let observation = actor.show(t, rng);
            now.push(Event::Observed {
                at: t as u64,
                observation,
            });
        }
        now.push(Event::Tick { at: t as u64 });
        for event in now {
            let output = machine.apply(&event);
            record.events.push(event);
            actor.see(t, &output, rng);
            if let Some(prompt) = output.prompt.as_ref().filter(|p| answered != Some(p.step)) {
                answered = Some(prompt.step);
                let shown = t + between(rng, 40.0, 150.0);
                pending.push(Event::Shown {
                    step: prompt.step,
                    at: shown as u64,
                });
                pending.extend(speech(actor, prompt, shown, rng));
            }
            record.outputs.push(output);
        }
        if let Some(outcome) = machine.outcome() {
            record.outcome = outcome.clone();
            return record;
        }
    }
}

fn speech(actor: &mut dyn Actor, prompt: &Prompt, shown: f64, rng: &mut Rng) -> Option<Event> {
    if !matches!(prompt.action, Action::ReadDigits { .. }) {
        return None;
    }
    let (score, after) = actor.say(prompt, rng)?;
    let started = shown + after;
    Some(Event::Heard {
        step: prompt.step,
        at: (started + between(rng, 2_500.0, 5_000.0)) as u64,
        speech: Speech {
            started_at: Some(started as u64),
            alignment: Measured::Score(score),
            lips: Measured::Score(50),
        },
    })
}
