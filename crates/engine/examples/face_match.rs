//! Prints how often faces of two persons match (FMR) and faces of one person do not (FNMR), by score.
//!
//! usage: face_match MANIFEST PICTURES [SET | A=B | without-reasons]...
//!
//! MANIFEST is a CSV file with the columns `path`, `label`, `set` and `person`; rows whose label is `live` count, at
//! most PICTURES of a person, spread over the rows, of the named sets alone where there are any. `A=B` says that
//! the person A is B, `without-reasons` leaves out pictures that should be taken anew (turned away, blurred, ...).
//! A picture without a face, or with several, is left out. Every two pictures are compared. The intervals are 95 % ones of a bootstrap over persons: few persons mean wide ones.

#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::path::{Path, PathBuf};

use lifesign_engine::{Calibration, Descriptor, Engine, match_distance, match_score};
use lifesign_media::{Limits, decode};
use serde::Deserialize;

const SCORES: [u8; 9] = [50, 55, 60, 62, 63, 64, 65, 67, 70];
/// Argument that leaves out pictures with a reason for a retake.
const WITHOUT_REASONS: &str = "without-reasons";
const DRAWS: usize = 1000;
const SEED: u64 = 7;

#[derive(Deserialize)]
struct Row {
    path: PathBuf,
    label: String,
    set: String,
    person: String,
}

/// Scores of pairs of pictures by pair of persons, the smaller number first.
type Scores = HashMap<(usize, usize), Vec<u8>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let manifest = arguments.next().ok_or("which manifest?")?;
    let pictures: usize = arguments
        .next()
        .ok_or("how many of each person?")?
        .parse()?;
    let (same, mut sets): (Vec<String>, Vec<String>) = arguments.partition(|a| a.contains('='));
    let listed = sets.len();
    sets.retain(|set| set != WITHOUT_REASONS);
    let without_reasons = sets.len() < listed;
    let same: HashMap<_, _> = same
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .collect();
    let persons = persons(Path::new(&manifest), pictures, &sets, &same)?;

    let engine = Engine::embedded(Calibration::embedded())?;
    let mut faces: Vec<Vec<Descriptor>> = Vec::new();
    let mut left_out = 0;
    for paths in persons.values() {
        let mut own = Vec::new();
        for path in paths {
            match only_face(&engine, path, without_reasons)? {
                Some(descriptor) => own.push(descriptor),
                None => left_out += 1,
            }
        }
        if own.len() > 1 {
            faces.push(own);
        }
    }
    let count: usize = faces.iter().map(Vec::len).sum();
    let scores = compare(&faces);
    let pairs = |same: bool| -> usize {
        let of_kind = scores.iter().filter(|((a, b), _)| (a == b) == same);
        of_kind.map(|(_, scores)| scores.len()).sum()
    };
    println!(
        "{} persons, {count} pictures ({left_out} left out), {} pairs of one person, {} of two",
        faces.len(),
        pairs(true),
        pairs(false)
    );
    println!("score  distance  FMR [95 %]                 FNMR [95 %]");
    for score in SCORES {
        let [fmr, fnmr] = [false, true].map(|same| rate(&scores, faces.len(), same, score));
        println!(
            "{score:>5}  {:>8.3}  {fmr:<25}  {fnmr}",
            match_distance(score)
        );
    }
    Ok(())
}

/// The chosen pictures of each person.
fn persons(
    manifest: &Path,
    most: usize,
    sets: &[String],
    same: &HashMap<&str, &str>,
) -> Result<BTreeMap<String, Vec<PathBuf>>, Box<dyn Error>> {
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let mut persons: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for row in csv::Reader::from_path(manifest)?.deserialize() {
        let row: Row = row?;
        if row.label != "live" || !(sets.is_empty() || sets.contains(&row.set)) {
            continue;
        }
        let person = same
            .get(row.person.as_str())
            .map_or(row.person, |&p| p.to_owned());
        persons
            .entry(person)
            .or_default()
            .push(folder.join(row.path));
    }
    for paths in persons.values_mut() {
        let all = std::mem::take(paths);
        let count = all.len().min(most);
        *paths = (0..count)
            .map(|nth| all[nth * all.len() / count].clone())
            .collect();
    }
    Ok(persons)
}

fn only_face(
    engine: &Engine,
    path: &Path,
    without_reasons: bool,
) -> Result<Option<Descriptor>, Box<dyn Error>> {
    let photo = decode(&std::fs::read(path)?, &Limits::default())?;
    let portrait = engine.portrait(photo)?.filter(|portrait| {
        portrait.face_count == 1 && (!without_reasons || portrait.reasons.is_empty())
    });
    Ok(portrait.map(|portrait| portrait.descriptor))
}

fn compare(faces: &[Vec<Descriptor>]) -> Scores {
    let all: Vec<(usize, &Descriptor)> = (0..)
        .zip(faces)
        .flat_map(|(person, own)| own.iter().map(move |face| (person, face)))
        .collect();
    let mut scores = Scores::new();
    for (nth, (person, face)) in all.iter().enumerate() {
        for (other, face_of_other) in &all[nth + 1..] {
            let score = match_score(face.distance(face_of_other));
            scores.entry((*person, *other)).or_default().push(score);
        }
    }
    scores
}

/// The share of errors at a score, with its interval.
fn rate(scores: &Scores, persons: usize, same: bool, score: u8) -> String {
    let wrong = |found: &u8| (*found >= score) != same;
    let counted: Vec<_> = scores
        .iter()
        .filter(|((a, b), _)| (a == b) == same)
        .map(|(pair, found)| {
            (
                *pair,
                found.iter().filter(|s| wrong(s)).count(),
                found.len(),
            )
        })
        .collect();
    let share = |weight: &dyn Fn(usize, usize) -> f64| {
        let sums = counted
            .iter()
            .fold((0.0, 0.0), |sums, ((a, b), wrong, all)| {
                let weight = weight(*a, *b);
                (
                    sums.0 + weight * *wrong as f64,
                    sums.1 + weight * *all as f64,
                )
            });
        if sums.1 > 0.0 { sums.0 / sums.1 } else { 0.0 }
    };
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut draws: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let mut times = vec![0.0; persons];
            (0..persons).for_each(|_| times[random.usize(..persons)] += 1.0);
            // A pair of two persons counts as often as both were drawn together.
            share(&|a, b| {
                if a == b {
                    times[a]
                } else {
                    times[a] * times[b]
                }
            })
        })
        .collect();
    draws.sort_by(f64::total_cmp);
    let [low, high] = [0.025, 0.975].map(|q| draws[((DRAWS - 1) as f64 * q) as usize]);
    let percent = |share: f64| 100.0 * share;
    format!(
        "{:.2} % [{:.2}, {:.2}]",
        percent(share(&|_, _| 1.0)),
        percent(low),
        percent(high)
    )
}
