//! Failures of a command and their exit status.

use std::path::PathBuf;
use std::process::ExitCode;

use lifesign_domain::ErrorKind;

use crate::config::ConfigError;

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
}

impl CliError {
    /// Exit status of the process.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) | Self::Config(_) => EXIT_USAGE,
            Self::Engine(error) if error.kind() == ErrorKind::Configuration => EXIT_USAGE,
            Self::Write { .. } | Self::Stdout(_) => EXIT_IO,
            Self::Engine(_) | Self::Serve(_) | Self::Runtime(_) | Self::Json(_) => EXIT_INTERNAL,
        })
    }

    /// Whether the reader of our output went away, which is no failure (`lifesign ... | head`).
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Stdout(e) if e.kind() == std::io::ErrorKind::BrokenPipe)
    }
}
