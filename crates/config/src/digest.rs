//! A short name for something longer.

use std::path::Path;

use sha2::{Digest, Sha256};

/// The first eight hexadecimal digits of the SHA-256 of a text.
pub fn short(text: &str) -> String {
    name(Sha256::new().chain_update(text))
}

/// The same for the content of a file.
///
/// # Errors
/// Where it cannot be read.
pub fn short_of_file(path: &Path) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    std::io::copy(&mut std::fs::File::open(path)?, &mut hasher)?;
    Ok(name(hasher))
}

fn name(hasher: Sha256) -> String {
    let digest = hasher.finalize();
    digest
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
