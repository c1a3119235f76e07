//! What an operator does, from the command line and from the console alike: every credential is
//! made here, its secrets are told once, and what is kept are hashes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lifesign_store::{
    Act, CredentialKind, Millis, NewCredential, NewOperator, Rules, Store, StoreError, Tenant,
    TenantSettings,
};
use serde::Serialize;

use super::access::{Scope, network};
use crate::secrets::{self, SecretError};
use crate::vault::{Vault, VaultError};

/// Why an act of an operator failed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// What was asked for makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The store refuses or fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No secret can be made.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A secret cannot be sealed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Every credential of a new tenant; the only time that the secrets are told.
#[derive(Serialize)]
pub struct TenantCredentials {
    /// Identifier of the tenant.
    pub tenant_id: String,
    /// The native API's key: `Authorization: Bearer …` or `x-api-key`.
    pub api_key: String,
    /// Syntizen.
    pub syntizen: SyntizenCredentials,
    /// verified.africa.
    pub verified_africa: VerifiedAfricaCredentials,
    /// Decentro.
    pub decentro: DecentroCredentials,
    /// The secret that signs callbacks (Standard Webhooks): `whsec_` and base64.
    pub webhook_secret: String,
}

/// For Syntizen: the key that seals pictures, and the user that gets tokens.
#[derive(Serialize)]
pub struct SyntizenCredentials {
    /// Public part of the sealing key: the header `apikey` of a request with a sealed picture.
    pub apikey: String,
    /// The sealing key itself, 32 bytes as hexadecimal digits; it never travels.
    pub apikey_secret: String,
    /// For `/userauthentication`.
    pub username: String,
    /// For `/userauthentication`.
    pub password: String,
}

/// For verified.africa.
#[derive(Serialize)]
pub struct VerifiedAfricaCredentials {
    /// The header `userid`.
    pub userid: String,
    /// The header `apiKey`.
    pub api_key: String,
}

/// For Decentro.
#[derive(Serialize)]
pub struct DecentroCredentials {
    /// The header `client_id`.
    pub client_id: String,
    /// The header `client_secret`.
    pub client_secret: String,
    /// The header `module_secret`.
    pub module_secret: String,
}

/// What a credential is to be.
#[derive(Clone, Copy, Debug)]
pub struct KeyWish<'a> {
    /// What it opens.
    pub kind: CredentialKind,
    /// Name for people, may be empty.
    pub label: &'a str,
    /// What holds for its use.
    pub rules: &'a Rules,
    /// Until when it opens anything.
    pub expires_at: Option<Millis>,
}

