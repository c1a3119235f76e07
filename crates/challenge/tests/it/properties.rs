//! What must hold for every plan and every sequence of events.

use fastrand::Rng;
use lifesign_challenge::digits::{Measured, Unheard};
use lifesign_challenge::{
    DigitsPolicy, Event, FaceMeasures, LightPolicy, Limits, Machine, Observation, Options, Plan,
    Speech, StepKind,
};
use lifesign_domain::PoseDegrees;
use proptest::prelude::*;

use crate::honest::Person;
use crate::session::{Record, machine, run};

/// An honest session with everything but light.
fn honest(seed: u64) -> (Machine, Record) {
    let mut rng = Rng::with_seed(seed);
    let options = Options {
        digits: DigitsPolicy::Required,
        ..Options::default()
    };
    let fresh = machine(&mut rng, &options);
    let mut person = Person::new(&mut rng);
    let record = run(&mut fresh.clone(), &mut person, &mut rng);
    (fresh, record)
}

fn passes(machine: &Machine, events: &[Event]) -> bool {
    let mut machine = machine.clone();
    for event in events {
        machine.apply(event);
    }
    machine.outcome().is_some_and(|o| o.passed)
}

fn options() -> impl Strategy<Value = Options> {
    let digits = prop_oneof![
        Just(DigitsPolicy::Off),
        Just(DigitsPolicy::Skippable),
        Just(DigitsPolicy::Required)
    ];
    let light = prop_oneof![
        Just(LightPolicy::Off),
        Just(LightPolicy::Measured),
        Just(LightPolicy::Required)
    ];
    (3..=8_usize, digits, light).prop_map(|(movements, digits, light)| Options {
        movements,
        digits,
        light,
    })
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -40.0..40.0,
        4 => 0.0..0.5,
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(-1e300),
    ]
}

prop_compose! {
    fn observation()(
        faces in 0..3_u32,
        same_person in prop::option::weighted(0.5, prop::bool::weighted(0.9)),
        has_face in prop::bool::weighted(0.9),
        n in prop::array::uniform10(number()),
    ) -> Observation {
        let face = FaceMeasures {
            pose: PoseDegrees { yaw: n[0], pitch: n[1], roll: n[2] },
            eye_openness: [n[3], n[4]],
            mouth_opening: n[5],
            smile: n[6],
            eye_distance: n[7],
            skin_colour: Some([n[8], n[9], n[8]]),
        };
        Observation { faces, same_person, face: has_face.then_some(face) }
    }
}

