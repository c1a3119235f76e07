//! The embedded models against values that the TFLite interpreter computed
//! (`tools/convert_models.py --golden`), and the promises of the `Model` trait.

use std::collections::BTreeMap;
use std::io::Write;

use lifesign_infer::{Embedded, InferError, Tensor, load, load_file};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    tolerance: f32,
    /// Model name to outputs to (position, value).
    models: BTreeMap<String, Vec<Vec<(usize, f32)>>>,
}

/// The input of the golden values: a ramp of 0 to 250 over the card's range.
fn pattern(embedded: Embedded) -> Vec<f32> {
    let card = embedded.card().unwrap();
    let [low, high] = card.input_range;
    let length: usize = card.input_shape.iter().product();
    let ramp = |i: usize| (i * 31 % 251) as f32 / 250.0;
    (0..length).map(|i| low + (high - low) * ramp(i)).collect()
}

fn run(embedded: Embedded) -> Vec<Tensor> {
    load(embedded).unwrap().run(&pattern(embedded)).unwrap()
}

#[test]
fn outputs_equal_the_tflite_interpreter() {
    let golden: Golden = serde_json::from_str(include_str!("golden.json")).unwrap();
    let without_reference = [
        Embedded::FaceLandmarkWithAttention,
        Embedded::FaceCover,
        Embedded::PadContext,
        Embedded::SyntheticFace,
        Embedded::FaceEmbedding,
    ];
    for embedded in Embedded::ALL {
        if without_reference.contains(&embedded) {
            continue;
        }
        let outputs = run(embedded);
        let expected = &golden.models[embedded.name()];
        assert_eq!(outputs.len(), expected.len());
        for (output, values) in outputs.iter().zip(expected) {
            for &(position, value) in values {
                let difference = (output.data[position] - value).abs();
                assert!(
                    difference <= golden.tolerance * value.abs().max(1.0),
                    "{}: value {position} is {}, expected {value}",
                    embedded.name(),
                    output.data[position]
                );
            }
        }
    }
}

#[test]
fn the_attack_models_equal_onnxruntime() {
    // What onnxruntime answers (train/export.py).
    let golden: BTreeMap<String, Vec<Vec<(usize, f32)>>> =
        serde_json::from_str(include_str!("golden_pad.json")).unwrap();
    for embedded in [Embedded::PadContext, Embedded::SyntheticFace] {
        let outputs = run(embedded);
        let expected = &golden[embedded.name()];
        assert_eq!(outputs.len(), expected.len());
        for (output, values) in outputs.iter().zip(expected) {
            for &(position, value) in values {
                let difference = (output.data[position] - value).abs();
                assert!(difference <= 1e-3 * value.abs().max(1.0), "{value}");
            }
        }
    }
}

#[test]
fn the_cover_model_equals_the_network_that_was_trained() {
    // What PyTorch answers (train/cover/export.py).
    let expected: Vec<f32> = serde_json::from_str(include_str!("golden_cover.json")).unwrap();
    let outputs = run(Embedded::FaceCover);
    assert_eq!(outputs[0].data.len(), expected.len());
    for (value, expected) in outputs[0].data.iter().zip(expected) {
        assert!((value - expected).abs() < 1e-3, "{value} {expected}");
    }
}

#[test]
fn the_face_embedding_equals_dlib() {
    // What dlib answers (tools/convert_face_embedding.py --golden). The narrow weights move it by 2e-4.
    let expected: Vec<f32> = serde_json::from_str(include_str!("golden_embedding.json")).unwrap();
    let bytes = (0..3 * 150 * 150).map(|i| (i * 31 % 251) as f32);
    let picture: Vec<f32> = bytes.map(|byte| byte / 255.0).collect();
    let outputs = load(Embedded::FaceEmbedding)
        .unwrap()
        .run(&picture)
        .unwrap();
    assert_eq!(outputs[0].data.len(), expected.len());
    for (value, expected) in outputs[0].data.iter().zip(expected) {
        assert!((value - expected).abs() < 1e-3, "{value} {expected}");
    }
}

#[test]
fn outputs_have_the_shapes_of_the_card() {
    for embedded in Embedded::ALL {
        let card = embedded.card().unwrap();
        let outputs = run(embedded);
        assert_eq!(outputs.len(), card.outputs.len());
        for (output, expected) in outputs.iter().zip(&card.outputs) {
            assert_eq!(output.shape, expected.shape, "{}", expected.name);
            assert_eq!(output.data.len(), output.shape.iter().product::<usize>());
        }
    }
}

#[test]
fn a_run_gives_the_same_bits_on_every_thread() {
    let model = load(Embedded::FaceDetectionShortRange).unwrap();
    let input = pattern(Embedded::FaceDetectionShortRange);
    let first = model.run(&input).unwrap();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| model.run(&input).unwrap()))
            .collect();
        for run in runs {
            assert_eq!(run.join().unwrap(), first);
        }
    });
}

#[test]
fn an_input_of_the_wrong_length_is_refused() {
    let model = load(Embedded::IrisLandmark).unwrap();
    let error = model.run(&[0.0; 7]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "iris_landmark takes 12288 input values, got 7"
    );
}

#[test]
fn an_input_that_is_not_finite_is_refused() {
    let model = load(Embedded::IrisLandmark).unwrap();
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut input = pattern(Embedded::IrisLandmark);
        input[100] = value;
        let error = model.run(&input).unwrap_err();
        assert!(
            matches!(error, InferError::NonFiniteInput { index: 100, .. }),
            "{error}"
        );
    }
}

#[test]
fn an_output_that_is_not_finite_is_an_error() {
    let model = load(Embedded::IrisLandmark).unwrap();
    let error = model.run(&[f32::MAX; 3 * 64 * 64]).unwrap_err();
    assert!(
        matches!(error, InferError::NonFiniteOutput { .. }),
        "{error}"
    );
}

/// The weights of the iris model in a file of their own.
fn weights_file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

const IRIS: &[u8] = include_bytes!("../../../models/iris_landmark.onnx");

#[test]
fn a_file_with_the_named_checksum_runs_like_the_embedded_model() {
    let file = weights_file(IRIS);
    let sha256 = Embedded::IrisLandmark.card().unwrap().sha256;
    let model = load_file(file.path(), &sha256).unwrap();
    assert_eq!(model.input_shape(), [1, 3, 64, 64]);
    let outputs = model.run(&pattern(Embedded::IrisLandmark)).unwrap();
    assert_eq!(outputs, run(Embedded::IrisLandmark));
}

#[test]
fn a_tampered_file_is_refused() {
    let mut bytes = IRIS.to_vec();
    bytes[5000] ^= 1;
    let file = weights_file(&bytes);
    let sha256 = Embedded::IrisLandmark.card().unwrap().sha256;
    let error = load_file(file.path(), &sha256).err().unwrap();
    assert!(matches!(error, InferError::Checksum { .. }), "{error}");
}

#[test]
fn a_file_that_is_missing_or_no_model_is_an_error() {
    let missing = load_file("no/such.onnx".as_ref(), "00").err().unwrap();
    assert!(matches!(missing, InferError::ReadFile { .. }), "{missing}");
    let empty = weights_file(b"");
    let sha256_of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let error = load_file(empty.path(), sha256_of_nothing).err().unwrap();
    assert!(matches!(error, InferError::Load { .. }), "{error}");
}
