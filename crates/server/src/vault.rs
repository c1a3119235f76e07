//! Encryption of what is kept, and the key that it needs.
//!
//! AES-256-GCM (NIST SP 800-38D) with a random nonce for each piece. Beside the bytes a *context*
//! is authenticated, such as tenant and check, so that a row copied to another place does not
//! open there. One key may seal 2^32 pieces before two nonces are likelier to meet than the
//! standard allows.
//!
//! The key comes from the variable [`KEY_VARIABLE`], else from a file that the configuration
//! names, else from `data.key` in the data folder, which the first start makes. Who loses it loses
//! the pictures and the secrets of sealed requests.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use lifesign_domain::ErrorKind;
use zeroize::Zeroizing;

/// The environment variable that may hold the key as 64 hexadecimal digits.
pub const KEY_VARIABLE: &str = "LIFESIGN_DATA_KEY";

/// The key's file in the data folder.
const KEY_FILE: &str = "data.key";

/// First byte of what [`Vault::seal`] makes, so that the form can change.
const VERSION: u8 = 1;

const NONCE_BYTES: usize = 12;

/// A key's file is 64 digits and a line end; what is longer is something else.
const LONGEST_KEY_FILE: u64 = 256;

/// Why something was not sealed or opened, or there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The key's text is wrong. It is not repeated.
    #[error("the data key in {place} is not 64 hexadecimal digits")]
    KeyForm {
        /// Where the text came from.
        place: String,
    },
    /// The key's file cannot be read or made.
    #[error("cannot use the data key file {}: {source}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The key's file is not the owner's alone.
    #[error(
        "the data key file {} may be read by others (mode {mode:03o}); run: chmod 600 {}",
        path.display(),
        path.display()
    )]
    KeyFileOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// More than 64 GB, which AES-GCM does not seal.
    #[error("too long to be sealed")]
    TooLong,
    /// What should be opened is too short or of an unknown version.
    #[error("what should be opened is not in a sealed form")]
    NotSealed,
    /// Wrong key, wrong place, or changed bytes; nobody can tell which.
    #[error("the seal does not fit: another key, another place or changed bytes")]
    SealBroken,
}

impl VaultError {
    /// Who is at fault.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::KeyForm { .. } | Self::KeyFile { .. } | Self::KeyFileOpen { .. } => {
                ErrorKind::Configuration
            }
            Self::Random(_) | Self::TooLong => ErrorKind::Internal,
            Self::NotSealed | Self::SealBroken => ErrorKind::InvalidInput,
        }
    }
}

/// Seals and opens what is kept at rest. Share one; its methods need no exclusive access.
pub struct Vault {
    // Its round keys are wiped when it is dropped, by the feature `zeroize` of the library.
    cipher: Aes256Gcm,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(***)")
    }
}

impl Vault {
    /// A vault with the given key.
    pub fn from_key(key: [u8; 32]) -> Self {
        let key = Zeroizing::new(key);
        Self {
            cipher: Aes256Gcm::new((&*key).into()),
        }
    }

    /// The vault of an installation: by `variable`, the value of [`KEY_VARIABLE`], if there is
    /// one, else by `file` if one is named, else by `data.key` in `folder`, which is made if it is
    /// not there. A source that is named but wrong is an error and no reason to try the next.
    ///
    /// # Errors
    /// If the key cannot be had, or its file may be read by others.
    pub fn load(
        variable: Option<&str>,
        file: Option<&Path>,
        folder: &Path,
    ) -> Result<Self, VaultError> {
        match (variable, file) {
            (Some(text), _) => Ok(Self::from_key(*key_from_hex(text, KEY_VARIABLE)?)),
            (None, Some(path)) => Self::from_file(path),
            (None, None) => Self::open_or_create(folder),
        }
    }

    /// The vault whose key is in the file `path`, as 64 hexadecimal digits.
    ///
    /// # Errors
    /// If the file cannot be read, may be read by others, or holds something else.
    pub fn from_file(path: &Path) -> Result<Self, VaultError> {
        read_key(path).map(|key| Self::from_key(*key))
    }

    /// The vault whose key is in `data.key` in `folder`. The first call makes a random one that
    /// only the owner may read.
    ///
    /// # Errors
    /// If the file cannot be read or made, may be read by others, or holds something else.
    pub fn open_or_create(folder: &Path) -> Result<Self, VaultError> {
        let path = folder.join(KEY_FILE);
        if !path.try_exists().map_err(|e| key_file_error(&path, e))? {
            create_key(&path)?;
        }
        Self::from_file(&path)
    }

    /// Seals `plain` for one place: only [`Vault::open`] with the same `context` opens it.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let payload = Payload {
            msg: plain,
            aad: context,
        };
        let encrypted = self
            .cipher
            .encrypt(&nonce.into(), payload)
            .map_err(|_| VaultError::TooLong)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + encrypted.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&encrypted);
        Ok(sealed)
    }

    /// Opens what [`Vault::seal`] made with the same context.
    ///
    /// # Errors
    /// If the key or the context is another, or a single bit has changed.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        match sealed.split_first() {
            Some((&VERSION, rest)) => open_with(&self.cipher, context, rest),
            _ => Err(VaultError::NotSealed),
        }
    }
}

