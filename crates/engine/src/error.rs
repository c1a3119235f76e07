//! Why a check could not be made. "No face" and "too dark" are results, not errors.

use lifesign_domain::ErrorKind;
use lifesign_infer::InferError;

use crate::CalibrationError;

/// Why an engine could not be built or a check could not be made.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The caller asked for a profile that the calibration does not have.
    #[error("unknown profile `{name}`; known: {known}")]
    UnknownProfile {
        /// What was asked for.
        name: String,
        /// All profile names, comma separated.
        known: String,
    },
    /// The calibration cannot be used.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// Two signals have the same name, so that a weight would mean both.
    #[error("the name of signal `{0}` is taken by another")]
    SignalName(String),
    /// A model could not be loaded or run.
    #[error("{stage}: {source}")]
    Model {
        /// The stage of the pipeline that uses the model.
        stage: &'static str,
        /// What went wrong.
        source: InferError,
    },
    /// A model has another interface than the stage that uses it.
    #[error("{stage}: the model has {what} of {actual:?}, expected {expected:?}")]
    Interface {
        /// The stage of the pipeline that uses the model.
        stage: &'static str,
        /// Which side of the interface.
        what: &'static str,
        /// Found lengths.
        actual: Vec<usize>,
        /// Expected lengths.
        expected: Vec<usize>,
    },
    /// All landmarks of a face lie in one point, so that there is nothing to cut out.
    #[error("the landmarks of the face have no extent")]
    NoExtent,
}

impl EngineError {
    /// Who is at fault.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownProfile { .. } | Self::Calibration(_) | Self::SignalName(_) => {
                ErrorKind::Configuration
            }
            Self::Model { .. } | Self::Interface { .. } => ErrorKind::Internal,
            Self::NoExtent => ErrorKind::InvalidInput,
        }
    }
}
