//! The signals: one file each, one type each, registered in [`all`]; an engine may hold more, each
//! around a model ([`PadModel`]).
//!
//! A signal reads the immutable [`Evidence`] and answers a [`Reading`]. It has no clock, no IO,
//! writes nothing and knows neither its weight nor the verdict.

mod chroma_detail;
mod curve;
pub(crate) mod exif_metadata;
mod eye_aspect_ratio;
mod face_area_ratio;
mod face_crop;
pub(crate) mod facial_symmetry;
pub(crate) mod fft_deepfake;
mod gradient_kurtosis;
mod head_pose;
pub(crate) mod lbp_texture;
pub(crate) mod learned;
mod pad_model;
mod params;
mod sharpness;
pub(crate) mod spectrum;
#[cfg(test)]
pub(crate) mod test_support;
#[cfg(test)]
mod tests;

pub use curve::Curve;
pub use learned::{Head, PadAnswer};
pub use pad_model::{PadModel, PadModelError, PadModelSpec};
pub use params::{
    AreaParams, ChromaParams, ExifParams, EyeParams, FftParams, GradientParams, LbpParams,
    LearnedParams, PadContextParams, PoseParams, SharpnessParams, SignalParams, SymmetryParams,
    SyntheticFaceParams,
};

use std::sync::Arc;

use lifesign_infer::Model;

use crate::{EngineError, Evidence};

/// One independent measure of liveness.
pub trait Signal: Send + Sync {
    /// Machine-readable name, also its key in configuration and calibration.
    fn name(&self) -> &str;
    /// Name for people.
    fn label(&self) -> &str;
    /// Measures the evidence.
    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading;
}

/// What a signal found.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// The signal could be computed.
    Measured(Measured),
    /// The signal could not be computed; the text says why, in plain language.
    NotAssessable(String),
}

/// A computed signal.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Native values by name.
    pub values: Vec<(&'static str, f64)>,
    /// Score in [0, 1]; higher is more live-like.
    pub score: f64,
    /// Plain-language finding that names the measured figure.
    pub detail: String,
}

/// Every signal that needs no network, in the order in which verdicts list them; first the
/// contract's eight.
pub fn all() -> Vec<Box<dyn Signal>> {
    vec![
        Box::new(sharpness::Sharpness),
        Box::new(eye_aspect_ratio::EyeAspectRatio),
        Box::new(head_pose::HeadPose),
        Box::new(face_area_ratio::FaceAreaRatio),
        Box::new(facial_symmetry::FacialSymmetry),
        Box::new(lbp_texture::LbpTexture),
        Box::new(exif_metadata::ExifMetadata),
        Box::new(fft_deepfake::FftDeepfake),
        Box::new(gradient_kurtosis::GradientKurtosis),
        Box::new(chroma_detail::ChromaDetail),
    ]
}

/// The names of [`learned`].
const LEARNED: [&str; 2] = ["pad_context", "synthetic_face"];

/// The signals of the two presentation-attack networks, after those of [`all`].
///
/// # Errors
/// [`EngineError::Interface`] when a network takes another input or has other outputs.
pub(crate) fn learned(
    recapture: Box<dyn Model>,
    synthesis: Box<dyn Model>,
) -> Result<Vec<Box<dyn Signal>>, EngineError> {
    let network = Arc::new(learned::PadNetwork::new(recapture, synthesis)?);
    Ok(vec![
        Box::new(learned::PadContext(Arc::clone(&network))),
        Box::new(learned::SyntheticFace(network)),
    ])
}

/// The names of every built-in signal, in the order of verdicts.
pub(crate) fn names() -> Vec<String> {
    let plain = all().into_iter().map(|s| s.name().to_owned());
    plain.chain(LEARNED.map(str::to_owned)).collect()
}

/// The words of the highest band that a score reaches; `bands` by falling lower edge.
fn wording<const N: usize>(
    score: f64,
    bands: [(f64, &'static str); N],
    below: &'static str,
) -> &'static str {
    let reached = bands.iter().find(|(edge, _)| score >= *edge);
    reached.map_or(below, |(_, words)| words)
}