/// Joins the parts of a context so that no two lists of parts give the same bytes.
pub fn context(parts: &[&str]) -> Vec<u8> {
    let mut joined = Vec::new();
    for part in parts {
        joined.extend_from_slice(&(part.len() as u64).to_be_bytes());
        joined.extend_from_slice(part.as_bytes());
    }
    joined
}

/// Opens what a caller sealed with a key of theirs: 12 bytes of nonce, then the AES-256-GCM
/// ciphertext with its tag of 16 bytes, without associated data.
///
/// # Errors
/// If it is too short, the key is another or a bit has changed.
pub fn open_sealed(key: &[u8; 32], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    open_with(&Aes256Gcm::new(key.into()), b"", sealed)
}

fn open_with(cipher: &Aes256Gcm, context: &[u8], rest: &[u8]) -> Result<Vec<u8>, VaultError> {
    let (nonce, encrypted) = rest
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(VaultError::NotSealed)?;
    let payload = Payload {
        msg: encrypted,
        aad: context,
    };
    cipher
        .decrypt(nonce.into(), payload)
        .map_err(|_| VaultError::SealBroken)
}

fn key_from_hex(text: &str, place: &str) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let wrong = || VaultError::KeyForm {
        place: place.to_owned(),
    };
    let (pairs, odd) = text.trim().as_bytes().as_chunks::<2>();
    let mut key = Zeroizing::new([0; 32]);
    if pairs.len() != key.len() || !odd.is_empty() {
        return Err(wrong());
    }
    for (byte, [high, low]) in key.iter_mut().zip(pairs) {
        let digit = |c: &u8| char::from(*c).to_digit(16).ok_or_else(wrong);
        *byte = (digit(high)? << 4 | digit(low)?) as u8;
    }
    Ok(key)
}

