//! Secrets: made at random, kept as hashes, compared in constant time, never shown twice.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Why no secret could be made.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The password cannot be hashed.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
}

/// How many characters of a random secret are its public part: prefix and eight more.
const PUBLIC_CHARS: usize = 12;

/// A secret of 256 random bits: `prefix` and 43 characters of base64url.
///
/// # Errors
/// If the system gives no random bytes.
pub fn random(prefix: &str) -> Result<String, SecretError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)))
}

/// An identifier of 64 random bits, no secret: `prefix` and 16 hexadecimal digits.
///
/// # Errors
/// If the system gives no random bytes.
pub fn identifier(prefix: &str) -> Result<String, SecretError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{prefix}{:016x}", u64::from_be_bytes(bytes)))
}

/// The part of a random secret by which it is found and recognised; the rest has over 200 bits.
pub fn public_part(secret: &str) -> &str {
    secret.get(..PUBLIC_CHARS).unwrap_or(secret)
}

/// SHA-256, which is enough for what was made at random.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Whether two hashes are the same, in a time that does not tell where they differ.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// argon2id with the parameters that OWASP's Password Storage Cheat Sheet gives first: 19 MiB, two passes.
fn argon2() -> Result<Argon2<'static>, SecretError> {
    let params =
        Params::new(19 * 1024, 2, 1, None).map_err(|e| SecretError::Hash(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// A password's hash in PHC form.
///
/// # Errors
/// If the system gives no random bytes.
pub fn hash_password(password: &str) -> Result<String, SecretError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)?;
    let hash = argon2()?.hash_password_with_salt(password.as_bytes(), &salt);
    let hash = hash.map_err(|e| SecretError::Hash(e.to_string()))?;
    Ok(hash.to_string())
}

/// Whether a password is the one of a hash in PHC form; a hash that cannot be read is nobody's.
pub fn verify_password(hash: &[u8], password: &str) -> bool {
    let parsed = std::str::from_utf8(hash).ok();
    let parsed = parsed.and_then(|text| PasswordHash::new(text).ok());
    match (parsed, argon2()) {
        (Some(parsed), Ok(argon2)) => argon2.verify_password(password.as_bytes(), &parsed).is_ok(),
        _ => false,
    }
}

/// Takes as long as [`verify_password`] and says no, so that unknown names are not told by time.
pub fn verify_nobody(password: &str) -> bool {
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash_password("nobody").unwrap_or_default());
    let _ = verify_password(NOBODY.as_bytes(), password);
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_secrets_differ_and_are_recognisable() {
        let (one, other) = (random("lsk_").unwrap(), random("lsk_").unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 4 + 43);
        assert_eq!(public_part(&one), &one[..12]);
        assert_eq!(public_part("lsk_"), "lsk_");
        assert_eq!(public_part("äöüäöüäöü"), "äöüäöü");
        assert_eq!(identifier("t_").unwrap().len(), 18);
    }

    #[test]
    fn sha256_has_its_known_answer_and_hashes_compare() {
        let hash = sha256(b"abc");
        assert_eq!(hash[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert!(same(&hash, &sha256(b"abc")));
        assert!(!same(&hash, &sha256(b"abd")));
        assert!(!same(&hash, &hash[..31]));
    }

    #[test]
    fn passwords_verify_against_their_own_hash_alone() {
        let hash = hash_password("correct horse").unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert_ne!(hash, hash_password("correct horse").unwrap());
        assert!(verify_password(hash.as_bytes(), "correct horse"));
        assert!(!verify_password(hash.as_bytes(), "correct hors"));
        assert!(!verify_password(b"nonsense", "correct horse"));
        assert!(!verify_password(b"\xff", ""));
        assert!(!verify_nobody("nobody"));
    }
}
