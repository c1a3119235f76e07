//! Who asks, and whether they may.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use lifesign_contracts::{Credentials, Failure, FailureKind};
use lifesign_domain::ErrorKind;
use lifesign_store::{Credential, CredentialKind, Millis, StoreError, Tenant};

use super::admission::Rate;
use crate::memory::{DEVELOPMENT, Mode};
use crate::{App, clock, secrets};

/// What a request wants to do; the words of a credential's scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Have something judged.
    Check,
    /// Read what was kept.
    Read,
    /// Erase what was kept.
    Erase,
    /// Look at what was asked for under [`Scope::Check`]: the same right, but not a check more.
    Look,
    /// Add faces to galleries.
    Enrol,
}

impl Scope {
    pub(crate) const ALL: [Self; 4] = [Self::Check, Self::Read, Self::Erase, Self::Enrol];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Check | Self::Look => "check",
            Self::Read => "read",
            Self::Erase => "erase",
            Self::Enrol => "enrol",
        }
    }
}

/// A tenant that was let in.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) tenant: Tenant,
    /// None in development mode.
    pub(crate) credential: Option<Credential>,
}

/// Lets in whom `credentials` prove, from `peer`, for `scope`. `None` is a route that asks for no
/// credentials. Where the credential stands within its rate is told also if it is refused.
pub(crate) async fn admit(
    app: &Arc<App>,
    credentials: Result<Credentials<'_>, Failure>,
    peer: Option<IpAddr>,
    scope: Scope,
    told: &mut Option<Rate>,
) -> Result<Option<Caller>, Failure> {
    if app.memory.mode == Mode::Development {
        return development(app).await.map(Some);
    }
    let credentials = credentials?;
    if matches!(credentials, Credentials::None) {
        return Ok(None);
    }
    app.memory.slowdown.wait(peer).await;
    let now = clock::now();
    let proven = prove(app, credentials, now).await;
    if matches!(&proven, Err(failure) if failure.kind == FailureKind::Unauthorized) {
        app.memory.slowdown.failed(peer);
    }
    let (credential, tenant) = proven?;
    refuse_by_rules(&credential, peer, scope)?;
    let (rate, taken) = app.memory.rates.take(&credential);
    *told = Some(rate);
    taken?;
    if scope == Scope::Check {
        refuse_over_quota(app, &credential, now).await?;
    }
    note_use(app, &credential, now).await?;
    Ok(Some(Caller {
        tenant,
        credential: Some(credential),
    }))
}

/// The native key of `headers`, for what is no contract.
pub(crate) async fn admit_key(
    app: &Arc<App>,
    headers: &axum::http::HeaderMap,
    peer: Option<IpAddr>,
    scope: Scope,
    told: &mut Option<Rate>,
) -> Result<Caller, Failure> {
    let key = lifesign_contracts::native::key(headers).map(Credentials::Key);
    let caller = admit(app, key, peer, scope, told).await?;
    caller.ok_or_else(unauthorized)
}

async fn development(app: &Arc<App>) -> Result<Caller, Failure> {
    let tenant = app.memory.store.tenant(DEVELOPMENT).await;
    let tenant = tenant.map_err(|e| unavailable(&e))?;
    let tenant = tenant.ok_or_else(|| {
        Failure::new(FailureKind::Internal, "the server met a fault of its own")
            .because("the development tenant is gone")
    })?;
    Ok(Caller {
        tenant,
        credential: None,
    })
}

async fn prove(
    app: &Arc<App>,
    credentials: Credentials<'_>,
    now: Millis,
) -> Result<(Credential, Tenant), Failure> {
    let store = &app.memory.store;
    let (found, secret, second) = match credentials {
        Credentials::None => return Err(unauthorized()),
        Credentials::Key(key) => {
            let found = store
                .credential(CredentialKind::Native, secrets::public_part(key))
                .await;
            (found, key, None)
        }
        Credentials::User { userid, api_key } => {
            let kind = CredentialKind::VerifiedAfrica;
            (store.credential(kind, userid).await, api_key, None)
        }
        Credentials::Client {
            client_id,
            client_secret,
            module_secret,
        } => {
            let found = store.credential(CredentialKind::Decentro, client_id).await;
            (found, client_secret, Some(module_secret))
        }
        Credentials::Token(token) => return prove_token(app, token, now).await,
    };
    let (credential, tenant) = found
        .map_err(|e| unavailable(&e))?
        .ok_or_else(unauthorized)?;
    let good = matches(credential.made.secret_hash.as_deref(), Some(secret))
        & matches(credential.made.second_hash.as_deref(), second);
    if !good || !is_open(&credential, &tenant, now) {
        return Err(unauthorized());
    }
    Ok((credential, tenant))
}