fn read_key(path: &Path) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let failed = |e| key_file_error(path, e);
    let file = File::open(path).map_err(failed)?;
    // Of the file that was opened, not of what has its name by now.
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(VaultError::KeyFileOpen {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = Zeroizing::new(String::with_capacity(LONGEST_KEY_FILE as usize));
    file.take(LONGEST_KEY_FILE)
        .read_to_string(&mut text)
        .map_err(failed)?;
    key_from_hex(&text, &path.display().to_string())
}

/// Makes a key's file that is complete from the moment it has its name: two servers that start at
/// once must not end up with two keys, nor one of them with half of one.
fn create_key(path: &Path) -> Result<(), VaultError> {
    let failed = |e| key_file_error(path, e);
    let mut random = Zeroizing::new([0; 40]);
    getrandom::fill(&mut *random)?;
    let (key, suffix) = random.split_at(32);
    let mut text = Zeroizing::new(hex(key));
    text.push('\n');
    let draft = path.with_extension(format!("key.{}", hex(suffix)));
    let made = write_owned(&draft, &text).and_then(|()| match fs::hard_link(&draft, path) {
        // Another server was first, so its key is the one.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    // The draft holds a key; a failure to remove it is worth stopping for.
    let removed = match fs::remove_file(&draft) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    };
    made.and(removed).map_err(failed)?;
    // The name must outlive a power cut as the pictures do that need it.
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(failed)
}

fn write_owned(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    let mut text = String::with_capacity(2 * bytes.len() + 1);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

fn key_file_error(path: &Path, source: io::Error) -> VaultError {
    VaultError::KeyFile {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const HEX: &str = "0707070707070707070707070707070707070707070707070707070707070707";

    #[test]
    fn what_is_sealed_opens_again() {
        let vault = Vault::from_key(KEY);
        for plain in [b"".as_slice(), b"a picture", &[0; 100_000]] {
            let sealed = vault.seal(b"tenant/check", plain).unwrap();
            assert_eq!(sealed.len(), plain.len() + 1 + 12 + 16);
            assert_eq!(vault.open(b"tenant/check", &sealed).unwrap(), plain);
        }
    }

    #[test]
    fn the_same_plain_is_never_sealed_alike() {
        let vault = Vault::from_key(KEY);
        let [a, b] = [(); 2].map(|()| vault.seal(b"c", b"plain").unwrap());
        assert_ne!(a, b);
    }

    #[test]
    fn another_place_another_key_or_a_changed_bit_does_not_open() {
        let vault = Vault::from_key(KEY);
        let sealed = vault.seal(b"tenant 1", b"plain").unwrap();
        assert!(vault.open(b"tenant 2", &sealed).is_err());
        assert!(vault.open(b"", &sealed).is_err());
        let other = Vault::from_key([8; 32]);
        assert!(other.open(b"tenant 1", &sealed).is_err());
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(vault.open(b"tenant 1", &changed).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(vault.open(b"tenant 1", &sealed[..length]).is_err());
        }
    }

    #[test]
    fn contexts_of_different_parts_differ() {
        assert_ne!(context(&["ab", "c"]), context(&["a", "bc"]));
        assert_ne!(context(&["ab"]), context(&["ab", ""]));
        assert_eq!(context(&["ab", "c"]), context(&["ab", "c"]));
    }

    /// Test case 14 of the AES-GCM specification (McGrew and Viega): key, nonce and 16 bytes of
    /// plain text all zero.
    #[test]
    fn a_published_vector_opens() {
        let mut sealed = vec![0; 12];
        sealed.extend([
            0xce, 0xa7, 0x40, 0x3d, 0x4d, 0x60, 0x6b, 0x6e, 0x07, 0x4e, 0xc5, 0xd3, 0xba, 0xf3,
            0x9d, 0x18, 0xd0, 0xd1, 0xc8, 0xa7, 0x99, 0x99, 0x6b, 0xf0, 0x26, 0x5b, 0x98, 0xb5,
            0xd4, 0x8a, 0xb9, 0x19,
        ]);
        assert_eq!(open_sealed(&[0; 32], &sealed).unwrap(), [0; 16]);
        assert!(open_sealed(&[1; 32], &sealed).is_err());
        assert!(open_sealed(&[0; 32], &sealed[..27]).is_err());
        assert!(open_sealed(&[0; 32], b"").is_err());
    }

    #[test]
    fn the_first_start_makes_a_key_that_stays() {
        let folder = tempfile::tempdir().unwrap();
        let sealed = Vault::open_or_create(folder.path())
            .unwrap()
            .seal(b"c", b"plain")
            .unwrap();
        let again = Vault::open_or_create(folder.path()).unwrap();
        assert_eq!(again.open(b"c", &sealed).unwrap(), b"plain");
        let names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["data.key"], "no draft stays behind");
        let path = folder.path().join(KEY_FILE);
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let text = fs::read_to_string(path).unwrap();
        assert_eq!(text.trim().len(), 64);
    }

    #[test]
    fn servers_that_start_at_once_get_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let vaults: Vec<Vault> = std::thread::scope(|scope| {
            let started: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| Vault::open_or_create(folder.path()).unwrap()))
                .collect();
            started.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let sealed = vaults[0].seal(b"c", b"plain").unwrap();
        for vault in &vaults {
            assert_eq!(vault.open(b"c", &sealed).unwrap(), b"plain");
        }
    }

    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        Vault::open_or_create(folder.path()).unwrap();
        let path = folder.path().join(KEY_FILE);
        for mode in [0o640, 0o604, 0o644, 0o660, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refused = Vault::open_or_create(folder.path()).unwrap_err();
            assert!(
                matches!(refused, VaultError::KeyFileOpen { mode: m, .. } if m == mode),
                "{refused}"
            );
            assert_eq!(refused.kind(), ErrorKind::Configuration);
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(Vault::open_or_create(folder.path()).is_ok());
    }

    #[test]
    fn keys_are_taken_from_variable_then_file_then_folder() {
        let folder = tempfile::tempdir().unwrap();
        let named = folder.path().join("named.hex");
        write_owned(&named, &format!("{}\n", "08".repeat(32))).unwrap();
        let opens = |vault: &Vault, key: [u8; 32]| {
            let sealed = Vault::from_key(key).seal(b"c", b"plain").unwrap();
            vault.open(b"c", &sealed).is_ok()
        };
        let load = |variable, file| Vault::load(variable, file, folder.path());
        assert!(opens(&load(Some(HEX), Some(&named)).unwrap(), KEY));
        assert!(opens(&load(None, Some(&named)).unwrap(), [8; 32]));
        assert!(!folder.path().join(KEY_FILE).exists());
        load(None, None).unwrap();
        assert!(folder.path().join(KEY_FILE).exists());
        assert!(load(Some(""), Some(&named)).is_err(), "no falling back");
        assert!(load(None, Some(Path::new("/nonexistent/key"))).is_err());
    }

    #[test]
    fn keys_of_another_form_are_refused_without_being_shown() {
        let mixed = "aB".repeat(32);
        assert_eq!(*key_from_hex(&mixed, "x").unwrap(), [0xab; 32]);
        for wrong in [
            "",
            "abc",
            &HEX[1..],
            &format!("{HEX}00"),
            &HEX.replacen('0', "g", 1),
            &HEX.replacen("07", "é", 1),
            &HEX.replacen("07", "+7", 1),
        ] {
            let refused = key_from_hex(wrong, KEY_VARIABLE).unwrap_err();
            assert_eq!(
                refused.to_string(),
                "the data key in LIFESIGN_DATA_KEY is not 64 hexadecimal digits"
            );
        }
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("long");
        write_owned(&long, &"0".repeat(100_000)).unwrap();
        assert!(Vault::from_file(&long).is_err());
    }

    #[test]
    fn debugging_shows_nothing() {
        assert_eq!(format!("{:?}", Vault::from_key(KEY)), "Vault(***)");
    }
}
