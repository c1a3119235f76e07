//! The eight signals on the committed photographs, through the whole engine.

use std::path::Path;
use std::sync::LazyLock;

use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use lifesign_domain::CheckResult;
use lifesign_engine::{Calibration, Engine};
use lifesign_media::{Frame, Limits, Photo, decode};

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::embedded(Calibration::embedded()).unwrap());

const PORTRAITS: [&str; 2] = ["astronaut.jpg", "grace_hopper.jpg"];

fn sample(name: &str) -> Photo {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/samples");
    decode(
        &std::fs::read(samples.join(name)).unwrap(),
        &Limits::default(),
    )
    .unwrap()
}

fn check(photo: Photo) -> CheckResult {
    ENGINE.check(photo, "classic").unwrap().result
}

/// The photo with its pixels changed.
fn altered(photo: &Photo, change: impl Fn(RgbImage) -> RgbImage) -> Photo {
    let frame = &photo.frame;
    let pixels = RgbImage::from_raw(frame.width(), frame.height(), frame.rgb().to_vec()).unwrap();
    let pixels = change(pixels);
    let (width, height) = pixels.dimensions();
    Photo {
        frame: Frame::new(width, height, pixels.into_raw()).unwrap(),
        ..photo.clone()
    }
}

fn enlarged(photo: &Photo, times: u32) -> Photo {
    let (width, height) = (photo.frame.width() * times, photo.frame.height() * times);
    altered(photo, |i| {
        imageops::resize(&i, width, height, FilterType::CatmullRom)
    })
}

fn assert_alike(a: &CheckResult, b: &CheckResult, tolerance: f64) {
    assert_eq!((a.signals.len(), b.signals.len()), (8, 8));
    for (a, b) in a.signals.iter().zip(&b.signals) {
        assert!(
            a.assessed && b.assessed,
            "{}: {} / {}",
            a.name,
            a.detail,
            b.detail
        );
        let difference = (a.score - b.score).abs();
        assert!(
            difference <= tolerance,
            "{}: {} / {}",
            a.name,
            a.detail,
            b.detail
        );
    }
}

#[test]
fn the_confidence_of_the_classic_profile_is_the_weighted_sum() {
    for name in PORTRAITS {
        let result = check(sample(name));
        let weights: f64 = result.signals.iter().map(|s| s.weight).sum();
        let sum: f64 = result.signals.iter().map(|s| s.weight * s.score).sum();
        assert!((weights - 1.0).abs() < 1e-9, "{name}");
        assert!((result.confidence - sum).abs() < 1e-6, "{name}");
        assert!(
            result.signals.iter().all(|s| s.passed == (s.score >= 0.5)),
            "{name}"
        );
    }
}

#[test]
fn texture_weighs_most() {
    let weights = &Calibration::embedded().profiles["classic"].weights;
    let heaviest = weights.iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    assert_eq!(heaviest.0, "lbp_texture");
    assert_eq!(weights.values().filter(|w| *w == heaviest.1).count(), 1);
}

#[test]
fn camera_photographs_have_natural_texture_and_spectrum() {
    for name in PORTRAITS {
        for signal in check(sample(name)).signals {
            let natural = ["lbp_texture", "fft_deepfake"].contains(&signal.name.as_str());
            assert!(!natural || signal.score >= 0.8, "{name}: {}", signal.detail);
        }
    }
}

#[test]
fn encoding_again_at_quality_80_changes_little() {
    for name in PORTRAITS {
        let photo = sample(name);
        let again = altered(&photo, |pixels| {
            let mut file = Vec::new();
            let encoder = JpegEncoder::new_with_quality(&mut file, 80);
            pixels.write_with_encoder(encoder).unwrap();
            let frame = decode(&file, &Limits::default()).unwrap().frame;
            RgbImage::from_raw(frame.width(), frame.height(), frame.rgb().to_vec()).unwrap()
        });
        assert_alike(&check(photo), &check(again), 0.12);
    }
}

#[test]
fn a_mirrored_photograph_scores_alike() {
    for name in PORTRAITS {
        let photo = sample(name);
        let mirrored = altered(&photo, |pixels| imageops::flip_horizontal(&pixels));
        assert_alike(&check(photo), &check(mirrored), 0.12);
    }
}

#[test]
fn twice_the_pixels_of_the_same_scene_score_alike() {
    let photo = sample("grace_hopper.jpg");
    assert_alike(
        &check(enlarged(&photo, 2)),
        &check(enlarged(&photo, 4)),
        0.12,
    );
}

#[test]
fn a_print_screen_over_the_photograph_sinks_texture_and_spectrum() {
    let photo = sample("grace_hopper.jpg");
    let dots = altered(&photo, |mut pixels| {
        for (x, y, pixel) in pixels.enumerate_pixels_mut() {
            let wave = |v: u32| (std::f64::consts::TAU * f64::from(v) / 6.0).sin();
            let threshold = 128.0 + 127.0 * wave(x) * wave(y);
            pixel.0 = pixel
                .0
                .map(|v| if f64::from(v) > threshold { 255 } else { 0 });
        }
        pixels
    });
    // The mesh is that of the clean photograph: what counts is the pixels beneath it.
    let lifesign_engine::Subject::Face(clean) = ENGINE.gather(photo).unwrap() else {
        panic!("no face in the sample");
    };
    let mut printed = clean.clone();
    printed.luma = dots.frame.luma();
    printed.photo = dots;
    let score = |evidence: &lifesign_engine::Evidence, name: &str| {
        let readings = ENGINE.readings(evidence);
        let (_, reading) = readings
            .into_iter()
            .find(|(s, _)| s.name() == name)
            .unwrap();
        match reading {
            lifesign_engine::Reading::Measured(m) => m.score,
            lifesign_engine::Reading::NotAssessable(why) => panic!("{name}: {why}"),
        }
    };
    for name in ["lbp_texture", "fft_deepfake"] {
        assert!(
            score(&printed, name) < 0.6 && score(&clean, name) >= 0.8,
            "{name}"
        );
    }
}
