//! A guarded server: tenants with their credentials on a real SQLite in a folder of its own.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::Request;
use lifesign_server::service::Checker;
use lifesign_server::service::admin::{self, KeyWish, Secrets, TenantCredentials};
use lifesign_server::vault::Vault;
use lifesign_server::{App, Memory, Peer};
use lifesign_store::{
    Act, CheckFilter, CheckRecord, CredentialKind, Millis, Rules, SqlStore, Store, TenantSettings,
};

use super::{Answer, Client, Setup};

/// What the pictures and sealing keys of the tests are sealed under.
const DATA_KEY: [u8; 32] = [7; 32];
/// What the wallet of a tenant of the tests holds.
pub(crate) const UNITS: i64 = 1000;

/// Whoever does the administrative acts of the tests, now.
pub(crate) fn act() -> Act {
    Act {
        actor: "test".to_owned(),
        at: now(),
    }
}

pub(crate) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_millis() as Millis
}

pub(crate) fn vault() -> Vault {
    Vault::from_key(DATA_KEY)
}

/// Store and settings before a server runs on them.
pub(crate) struct Ground {
    pub(crate) setup: Setup,
    pub(crate) store: Arc<dyn Store>,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        Self::of(Setup::new()).await
    }

    pub(crate) async fn of(setup: Setup) -> Self {
        std::fs::create_dir_all(&setup.config.data).unwrap();
        let store = SqlStore::open(&setup.config.database()).await.unwrap();
        Self {
            setup,
            store: Arc::new(store),
        }
    }

    /// A tenant with a full wallet that never takes a picture for a replayed one.
    pub(crate) async fn tenant(&self, name: &str) -> TenantCredentials {
        let settings = TenantSettings {
            replay_window_s: 0,
            ..TenantSettings::default()
        };
        self.tenant_with(name, settings).await
    }

    pub(crate) async fn tenant_with(
        &self,
        name: &str,
        settings: TenantSettings,
    ) -> TenantCredentials {
        self.tenant_of(name, settings, UNITS).await
    }

    pub(crate) async fn tenant_of(
        &self,
        name: &str,
        settings: TenantSettings,
        units: i64,
    ) -> TenantCredentials {
        let (vault, act) = (vault(), act());
        let made = admin::create_tenant(&*self.store, &vault, name, &settings, &act);
        let (tenant, credentials) = made.await.unwrap();
        if units > 0 {
            self.store.top_up(&tenant.id, units, &act).await.unwrap();
        }
        credentials
    }

    /// One more credential; its identifier and what its holder is told.
    pub(crate) async fn key(
        &self,
        tenant: &str,
        kind: CredentialKind,
        rules: &Rules,
        expires_at: Option<Millis>,
    ) -> (String, Secrets) {
        let act = act();
        let vault = vault();
        let wish = KeyWish {
            kind,
            label: "",
            rules,
            expires_at,
        };
        let made = admin::create_key(&*self.store, &vault, tenant, &wish, &act);
        made.await.unwrap()
    }

    /// One more native key.
    pub(crate) async fn native_key(&self, tenant: &str, rules: &Rules) -> (String, String) {
        let (id, secrets) = self.key(tenant, CredentialKind::Native, rules, None).await;
        (id, secrets[0].1.clone())
    }

    /// The identifier of the first credential of a kind.
    pub(crate) async fn id_of(&self, tenant: &str, kind: CredentialKind) -> String {
        let all = self.store.credentials(Some(tenant)).await.unwrap();
        let found = all.into_iter().find(|one| one.made.kind == kind);
        found.unwrap().made.id
    }

    pub(crate) async fn balance(&self, tenant: &str) -> i64 {
        self.store.tenant(tenant).await.unwrap().unwrap().balance
    }

    /// Every check of a tenant, newest first.
    pub(crate) async fn checks(&self, tenant: &str) -> Vec<CheckRecord> {
        let filter = CheckFilter {
            tenant_id: Some(tenant.to_owned()),
            ..CheckFilter::default()
        };
        self.store.checks(&filter, None, 1000).await.unwrap().checks
    }

    pub(crate) async fn app(&self, checker: Arc<dyn Checker>) -> Arc<App> {
        let store = Arc::clone(&self.store);
        let rate = self.setup.config.rate_per_minute;
        let memory = Memory::new(store, vault(), rate).await.unwrap();
        let (config, edge) = (self.setup.config.clone(), self.setup.edge.clone());
        App::new(config, edge, checker, self.setup.clips.clone(), memory).unwrap()
    }

    /// A server on what is there now.
    pub(crate) async fn open(self, checker: Arc<dyn Checker>) -> Site {
        let app = self.app(checker).await;
        let client = Client {
            router: lifesign_server::router(Arc::clone(&app)),
            _data: None,
        };
        Site {
            ground: self,
            app,
            client,
        }
    }
}

/// A server and what it remembers.
pub(crate) struct Site {
    pub(crate) ground: Ground,
    pub(crate) app: Arc<App>,
    pub(crate) client: Client,
}

impl Site {
    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        self.client.call(request).await
    }

    /// As if the request came from `peer`.
    pub(crate) async fn call_from(&self, peer: &str, mut request: Request<Body>) -> Answer {
        let peer: IpAddr = peer.parse().unwrap();
        request.extensions_mut().insert(Peer(peer));
        self.client.call(request).await
    }
}
