//! A short name for a longer text.

use sha2::{Digest, Sha256};

/// The first eight hexadecimal digits of the SHA-256 of a text.
pub(crate) fn short(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
