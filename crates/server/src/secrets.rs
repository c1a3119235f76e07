//! Secrets that we hand out and recognise: keys, tokens, passwords.
//!
//! Random secrets have 256 bits, so one SHA-256 keeps them safe; passwords that people choose go
//! through argon2id. Neither can be read back, and comparisons take the same time whatever
//! differs. What a secret is for can be seen by its first letters, so that one found in a log or a
//! repository can be told and revoked.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Random characters after the prefix that are kept readable, to tell one key from another.
const RECOGNISABLE: usize = 6;

/// Memory of one password hash in KiB, its passes and its lanes: the first choice of the OWASP
/// password storage recommendations for argon2id.
const PASSWORD_COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Longest password; longer ones would only buy computing time.
const LONGEST_PASSWORD: usize = 1024;

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// The key of the native API.
    ApiKey,
    /// A token that `/userauthentication` of Syntizen's contract hands out.
    AuthKey,
    /// The key of verified.africa's contract.
    VerifiedAfricaKey,
    /// The client secret of Decentro's contract.
    ClientSecret,
    /// The module secret of Decentro's contract.
    ModuleSecret,
    /// A generated password.
    Password,
    /// A session of the console.
    Session,
    /// The token that shows that a form came from the console itself.
    Csrf,
}

impl SecretKind {
    /// First letters of every secret of this kind.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::ApiKey => "lsk_",
            Self::AuthKey => "lsa_",
            Self::VerifiedAfricaKey => "lsv_",
            Self::ClientSecret => "lsc_",
            Self::ModuleSecret => "lsm_",
            Self::Password => "lsp_",
            Self::Session => "lss_",
            Self::Csrf => "lsf_",
        }
    }
}

/// Why there is no secret or no hash.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The password cannot be hashed.
    #[error("the password cannot be hashed: {0}")]
    Password(String),
    /// The password is too long.
    #[error("the password is longer than {LONGEST_PASSWORD} bytes")]
    PasswordTooLong,
}

/// A secret in the clear, wiped when dropped. It is shown to its owner once and kept nowhere.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Secret {
    /// A new one of 256 random bits: the prefix and 43 characters of base64url.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn random(kind: SecretKind) -> Result<Self, SecretError> {
        let bytes = random_key()?;
        let mut text = Zeroizing::new(String::with_capacity(48));
        text.push_str(kind.prefix());
        URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
        Ok(Self(text))
    }

    /// Wraps what somebody chose or sent.
    pub fn from_text(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for the one answer that shows it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The beginning that may be shown and stored, to recognise the secret by. Meant for
    /// [`Secret::random`]; it leaves 220 bits unknown.
    pub fn recognisable(&self) -> &str {
        let end = SecretKind::ApiKey.prefix().len() + RECOGNISABLE;
        self.0.get(..end).unwrap_or_default()
    }

    /// What is stored instead of the secret.
    pub fn digest(&self) -> SecretDigest {
        SecretDigest::of(&self.0)
    }
}

/// SHA-256 of a random secret, which is what a store keeps and looks up.
#[derive(Clone, Copy)]
pub struct SecretDigest([u8; 32]);

impl std::fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretDigest(***)")
    }
}

impl SecretDigest {
    /// Of a secret as it was presented. Good for random secrets alone: words that people choose
    /// can be found by trying.
    pub fn of(presented: &str) -> Self {
        Self(Sha256::digest(presented.as_bytes()).into())
    }

    /// As read from a store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// For a store. Looking up by it gives away nothing: who can make two digests that begin
    /// alike still does not know a secret.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Lower-case hexadecimal, for stores that keep text.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether `presented` is the secret, in constant time.
    pub fn matches(&self, presented: &str) -> bool {
        self == &Self::of(presented)
    }
}

impl PartialEq for SecretDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretDigest {}

/// Compares in a time that tells nothing but whether the lengths are the same.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// 256 random bits, for a key that encrypts.
///
/// # Errors
/// If the system gives no random numbers.
pub fn random_key() -> Result<Zeroizing<[u8; 32]>, SecretError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes)?;
    Ok(bytes)
}

