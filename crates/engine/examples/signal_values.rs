//! Prints how the signals' native values and scores spread over a set of photographs, as taken
//! and altered, and what each signal costs:
//!
//!     cargo run -p lifesign-engine --example signal_values -- assets/samples
#![allow(clippy::print_stdout, missing_docs)]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use lifesign_engine::{Calibration, Engine, Evidence, Reading, Subject};
use lifesign_media::{Frame, Limits, decode};

type Columns = BTreeMap<String, Vec<f64>>;

/// The cost hardly depends on the face, so that a few suffice.
const TIMED_FACES: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::embedded(Calibration::embedded())?;
    let mut spread: BTreeMap<&str, Columns> = BTreeMap::new();
    let mut costs: BTreeMap<String, Columns> = BTreeMap::new();
    let mut timed = 0;
    for path in files(std::env::args_os().skip(1).map(PathBuf::from).collect())? {
        let Ok(photo) = decode(&std::fs::read(path)?, &Limits::default()) else {
            continue;
        };
        let Subject::Face(evidence) = engine.gather(photo)? else {
            continue;
        };
        for (name, change) in ALTERATIONS {
            let altered = with_pixels(&evidence, change(pixels(&evidence)?)?)?;
            collect(&engine, &altered, spread.entry(name).or_default());
        }
        timed += 1;
        for (width, height) in [(640, 480), (4000, 3000)] {
            if timed > TIMED_FACES {
                break;
            }
            let scaled = scaled(&evidence, width, height)?;
            time(
                &engine,
                &scaled,
                costs.entry(format!("{width}x{height}")).or_default(),
            );
        }
    }
    for (name, columns) in &spread {
        println!("\n{name}: quantiles 2 %, 25 %, 50 %, 75 %, 98 %");
        print(columns);
    }
    for (size, columns) in &costs {
        println!("\n{size}: milliseconds, same quantiles");
        print(columns);
    }
    Ok(())
}

fn files(paths: Vec<PathBuf>) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let inside = std::fs::read_dir(path)?.map(|entry| entry.map(|e| e.path()));
            found.extend(files(inside.collect::<Result<_, _>>()?)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

type Alteration = fn(RgbImage) -> Result<RgbImage, Box<dyn Error>>;

const ALTERATIONS: [(&str, Alteration); 6] = [
    ("as taken", Ok),
    ("JPEG quality 80", |pixels| jpeg(&pixels, 80)),
    ("JPEG quality 10", |pixels| jpeg(&pixels, 10)),
    ("blur, sigma 2 px", |pixels| {
        Ok(imageops::blur(&pixels, 2.0))
    }),
    ("stripes of 7 px", |pixels| Ok(stripes(pixels))),
    ("dot screen of 6 px", |pixels| Ok(dots(pixels))),
];

fn jpeg(pixels: &RgbImage, quality: u8) -> Result<RgbImage, Box<dyn Error>> {
    let mut file = Vec::new();
    pixels.write_with_encoder(JpegEncoder::new_with_quality(&mut file, quality))?;
    rgb_image(&decode(&file, &Limits::default())?.frame)
}

fn stripes(mut pixels: RgbImage) -> RgbImage {
    for (x, y, pixel) in pixels.enumerate_pixels_mut() {
        let phase = std::f32::consts::TAU * (0.9 * x as f32 + 0.43 * y as f32) / 7.0;
        pixel.0 = pixel
            .0
            .map(|v| (f32::from(v) + 25.0 * phase.sin()).clamp(0.0, 255.0) as u8);
    }
    pixels
}

fn dots(mut pixels: RgbImage) -> RgbImage {
    for (x, y, pixel) in pixels.enumerate_pixels_mut() {
        let wave = |v: u32| (std::f32::consts::TAU * v as f32 / 6.0).sin();
        let threshold = 128.0 + 127.0 * wave(x) * wave(y);
        pixel.0 = pixel
            .0
            .map(|v| if f32::from(v) > threshold { 255 } else { 0 });
    }
    pixels
}

fn pixels(evidence: &Evidence) -> Result<RgbImage, Box<dyn Error>> {
    rgb_image(&evidence.photo.frame)
}

fn rgb_image(frame: &Frame) -> Result<RgbImage, Box<dyn Error>> {
    let pixels = RgbImage::from_raw(frame.width(), frame.height(), frame.rgb().to_vec());
    pixels.ok_or_else(|| "frame has the wrong length".into())
}

/// The evidence over other pixels of the same size; the mesh stays.
fn with_pixels(evidence: &Evidence, pixels: RgbImage) -> Result<Evidence, Box<dyn Error>> {
    let (width, height) = pixels.dimensions();
    let mut evidence = evidence.clone();
    evidence.photo.frame =
        Frame::new(width, height, pixels.into_raw()).ok_or("an empty picture")?;
    evidence.luma = evidence.photo.frame.luma();
    Ok(evidence)
}

/// The evidence at another size, for its cost alone: a face of a quarter of the width.
fn scaled(evidence: &Evidence, width: u32, height: u32) -> Result<Evidence, Box<dyn Error>> {
    let larger = imageops::resize(&pixels(evidence)?, width, height, FilterType::Triangle);
    let mut scaled = with_pixels(evidence, larger)?;
    let side = width as f32 / 3.0;
    scaled.face_bounds = lifesign_engine::Rect {
        x: side,
        y: side / 2.0,
        width: side,
        height: side,
    };
    Ok(scaled)
}

fn collect(engine: &Engine, evidence: &Evidence, columns: &mut Columns) {
    for (signal, reading) in engine.readings(evidence) {
        if let Reading::Measured(m) = reading {
            let name = signal.name();
            columns
                .entry(format!("{name} score"))
                .or_default()
                .push(m.score);
            for (value, number) in m.values {
                columns
                    .entry(format!("{name} {value}"))
                    .or_default()
                    .push(number);
            }
        }
    }
}

fn time(engine: &Engine, evidence: &Evidence, columns: &mut Columns) {
    let params = &engine.calibration().signals;
    let mut all = 0.0;
    for signal in lifesign_engine::signals::all() {
        let start = Instant::now();
        std::hint::black_box(signal.read(evidence, params));
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        all += milliseconds;
        columns
            .entry(signal.name().to_owned())
            .or_default()
            .push(milliseconds);
    }
    columns.entry("all".to_owned()).or_default().push(all);
}

fn print(columns: &Columns) {
    for (name, values) in columns {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let quantile = |q: f64| sorted[((sorted.len() - 1) as f64 * q).round() as usize];
        let quantiles = [0.02, 0.25, 0.5, 0.75, 0.98].map(|q| format!("{:>9.3}", quantile(q)));
        println!("{name:<36} n={:<5}{}", values.len(), quantiles.join(""));
    }
}
