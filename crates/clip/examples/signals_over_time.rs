//! Prints what each signal over time reads from clips; no frame is judged.
//!
//! ```text
//! cargo run -p lifesign-clip --example signals_over_time -- CLIP...
//! ```

#![allow(clippy::print_stdout, reason = "a report for people")]

use std::error::Error;
use std::sync::Arc;

use lifesign_clip::ClipJudge;
use lifesign_engine::{Calibration, Engine};
use lifesign_temporal::{self as temporal, Reading, signals};
use lifesign_video::{ClipLimits, Tools};

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Arc::new(Engine::embedded(Calibration::embedded())?);
    let judge = ClipJudge::new(engine, Tools::find()?);
    let params = temporal::Calibration::embedded().signals;
    let limits = ClipLimits {
        duration_s: 60.0,
        side_min: 200,
        frames: 130 * 61,
        ..ClipLimits::default()
    };
    for file in std::env::args().skip(1) {
        let track = judge.track(&std::fs::read(&file)?, &limits)?;
        println!(
            "{file}: {} moments, {:.1} s",
            track.moments().len(),
            track.duration_s()
        );
        for signal in signals::all() {
            match signal.read(&track, &params) {
                Reading::Measured(m) => {
                    let values = m
                        .values
                        .iter()
                        .map(|(name, value)| format!("{name} {value:.4}"));
                    println!(
                        "  {:15} {:.2} {}",
                        signal.name(),
                        m.score,
                        Vec::from_iter(values).join(", ")
                    );
                }
                Reading::NotAssessable(why) => println!("  {:15} -    {why}", signal.name()),
            }
        }
    }
    Ok(())
}
