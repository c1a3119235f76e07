//! Prints the best, p50 and p95 time of a run of each embedded model, on one thread. The best is
//! what an otherwise idle core takes.
//!
//! usage: time_models [ROUNDS [NAME]]

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
    let only = std::env::args().nth(2);
    println!(
        "{:<32} {:>8} {:>8} {:>8}",
        "model, ms", "best", "p50", "p95"
    );
    let wanted = |embedded: &Embedded| only.as_deref().is_none_or(|name| name == embedded.name());
    for embedded in Embedded::ALL.into_iter().filter(wanted) {
        let mut times = time_runs(load(embedded)?.as_ref(), rounds)?;
        times.sort_by(f64::total_cmp);
        let quantile = |q: f64| times[((times.len() - 1) as f64 * q) as usize];
        let [best, p50, p95] = [0.0, 0.5, 0.95].map(quantile);
        println!("{:<32} {best:>8.2} {p50:>8.2} {p95:>8.2}", embedded.name());
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
