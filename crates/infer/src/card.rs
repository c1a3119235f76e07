use serde::Deserialize;

use crate::InferError;

const CARDS: &str = include_str!("../../../models/models.toml");

/// What `models/models.toml` says about one embedded model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// Name of the model, as [`Embedded::name`](crate::Embedded::name) gives it.
    pub name: String,
    /// File name under `models/`.
    pub file: String,
    /// Path of the original inside the PyPI package that `models.toml` names (mediapipe 0.10.14 where it
    /// names none), or the folder of this project that trains the model.
    pub source: String,
    /// Lower-case hexadecimal SHA-256 of the original; a model of this project has none.
    pub source_sha256: Option<String>,
    /// SPDX identifier of the weights' licence.
    pub licence: String,
    /// Lower-case hexadecimal SHA-256 of the ONNX file.
    pub sha256: String,
    /// Batch, channels, height, width.
    pub input_shape: [usize; 4],
    /// The values that pixel 0 and pixel 255 become.
    pub input_range: [f32; 2],
    /// In the order of [`Model::run`](crate::Model::run)'s answer.
    pub outputs: Vec<OutputCard>,
}

/// One output of a model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputCard {
    /// Its name in the ONNX file.
    pub name: String,
    /// Length of each axis, outermost first.
    pub shape: Vec<usize>,
    /// What the values are, with units.
    pub meaning: String,
}

#[derive(Deserialize)]
struct CardFile {
    model: Vec<ModelCard>,
}

impl ModelCard {
    /// The card of the embedded model called `name`.
    ///
    /// # Errors
    /// [`InferError::Card`] when there is none or the file is malformed.
    pub(crate) fn named(name: &str) -> Result<Self, InferError> {
        let cards: CardFile =
            toml::from_str(CARDS).map_err(|error| InferError::Card(error.message().to_owned()))?;
        cards
            .model
            .into_iter()
            .find(|card| card.name == name)
            .ok_or_else(|| InferError::Card(format!("no model is named {name}")))
    }
}
