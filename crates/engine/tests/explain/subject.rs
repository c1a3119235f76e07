//! Checks built by hand over the public-domain samples and MediaPipe's landmarks for them, so
//! that the pictures are tested without the models.

use std::path::PathBuf;

use lifesign_domain::{
    CheckResult, FaceBox, FaceSummary, PoseDegrees, ReasonCode, SignalReport, Verdict,
};
use lifesign_engine::{
    Calibration, Check, Decision, Detection, Evidence, Landmarks, Point2, Point3, Pose, Rect,
    Subject,
};
use lifesign_media::{ExifState, Frame, ImageFormat, Limits, Photo, decode};

/// Name and label of every signal with a score; `None` could not be assessed.
const SCORES: [(&str, &str, Option<f64>, f64); 8] = [
    ("sharpness", "Image sharpness", Some(0.86), 0.12),
    ("eye_aspect_ratio", "Eye openness", Some(0.91), 0.10),
    ("head_pose", "Head pose", Some(0.62), 0.12),
    ("face_area_ratio", "Face framing", Some(0.33), 0.08),
    ("facial_symmetry", "Facial symmetry", Some(0.74), 0.10),
    ("lbp_texture", "Skin texture", Some(0.81), 0.24),
    ("exif_metadata", "Camera metadata", None, 0.0),
    ("fft_deepfake", "Frequency fingerprint", Some(0.42), 0.24),
];

const DECISION: Decision = Decision {
    live_threshold: 0.58,
    inconclusive_margin: 0.04,
    min_assessed_weight: 0.5,
};

pub(crate) fn signals() -> Vec<SignalReport> {
    SCORES
        .iter()
        .map(|&(name, label, score, weight)| SignalReport {
            name: name.to_owned(),
            label: label.to_owned(),
            score: score.unwrap_or(0.0),
            weight,
            passed: score.is_some_and(|s| s >= 0.5),
            detail: format!("What {name} found."),
            assessed: score.is_some(),
            values: Default::default(),
        })
        .collect()
}

pub(crate) fn result(verdict: Verdict, confidence: f64) -> CheckResult {
    CheckResult {
        verdict,
        confidence,
        threshold: 0.58,
        face_detected: true,
        signals: signals(),
        profile: "classic".to_owned(),
        calibration: "test".to_owned(),
        face_count: 1,
        face: None,
        quality: vec![],
        reasons: vec![ReasonCode::TurnedAway.into()],
    }
}

pub(crate) fn photo(name: &str) -> Photo {
    let path = root().join("../../assets/samples").join(name);
    decode(&std::fs::read(path).unwrap(), &Limits::default()).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A check of a sample in which MediaPipe found faces.
pub(crate) fn sample(name: &str) -> Check {
    let path = root().join(format!("tests/data/golden/mediapipe/{name}.json"));
    let golden: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let points = golden["faces"][0]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| Point3 {
            x: number(&p[0]),
            y: number(&p[1]),
            z: number(&p[2]),
        });
    let faces = golden["detections"]
        .as_array()
        .unwrap()
        .iter()
        .map(detection)
        .collect();
    let landmarks = Landmarks::new(points.collect()).unwrap();
    check(photo(&format!("{name}.jpg")), faces, landmarks, pose(20.0))
}

fn number(value: &serde_json::Value) -> f32 {
    value.as_f64().unwrap() as f32
}

fn detection(golden: &serde_json::Value) -> Detection {
    let [x, y, width, height] = [0, 1, 2, 3].map(|i| number(&golden["box"][i]));
    Detection {
        bounds: Rect {
            x,
            y,
            width,
            height,
        },
        score: number(&golden["score"]),
        keypoints: [Point2::default(); 6],
    }
}

/// A face half a metre before the camera, turned by `yaw_deg`.
pub(crate) fn pose(yaw_deg: f64) -> Pose {
    let (sin, cos) = yaw_deg.to_radians().sin_cos();
    Pose {
        transform: [
            [cos, 0.0, sin, 0.0],
            [0.0, 1.0, 0.0, 0.0],
            [-sin, 0.0, cos, -50.0],
            [0.0, 0.0, 0.0, 1.0],
        ],
        degrees: PoseDegrees {
            yaw: yaw_deg,
            pitch: 0.0,
            roll: 0.0,
        },
        distance_cm: 50.0,
    }
}

pub(crate) fn check(
    photo: Photo,
    faces: Vec<Detection>,
    landmarks: Landmarks,
    pose: Pose,
) -> Check {
    let mut result = result(Verdict::Live, 0.71);
    let bounds = landmarks.bounds();
    result.face_count = faces.len();
    result.face = Some(FaceSummary {
        bounds: FaceBox {
            x: f64::from(bounds.x),
            y: f64::from(bounds.y),
            width: f64::from(bounds.width),
            height: f64::from(bounds.height),
        },
        detection_score: 0.9,
        presence: 0.99,
        pose: pose.degrees,
        distance_cm: pose.distance_cm,
    });
    Check {
        result,
        decision: DECISION,
        signals: Calibration::embedded().signals,
        subject: Subject::Face(Box::new(Evidence {
            luma: photo.frame.luma(),
            photo,
            faces,
            face_bounds: bounds,
            landmarks,
            presence: 0.99,
            pose,
            cover: None,
            irises: None,
            pad: std::sync::OnceLock::new(),
        })),
    }
}

/// A check of an image of one colour in which no face was found.
pub(crate) fn without_face(width: u32, height: u32) -> Check {
    let mut result = result(Verdict::Inconclusive, 0.0);
    result.face_detected = false;
    result.signals.clear();
    result.face_count = 0;
    result.reasons = vec![ReasonCode::NoFace.into()];
    Check {
        result,
        decision: DECISION,
        signals: Calibration::embedded().signals,
        subject: Subject::NoFace(Box::new(plain(width, height))),
    }
}

/// An image of one colour.
pub(crate) fn plain(width: u32, height: u32) -> Photo {
    let pixels = width as usize * height as usize;
    Photo {
        frame: Frame::new(width, height, [90, 120, 150].repeat(pixels)).unwrap(),
        format: ImageFormat::Png,
        exif: ExifState::Absent,
        size_bytes: 0,
    }
}

/// A face of 468 vertices on a regular grid inside `bounds`.
pub(crate) fn grid_landmarks(bounds: Rect) -> Landmarks {
    let points = (0..Landmarks::COUNT).map(|i| Point3 {
        x: bounds.x + bounds.width * (i % 26) as f32 / 25.0,
        y: bounds.y + bounds.height * (i / 26) as f32 / 17.0,
        z: 0.0,
    });
    Landmarks::new(points.collect()).unwrap()
}
