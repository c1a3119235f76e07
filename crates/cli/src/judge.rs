//! One image file and what comes out of it: what every command that reads images shares.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lifesign_config::Config;
use lifesign_domain::{CheckResult, ErrorKind};
use lifesign_engine::explain::{self, Picture};
use lifesign_engine::{Engine, EngineError, Models};
use lifesign_media::{Limits, MediaError, Photo};
use serde::Serialize;

use crate::error::{CliError, EXIT_BAD_INPUT, EXIT_INTERNAL};
use crate::inputs::Input;

/// An engine with the embedded models and the external ones.
///
/// # Errors
/// Those of [`Config::external_signals`], and weights that do not fit the calibration.
pub(crate) fn engine(config: &Config) -> Result<Engine, CliError> {
    let (models, signals) = (Models::embedded()?, config.external_signals()?);
    Ok(Engine::with_signals(
        models,
        signals,
        config.calibration.clone(),
    )?)
}

/// One image and what came out.
pub(crate) struct Judged {
    pub(crate) file: String,
    pub(crate) outcome: Result<CheckResult, FileError>,
    pub(crate) pictures: Vec<Picture>,
}

/// Why one image could not be judged.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FileError {
    /// The native API's word for it; FILE_ERROR if the file could not even be read.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    #[serde(skip)]
    pub(crate) exit: u8,
}

impl FileError {
    pub(crate) fn new(kind: ErrorKind, message: String) -> Self {
        let (code, exit) = match kind {
            ErrorKind::InvalidInput | ErrorKind::OverLimit | ErrorKind::Unsupported => {
                ("INVALID_REQUEST", EXIT_BAD_INPUT)
            }
            _ => ("INFERENCE_ERROR", EXIT_INTERNAL),
        };
        Self {
            code,
            message,
            exit,
        }
    }

    fn unreadable(error: &std::io::Error) -> Self {
        Self {
            code: Self::UNREADABLE,
            message: format!("cannot be read: {error}"),
            exit: EXIT_BAD_INPUT,
        }
    }

    const UNREADABLE: &str = "FILE_ERROR";

    /// Whether the same file will fail again: its bytes are at fault, not the system or we.
    pub(crate) fn is_lasting(&self) -> bool {
        self.exit == EXIT_BAD_INPUT && self.code != Self::UNREADABLE
    }
}

impl From<MediaError> for FileError {
    fn from(error: MediaError) -> Self {
        Self::new(error.kind(), error.to_string())
    }
}

impl From<EngineError> for FileError {
    fn from(error: EngineError) -> Self {
        Self::new(error.kind(), error.to_string())
    }
}

/// A panic over one image is an error of that image, so that the others are still looked at.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, FileError>) -> Result<T, FileError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = "the check panicked; this is a bug".to_owned();
        Err(FileError::new(ErrorKind::Internal, message))
    })
}

/// The upright pixels of a file within the limits.
pub(crate) fn read_photo(input: &Input, limits: &Limits) -> Result<Photo, FileError> {
    if let Some(size_bytes) = input.size_bytes()
        && size_bytes > limits.file_bytes
    {
        return Err(FileError::from(MediaError::FileTooLarge {
            size_bytes,
            limit_bytes: limits.file_bytes,
        }));
    }
    let bytes = input.read(limits).map_err(|e| FileError::unreadable(&e))?;
    Ok(lifesign_media::decode(&bytes, limits)?)
}

/// All that a worker needs to judge one image.
pub(crate) struct Judge {
    engine: Engine,
    profile: String,
    limits: Limits,
    explain: bool,
}

impl Judge {
    /// With the models in the binary; `explain` asks for the pictures as well.
    pub(crate) fn new(config: &Config, explain: bool) -> Result<Self, CliError> {
        Ok(Self {
            engine: engine(config)?,
            profile: config.settings.profile.clone(),
            limits: config.limits(),
            explain,
        })
    }

    pub(crate) fn judge(&self, input: &Input) -> Judged {
        let (outcome, pictures) = match guarded(|| self.check(input)) {
            Ok((result, pictures)) => (Ok(result), pictures),
            Err(error) => (Err(error), vec![]),
        };
        Judged {
            file: input.name(),
            outcome,
            pictures,
        }
    }

    fn check(&self, input: &Input) -> Result<(CheckResult, Vec<Picture>), FileError> {
        let photo = read_photo(input, &self.limits)?;
        let check = self.engine.check(photo, &self.profile)?;
        let pictures = if self.explain {
            explain::pictures(&check)
                .map_err(|e| FileError::new(ErrorKind::Internal, e.to_string()))?
        } else {
            vec![]
        };
        Ok((check.result, pictures))
    }
}
