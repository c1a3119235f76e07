//! What is kept of pictures and keys is sealed with AES-256-GCM under the data key.
//!
//! A sealed value is a version byte, a random nonce of 12 bytes and the ciphertext with its tag.
//! The context it was sealed in (whose it is, what it is) is authenticated with it, so that no row
//! can stand in for another.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use ring::hmac;

/// The variable that holds the data key.
const VARIABLE: &str = "LIFESIGN_DATA_KEY";
/// The file that is made in the data folder where nothing else names a key.
const OWN_FILE: &str = "data.key";
/// First byte of what [`Vault::seal`] makes.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;
const KEY_BYTES: usize = 32;

/// Why the vault cannot be opened, or something in it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key has the wrong form.
    #[error("the data key in {0} must be 64 hexadecimal digits")]
    Form(String),
    /// The file cannot be read or made.
    #[error("cannot use the data key file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Somebody else may read the file.
    #[error("the data key file {} may be read by others; `chmod 600` it", .0.display())]
    Exposed(PathBuf),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// What was sealed was changed, sealed under another key or for something else.
    #[error("what was kept cannot be opened: another data key, or it was changed")]
    Broken,
}

/// Seals and opens under one key.
pub struct Vault {
    cipher: Aes256Gcm,
    /// Under a key derived from the data key, so that nothing is both sealed and signed under one key.
    signer: hmac::Key,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// Under the key of the environment, else of `file`, else of the file in `data`, which is made
    /// if it is missing. An empty `file` names none.
    ///
    /// # Errors
    /// If the key cannot be read, has the wrong form or may be read by others.
    pub fn find(data: &Path, file: &Path) -> Result<Self, VaultError> {
        if let Some(text) = std::env::var_os(VARIABLE) {
            // What is not even text is wrong too, and no reason to take another key.
            return from_hex(&text.to_string_lossy())
                .map(Self::from_key)
                .ok_or_else(|| VaultError::Form(format!("${VARIABLE}")));
        }
        if !file.as_os_str().is_empty() {
            return Self::from_file(file);
        }
        let own = data.join(OWN_FILE);
        match make(&own) {
            Err(VaultError::File { source, .. })
                if source.kind() == std::io::ErrorKind::AlreadyExists =>
            {
                Self::from_file(&own)
            }
            made => made.map(Self::from_key),
        }
    }

    /// Under this key.
    pub fn from_key(key: [u8; KEY_BYTES]) -> Self {
        let data_key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let derived = hmac::sign(&data_key, b"lifesign signing key 1");
        Self {
            cipher: Aes256Gcm::new(&key.into()),
            signer: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
        }
    }

    /// HMAC-SHA256 of `text`: only who has the data key can make it.
    pub fn sign(&self, text: &[u8]) -> [u8; 32] {
        let mut signature = [0; 32];
        signature.copy_from_slice(hmac::sign(&self.signer, text).as_ref());
        signature
    }

    fn from_file(path: &Path) -> Result<Self, VaultError> {
        let failed = |source| VaultError::File {
            path: path.to_owned(),
            source,
        };
        let mut file = std::fs::File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.mode() & 0o077 != 0 {
            return Err(VaultError::Exposed(path.to_owned()));
        }
        let mut text = String::new();
        // Longer than any key: a wrong file is not read to its end.
        (&mut file)
            .take(1024)
            .read_to_string(&mut text)
            .map_err(failed)?;
        from_hex(&text)
            .map(Self::from_key)
            .ok_or_else(|| VaultError::Form(path.display().to_string()))
    }

    /// Seals `plain` for `context`.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let payload = Payload {
            msg: plain,
            aad: context,
        };
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| VaultError::Broken)?;
        Ok([&[VERSION][..], &nonce, &sealed].concat())
    }

    /// Opens what was sealed for `context`.
    ///
    /// # Errors
    /// If it was changed, or sealed under another key or for another context.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        match sealed.split_first() {
            Some((&VERSION, rest)) => self.open_bare(context, rest),
            _ => Err(VaultError::Broken),
        }
    }

    /// Opens what a caller sealed under this key: nonce and ciphertext, without a context.
    ///
    /// # Errors
    /// If it was changed or sealed under another key.
    pub fn open_sealed(&self, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.open_bare(b"", sealed)
    }

    fn open_bare(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (nonce, ciphertext) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(VaultError::Broken)?;
        let payload = Payload {
            msg: ciphertext,
            aad: context,
        };
        self.cipher
            .decrypt(&Nonce::from(*nonce), payload)
            .map_err(|_| VaultError::Broken)
    }

    /// A new key for a caller: its hexadecimal digits, and itself sealed for `context`.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn new_key(&self, context: &[u8]) -> Result<(String, Vec<u8>), VaultError> {
        let mut key = [0; KEY_BYTES];
        getrandom::fill(&mut key)?;
        Ok((to_hex(&key), self.seal(context, &key)?))
    }

    /// The vault of a key that [`Vault::new_key`] sealed.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open_key(&self, context: &[u8], sealed: &[u8]) -> Result<Self, VaultError> {
        let key = self.open(context, sealed)?;
        let key: [u8; KEY_BYTES] = key.try_into().map_err(|_| VaultError::Broken)?;
        Ok(Self::from_key(key))
    }
}

