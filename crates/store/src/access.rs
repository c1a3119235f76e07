//! Credentials and the tokens that are got with them. Secrets are here as hashes, or sealed
//! where their value is needed again.

use serde::{Deserialize, Serialize};

use crate::Millis;

/// What a credential opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// The native API: one random key.
    Native,
    /// verified.africa: userid and random apiKey.
    VerifiedAfrica,
    /// Decentro: client_id, random client_secret and module_secret.
    Decentro,
    /// Syntizen: user name and password, for `/userauthentication`.
    SyntizenUser,
    /// Syntizen: a key that seals pictures; its value is needed to open them.
    SyntizenSealing,
    /// Opens nothing: the secret that signs callbacks.
    Webhook,
}

impl CredentialKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Native,
        Self::VerifiedAfrica,
        Self::Decentro,
        Self::SyntizenUser,
        Self::SyntizenSealing,
        Self::Webhook,
    ];

    /// The word that is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::VerifiedAfrica => "verified_africa",
            Self::Decentro => "decentro",
            Self::SyntizenUser => "syntizen_user",
            Self::SyntizenSealing => "syntizen_sealing",
            Self::Webhook => "webhook",
        }
    }
}

/// What holds for the use of a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// What it may do: words of the server (`check`, `read`, `erase`, `enrol`); empty is everything.
    pub scopes: Vec<String>,
    /// Addresses or networks in CIDR form that it may come from; empty is any.
    pub allowed_ips: Vec<String>,
    /// Most requests a minute; none is the server's default.
    pub rate_per_minute: Option<u32>,
    /// Most answered checks a calendar month (UTC).
    pub quota_per_month: Option<u32>,
}

/// A credential as it is made.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// Identifier, made by the caller.
    pub id: String,
    /// Whose it is.
    pub tenant_id: String,
    /// What it opens.
    pub kind: CredentialKind,
    /// The part that is no secret and by which it is found: unique among its kind.
    pub public_id: String,
    /// Name for people, may be empty.
    pub label: String,
    /// Hash of its secret: SHA-256 of a random one, argon2 in PHC form of a password.
    pub secret_hash: Option<Vec<u8>>,
    /// Hash of its second secret (Decentro's module_secret).
    pub second_hash: Option<Vec<u8>>,
    /// Its secret, sealed by the caller, where the value is needed again.
    pub sealed_secret: Option<Vec<u8>>,
    /// What holds for its use.
    pub rules: Rules,
    /// Until when it opens anything.
    pub expires_at: Option<Millis>,
}

/// A credential as it is kept.
#[derive(Clone, Debug)]
pub struct Credential {
    /// What it was made of.
    pub made: NewCredential,
    /// When it was made.
    pub created_at: Millis,
    /// Since when it opens nothing any more.
    pub revoked_at: Option<Millis>,
    /// Last use, to the minute.
    pub last_used_at: Option<Millis>,
}

/// A short-lived token, given for a user name and password.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// SHA-256 of the token.
    pub hash: Vec<u8>,
    /// Whose it is.
    pub tenant_id: String,
    /// The credential that it was given for.
    pub credential_id: String,
    /// When it was given.
    pub created_at: Millis,
    /// Until when it opens anything.
    pub expires_at: Millis,
}

/// A token as it is kept. It is worth nothing once revoked, expired, or once its credential or
/// tenant is.
#[derive(Clone, Debug)]
pub struct Token {
    /// What it was made of.
    pub made: NewToken,
    /// Since when it opens nothing any more.
    pub revoked_at: Option<Millis>,
}