async fn prove_token(
    app: &Arc<App>,
    token: &str,
    now: Millis,
) -> Result<(Credential, Tenant), Failure> {
    let hash = secrets::sha256(token.as_bytes());
    let found = app.memory.store.token(&hash).await;
    let (token, credential, tenant) = found
        .map_err(|e| unavailable(&e))?
        .ok_or_else(unauthorized)?;
    let good = token.revoked_at.is_none() && now < token.made.expires_at;
    if !good || !is_open(&credential, &tenant, now) {
        return Err(unauthorized());
    }
    Ok((credential, tenant))
}

/// Whether a secret is the one of the hash; where there is no hash there must be no secret.
fn matches(hash: Option<&[u8]>, secret: Option<&str>) -> bool {
    match (hash, secret) {
        (Some(hash), Some(secret)) => secrets::same(hash, &secrets::sha256(secret.as_bytes())),
        (None, None) => true,
        _ => false,
    }
}

/// Whether a credential opens anything at `now`.
pub(super) fn is_open(credential: &Credential, tenant: &Tenant, now: Millis) -> bool {
    credential.revoked_at.is_none()
        && credential.made.expires_at.is_none_or(|until| now < until)
        && tenant.disabled_at.is_none()
}

fn refuse_by_rules(
    credential: &Credential,
    peer: Option<IpAddr>,
    scope: Scope,
) -> Result<(), Failure> {
    let rules = &credential.made.rules;
    if !rules.scopes.is_empty() && !rules.scopes.iter().any(|word| word == scope.as_str()) {
        return Err(Failure::new(
            FailureKind::Forbidden,
            format!("these credentials lack the scope `{}`", scope.as_str()),
        ));
    }
    refuse_address(credential, peer)
}

/// Refuses an address that is not among those that a credential is taken from.
pub(super) fn refuse_address(credential: &Credential, peer: Option<IpAddr>) -> Result<(), Failure> {
    let rules = &credential.made.rules;
    if rules.allowed_ips.is_empty() {
        return Ok(());
    }
    let allowed = peer.is_some_and(|peer| {
        let networks = rules.allowed_ips.iter().filter_map(|text| network(text));
        networks
            .into_iter()
            .any(|network: IpNet| network.contains(&peer.to_canonical()))
    });
    if allowed {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::Forbidden,
        "these credentials are not taken from this address",
    ))
}

/// An address or a network in CIDR form.
pub fn network(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

async fn refuse_over_quota(
    app: &Arc<App>,
    credential: &Credential,
    now: Millis,
) -> Result<(), Failure> {
    let Some(quota) = credential.made.rules.quota_per_month else {
        return Ok(());
    };
    let used = app
        .memory
        .store
        .used_this_month(&credential.made.id, now)
        .await
        .map_err(|e| unavailable(&e))?;
    if used < quota {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::QuotaExceeded,
        format!("all {quota} checks of this month are used; more from the first of the next"),
    ))
}

async fn note_use(app: &Arc<App>, credential: &Credential, now: Millis) -> Result<(), Failure> {
    const MINUTE_MS: Millis = 60_000;
    let recent = |at: Millis| now.saturating_sub(at) < MINUTE_MS;
    if credential.last_used_at.is_some_and(recent) {
        return Ok(());
    }
    let noted = app.memory.store.touch_credential(&credential.made.id, now);
    noted.await.map_err(|e| unavailable(&e))
}

/// One message for every way in which credentials are not good, so that nothing is told apart.
pub(super) fn unauthorized() -> Failure {
    Failure::new(
        FailureKind::Unauthorized,
        "the credentials are not good: unknown, wrong, expired or revoked",
    )
}

/// The store does not answer: nothing is judged without it.
pub(crate) fn unavailable(error: &StoreError) -> Failure {
    let (kind, message) = match error.kind() {
        ErrorKind::Overloaded => (
            FailureKind::Overloaded,
            "what the server remembers is in use; try again",
        ),
        _ => (
            FailureKind::Internal,
            "the server cannot reach what it remembers; try again",
        ),
    };
    Failure::new(kind, message).because(error.to_string())
}
