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
    /// The database cannot be opened or read.
    #[error("{0}")]
    Store(#[from] lifesign_store::StoreError),
    /// The data key cannot be read or made.
    #[error("{0}")]
    Vault(#[from] crate::vault::VaultError),
    /// A file for TLS cannot be used.
    #[error("cannot use {} for TLS: {what}; needed are a certificate and its key in PEM form", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Trying out the tools for clips and speech ended without an answer; that is a bug.
    #[error("trying out ffmpeg and pocketsphinx failed: {0}")]
    TryOut(String),
    /// Anybody could ask, and nobody is configured.
    #[error(
        "listening on {address} needs a tenant: without one anybody could use the server; make one \
         with `lifesign tenants create NAME --data {}` or listen on 127.0.0.1", data.display()
    )]
    Open {
        /// The address.
        address: SocketAddr,
        /// The data folder.
        data: PathBuf,
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
