//! A configuration that cannot be used.

use std::path::PathBuf;

use lifesign_engine::CalibrationError;

use super::external_model::ExternalModelError;

/// Why the start stops; each text names the source.
#[allow(missing_docs)] // the texts say it
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("unknown key `{key}` ({origin}){}", suggestion(*nearest))]
    UnknownKey {
        key: String,
        origin: String,
        nearest: Option<&'static str>,
    },
    #[error("unknown profile `{profile}`; known: {known}")]
    UnknownProfile { profile: String, known: String },
    #[error("--set takes KEY=VALUE, got `{0}`")]
    SetSyntax(String),
    #[error("cannot read {}: {source}", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{0}")]
    Value(String),
    #[error("{origin}: {source}")]
    Calibration {
        origin: String,
        source: CalibrationError,
    },
    #[error("{origin}: {source}")]
    SessionCalibration {
        origin: String,
        source: lifesign_session::CalibrationError,
    },
    #[error("external_model `{name}`: {source}")]
    ExternalModel {
        name: String,
        source: Box<ExternalModelError>,
    },
    #[error("cannot encode the calibration: {0}")]
    Encode(toml::ser::Error),
    #[error("cannot encode the configuration: {0}")]
    Json(serde_json::Error),
}

impl ConfigError {
    /// Keeps figment's finding (what was found, what was expected) and where it stands.
    pub fn from_figment(error: figment::Error) -> Self {
        // figment's own name for the only profile that is used here says nothing to a reader.
        Self::Value(error.to_string().replace("\"default.", "\""))
    }
}

fn suggestion(nearest: Option<&'static str>) -> String {
    match nearest {
        Some(key) => format!("; did you mean `{key}`?"),
        None => "; `lifesign config` lists the known ones".to_owned(),
    }
}
