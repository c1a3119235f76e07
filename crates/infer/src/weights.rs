use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::runtime::CheckedModel;
use crate::{InferError, Model, ModelCard, Tensor};

macro_rules! weights {
    ($file:literal) => {
        include_bytes!(concat!("../../../models/", $file))
    };
}

/// A model whose weights are part of the binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Embedded {
    /// BlazeFace for faces within about two metres: 128x128, 896 anchors.
    FaceDetectionShortRange,
    /// BlazeFace for faces within about five metres: 192x192, 2304 anchors.
    FaceDetectionFullRange,
    /// The 468-point face mesh with a presence score: 192x192.
    FaceLandmark,
    /// The face mesh with refined lips, eyes and both irises: 192x192.
    FaceLandmarkWithAttention,
    /// Eye contour and iris of one eye crop: 64x64.
    IrisLandmark,
    /// What covers the face, of this project's own training: 64x64.
    FaceCover,
    /// Prints and screens: EfficientNet-Lite0's first blocks and a head of this project's: 160x160.
    PadContext,
    /// Generated faces: BlazeFace's first layers and a head of this project's: 80x80.
    SyntheticFace,
    /// Who it is: dlib's face recognition network, 150x150.
    FaceEmbedding,
}

impl Embedded {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::FaceDetectionShortRange,
        Self::FaceDetectionFullRange,
        Self::FaceLandmark,
        Self::FaceLandmarkWithAttention,
        Self::IrisLandmark,
        Self::FaceCover,
        Self::PadContext,
        Self::SyntheticFace,
        Self::FaceEmbedding,
    ];

    /// The name that `models/models.toml` uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::FaceDetectionShortRange => "face_detection_short_range",
            Self::FaceDetectionFullRange => "face_detection_full_range",
            Self::FaceLandmark => "face_landmark",
            Self::FaceLandmarkWithAttention => "face_landmark_with_attention",
            Self::IrisLandmark => "iris_landmark",
            Self::FaceCover => "face_cover",
            Self::PadContext => "pad_context",
            Self::SyntheticFace => "synthetic_face",
            Self::FaceEmbedding => "face_embedding",
        }
    }

    /// Licence, source, checksum, input and outputs.
    ///
    /// # Errors
    /// [`InferError::Card`] when the card is missing or malformed.
    pub fn card(self) -> Result<ModelCard, InferError> {
        ModelCard::named(self.name())
    }

    pub(crate) fn bytes(self) -> &'static [u8] {
        match self {
            Self::FaceDetectionShortRange => weights!("face_detection_short_range.onnx"),
            Self::FaceDetectionFullRange => weights!("face_detection_full_range_sparse.onnx"),
            Self::FaceLandmark => weights!("face_landmark.onnx"),
            Self::FaceLandmarkWithAttention => weights!("face_landmark_with_attention.onnx"),
            Self::IrisLandmark => weights!("iris_landmark.onnx"),
            Self::FaceCover => weights!("face_cover.onnx"),
            Self::PadContext => weights!("pad_context.onnx"),
            Self::SyntheticFace => weights!("synthetic_face.onnx"),
            Self::FaceEmbedding => weights!("face_embedding.onnx"),
        }
    }
}

/// Loads an embedded model after checking its weights against the card.
///
/// # Errors
/// [`InferError::Card`], [`InferError::Checksum`] or [`InferError::Load`]; none of them can
/// happen with an unchanged binary.
pub fn load(embedded: Embedded) -> Result<Box<dyn Model>, InferError> {
    let card = embedded.card()?;
    let weights = Cow::Borrowed(embedded.bytes());
    verify(embedded.name(), &weights, &card.sha256)?;
    let outputs: Vec<String> = card.outputs.into_iter().map(|output| output.name).collect();
    let model = CheckedModel::load(embedded.name(), weights, Some(&outputs))?;
    Ok(Box::new(model))
}

