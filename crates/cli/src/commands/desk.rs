//! What the administrative commands share: the store, the data key and the name in the log.

use std::sync::Arc;

use lifesign_server::{ServerConfig, vault::Vault};
use lifesign_store::{Act, Millis, SqlStore, Store};

use crate::error::CliError;
use lifesign_config::Config;

/// The server's memory, opened beside a server that may be running on it.
pub(crate) struct Desk {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) vault: Vault,
    pub(crate) act: Act,
}

impl Desk {
    async fn open(config: &ServerConfig) -> Result<Self, CliError> {
        std::fs::create_dir_all(&config.data).map_err(|source| CliError::Write {
            path: config.data.clone(),
            source,
        })?;
        let store = SqlStore::open(&config.database()).await?;
        Ok(Self {
            store: Arc::new(store),
            vault: Vault::find(&config.data, &config.data_key_file)?,
            act: Act {
                actor: "cli".to_owned(),
                at: now(),
            },
        })
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now() -> Millis {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

/// A moment for people.
pub(crate) fn shown(at: Option<Millis>) -> String {
    let moment = |at: Millis| {
        let since = std::time::Duration::from_secs(u64::try_from(at / 1000).unwrap_or(0));
        std::time::UNIX_EPOCH
            .checked_add(since)
            .map_or_else(String::new, |at| {
                humantime::format_rfc3339_seconds(at).to_string()
            })
    };
    at.map_or_else(|| "-".to_owned(), moment)
}

/// Opens the desk and does `work` at it.
pub(crate) fn at<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Desk) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let server = super::serve::server_config(config)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    runtime.block_on(async { work(&Desk::open(&server).await?).await })
}
