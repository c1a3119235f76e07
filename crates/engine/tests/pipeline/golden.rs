//! Landmarks and detections against MediaPipe's own on the public-domain samples.
//! `tools/mediapipe_reference.py --golden` writes the files.

use crate::support::{ENGINE, Reference, mean_error, repository, sample};

/// Largest mean landmark error, as a share of the inter-ocular distance.
const MAX_ERROR: f64 = 0.01;
/// Largest distance of a key point or a box corner, as a share of the box's width.
const MAX_SHIFT: f32 = 0.02;

fn references() -> Vec<Reference> {
    let folder = repository().join("crates/engine/tests/data/golden/mediapipe");
    let mut files: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    let parse = |path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    files.into_iter().map(parse).collect()
}

#[test]
fn faces_and_landmarks_are_those_of_mediapipe() {
    let references = references();
    assert!(references.iter().filter(|r| !r.faces.is_empty()).count() >= 4);
    for reference in references {
        let photo = sample(&reference.file);
        assert_eq!(
            (photo.frame.width(), photo.frame.height()),
            (reference.width, reference.height)
        );
        let faces = ENGINE.faces(&photo.frame).unwrap();
        assert_eq!(faces.len(), reference.faces.len(), "{}", reference.file);
        for theirs in &reference.faces {
            let errors = faces.iter().map(|f| mean_error(&f.mesh.landmarks, theirs));
            let error = errors.fold(f64::INFINITY, f64::min);
            eprintln!(
                "{}: mean landmark error {:.2} %",
                reference.file,
                error * 100.0
            );
            assert!(error <= MAX_ERROR, "{}: {error}", reference.file);
        }
    }
}

#[test]
fn detections_are_those_of_mediapipe() {
    for reference in references() {
        let ours = ENGINE.detect_near(&sample(&reference.file).frame).unwrap();
        for theirs in reference.detections.iter().filter(|d| d.score >= 0.6) {
            let [x, y, width, height] = theirs.bounds;
            let nearest = ours
                .iter()
                .min_by(|a, b| (a.bounds.x - x).abs().total_cmp(&(b.bounds.x - x).abs()))
                .unwrap_or_else(|| panic!("{}: nothing found", reference.file));
            assert!((nearest.score - theirs.score).abs() < 0.02);
            let bounds = nearest.bounds;
            let mut shifts = vec![
                bounds.x - x,
                bounds.y - y,
                bounds.width - width,
                bounds.height - height,
            ];
            for (our, their) in nearest.keypoints.iter().zip(theirs.keypoints) {
                shifts.extend([our.x - their[0], our.y - their[1]]);
            }
            let largest = shifts.iter().fold(0.0f32, |m, s| m.max(s.abs()));
            eprintln!(
                "{}: largest shift {:.2} % of the box",
                reference.file,
                largest / width * 100.0
            );
            assert!(
                largest <= MAX_SHIFT * width,
                "{}: {largest} px",
                reference.file
            );
        }
    }
}