/// Hashes a password with argon2id and a random salt, as a PHC string. It takes about 20 MB and
/// tens of milliseconds: call it where blocking is allowed.
///
/// # Errors
/// If the password is too long or the system gives no random numbers.
pub fn hash_password(password: &str) -> Result<String, SecretError> {
    if password.len() > LONGEST_PASSWORD {
        return Err(SecretError::PasswordTooLong);
    }
    let hashed = hasher()?
        .hash_password(password.as_bytes())
        .map_err(|e| SecretError::Password(e.to_string()))?;
    Ok(hashed.to_string())
}

/// Whether `password` is the one behind `stored`, a PHC string; `None` where there is no such
/// user, which takes as long, so that names cannot be found by the clock.
pub fn verify_password(password: &str, stored: Option<&str>) -> bool {
    // Of a password that nobody knows, so that it never matches.
    static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| {
        let unknown = Secret::random(SecretKind::Password).ok()?;
        hash_password(unknown.reveal()).ok()
    });
    let stored_or_nobody = stored.or(NOBODY.as_deref());
    let matches = stored_or_nobody.is_some_and(|text| matches(password, text));
    matches && stored.is_some()
}

fn matches(password: &str, stored: &str) -> bool {
    let (Ok(hasher), Ok(hash)) = (hasher(), PasswordHash::new(stored)) else {
        return false;
    };
    password.len() <= LONGEST_PASSWORD && hasher.verify_password(password.as_bytes(), &hash).is_ok()
}

fn hasher() -> Result<Argon2<'static>, SecretError> {
    let (memory, passes, lanes) = PASSWORD_COST;
    let params = Params::new(memory, passes, lanes, None)
        .map_err(|e| SecretError::Password(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn random_secrets_are_recognisable_and_never_the_same() {
        let mut seen = HashSet::new();
        for _ in 0..100 {
            let secret = Secret::random(SecretKind::ApiKey).unwrap();
            let text = secret.reveal().to_owned();
            assert_eq!(text.len(), 4 + 43);
            assert!(text.starts_with("lsk_"), "{text}");
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            assert!(text.chars().all(plain), "{text}");
            assert_eq!(secret.recognisable(), &text[..10]);
            assert!(seen.insert(text));
        }
        assert_eq!(Secret::from_text("abc".to_owned()).recognisable(), "");
    }

    #[test]
    fn prefixes_differ() {
        use SecretKind as K;
        let all = [
            K::ApiKey,
            K::AuthKey,
            K::VerifiedAfricaKey,
            K::ClientSecret,
            K::ModuleSecret,
            K::Password,
            K::Session,
            K::Csrf,
        ];
        let prefixes: HashSet<_> = all.iter().map(|kind| kind.prefix()).collect();
        assert_eq!(prefixes.len(), all.len());
        assert!(prefixes.iter().all(|p| p.len() == 4));
    }

    #[test]
    fn digests_are_sha256_and_match_their_secret_alone() {
        let digest = SecretDigest::of("abc");
        assert_eq!(
            digest.to_hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(digest.matches("abc"));
        assert!(!digest.matches("abd"));
        assert_eq!(SecretDigest::from_bytes(*digest.as_bytes()), digest);
        assert!(same(b"ab", b"ab") && !same(b"ab", b"ac") && !same(b"ab", b"abc"));
    }

    #[test]
    fn passwords_verify_and_nothing_else_does() {
        let stored = hash_password("correct horse").unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        assert!(verify_password("correct horse", Some(&stored)));
        assert!(!verify_password("correct hors", Some(&stored)));
        assert!(!verify_password("", Some(&stored)));
        assert!(!verify_password("correct horse", None));
        assert!(!verify_password("correct horse", Some("correct horse")));
        assert!(!verify_password("correct horse", Some("")));
        assert_ne!(stored, hash_password("correct horse").unwrap(), "salted");
    }

    #[test]
    fn endless_passwords_are_refused() {
        let long = "a".repeat(LONGEST_PASSWORD + 1);
        assert!(matches!(
            hash_password(&long),
            Err(SecretError::PasswordTooLong)
        ));
        let stored = hash_password("a").unwrap();
        assert!(!verify_password(&long, Some(&stored)));
    }

    #[test]
    fn debugging_shows_nothing() {
        let secret = Secret::from_text("hush".to_owned());
        let text = format!("{secret:?} {:?}", secret.digest());
        assert_eq!(text, "Secret(***) SecretDigest(***)");
    }
}
