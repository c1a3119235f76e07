//! Prints the p50 and p95 time of a run of each embedded model, on one thread.
//!
//! usage: time_models [ROUNDS]

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Instant;

use lifesign_infer::{Embedded, Model, load};

const WARM_UP_RUNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 200,
    };
    println!("{:<32} {:>8} {:>8}", "model, ms", "p50", "p95");
    for embedded in Embedded::ALL {
        let mut times = time_runs(load(embedded)?.as_ref(), rounds)?;
        times.sort_by(f64::total_cmp);
        let quantile = |q: f64| times[((times.len() - 1) as f64 * q) as usize];
        println!(
            "{:<32} {:>8.2} {:>8.2}",
            embedded.name(),
            quantile(0.5),
            quantile(0.95)
        );
    }
    Ok(())
}

/// Milliseconds of each of `rounds` runs (at least one) on a fixed pattern.
fn time_runs(model: &dyn Model, rounds: usize) -> Result<Vec<f64>, Box<dyn Error>> {
    let length = model.input_shape().iter().product();
    let input: Vec<f32> = (0..length).map(|i| (i % 251) as f32 / 251.0).collect();
    for _ in 0..WARM_UP_RUNS {
        model.run(&input)?;
    }
    (0..rounds.max(1))
        .map(|_| {
            let start = Instant::now();
            model.run(&input)?;
            Ok(start.elapsed().as_secs_f64() * 1e3)
        })
        .collect()
}