fn measured() -> impl Strategy<Value = Measured> {
    prop_oneof![
        any::<u8>().prop_map(Measured::Score),
        Just(Measured::Unavailable(Unheard::NoMicrophone)),
        Just(Measured::Unavailable(Unheard::Silence)),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let at = || prop_oneof![9 => 0..60_000_u64, 1 => Just(u64::MAX)];
    let step = || 0..6_usize;
    let heard = (step(), at(), prop::option::of(at()), measured(), measured());
    prop_oneof![
        2 => (step(), at()).prop_map(|(step, at)| Event::Shown { step, at }),
        8 => (at(), observation()).prop_map(|(at, observation)| Event::Observed { at, observation }),
        1 => heard.prop_map(|(step, at, started_at, alignment, lips)| Event::Heard {
            step,
            at,
            speech: Speech { started_at, alignment, lips },
        }),
        1 => (step(), at()).prop_map(|(step, at)| Event::Skipped { step, at }),
        1 => at().prop_map(|at| Event::Tick { at }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn no_events_make_it_panic_or_pass(
        seed: u64,
        options in options(),
        sorted: bool,
        mut events in prop::collection::vec(event(), 0..200),
    ) {
        if sorted {
            events.sort_by_key(Event::at);
        }
        let mut rng = Rng::with_seed(seed);
        let mut machine = machine(&mut rng, &options);
        for event in &events {
            let output = machine.apply(event);
            prop_assert!(!output.outcome.is_some_and(|o| o.passed));
        }
    }

    #[test]
    fn a_passed_session_with_a_stretch_of_events_left_out_never_passes_with_steps_missing(
        seed: u64,
        from in 0.0..1.0_f64,
        length in 0.02..1.0_f64,
    ) {
        let (machine, record) = honest(seed);
        prop_assume!(record.outcome.passed);
        let count = record.events.len();
        let from = (from * count as f64) as usize;
        let until = (from + (length * count as f64) as usize).min(count);
        let kept: Vec<Event> = record.events.iter().enumerate()
            .filter(|(i, _)| !(from..until).contains(i))
            .map(|(_, e)| e.clone())
            .collect();
        // Whatever was lost, a session that passes has answered every step of its plan.
        let mut again = machine.clone();
        for event in &kept {
            again.apply(event);
        }
        if let Some(outcome) = again.outcome().filter(|o| o.passed) {
            prop_assert_eq!(outcome.steps.len(), record.outcome.steps.len());
        }
        // Without the acknowledgement of one step's prompt it cannot be answered.
        let without: Vec<Event> = record.events.iter()
            .filter(|e| !matches!(e, Event::Shown { step, .. } if *step == seed as usize % 5))
            .cloned()
            .collect();
        prop_assert!(!passes(&machine, &without));
    }

    #[test]
    fn a_passed_session_whose_steps_change_places_never_passes(seed: u64, pick in 0..1_000_usize) {
        let (machine, record) = honest(seed);
        prop_assume!(record.outcome.passed);
        // Answers of two steps swapped, each at the times of the other.
        let shown: Vec<usize> = record.events.iter().enumerate()
            .filter(|(_, e)| matches!(e, Event::Shown { .. }))
            .map(|(i, _)| i)
            .collect();
        let cut = shown[1 + pick % (shown.len() - 1)];
        let (head, tail) = record.events.split_at(cut);
        let swapped: Vec<Event> = tail.iter().chain(head).cloned().collect();
        prop_assert!(!passes(&machine, &swapped));
        let mut reversed = record.events.clone();
        reversed.reverse();
        prop_assert!(!passes(&machine, &reversed));
        // With a clock that pleases, the order alone must be enough.
        let retimed: Vec<Event> = swapped.iter().zip(&record.events)
            .map(|(event, at)| at_time(event, at.at()))
            .collect();
        prop_assert!(!passes(&machine, &retimed));
    }

    #[test]
    fn a_machine_that_is_read_back_goes_on_identically(seed: u64, every in 1..40_usize) {
        let (machine, record) = honest(seed);
        let mut kept = machine.clone();
        let mut stored = machine;
        for (i, event) in record.events.iter().enumerate() {
            if i % every == 0 {
                let json = serde_json::to_string(&stored).unwrap();
                stored = serde_json::from_str(&json).unwrap();
            }
            prop_assert_eq!(kept.apply(event), stored.apply(event));
        }
        prop_assert_eq!(kept, stored);
    }

    #[test]
    fn no_output_names_a_step_before_its_turn(seed: u64) {
        let (machine, record) = honest(seed);
        let plan: serde_json::Value = serde_json::to_value(&machine).unwrap();
        let kinds: Vec<String> = plan["plan"]["steps"].as_array().unwrap().iter()
            .map(|s| s["action"]["kind"].as_str().unwrap().to_owned())
            .collect();
        for output in &record.outputs {
            let text = serde_json::to_string(output).unwrap();
            let turn = output.prompt.as_ref().map_or(output.progress.done, |p| p.step + 1);
            let turn = turn.max(output.outcome.as_ref().map_or(0, |o| o.steps.len()));
            // A step that is answered is named again at the end only.
            for kind in kinds.iter().skip(turn) {
                prop_assert!(!text.contains(kind.as_str()), "{kind} in {text}");
            }
        }
    }

    #[test]
    fn a_plan_has_what_was_ordered(seed: u64, options in options()) {
        let mut rng = Rng::with_seed(seed);
        let limits = Limits::default();
        let plan = Plan::draw(&mut || rng.u64(..), &options, &limits).unwrap();
        let kinds: Vec<StepKind> = plan.steps().iter().map(|s| s.action.kind()).collect();
        let movements = kinds.iter().filter(|k| StepKind::MOVEMENTS.contains(k)).count();
        prop_assert_eq!(movements, options.movements);
        prop_assert_eq!(kinds.contains(&StepKind::ReadDigits), options.digits != DigitsPolicy::Off);
        prop_assert_eq!(kinds.contains(&StepKind::LightSequence), options.light != LightPolicy::Off);
        prop_assert!(kinds.iter().filter(|k| k.is_head()).count() >= 2);
        let mut distinct = kinds.clone();
        distinct.sort();
        distinct.dedup();
        prop_assert_eq!(distinct.len(), kinds.len());
        prop_assert_eq!(format!("{:?}", plan), format!("Plan({} steps)", kinds.len()));
        prop_assert!(plan.guess_bits(&limits).total() > 7.0);
    }
}

fn at_time(event: &Event, at: u64) -> Event {
    let mut event = event.clone();
    match &mut event {
        Event::Shown { at: when, .. }
        | Event::Observed { at: when, .. }
        | Event::Heard { at: when, .. }
        | Event::Skipped { at: when, .. }
        | Event::Tick { at: when }
        | Event::Aborted { at: when } => *when = at,
    }
    event
}

#[test]
fn every_movement_is_as_likely_in_every_place() {
    let mut rng = Rng::with_seed(1);
    let draws = 16_000_u32;
    let mut first = std::collections::BTreeMap::<StepKind, u32>::new();
    for _ in 0..draws {
        let plan = crate::session::plan(&mut rng, &crate::session::options(8));
        *first.entry(plan.steps()[0].action.kind()).or_default() += 1;
    }
    for (kind, count) in first {
        // 2,000 expected, standard deviation 42.
        assert!((1_800..2_200).contains(&count), "{kind:?}: {count}");
    }
}

#[test]
fn wrong_orders_have_an_error() {
    let limits = Limits::default();
    for movements in [0, 2, 9, usize::MAX] {
        let options = Options {
            movements,
            ..Options::default()
        };
        assert!(Plan::draw(&mut || 0, &options, &limits).is_err());
    }
    // A source that is stuck is noticed or gives a plan, and never hangs.
    for stuck in [0, 1, u64::MAX / 2, u64::MAX] {
        let _ = Plan::draw(&mut || stuck, &Options::default(), &limits);
    }
    let mut no_angles = Limits::default();
    no_angles.head.yaw_deg.clear();
    no_angles.head.pitch_deg.clear();
    let mut rng = Rng::with_seed(1);
    assert!(Plan::draw(&mut || rng.u64(..), &Options::default(), &no_angles).is_err());
}

#[test]
fn bits_to_guess() {
    let limits = Limits::default();
    let mut rng = Rng::with_seed(2);
    for movements in 3..=8 {
        for (digits, light) in [
            (DigitsPolicy::Off, LightPolicy::Off),
            (DigitsPolicy::Required, LightPolicy::Off),
            (DigitsPolicy::Required, LightPolicy::Required),
        ] {
            let options = Options {
                movements,
                digits,
                light,
            };
            let bits = (0..1_000).map(|_| {
                let plan = Plan::draw(&mut || rng.u64(..), &options, &limits).unwrap();
                plan.guess_bits(&limits)
            });
            let least = bits.min_by(|a, b| a.total().total_cmp(&b.total())).unwrap();
            println!(
                "{movements} movements, {digits:?} digits, {light:?} light: {least:.1?} total {:.1}",
                least.total()
            );
        }
    }
    let four = crate::session::plan(&mut rng, &crate::session::options(4)).guess_bits(&limits);
    // 53 sets of four with two head movements or more, 24 orders each.
    assert!((four.order - (53.0_f64 * 24.0).log2()).abs() < 1e-9);
}
