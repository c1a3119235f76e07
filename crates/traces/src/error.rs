//! Why traces cannot be sent at all.

use std::path::PathBuf;

/// A setting that cannot be used; each text names it.
#[allow(missing_docs)] // the texts say it
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    #[error(
        "traces_endpoint is `{0}`, must be http://HOST:PORT or https://HOST, without a password and without a query"
    )]
    Endpoint(String),
    #[error("traces_sample_ratio is {0}, must be from 0 to 1")]
    Ratio(f64),
    #[error("traces_headers_file {} cannot be read: {source}", path.display())]
    HeadersFile {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("traces_headers_file {}, line {line}: must be `name: value`", path.display())]
    Header { path: PathBuf, line: usize },
}