/// The secrets of one new credential, by the names that its contract gives them.
pub type Secrets = Vec<(&'static str, String)>;

/// Makes a tenant with one credential of each kind.
///
/// # Errors
/// If the name is blank or taken, or something fails.
pub async fn create_tenant(
    store: &dyn Store,
    vault: &Vault,
    name: &str,
    settings: &TenantSettings,
    act: &Act,
) -> Result<(Tenant, TenantCredentials), AdminError> {
    let name = checked_name(name)?;
    if name == crate::memory::DEVELOPMENT {
        return Err(AdminError::Invalid(format!(
            "the name `{name}` is the server's own"
        )));
    }
    let tenant_id = secrets::identifier("t_")?;
    let mut made = Vec::new();
    let mut told = Vec::new();
    for kind in CredentialKind::ALL {
        let (credential, secrets) = new_credential(
            vault,
            &tenant_id,
            &KeyWish {
                kind,
                label: "",
                rules: &Rules::default(),
                expires_at: None,
            },
        )?;
        made.push(credential);
        told.extend(
            secrets
                .into_iter()
                .map(|(name, value)| ((kind, name), value)),
        );
    }
    let tenant = store
        .create_tenant(&tenant_id, name, settings, &made, act)
        .await?;
    let take = |kind, name| {
        let found = told.iter().find(|(key, _)| *key == (kind, name));
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    use CredentialKind::{
        Decentro, Native, SyntizenSealing, SyntizenUser, VerifiedAfrica, Webhook,
    };
    let credentials = TenantCredentials {
        tenant_id,
        api_key: take(Native, "api_key"),
        syntizen: SyntizenCredentials {
            apikey: take(SyntizenSealing, "apikey"),
            apikey_secret: take(SyntizenSealing, "apikey_secret"),
            username: take(SyntizenUser, "username"),
            password: take(SyntizenUser, "password"),
        },
        verified_africa: VerifiedAfricaCredentials {
            userid: take(VerifiedAfrica, "userid"),
            api_key: take(VerifiedAfrica, "api_key"),
        },
        decentro: DecentroCredentials {
            client_id: take(Decentro, "client_id"),
            client_secret: take(Decentro, "client_secret"),
            module_secret: take(Decentro, "module_secret"),
        },
        webhook_secret: take(Webhook, "webhook_secret"),
    };
    Ok((tenant, credentials))
}

/// Adds a credential to a tenant and answers what its holder must know.
///
/// # Errors
/// If the tenant does not exist, a rule makes no sense, or something fails.
pub async fn create_key(
    store: &dyn Store,
    vault: &Vault,
    tenant: &str,
    wish: &KeyWish<'_>,
    act: &Act,
) -> Result<(String, Secrets), AdminError> {
    check_rules(wish.rules)?;
    let tenant = existing_tenant(store, tenant).await?;
    let (credential, secrets) = new_credential(vault, &tenant.id, wish)?;
    store.create_credential(&credential, act).await?;
    Ok((credential.id, secrets))
}

/// Gives a credential new secrets; the old ones are worth nothing at once.
///
/// # Errors
/// If it does not exist or something fails.
pub async fn rotate_key(
    store: &dyn Store,
    vault: &Vault,
    id: &str,
    act: &Act,
) -> Result<Secrets, AdminError> {
    let all = store.credentials(None).await?;
    let old = all.into_iter().find(|credential| credential.made.id == id);
    let old = old.ok_or_else(|| StoreError::NotFound {
        what: format!("the key {id}"),
    })?;
    if old.revoked_at.is_some() {
        return Err(AdminError::Invalid(format!(
            "the key {id} is revoked for good; make a new one"
        )));
    }
    let made = old.made;
    let (mut fresh, secrets) = new_credential(
        vault,
        &made.tenant_id,
        &KeyWish {
            kind: made.kind,
            label: &made.label,
            rules: &made.rules,
            expires_at: made.expires_at,
        },
    )?;
    fresh.id = made.id;
    store.rotate_credential(id, &fresh, act).await?;
    Ok(secrets)
}

/// Lets somebody work at the console; answers the password, which is told once.
///
/// # Errors
/// If the name is blank or taken, or something fails.
pub async fn create_operator(
    store: &dyn Store,
    name: &str,
    act: &Act,
) -> Result<String, AdminError> {
    let name = checked_name(name)?;
    let password = secrets::random("")?;
    let operator = NewOperator {
        id: secrets::identifier("o_")?,
        name: name.to_owned(),
        password_hash: secrets::hash_password(&password)?,
    };
    store.create_operator(&operator, act).await?;
    Ok(password)
}

/// Gives somebody a new password, which is told once, and ends their sessions.
///
/// # Errors
/// If they do not exist or something fails.
pub async fn reset_operator(
    store: &dyn Store,
    name: &str,
    act: &Act,
) -> Result<String, AdminError> {
    let password = secrets::random("")?;
    let hash = secrets::hash_password(&password)?;
    store.set_operator_password(name, &hash, act).await?;
    Ok(password)
}

/// The tenant with this identifier or name.
///
/// # Errors
/// If there is none.
pub async fn existing_tenant(store: &dyn Store, id_or_name: &str) -> Result<Tenant, AdminError> {
    let tenant = store.tenant(id_or_name).await?;
    tenant.ok_or_else(|| {
        StoreError::NotFound {
            what: format!("the tenant {id_or_name}"),
        }
        .into()
    })
}

/// Refuses scopes that there are not and addresses that are none.
///
/// # Errors
/// With the first that is wrong.
pub fn check_rules(rules: &Rules) -> Result<(), AdminError> {
    let known = Scope::ALL.map(Scope::as_str);
    for scope in &rules.scopes {
        if !known.contains(&scope.as_str()) {
            return Err(AdminError::Invalid(format!(
                "there is no scope `{scope}`; known: {}",
                known.join(", ")
            )));
        }
    }
    for address in &rules.allowed_ips {
        if network(address).is_none() {
            return Err(AdminError::Invalid(format!(
                "`{address}` is no address and no network, for instance 192.0.2.7 or 192.0.2.0/24"
            )));
        }
    }
    Ok(())
}

fn checked_name(name: &str) -> Result<&str, AdminError> {
    const LONGEST: usize = 100;
    let name = name.trim();
    let plain = |c: char| !c.is_control();
    if name.is_empty() || name.chars().count() > LONGEST || !name.chars().all(plain) {
        return Err(AdminError::Invalid(format!(
            "a name has 1 to {LONGEST} characters and no line breaks"
        )));
    }
    Ok(name)
}

/// A credential and what its holder must know of it.
fn new_credential(
    vault: &Vault,
    tenant_id: &str,
    wish: &KeyWish<'_>,
) -> Result<(NewCredential, Secrets), AdminError> {
    let KeyWish {
        kind,
        label,
        rules,
        expires_at,
    } = *wish;
    let mut credential = NewCredential {
        id: secrets::identifier("k_")?,
        tenant_id: tenant_id.to_owned(),
        kind,
        public_id: String::new(),
        label: label.to_owned(),
        secret_hash: None,
        second_hash: None,
        sealed_secret: None,
        rules: rules.clone(),
        expires_at,
    };
    let hash = |secret: &str| Some(secrets::sha256(secret.as_bytes()).to_vec());
    let told = match kind {
        CredentialKind::Native => {
            let key = secrets::random("lsk_")?;
            credential.public_id = secrets::public_part(&key).to_owned();
            credential.secret_hash = hash(&key);
            vec![("api_key", key)]
        }
        CredentialKind::VerifiedAfrica => {
            let (userid, key) = (secrets::identifier("lsu_")?, secrets::random("lsv_")?);
            credential.public_id.clone_from(&userid);
            credential.secret_hash = hash(&key);
            vec![("userid", userid), ("api_key", key)]
        }
        CredentialKind::Decentro => {
            let id = secrets::identifier("lsc_")?;
            let (client, module) = (secrets::random("lss_")?, secrets::random("lsm_")?);
            credential.public_id.clone_from(&id);
            credential.secret_hash = hash(&client);
            credential.second_hash = hash(&module);
            vec![
                ("client_id", id),
                ("client_secret", client),
                ("module_secret", module),
            ]
        }
        CredentialKind::SyntizenUser => {
            let (name, password) = (secrets::identifier("lsn_")?, secrets::random("")?);
            credential.public_id.clone_from(&name);
            credential.secret_hash = Some(secrets::hash_password(&password)?.into_bytes());
            vec![("username", name), ("password", password)]
        }
        CredentialKind::SyntizenSealing => {
            let id = secrets::identifier("lsa_")?;
            let (secret, sealed) = vault.new_key(id.as_bytes())?;
            credential.public_id.clone_from(&id);
            credential.sealed_secret = Some(sealed);
            vec![("apikey", id), ("apikey_secret", secret)]
        }
        CredentialKind::Webhook => {
            let id = secrets::identifier("lsw_")?;
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(SecretError::from)?;
            credential.sealed_secret = Some(vault.seal(id.as_bytes(), &secret)?);
            credential.public_id = id;
            let told = format!("whsec_{}", BASE64_STANDARD.encode(secret));
            vec![("webhook_secret", told)]
        }
    };
    Ok((credential, told))
}
