//! Failures of a command and their exit status.

use std::path::PathBuf;
use std::process::ExitCode;

use lifesign_domain::ErrorKind;
use lifesign_eval::calibrate::CalibrateError;
use lifesign_eval::resume::JournalError;
use lifesign_server::ServeError;
use lifesign_server::service::admin::AdminError;

use lifesign_config::ConfigError;

/// Exit status for input that cannot be used.
pub(crate) const EXIT_BAD_INPUT: u8 = 3;
/// Exit status for a wrong command line or configuration (EX_USAGE of sysexits).
pub(crate) const EXIT_USAGE: u8 = 64;
/// Exit status for a failure of ours (EX_SOFTWARE of sysexits).
pub(crate) const EXIT_INTERNAL: u8 = 70;
/// Exit status for an output that cannot be written (EX_IOERR of sysexits).
const EXIT_IO: u8 = 74;

/// Why a command failed as a whole; what is wrong with one image is a part of the output.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Engine(#[from] lifesign_engine::EngineError),
    #[error(transparent)]
    Serve(#[from] lifesign_server::ServeError),
    #[error(transparent)]
    Video(#[from] lifesign_video::VideoError),
    #[error(transparent)]
    Store(#[from] lifesign_store::StoreError),
    #[error(transparent)]
    Vault(#[from] lifesign_server::vault::VaultError),
    #[error(transparent)]
    Admin(#[from] lifesign_server::service::admin::AdminError),
    #[error(transparent)]
    Traces(#[from] lifesign_traces::TracesError),
    #[error("the page cannot be drawn: {0}")]
    Page(String),
    #[error("cannot start the async runtime: {0}")]
    Runtime(std::io::Error),
    #[error("cannot write {}: {source}", path.display())]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot write to standard output: {0}")]
    Stdout(std::io::Error),
    #[error("cannot encode the output: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot encode the output: {0}")]
    Csv(#[from] csv::Error),
    #[error("cannot encode the calibration: {0}")]
    Toml(#[from] toml::ser::Error),
    #[error(transparent)]
    Html(#[from] lifesign_eval::HtmlError),
    #[error("cannot read {}: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot read the own executable, which names the journal's build: {0}")]
    Executable(std::io::Error),
    #[error(transparent)]
    Manifest(#[from] lifesign_eval::ManifestError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Report(#[from] lifesign_eval::ReportError),
    #[error("{}: {source}", path.display())]
    ReadReport {
        path: PathBuf,
        source: lifesign_eval::ReportError,
    },
    #[error(transparent)]
    Calibrate(#[from] lifesign_eval::calibrate::CalibrateError),
    #[error("the fit cannot be used: {0}")]
    Fit(lifesign_engine::CalibrationError),
}

impl CliError {
    /// Exit status of the process.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) | Self::Config(_) | Self::Journal(JournalError::NotAJournal(_)) => {
                EXIT_USAGE
            }
            Self::Calibrate(CalibrateError::Bpcer(_) | CalibrateError::OperatingPoint(_)) => {
                EXIT_USAGE
            }
            Self::Store(error) | Self::Admin(AdminError::Store(error)) => match error.kind() {
                ErrorKind::Configuration => EXIT_USAGE,
                ErrorKind::NotFound | ErrorKind::InvalidInput => EXIT_BAD_INPUT,
                _ => EXIT_INTERNAL,
            },
            Self::Admin(AdminError::Invalid(_)) | Self::Traces(_) => EXIT_USAGE,
            // No ffmpeg, which is the operator's to install.
            Self::Video(_) => EXIT_USAGE,
            // Nobody is let in, which is the operator's to change, not a fault.
            Self::Serve(ServeError::Open { .. }) => EXIT_USAGE,
            Self::Manifest(_)
            | Self::Read { .. }
            | Self::Report(_)
            | Self::ReadReport { .. }
            | Self::Calibrate(_)
            | Self::Fit(_) => EXIT_BAD_INPUT,
            Self::Engine(error) if error.kind() == ErrorKind::Configuration => EXIT_USAGE,
            Self::Write { .. } | Self::Stdout(_) | Self::Journal(_) => EXIT_IO,
            Self::Engine(_)
            | Self::Serve(_)
            | Self::Vault(_)
            | Self::Page(_)
            | Self::Admin(_)
            | Self::Runtime(_)
            | Self::Executable(_)
            | Self::Json(_)
            | Self::Csv(_)
            | Self::Toml(_)
            | Self::Html(_) => EXIT_INTERNAL,
        })
    }

    /// Whether the reader of our output went away, which is no failure (`lifesign ... | head`).
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Stdout(e) if e.kind() == std::io::ErrorKind::BrokenPipe)
    }
}
