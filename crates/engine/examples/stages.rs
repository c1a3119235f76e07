//! Prints the best, p50 and p95 time of each stage of a check of one image, on one thread. The best is
//! what an otherwise idle core takes.
//!
//! usage: stages IMAGE [ROUNDS]

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Instant;

use lifesign_engine::{Calibration, Engine, Subject, fusion, quality};
use lifesign_media::{Limits, decode};

const PROFILE: &str = "classic";
const LEARNED: &str = "pad_context";
const WARM_UP_ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: stages IMAGE [ROUNDS]")?;
    let rounds: usize = arguments.next().map_or(Ok(100), |text| text.parse())?;
    let bytes = std::fs::read(path)?;
    let engine = Engine::embedded(Calibration::embedded())?;
    let mut stages = Stages::default();
    for round in 0..WARM_UP_ROUNDS + rounds.max(1) {
        if round == WARM_UP_ROUNDS {
            stages = Stages::default();
        }
        one_round(&engine, &bytes, &mut stages)?;
    }
    stages.print();
    Ok(())
}

fn one_round(engine: &Engine, bytes: &[u8], stages: &mut Stages) -> Result<(), Box<dyn Error>> {
    let photo = stages.time("decode", || decode(bytes, &Limits::default()))?;
    let near = stages.time("detect, short range", || engine.detect_near(&photo.frame))?;
    let far = stages.time("detect, full range (*)", || engine.detect_far(&photo.frame))?;
    let detections = if near.is_empty() { far } else { near };
    if let Some(detection) = detections.first() {
        let mesh = stages.time("warp and mesh", || {
            engine.landmarks(&photo.frame, detection)
        })?;
        let mesh = mesh.ok_or("the mesh has no shape")?;
        stages.time("pose", || engine.pose(&photo.frame, &mesh.landmarks));
    }
    stages.time("luma", || photo.frame.luma());
    let subject = engine.gather(photo)?;
    if let Subject::Face(evidence) = &subject {
        stages.time("quality", || {
            quality::assess(evidence, engine.calibration())
        });
        let params = &engine.calibration().signals;
        // The first of the learned signals that is read runs the networks of both.
        let learned = engine.signals().find(|s| s.name() == LEARNED);
        let learned = learned.ok_or("no learned signal")?;
        stages.time("crops, networks, heads (+)", || {
            learned.read(evidence, params)
        });
        let readings = stages.time("other signals", || engine.readings(evidence));
        let profile = engine.profile(PROFILE)?;
        let decision = &engine.calibration().decision;
        stages.time("fusion", || fusion::fuse(&readings, profile, decision));
    }
    drop(subject);
    stages.time(
        "all (bytes to verdict)",
        || -> Result<(), Box<dyn Error>> {
            engine.check(decode(bytes, &Limits::default())?, PROFILE)?;
            Ok(())
        },
    )
}

/// Times in milliseconds by stage, in the order of first use.
#[derive(Default)]
struct Stages(Vec<(&'static str, Vec<f64>)>);

impl Stages {
    fn time<T>(&mut self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        let ms = start.elapsed().as_secs_f64() * 1e3;
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => times.push(ms),
            None => self.0.push((name, vec![ms])),
        }
        result
    }

    fn print(mut self) {
        println!(
            "{:<26} {:>8} {:>8} {:>8}",
            "stage, ms", "best", "p50", "p95"
        );
        for (name, times) in &mut self.0 {
            times.sort_by(f64::total_cmp);
            let quantile = |q: f64| times[((times.len() - 1) as f64 * q) as usize];
            let [best, p50, p95] = [0.0, 0.5, 0.95].map(quantile);
            println!("{name:<26} {best:>8.3} {p50:>8.3} {p95:>8.3}");
        }
        println!("(*) part of a check only where the short range finds no face");
        println!("(+) part of a check only where the profile weighs a learned signal");
    }
}
