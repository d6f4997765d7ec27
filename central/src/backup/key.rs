//! The recovery key: its public half encrypts backups, its secret half lies in the office's safe. Keys and files are those of
//! age (age-encryption.org/v1), so that any age program opens a backup even when ours is gone.

use std::{io::Write, path::Path, str::FromStr};

use age::{
    secrecy::ExposeSecret,
    x25519::{Identity, Recipient},
};

use super::BackupError;

/// The public half.
#[derive(Clone)]
pub struct RecoveryKey(pub(super) Recipient);

impl FromStr for RecoveryKey {
    type Err = BackupError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim().parse().map(Self).map_err(|_| BackupError::PublicKey)
    }
}

impl std::fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecoveryKey({})", self.0)
    }
}

impl std::fmt::Display for RecoveryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The public half of a key whose file is there.
///
/// # Errors
/// [`BackupError::File`], [`BackupError::SecretKey`].
pub fn public_half(file: &Path) -> Result<String, BackupError> {
    Ok(secret(file)?.to_public().to_string())
}

/// Makes a key: writes the secret half into a new file that its owner alone reads, and returns the public half.
///
/// # Errors
/// [`BackupError::File`], also when the file is there already.
pub fn new_key(file: &Path) -> Result<String, BackupError> {
    let identity = Identity::generate();
    let public = identity.to_public().to_string();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file).map_err(BackupError::file(file))?;
    let text = format!("# public key: {public}\n{}\n", identity.to_string().expose_secret());
    out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(BackupError::file(file))?;
    Ok(public)
}

/// The secret half from its file, as `age-keygen` and [`new_key`] write it.
pub(super) fn secret(file: &Path) -> Result<Identity, BackupError> {
    let text = std::fs::read_to_string(file).map_err(BackupError::file(file))?;
    text.lines()
        .map(str::trim)
        .find(|line| line.starts_with("AGE-SECRET-KEY-"))
        .and_then(|line| line.parse().ok())
        .ok_or(BackupError::SecretKey)
}
