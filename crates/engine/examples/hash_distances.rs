//! How far apart perceptual hashes are: of copies, of frames that follow each other, of strangers.
//!
//!     cargo run -p lifesign-engine --example hash_distances -- FOLDER
//!
//! FOLDER holds one folder for each source, as deep as one likes; the pictures of one innermost
//! folder are taken to follow each other in the order of their names, with numbers read as such.
//! A `manifest.csv` in FOLDER may name the person of each picture in a column `person`. Prints
//! figures alone.
#![allow(clippy::print_stdout, missing_docs)]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use lifesign_engine::perceptual_hash;
use lifesign_media::{Frame, Limits, decode};
use lifesign_numeric::{Region, resample_rgb};

/// Bits up to which two pictures count as near copies.
const NEAR: usize = 3;

struct Picture {
    source: String,
    folder: PathBuf,
    person: Option<String>,
    hash: u64,
}

/// How often each distance occurred.
struct Histogram([u64; 65]);

impl Histogram {
    fn new() -> Self {
        Self([0; 65])
    }

    fn add(&mut self, a: u64, b: u64) {
        self.0[(a ^ b).count_ones() as usize] += 1;
    }

    fn print(&self, name: &str) {
        let total: u64 = self.0.iter().sum();
        if total == 0 {
            return;
        }
        let share = |bits: usize| {
            let within: u64 = self.0[..=bits].iter().sum();
            100.0 * within as f64 / total as f64
        };
        let quantile = |q: f64| {
            let below = |bits: &usize| share(*bits) >= 100.0 * q;
            (0..64).find(below).unwrap_or(64)
        };
        println!(
            "{name}: n {total}, within 0 {:.4} %, {NEAR} {:.4} %, 6 {:.4} %, 10 {:.4} %; \
             quantiles 0.1 % {}, 1 % {}, 50 % {}, 90 % {}, 99 % {}, 99.9 % {}, most {}",
            share(0),
            share(NEAR),
            share(6),
            share(10),
            quantile(0.001),
            quantile(0.01),
            quantile(0.5),
            quantile(0.9),
            quantile(0.99),
            quantile(0.999),
            (0..=64).rev().find(|b| self.0[*b] > 0).unwrap_or(0),
        );
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::args_os().nth(1).ok_or("name a folder")?);
    let persons = persons(&root.join("manifest.csv"))?;
    let names = [
        "re-encoded at quality 80",
        "scaled to 70 %",
        "scaled to 70 % and re-encoded",
        "mirrored",
    ];
    let mut copies = names.map(|name| (name, Histogram::new()));
    let mut pictures = Vec::new();
    for path in files(&root)? {
        let Ok(photo) = decode(&std::fs::read(&path)?, &Limits::default()) else {
            continue;
        };
        let frame = photo.frame;
        let hash = perceptual_hash(&frame.luma());
        let small = scaled(&frame, 0.7)?;
        let changed = [
            re_encoded(&frame)?,
            small.clone(),
            re_encoded(&small)?,
            mirrored(&frame)?,
        ];
        for ((_, histogram), copy) in copies.iter_mut().zip(&changed) {
            histogram.add(hash, perceptual_hash(&copy.luma()));
        }
        let inside = path.strip_prefix(&root)?;
        pictures.push(Picture {
            source: inside
                .iter()
                .next()
                .unwrap_or_default()
                .display()
                .to_string(),
            folder: path.parent().unwrap_or(&root).to_owned(),
            person: persons.get(inside).cloned(),
            hash,
        });
    }
    println!("{} pictures", pictures.len());
    for (name, histogram) in &copies {
        histogram.print(name);
    }
    print_pairs(&pictures);
    Ok(())
}

