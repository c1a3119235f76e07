//! Parity with MediaPipe's own Python solution over development images.
//!
//! ```text
//! tools/mediapipe_reference.py --manifest ../shared/data/pad/manifest.csv --per-group 20 --out reference.json
//! LIFESIGN_MEDIAPIPE_REFERENCE=reference.json cargo test -p lifesign-engine --test pipeline parity -- --nocapture
//! ```

use serde::Deserialize;

use crate::support::{ENGINE, Reference, development_images, mean_error, photo};

const MIN_IMAGES: usize = 300;
const MIN_FOUND: f64 = 0.99;
const MAX_ERROR: f64 = 0.01;
const MIN_WITHIN: f64 = 0.95;

#[derive(Deserialize)]
struct ReferenceFile {
    images: Vec<Reference>,
}

#[test]
fn faces_and_landmarks_agree_with_mediapipe() {
    let Some(path) = std::env::var_os("LIFESIGN_MEDIAPIPE_REFERENCE") else {
        return eprintln!("skipped: LIFESIGN_MEDIAPIPE_REFERENCE names no reference file");
    };
    let Some(folder) = development_images() else {
        return eprintln!("skipped: ../shared/data/pad is absent");
    };
    let file: ReferenceFile = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let with_face: Vec<_> = file.images.iter().filter(|r| !r.faces.is_empty()).collect();
    assert!(
        with_face.len() >= MIN_IMAGES,
        "only {} images",
        with_face.len()
    );
    let mut found = 0;
    let mut errors = Vec::new();
    for reference in &with_face {
        let faces = ENGINE
            .faces(&photo(&folder.join(&reference.file)).frame)
            .unwrap();
        // MediaPipe's first face is its most confident one.
        let nearest = faces
            .iter()
            .map(|face| mean_error(&face.mesh.landmarks, &reference.faces[0]))
            .min_by(f64::total_cmp);
        match nearest {
            Some(error) => {
                found += 1;
                errors.push(error);
            }
            None => eprintln!("not found: {}", reference.file),
        }
    }
    errors.sort_by(f64::total_cmp);
    let found_share = found as f64 / with_face.len() as f64;
    let within = errors.iter().filter(|&&e| e <= MAX_ERROR).count() as f64 / found.max(1) as f64;
    let quantile = |q: f64| errors[((errors.len() - 1) as f64 * q) as usize] * 100.0;
    eprintln!(
        "{} images with a face for MediaPipe: found in {:.2} %; mean landmark error at most 1 % of \
         the inter-ocular distance in {:.2} %; p50 {:.3} %, p95 {:.3} %, p99 {:.3} %, max {:.3} %",
        with_face.len(),
        found_share * 100.0,
        within * 100.0,
        quantile(0.5),
        quantile(0.95),
        quantile(0.99),
        quantile(1.0),
    );
    assert!(found_share >= MIN_FOUND);
    assert!(within >= MIN_WITHIN);
}
