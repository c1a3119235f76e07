//! Times the decoding of photo-like JPEGs (4:2:0, quality 88) on one thread.
//!
//!     cargo run --release -p lifesign-media --example time_decode [RUNS]
//!
//! The pictures are a public-domain portrait, enlarged, with sensor-like noise so that the
//! entropy-coded data is as dense as that of a camera.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use image::RgbImage;
use image::imageops::FilterType;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use lifesign_media::{Limits, decode};

const PORTRAIT: &[u8] = include_bytes!("../../../assets/samples/astronaut.jpg");
const SIZES: [(u16, u16); 3] = [(640, 480), (1280, 960), (4000, 3000)];

struct Case {
    name: &'static str,
    progressive: bool,
    orientation: u8,
}

const CASES: [Case; 4] = [
    Case {
        name: "baseline",
        progressive: false,
        orientation: 1,
    },
    Case {
        name: "baseline, upside down",
        progressive: false,
        orientation: 3,
    },
    Case {
        name: "baseline, on its side",
        progressive: false,
        orientation: 6,
    },
    Case {
        name: "progressive",
        progressive: true,
        orientation: 1,
    },
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runs: usize = std::env::args().nth(1).map_or(Ok(30), |a| a.parse())?;
    println!(
        "{:>9}  {:22} {:>8}  {:>8} {:>8} {:>8}",
        "size", "form", "kB", "least ms", "p50 ms", "p95 ms"
    );
    for (width, height) in SIZES {
        let picture = picture(width, height)?;
        for case in &CASES {
            let file = encode(&picture, case)?;
            let mut times: Vec<f64> = Vec::with_capacity(runs);
            for _ in 0..runs {
                let start = Instant::now();
                let photo = decode(&file, &Limits::default())?;
                times.push(start.elapsed().as_secs_f64() * 1e3);
                assert_eq!(photo.frame.rgb().len(), picture.as_raw().len());
            }
            times.sort_by(f64::total_cmp);
            println!(
                "{width:>4}x{height:<4}  {:22} {:>8}  {:>8.2} {:>8.2} {:>8.2}",
                case.name,
                file.len() / 1000,
                times[0],
                times[runs / 2],
                times[(runs * 95 / 100).min(runs - 1)],
            );
        }
    }
    Ok(())
}

/// The portrait at this size with noise of about 5 grey levels, the same at every run.
fn picture(width: u16, height: u16) -> Result<RgbImage, Box<dyn std::error::Error>> {
    let frame = decode(PORTRAIT, &Limits::default())?.frame;
    let portrait = RgbImage::from_raw(frame.width(), frame.height(), frame.rgb().to_vec())
        .ok_or("a frame has 3 bytes a pixel")?;
    let (width, height) = (u32::from(width), u32::from(height));
    let mut picture = image::imageops::resize(&portrait, width, height, FilterType::CatmullRom);
    let mut state = 1u32;
    for value in picture.iter_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = ((state >> 24) % 16 + (state >> 16) % 16) as i16 - 15;
        *value = (i16::from(*value) + noise).clamp(0, 255) as u8;
    }
    Ok(picture)
}

fn encode(picture: &RgbImage, case: &Case) -> Result<Vec<u8>, jpeg_encoder::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 88);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_progressive(case.progressive);
    let mut exif = *b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0";
    exif[24] = case.orientation;
    encoder.add_app_segment(1, exif.to_vec())?;
    let (width, height) = (picture.width() as u16, picture.height() as u16);
    encoder.encode(picture.as_raw(), width, height, ColorType::Rgb)?;
    Ok(file)
}
