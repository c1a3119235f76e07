//! The pure logic with fake models: what is dropped, what comes next, what is an error.

use lifesign_domain::{ErrorKind, Verdict};
use lifesign_engine::{Calibration, Engine, EngineError, Models};
use lifesign_infer::{Model, Tensor};
use lifesign_media::{ExifState, Frame, ImageFormat, Photo};
use lifesign_testkit::{FakeModel, faceless_scene};

const NO_FACE: f32 = -20.0;
const FACE: f32 = 20.0;

/// A detector that finds a face at each (anchor, size in input pixels).
fn detector(side: usize, anchors: usize, found: &[(usize, f32)]) -> Box<dyn Model> {
    let mut boxes = vec![0.0; anchors * 16];
    let mut logits = vec![NO_FACE; anchors];
    for &(anchor, size) in found {
        boxes[anchor * 16 + 2..anchor * 16 + 4].fill(size);
        // The second eye is to the right of the first.
        boxes[anchor * 16 + 6] = size / 2.0;
        logits[anchor] = FACE;
    }
    FakeModel::constant(side, vec![boxes, logits])
}

fn near(found: &[(usize, f32)]) -> Box<dyn Model> {
    detector(128, 896, found)
}

fn far(found: &[(usize, f32)]) -> Box<dyn Model> {
    detector(192, 2304, found)
}

/// A flat mesh of the canonical face's extent with the presence that `presence` gives its crop.
fn mesh(presence: impl Fn(&[f32]) -> f32 + Send + Sync + 'static) -> Box<dyn Model> {
    FakeModel::new(192, move |input| {
        let canonical = &lifesign_engine::canonical::CANONICAL_FACE.vertices;
        let vertices = canonical.iter().flat_map(|v| v.map(|cm| cm as f32));
        let vertices = vertices.enumerate().map(|(i, cm)| match i % 3 {
            0 => 96.0 + cm * 8.0,
            1 => 96.0 - cm * 8.0,
            _ => -cm * 8.0,
        });
        let tensor = |data: Vec<f32>| Tensor {
            shape: vec![1, data.len()],
            data,
        };
        Ok(vec![
            tensor(vertices.collect()),
            tensor(vec![presence(input)]),
        ])
    })
}

fn engine(short_range: Box<dyn Model>, full_range: Box<dyn Model>, mesh: Box<dyn Model>) -> Engine {
    engine_that_looks_closer(short_range, full_range, mesh, bare(), irises())
}

/// Nothing covers the face.
fn bare() -> Box<dyn Model> {
    FakeModel::constant(64, vec![vec![NO_FACE; 4]])
}

/// A map without a trace, and a head that takes it for life.
fn no_attack(side: usize) -> Box<dyn Model> {
    FakeModel::new(side, move |_| {
        let head = |data: Vec<f32>| Tensor {
            shape: vec![1, data.len()],
            data,
        };
        let map = Tensor {
            shape: vec![1, 16, 1],
            data: vec![0.0; 16],
        };
        let mut outputs = vec![map, head(vec![0.0, 0.0, 0.0, 0.0, -5.0])];
        if side == 80 {
            outputs.push(head(vec![0.0; 5]));
        }
        Ok(outputs)
    })
}

/// Irises in the middle of their crops.
fn irises() -> Box<dyn Model> {
    FakeModel::constant(64, vec![vec![32.0; 213], vec![32.0; 15]])
}

fn engine_that_looks_closer(
    short_range: Box<dyn Model>,
    full_range: Box<dyn Model>,
    mesh: Box<dyn Model>,
    cover: Box<dyn Model>,
    iris: Box<dyn Model>,
) -> Engine {
    let models = Models {
        short_range,
        full_range,
        mesh,
        iris,
        cover,
        pad_context: no_attack(160),
        synthetic_face: no_attack(80),
        embedding: FakeModel::constant(150, vec![vec![0.1; 128]]),
    };
    Engine::with_models(models, Calibration::embedded()).unwrap()
}

fn photo() -> Photo {
    Photo {
        frame: faceless_scene(5),
        format: ImageFormat::Jpeg,
        exif: ExifState::Absent,
        size_bytes: 0,
    }
}

#[test]
fn far_faces_are_looked_for_only_without_near_ones() {
    let both = engine(
        near(&[(0, 40.0)]),
        far(&[(700, 30.0), (1800, 30.0)]),
        mesh(|_| FACE),
    );
    assert_eq!(both.faces(&photo().frame).unwrap().len(), 1);
    let only_far = engine(near(&[]), far(&[(700, 30.0), (1800, 30.0)]), mesh(|_| FACE));
    assert_eq!(only_far.faces(&photo().frame).unwrap().len(), 2);
}