/// Makes the file with a new key; fails if it exists. It is written whole under another name
/// first, so that nobody reads half a key.
fn make(path: &Path) -> Result<[u8; KEY_BYTES], VaultError> {
    let failed = |source| VaultError::File {
        path: path.to_owned(),
        source,
    };
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key)?;
    // Not by the process id: in a container that is the same after a crash, whose draft would then
    // pass for the finished file.
    let mut suffix = [0; 8];
    getrandom::fill(&mut suffix)?;
    let draft = path.with_extension(format!("{}.new", to_hex(&suffix)));
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        writeln!(file, "{}", to_hex(&key))?;
        file.sync_all()?;
        std::fs::hard_link(&draft, path)?;
        // The name must outlive a power cut, as what is sealed under the key does.
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::File::open(folder)?.sync_all()
    };
    let written = write();
    let _ = std::fs::remove_file(&draft);
    written.map_err(failed)?;
    Ok(key)
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<[u8; KEY_BYTES]> {
    let digits = text.trim().as_bytes();
    if digits.len() != 2 * KEY_BYTES {
        return None;
    }
    let mut key = [0; KEY_BYTES];
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        // `from_str_radix` would take a sign.
        if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_own_context_alone() {
        let vault = Vault::from_key([7; 32]);
        let sealed = vault.seal(b"image a", b"picture").unwrap();
        assert_ne!(sealed, vault.seal(b"image a", b"picture").unwrap());
        assert_eq!(vault.open(b"image a", &sealed).unwrap(), b"picture");
        assert!(vault.open(b"image b", &sealed).is_err());
        assert!(Vault::from_key([8; 32]).open(b"image a", &sealed).is_err());
        for changed in 0..sealed.len() {
            let mut other = sealed.clone();
            other[changed] ^= 1;
            assert!(vault.open(b"image a", &other).is_err(), "{changed}");
            assert!(vault.open(b"image a", &sealed[..changed]).is_err());
        }
    }

    #[test]
    fn a_caller_seals_under_a_key_that_was_handed_out() {
        let vault = Vault::from_key([7; 32]);
        let (hex, kept) = vault.new_key(b"key 1").unwrap();
        let theirs = Vault::from_key(from_hex(&hex).unwrap());
        let sealed = theirs.seal(b"", b"picture").unwrap();
        let ours = vault.open_key(b"key 1", &kept).unwrap();
        assert_eq!(ours.open_sealed(&sealed[1..]).unwrap(), b"picture");
        assert!(ours.open_sealed(&sealed).is_err());
        assert!(ours.open_sealed(b"short").is_err());
        assert!(vault.open_key(b"key 2", &kept).is_err());
    }

    #[test]
    fn the_own_file_is_made_once_and_for_its_owner_alone() {
        let data = tempfile::tempdir().unwrap();
        let find = || Vault::find(data.path(), Path::new(""));
        let sealed = find().unwrap().seal(b"c", b"x").unwrap();
        assert_eq!(find().unwrap().open(b"c", &sealed).unwrap(), b"x");
        let path = data.path().join(OWN_FILE);
        let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        mode(0o640);
        assert!(matches!(find(), Err(VaultError::Exposed(_))));
        mode(0o600);
        std::fs::write(&path, "+1".repeat(32)).unwrap();
        assert!(matches!(find(), Err(VaultError::Form(_))));
        let missing = Vault::find(data.path(), Path::new("/nowhere/key"));
        assert!(matches!(missing, Err(VaultError::File { .. })));
    }

    #[test]
    fn starts_at_once_end_with_one_key_and_no_draft() {
        let data = tempfile::tempdir().unwrap();
        let find = || Vault::find(data.path(), Path::new("")).unwrap();
        let vaults: Vec<Vault> = std::thread::scope(|scope| {
            let started: Vec<_> = (0..8).map(|_| scope.spawn(find)).collect();
            started.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let sealed = vaults[0].seal(b"c", b"x").unwrap();
        for vault in &vaults {
            assert_eq!(vault.open(b"c", &sealed).unwrap(), b"x");
        }
        let names = std::fs::read_dir(data.path()).unwrap();
        let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [OWN_FILE]);
    }

    /// Test case 14 of the specification of GCM (McGrew and Viega): all zero.
    #[test]
    fn a_published_vector_opens() {
        let ciphertext = [
            0xce, 0xa7, 0x40, 0x3d, 0x4d, 0x60, 0x6b, 0x6e, 0x07, 0x4e, 0xc5, 0xd3, 0xba, 0xf3,
            0x9d, 0x18, 0xd0, 0xd1, 0xc8, 0xa7, 0x99, 0x99, 0x6b, 0xf0, 0x26, 0x5b, 0x98, 0xb5,
            0xd4, 0x8a, 0xb9, 0x19,
        ];
        let sealed = [&[0; NONCE_BYTES][..], &ciphertext].concat();
        let vault = Vault::from_key([0; KEY_BYTES]);
        assert_eq!(vault.open_sealed(&sealed).unwrap(), [0; 16]);
    }
}
