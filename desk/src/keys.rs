//! The database key: 32 random bytes in the operating system's store, and how a wrong one is told from a damaged file.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::ErrorCode;
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{clock::Entropy, error::DeskError};

/// The raw key of the desk's database. Its Debug shows nothing; its bytes are wiped when dropped.
#[derive(Clone)]
pub struct DatabaseKey(Zeroizing<[u8; 32]>);

impl DatabaseKey {
    /// A new random key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut());
        Self(bytes)
    }

    fn from_slice(bytes: &[u8]) -> Option<Self> {
        <[u8; 32]>::try_from(bytes).ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// SQLCipher's form of a raw key: `"x'…64 hex digits…'"`, no derivation.
    pub(crate) fn pragma(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("\"x'{}'\"", domain::text::hex(self.0.as_ref())))
    }

    /// A key for another purpose, derived from this one (HKDF-SHA-256, RFC 5869).
    pub(crate) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut derived = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.0.as_ref())
            .expand(purpose.as_bytes(), derived.as_mut())
            .expect("32 bytes are within what HKDF gives");
        derived
    }

    /// As letters, with a check by which a slip of the finger is noticed: what the recovery card bears.
    pub(crate) fn letters(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(vec![CARD_VERSION]);
        bytes.extend_from_slice(self.0.as_ref());
        let check = card_check(&bytes);
        bytes.extend_from_slice(&check);
        Zeroizing::new(wire::letters::write(&bytes))
    }

    /// Reads the letters of a recovery card; `None` when one is missing or another.
    pub(crate) fn from_letters(typed: &str) -> Option<Self> {
        let bytes = Zeroizing::new(wire::letters::read(typed)?);
        let (said, check) = bytes.split_last_chunk::<CARD_CHECK>()?;
        let (version, key) = said.split_first()?;
        if *version == CARD_VERSION && card_check(said) == *check { Self::from_slice(key) } else { None }
    }

    fn check_value(&self) -> String {
        domain::text::hex(self.derive("okienko-key-check-1").as_ref())
    }
}

const CARD_VERSION: u8 = 1;
const CARD_CHECK: usize = 4;

fn card_check(said: &[u8]) -> [u8; CARD_CHECK] {
    let hash = wire::v1::log::hash_parts(&[b"okienko-card-1", said]);
    [hash[0], hash[1], hash[2], hash[3]]
}

impl std::fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseKey(***)")
    }
}

/// Where the key is kept.
#[derive(Clone, Debug)]
pub enum KeyStore {
    /// The operating system's store (Secret Service, Windows Credential Manager).
    System,
    /// A file: demo office and tests only, with a lasting warning in the window.
    File(PathBuf),
}

const SERVICE: &str = "pl.okienko.desk";

impl KeyStore {
    /// The store that the environment names: `OKIENKO_KEY_FILE`, else the system's.
    pub fn from_environment() -> Self {
        std::env::var_os("OKIENKO_KEY_FILE").map_or(Self::System, |path| Self::File(path.into()))
    }

    fn get(&self, desk: &str) -> Result<Option<DatabaseKey>, DeskError> {
        match self {
            Self::System => match keyring::Entry::new(SERVICE, desk).and_then(|entry| entry.get_secret()) {
                Ok(secret) => Ok(DatabaseKey::from_slice(&Zeroizing::new(secret))),
                Err(keyring::Error::NoEntry) => Ok(None),
                Err(error) => {
                    tracing::warn!(%error, "the key store does not answer");
                    Err(DeskError::Refused(ErrorCode::KeyMissing))
                }
            },
            Self::File(path) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(STANDARD.decode(text.trim()).ok().and_then(|bytes| DatabaseKey::from_slice(&bytes))),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(DeskError::File { what: "read the key file", source: error }),
            },
        }
    }

    fn set(&self, desk: &str, key: &DatabaseKey) -> Result<(), DeskError> {
        match self {
            Self::System => {
                keyring::Entry::new(SERVICE, desk).and_then(|entry| entry.set_secret(key.0.as_ref())).map_err(|error| {
                    tracing::warn!(%error, "the key store does not take a key");
                    DeskError::Refused(ErrorCode::KeyMissing)
                })
            }
            Self::File(path) => {
                std::fs::write(path, STANDARD.encode(key.0.as_ref())).map_err(DeskError::file("write the key file"))
            }
        }
    }
}

/// What stands in clear beside the database: which desk it is, and a value that tells a wrong key from a damaged file.
#[derive(Debug, Serialize, Deserialize)]
struct DeskHead {
    version: u32,
    desk: String,
    key_check: String,
}

fn head_in(folder: &Path) -> PathBuf {
    folder.join("okienko.json")
}

fn read_head(path: &Path) -> Result<Option<DeskHead>, DeskError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DeskError::File { what: "read the desk's head", source }),
    }
}

/// Whether the key of a recovery card is that of the database in `folder`. Blocking.
///
/// # Errors
/// [`ErrorCode::KeyWrong`] for another desk's card; [`ErrorCode::KeyMissing`] when there is no database.
pub(crate) fn check(folder: &Path, key: &DatabaseKey) -> Result<(), DeskError> {
    let head = read_head(&head_in(folder))?.ok_or(DeskError::Refused(ErrorCode::KeyMissing))?;
    if key.check_value() == head.key_check { Ok(()) } else { Err(DeskError::Refused(ErrorCode::KeyWrong)) }
}

/// Whether the store holds the key of the database in `folder` by now. Blocking.
pub(crate) fn is_there(folder: &Path, store: &KeyStore) -> bool {
    let Ok(Some(head)) = read_head(&head_in(folder)) else { return false };
    store.get(&head.desk).is_ok_and(|key| key.is_some_and(|key| key.check_value() == head.key_check))
}

/// Puts a key that was checked into the store. Blocking.
///
/// # Errors
/// [`ErrorCode::KeyMissing`] when the store does not take it.
pub(crate) fn refill(folder: &Path, store: &KeyStore, key: &DatabaseKey) -> Result<(), DeskError> {
    let head = read_head(&head_in(folder))?.ok_or(DeskError::Refused(ErrorCode::KeyMissing))?;
    store.set(&head.desk, key)
}

/// Finds the key of the database in `folder`, or makes one when there is no database yet. Blocking.
///
/// # Errors
/// [`ErrorCode::KeyMissing`] when the store has none, [`ErrorCode::KeyWrong`] when it holds another database's.
pub fn find_or_make(
    folder: &Path,
    store: &KeyStore,
    database_exists: bool,
    entropy: &dyn Entropy,
) -> Result<DatabaseKey, DeskError> {
    let path = head_in(folder);
    match read_head(&path)? {
        Some(head) => {
            let key = store.get(&head.desk)?.ok_or(DeskError::Refused(ErrorCode::KeyMissing))?;
            if key.check_value() == head.key_check { Ok(key) } else { Err(DeskError::Refused(ErrorCode::KeyWrong)) }
        }
        None if database_exists => Err(DeskError::Refused(ErrorCode::KeyMissing)),
        None => {
            let key = DatabaseKey::generate(entropy);
            let mut id = [0; 16];
            entropy.fill(&mut id);
            let desk = domain::text::hex(&id);
            store.set(&desk, &key)?;
            let head = DeskHead { version: 1, desk, key_check: key.check_value() };
            crate::desk::write_durably(&path, &serde_json::to_vec_pretty(&head)?)?;
            Ok(key)
        }
    }
}
