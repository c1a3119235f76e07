//! What the server remembers between requests, and the keys to it.

use std::sync::Arc;

use lifesign_store::{Act, SqlStore, Store, TenantSettings};

use crate::service::{Rates, Slowdown};
use crate::vault::Vault;
use crate::{ServeError, ServerConfig, clock};

/// Identifier and name of the tenant that everybody is in development mode.
pub(crate) const DEVELOPMENT: &str = "development";

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// No tenant is configured: everybody, without credentials. On loopback only.
    Development,
    /// Those with credentials of a tenant.
    Guarded,
}

/// Store, data key and what is counted in memory.
pub struct Memory {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) mode: Mode,
    pub(crate) rates: Rates,
    pub(crate) slowdown: Slowdown,
}

impl Memory {
    /// Opens what `config` names; makes the data folder, the database and the key where they are
    /// missing.
    ///
    /// # Errors
    /// If one of them cannot be made, opened or read.
    pub async fn open(config: &ServerConfig) -> Result<Self, ServeError> {
        std::fs::create_dir_all(&config.data).map_err(|source| ServeError::Data {
            path: config.data.clone(),
            source,
        })?;
        let store = SqlStore::open(&config.database()).await?;
        let vault = Vault::find(&config.data, &config.data_key_file)?;
        Self::new(Arc::new(store), vault, config.rate_per_minute).await
    }

    /// On a store and a key that are there.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn new(
        store: Arc<dyn Store>,
        vault: Vault,
        rate_per_minute: u32,
    ) -> Result<Self, ServeError> {
        let tenants = store.tenants().await?;
        let mode = if tenants.iter().all(|tenant| tenant.id == DEVELOPMENT) {
            Mode::Development
        } else {
            Mode::Guarded
        };
        if mode == Mode::Development && tenants.is_empty() {
            let settings = TenantSettings {
                price: 0,
                // Who tries things out sends the same picture again and again.
                replay_window_s: 0,
                ..TenantSettings::default()
            };
            let act = Act {
                actor: "server".to_owned(),
                at: clock::now(),
            };
            store
                .create_tenant(DEVELOPMENT, DEVELOPMENT, &settings, &[], &act)
                .await?;
        }
        Ok(Self {
            store,
            vault: Arc::new(vault),
            mode,
            rates: Rates::new(rate_per_minute),
            slowdown: Slowdown::default(),
        })
    }

    /// Who may ask.
    pub fn mode(&self) -> Mode {
        self.mode
    }
}
