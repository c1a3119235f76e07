//! A store of its own for each test, and short ways to fill it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use lifesign_domain::{ReasonCode, SignalReport, Verdict};
use lifesign_store::{
    Act, CheckRecord, Commit, Committed, CredentialKind, Fingerprint, Millis, NewCredential, Rules,
    SqlStore, Store, StoredAnswer, Tenant, TenantSettings,
};
use sqlx::AnyPool;

/// 2026-11-25 17:00:00.123 UTC.
pub(crate) const NOW: Millis = 1_795_626_000_123;
pub(crate) const DAY: Millis = 86_400_000;

/// A store in a database of its own.
pub(crate) struct Bench {
    pub(crate) store: SqlStore,
    pub(crate) address: String,
    /// Beside the store, to look and to tamper.
    pub(crate) raw: AnyPool,
    place: Place,
}

enum Place {
    /// Removed when this is dropped.
    Folder {
        _folder: tempfile::TempDir,
    },
    Database {
        server: String,
        name: String,
    },
}

impl Bench {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}/store.db", folder.path().display());
        Self::new(address, Place::Folder { _folder: folder }).await
    }

    /// None without a server, unless one is required.
    pub(crate) async fn postgres() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("LIFESIGN_TEST_POSTGRES") else {
            assert!(
                std::env::var_os("LIFESIGN_TEST_REQUIRE_POSTGRES").is_none(),
                "LIFESIGN_TEST_POSTGRES is not set: use tools/with-postgres.sh"
            );
            eprintln!("skipped: no Postgres (LIFESIGN_TEST_POSTGRES is not set)");
            return None;
        };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("story_{}_{count}", std::process::id());
        run_at(&server, &format!("CREATE DATABASE {name}")).await;
        let (host, _) = server.rsplit_once('/').unwrap();
        let address = format!("{host}/{name}");
        Some(Self::new(address, Place::Database { server, name }).await)
    }

    async fn new(address: String, place: Place) -> Self {
        let store = SqlStore::open(&address).await.unwrap();
        let raw = AnyPool::connect(&address).await.unwrap();
        Self {
            store,
            address,
            raw,
            place,
        }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.place, Place::Folder { .. })
    }

    /// Removes the database; a test that fails leaves it to be looked at.
    pub(crate) async fn end(self) {
        self.raw.close().await;
        self.store.close().await;
        if let Place::Database { server, name } = &self.place {
            run_at(server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }

    /// Runs a statement behind the store's back.
    pub(crate) async fn raw(&self, sql: &str) -> u64 {
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&self.raw)
            .await
            .unwrap();
        done.rows_affected()
    }

    /// One number, read behind the store's back.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(&self.raw)
            .await
            .unwrap()
    }

    /// A tenant named as its identifier, with units in its wallet.
    pub(crate) async fn tenant(&self, id: &str, units: i64) -> Tenant {
        let settings = TenantSettings::default();
        let (store, act) = (&self.store, act(NOW));
        let tenant = store
            .create_tenant(id, id, &settings, &[], &act)
            .await
            .unwrap();
        if units > 0 {
            store.top_up(id, units, &act).await.unwrap();
        }
        tenant
    }

    pub(crate) async fn balance(&self, tenant_id: &str) -> i64 {
        let tenant = self.store.tenant(tenant_id).await.unwrap();
        tenant.unwrap().balance
    }

    pub(crate) async fn credential(&self, tenant_id: &str, id: &str) -> NewCredential {
        let made = credential(tenant_id, id);
        self.store
            .create_credential(&made, &act(NOW))
            .await
            .unwrap();
        made
    }

    /// Commits a check for nothing.
    pub(crate) async fn keep(&self, check: CheckRecord) -> CheckRecord {
        let done = self.store.commit(&free(check.clone())).await.unwrap();
        assert!(matches!(done, Committed::Done { .. }), "{done:?}");
        check
    }

    /// Actions in the audit log, oldest first.
    pub(crate) async fn actions(&self) -> Vec<String> {
        let mut entries = self.store.audit(None, 1000).await.unwrap();
        entries.reverse();
        entries.into_iter().map(|entry| entry.action).collect()
    }
}

async fn run_at(server: &str, sql: &str) {
    sqlx::any::install_default_drivers();
    let pool = AnyPool::connect(server).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
}

pub(crate) fn act(at: Millis) -> Act {
    Act {
        actor: "operator:Zoë".to_owned(),
        at,
    }
}

pub(crate) fn credential(tenant_id: &str, id: &str) -> NewCredential {
    NewCredential {
        id: id.to_owned(),
        tenant_id: tenant_id.to_owned(),
        kind: CredentialKind::Native,
        public_id: format!("ls_{id}"),
        label: "Schlüssel für die Kasse ✓".to_owned(),
        secret_hash: Some(vec![0, 1, 255]),
        second_hash: None,
        sealed_secret: None,
        rules: Rules::default(),
        expires_at: None,
    }
}

/// A check whose picture is like no other's.
pub(crate) fn check(tenant_id: &str, id: &str, at: Millis) -> CheckRecord {
    let mut sha256 = [0; 32];
    let mut phash = 0xcbf2_9ce4_8422_2325_u64;
    for (nth, byte) in format!("{tenant_id}/{id}").bytes().enumerate() {
        sha256[nth % 32] ^= byte;
        sha256[(nth + 7) % 32] = sha256[(nth + 7) % 32].wrapping_add(byte);
        phash = (phash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    CheckRecord {
        id: id.to_owned(),
        tenant_id: tenant_id.to_owned(),
        credential_id: None,
        contract: "native".to_owned(),
        reference: None,
        at,
        verdict: Verdict::Live,
        confidence: 0.75,
        profile: "standard".to_owned(),
        calibration: "2026-11-01".to_owned(),
        signals: vec![SignalReport {
            name: "lbp_texture".to_owned(),
            label: "Textur „fein“".to_owned(),
            score: 0.625,
            weight: 1.0,
            passed: true,
            detail: "figure 0.1 → fine".to_owned(),
            assessed: true,
            values: BTreeMap::from([("entropy".to_owned(), 0.1)]),
        }],
        reasons: Vec::new(),
        fingerprint: Fingerprint { sha256, phash },
        latency_ms: 12.5,
        expires_at: at + 90 * DAY,
    }
}

pub(crate) fn with_reasons(mut check: CheckRecord, codes: &[ReasonCode]) -> CheckRecord {
    check.reasons = codes.iter().map(|code| (*code).into()).collect();
    check
}

pub(crate) fn free(check: CheckRecord) -> Commit {
    Commit {
        check,
        image: None,
        price: 0,
        answer: None,
    }
}

pub(crate) fn answer(key: &str, body: &str) -> StoredAnswer {
    StoredAnswer {
        scope: "native".to_owned(),
        key: key.to_owned(),
        request_hash: [7; 32],
        status: 200,
        content_type: "application/json".to_owned(),
        body: body.as_bytes().to_vec(),
        expires_at: NOW + DAY,
    }
}