#[test]
fn a_face_that_the_mesh_denies_gives_way_to_the_next() {
    // A frame that is dark on the left: the mesh denies dark crops.
    let rgb = (0..240).flat_map(|_| (0..320).flat_map(|x| [if x < 160 { 10 } else { 240 }; 3]));
    let frame = Frame::new(320, 240, rgb.collect()).unwrap();
    let bright = |input: &[f32]| {
        let mean = input.iter().sum::<f32>() / input.len() as f32;
        if mean > 0.5 { FACE } else { NO_FACE }
    };
    // Anchors of the 8x8 layer begin at 512, six a cell: left and right of the middle row.
    let (left, right) = (512 + (4 * 8 + 1) * 6, 512 + (4 * 8 + 6) * 6);
    let found = [(left, 30.0), (right, 20.0)];
    let faces = engine(near(&found), far(&[]), mesh(bright))
        .faces(&frame)
        .unwrap();
    assert_eq!(faces.len(), 1);
    assert!(faces[0].detection.bounds.x > 160.0);
    // Where the mesh denies all near ones, the far ones have their turn.
    let denied = engine(
        near(&[(left, 30.0)]),
        far(&[(24 * 48 + 40, 20.0)]),
        mesh(bright),
    );
    let faces = denied.faces(&frame).unwrap();
    assert_eq!(faces.len(), 1);
    assert!(faces[0].detection.bounds.x > 160.0);
    // And where it denies everything, there is no face.
    let none = engine(near(&found), far(&[(0, 20.0)]), mesh(|_| NO_FACE));
    assert!(none.faces(&frame).unwrap().is_empty());
}

#[test]
fn of_a_crowd_only_the_largest_are_looked_at() {
    let crowd: Vec<_> = (0..40).map(|i| (i * 12, 4.0 + i as f32 / 10.0)).collect();
    let engine = engine(near(&crowd), far(&[]), mesh(|_| FACE));
    let faces = engine.faces(&photo().frame).unwrap();
    assert_eq!(faces.len(), engine.calibration().detection.max_faces);
    assert!(faces.is_sorted_by(|a, b| a.detection.bounds.area() >= b.detection.bounds.area()));
    let largest = faces[0].detection.bounds.width / 320.0 * 128.0;
    assert!((largest - 7.9).abs() < 1e-3, "{largest}");
}

#[test]
fn a_mesh_without_extent_is_no_face() {
    let flat = FakeModel::constant(192, vec![vec![0.0; 1404], vec![FACE]]);
    let result = engine(near(&[(0, 40.0)]), far(&[]), flat).check(photo(), "classic");
    assert!(!result.unwrap().result.face_detected);
    let broken = FakeModel::constant(192, vec![vec![f32::NAN; 1404], vec![FACE]]);
    let result = engine(near(&[(0, 40.0)]), far(&[]), broken).check(photo(), "classic");
    assert_eq!(result.unwrap().result.verdict, Verdict::Inconclusive);
}

/// A face that is found, looked at by the given models.
fn closer(cover: Box<dyn Model>, iris: Box<dyn Model>) -> Engine {
    let found = near(&[(0, 40.0)]);
    engine_that_looks_closer(found, far(&[]), mesh(|_| FACE), cover, iris)
}

#[test]
fn a_failing_model_is_an_error_and_never_a_verdict() {
    let cases = [
        engine(FakeModel::failing(128), far(&[]), mesh(|_| FACE)),
        engine(near(&[]), FakeModel::failing(192), mesh(|_| FACE)),
        engine(near(&[(0, 40.0)]), far(&[]), FakeModel::failing(192)),
        closer(FakeModel::failing(64), irises()),
        closer(bare(), FakeModel::failing(64)),
    ];
    let stages = ["short-range", "full-range", "mesh", "cover", "irises"];
    for (engine, stage) in cases.iter().zip(stages) {
        let error = engine.check(photo(), "classic").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(error.to_string().contains(stage), "{error}");
    }
}

#[test]
fn models_of_another_interface_are_refused() {
    let models = Models {
        short_range: near(&[]),
        full_range: far(&[]),
        mesh: Box::new(NotSquare),
        iris: irises(),
        cover: bare(),
        pad_context: no_attack(160),
        synthetic_face: no_attack(80),
        embedding: FakeModel::constant(150, vec![vec![0.1; 128]]),
    };
    let refused = Engine::with_models(models, Calibration::embedded())
        .err()
        .unwrap();
    assert!(
        matches!(refused, EngineError::Interface { .. }),
        "{refused}"
    );
    let short = engine(detector(128, 895, &[]), far(&[]), mesh(|_| FACE));
    let error = short.check(photo(), "classic").unwrap_err();
    assert!(matches!(error, EngineError::Interface { .. }), "{error}");
}

struct NotSquare;

impl Model for NotSquare {
    fn input_shape(&self) -> [usize; 4] {
        [1, 3, 192, 128]
    }

    fn run(&self, _: &[f32]) -> Result<Vec<Tensor>, lifesign_infer::InferError> {
        Ok(Vec::new())
    }
}

#[test]
fn an_unknown_profile_names_the_known_ones() {
    // The models would fail: the profile is looked up first.
    let engine = engine(FakeModel::failing(128), far(&[]), mesh(|_| FACE));
    let error = engine.check(photo(), "clasic").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let text = error.to_string();
    assert!(
        text.contains("`clasic`") && text.contains("classic"),
        "{text}"
    );
}
