//! What the tests share: paths, an engine, MediaPipe's answers.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use lifesign_engine::{Calibration, Engine, Landmarks, Point2};
use lifesign_media::{Frame, Limits, Photo, decode};
use serde::Deserialize;

/// Loaded once; checks do not share state.
pub(crate) static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::embedded(Calibration::embedded()).unwrap());

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn sample(name: &str) -> Photo {
    photo(&repository().join("assets/samples").join(name))
}

pub(crate) fn photo(path: &Path) -> Photo {
    decode(&std::fs::read(path).unwrap(), &Limits::default()).unwrap()
}

/// The frame with left and right swapped.
pub(crate) fn mirrored(frame: &Frame) -> Frame {
    let row_bytes = frame.width() as usize * 3;
    let rgb = frame
        .rgb()
        .chunks_exact(row_bytes)
        .flat_map(|row| row.chunks_exact(3).rev().flatten().copied())
        .collect();
    Frame::new(frame.width(), frame.height(), rgb).unwrap()
}

/// The development images beside the repository, where they exist.
pub(crate) fn development_images() -> Option<PathBuf> {
    let folder = repository().join("../shared/data/pad");
    folder.is_dir().then_some(folder)
}

/// One image as `tools/mediapipe_reference.py` describes it.
#[derive(Deserialize)]
pub(crate) struct Reference {
    pub(crate) file: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) detections: Vec<ReferenceDetection>,
    pub(crate) faces: Vec<Vec<[f32; 3]>>,
}

#[derive(Deserialize)]
pub(crate) struct ReferenceDetection {
    pub(crate) score: f32,
    #[serde(rename = "box")]
    pub(crate) bounds: [f32; 4],
    pub(crate) keypoints: [[f32; 2]; 6],
}

/// Mean distance between our landmarks and MediaPipe's, as a share of the distance between the
/// middles of MediaPipe's eyes.
pub(crate) fn mean_error(ours: &Landmarks, theirs: &[[f32; 3]]) -> f64 {
    assert_eq!(theirs.len(), Landmarks::COUNT);
    let at = |v: usize| Point2 {
        x: theirs[v][0],
        y: theirs[v][1],
    };
    let middle = |a: usize, b: usize| Point2 {
        x: (at(a).x + at(b).x) / 2.0,
        y: (at(a).y + at(b).y) / 2.0,
    };
    let inter_ocular = middle(33, 133).distance(middle(362, 263));
    let sum: f64 = (0..Landmarks::COUNT)
        .map(|v| f64::from(ours.at(v).xy().distance(at(v))))
        .sum();
    sum / Landmarks::COUNT as f64 / f64::from(inter_ocular)
}
