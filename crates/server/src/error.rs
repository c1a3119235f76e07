//! Why the server does not run.

use std::net::SocketAddr;
use std::path::PathBuf;

/// A failure to start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The data folder cannot be made.
    #[error("cannot make the data folder {}: {source}", path.display())]
    Data {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The default profile does not exist.
    #[error("profile `{name}` does not exist; known: {known}")]
    UnknownProfile {
        /// The name given.
        name: String,
        /// All names, comma separated.
        known: String,
    },
    /// A setting is outside its range.
    #[error("{key} is {value}, must be {accepted}")]
    Setting {
        /// Name of the setting.
        key: &'static str,
        /// What was given.
        value: String,
        /// What would be accepted.
        accepted: &'static str,
    },
    /// An OpenAPI part does not parse or two parts define the same name.
    #[error("the OpenAPI document cannot be assembled: {0}. This is a bug")]
    OpenApi(String),
    /// A metric cannot be registered.
    #[error("the metrics cannot be registered: {0}. This is a bug")]
    Metrics(#[from] prometheus::Error),
}