/// An embedded model that is loaded when it runs first, for one that few need and whose weights take long.
/// What [`load`] would answer, a run answers; until it succeeds, each run tries again.
///
/// # Errors
/// [`InferError::Card`], which cannot happen with an unchanged binary.
pub fn load_lazily(embedded: Embedded) -> Result<Box<dyn Model>, InferError> {
    let card = embedded.card()?;
    Ok(Box::new(LazyModel {
        embedded,
        input_shape: card.input_shape,
        model: Mutex::new(None),
    }))
}

struct LazyModel {
    embedded: Embedded,
    input_shape: [usize; 4],
    /// Locked only to load and to look it up, never during a run.
    model: Mutex<Option<Arc<dyn Model>>>,
}

impl Model for LazyModel {
    fn input_shape(&self) -> [usize; 4] {
        self.input_shape
    }

    fn run(&self, input: &[f32]) -> Result<Vec<Tensor>, InferError> {
        let mut slot = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let model = match &*slot {
            Some(model) => Arc::clone(model),
            None => Arc::clone(slot.insert(load(self.embedded)?.into())),
        };
        drop(slot);
        model.run(input)
    }
}

/// Loads an ONNX model with one fixed NCHW f32 input from a file, after checking that its
/// SHA-256 is `sha256` (hexadecimal). Outputs come in the file's own order.
///
/// # Errors
/// [`InferError::ReadFile`], [`InferError::Checksum`] or [`InferError::Load`].
pub fn load_file(path: &Path, sha256: &str) -> Result<Box<dyn Model>, InferError> {
    let name = path.display().to_string();
    let weights = std::fs::read(path).map_err(|source| InferError::ReadFile {
        path: path.to_owned(),
        source,
    })?;
    verify(&name, &weights, sha256)?;
    let model = CheckedModel::load(&name, Cow::Owned(weights), None)?;
    Ok(Box::new(model))
}

fn verify(model: &str, weights: &[u8], expected: &str) -> Result<(), InferError> {
    let digest = Sha256::digest(weights);
    let actual: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    if actual.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(InferError::Checksum {
        model: model.to_owned(),
        expected: expected.to_owned(),
        actual,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_model_matches_its_card() {
        for embedded in Embedded::ALL {
            let card = embedded.card().unwrap();
            verify(embedded.name(), embedded.bytes(), &card.sha256).unwrap();
            assert_eq!(load(embedded).unwrap().input_shape(), card.input_shape);
            let public_domain = embedded == Embedded::FaceEmbedding;
            let licence = if public_domain {
                "CC0-1.0"
            } else {
                "Apache-2.0"
            };
            assert_eq!(card.licence, licence);
        }
    }

    #[test]
    fn only_the_mesh_with_attention_needs_rten() {
        for embedded in Embedded::ALL {
            let weights = Cow::Borrowed(embedded.bytes());
            let model = CheckedModel::load(embedded.name(), weights, None).unwrap();
            let expected = embedded == Embedded::FaceLandmarkWithAttention;
            assert_eq!(model.uses_rten(), expected, "{}", embedded.name());
        }
    }

    #[test]
    fn a_lazy_model_answers_what_the_loaded_one_does() {
        let lazy = load_lazily(Embedded::FaceCover).unwrap();
        let loaded = load(Embedded::FaceCover).unwrap();
        assert_eq!(lazy.input_shape(), loaded.input_shape());
        let input = vec![0.5; 3 * 64 * 64];
        for _ in 0..2 {
            assert_eq!(lazy.run(&input).unwrap(), loaded.run(&input).unwrap());
        }
        assert!(matches!(
            lazy.run(&[]).unwrap_err(),
            InferError::InputLength { .. }
        ));
    }

    #[test]
    fn one_changed_bit_is_a_checksum_error() {
        let embedded = Embedded::FaceDetectionShortRange;
        let mut weights = embedded.bytes().to_vec();
        let middle = weights.len() / 2;
        weights[middle] ^= 1;
        let error =
            verify(embedded.name(), &weights, &embedded.card().unwrap().sha256).unwrap_err();
        assert!(matches!(error, InferError::Checksum { .. }), "{error}");
    }
}
