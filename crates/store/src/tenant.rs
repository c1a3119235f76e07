//! Tenants: who uses the service, and what holds for their checks.

use serde::{Deserialize, Serialize};

use crate::Millis;

/// Somebody who uses the service; nobody sees anything of another tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tenant {
    /// Identifier, made by the caller.
    pub id: String,
    /// Name for people; unique.
    pub name: String,
    /// When it was made.
    pub created_at: Millis,
    /// Since when it is shut out, if it is.
    pub disabled_at: Option<Millis>,
    /// Units in the wallet.
    pub balance: i64,
    /// What holds for its checks.
    pub settings: TenantSettings,
}

/// What holds for a tenant's checks. Stored as JSON; a missing field has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TenantSettings {
    /// Profile of checks that name none; none is the server's.
    pub profile: Option<String>,
    /// Units a check costs where a contract has a wallet.
    pub price: i64,
    /// Seconds for which the record of a check (figures, hashes, reference) is kept.
    pub keep_checks_s: i64,
    /// Seconds for which the image itself is kept, sealed; 0 keeps none.
    pub keep_images_s: i64,
    /// Seconds after the end of an active session for which its best frames are kept, sealed; while a callback
    /// may be retried they are kept in any case.
    pub keep_session_media_s: i64,
    /// Seconds for which a picture counts as replayed when it comes again; 0 looks for none.
    pub replay_window_s: i64,
    /// What a replayed picture does to the verdict.
    pub replay_policy: ReplayPolicy,
    /// Whether URLs that the tenant gives may be `http:`.
    pub allow_http: bool,
}

/// What a replayed picture does to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayPolicy {
    /// It is a reason beside the verdict.
    Report,
    /// LIVE becomes INCONCLUSIVE.
    Inconclusive,
    /// LIVE and INCONCLUSIVE become SPOOF.
    Spoof,
}

impl Default for TenantSettings {
    fn default() -> Self {
        const DAY_S: i64 = 86_400;
        Self {
            profile: None,
            price: 1,
            keep_checks_s: 90 * DAY_S,
            keep_images_s: 0,
            keep_session_media_s: DAY_S,
            replay_window_s: 30 * DAY_S,
            replay_policy: ReplayPolicy::Report,
            allow_http: false,
        }
    }
}