fn print_pairs(pictures: &[Picture]) {
    let mut following = Histogram::new();
    let mut following_by_source: BTreeMap<&str, Histogram> = BTreeMap::new();
    for pair in pictures.windows(2) {
        let [a, b] = pair else { continue };
        if a.folder == b.folder {
            following.add(a.hash, b.hash);
            let of_source = following_by_source.entry(&a.source);
            of_source.or_insert_with(Histogram::new).add(a.hash, b.hash);
        }
    }
    let [mut same, mut sources, mut persons] = [(); 3].map(|()| Histogram::new());
    for (i, a) in pictures.iter().enumerate() {
        for b in &pictures[i + 1..] {
            if a.folder == b.folder {
                same.add(a.hash, b.hash);
            }
            if a.source != b.source {
                sources.add(a.hash, b.hash);
            }
            if let (Some(p), Some(q)) = (&a.person, &b.person)
                && p != q
                && a.source == b.source
            {
                persons.add(a.hash, b.hash);
            }
        }
    }
    following.print("frames that follow each other");
    same.print("any two of one folder");
    sources.print("any two of different sources");
    persons.print("different persons of one source");
    for (source, histogram) in &following_by_source {
        histogram.print(&format!("following, {source}"));
    }
}

/// Path to person, from a manifest without quoted fields before the column; empty without one.
fn persons(manifest: &Path) -> Result<BTreeMap<PathBuf, String>, Box<dyn Error>> {
    if !manifest.exists() {
        return Ok(BTreeMap::new());
    }
    let text = std::fs::read_to_string(manifest)?;
    let mut lines = text.lines().map(|l| l.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap_or_default();
    let column = header.iter().position(|name| *name == "person");
    let named = lines.filter_map(|fields| {
        let person = fields.get(column?)?.trim();
        (!person.is_empty()).then(|| (PathBuf::from(fields[0]), person.to_owned()))
    });
    Ok(named.collect())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        entries.push(entry?.path());
    }
    entries.sort_by_cached_key(|path| natural(path));
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// The name with its runs of digits as numbers, so that 9 comes before 10.
fn natural(path: &Path) -> Vec<(u128, char)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut parts: Vec<(u128, char)> = Vec::new();
    let mut number = None;
    for c in name.chars() {
        match (c.to_digit(10), number) {
            (Some(digit), n) => {
                let so_far: u128 = n.unwrap_or(0);
                number = Some(so_far.wrapping_mul(10).wrapping_add(u128::from(digit)));
            }
            (None, n) => {
                parts.extend(n.map(|n| (n, '0')));
                parts.push((0, c));
                number = None;
            }
        }
    }
    parts
}

fn re_encoded(frame: &Frame) -> Result<Frame, Box<dyn Error>> {
    let mut bytes = Vec::new();
    let (width, height) = (frame.width(), frame.height());
    JpegEncoder::new_with_quality(&mut bytes, 80).write_image(
        frame.rgb(),
        width,
        height,
        ExtendedColorType::Rgb8,
    )?;
    Ok(decode(&bytes, &Limits::default())?.frame)
}

fn scaled(frame: &Frame, factor: f64) -> Result<Frame, Box<dyn Error>> {
    let whole = Region {
        x: 0.0,
        y: 0.0,
        width: f64::from(frame.width()),
        height: f64::from(frame.height()),
    };
    let side = |length: f64| (length * factor).round().max(1.0) as u32;
    let target = (side(whole.width), side(whole.height));
    let rgb = resample_rgb(frame.rgb(), (frame.width(), frame.height()), whole, target)?;
    Frame::new(target.0, target.1, rgb).ok_or_else(|| "a side is 0".into())
}

fn mirrored(frame: &Frame) -> Result<Frame, Box<dyn Error>> {
    let mut rgb = Vec::with_capacity(frame.rgb().len());
    for row in frame.rgb().chunks_exact(frame.width() as usize * 3) {
        rgb.extend(row.chunks_exact(3).rev().flatten());
    }
    Frame::new(frame.width(), frame.height(), rgb).ok_or_else(|| "a side is 0".into())
}
