//! Prints the best, p50 and p95 time of an exact search for the ten nearest of many faces, on one thread.
//!
//! usage: face_search [FACES [ROUNDS]]

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Instant;

use lifesign_engine::{Descriptor, FaceIndex};

const NEAREST: usize = 10;
const FARTHEST: f64 = 0.6;

fn main() -> Result<(), Box<dyn Error>> {
    let argument = |nth, default| match std::env::args().nth(nth) {
        Some(text) => text.parse::<usize>(),
        None => Ok(default),
    };
    let (faces, rounds) = (argument(1, 100_000)?, argument(2, 200)?.max(1));
    let mut state = 1_u32;
    let mut index = FaceIndex::default();
    index.reserve(faces);
    for number in (1..).take(faces) {
        index.push(number, &random(&mut state).ok_or("no descriptor")?);
    }
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let wanted = random(&mut state).ok_or("no descriptor")?;
        let start = Instant::now();
        let found = index.nearest(&wanted, FARTHEST, NEAREST);
        times.push(start.elapsed().as_secs_f64() * 1e3);
        std::hint::black_box(found);
    }
    times.sort_by(f64::total_cmp);
    let quantile = |q: f64| times[((times.len() - 1) as f64 * q) as usize];
    let [best, p50, p95] = [0.0, 0.5, 0.95].map(quantile);
    println!("{faces} faces, ms: best {best:.2}, p50 {p50:.2}, p95 {p95:.2}");
    Ok(())
}

/// Spread as faces are: lengths around 1.4, distances around 0.8.
fn random(state: &mut u32) -> Option<Descriptor> {
    let mut next = || {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let values: Vec<f32> = (0..Descriptor::LENGTH)
        .map(|at| (if at % 2 == 0 { 0.1 } else { -0.1 }) + next() * 0.18)
        .collect();
    Descriptor::new(&values)
}
