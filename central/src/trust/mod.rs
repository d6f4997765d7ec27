//! Whom the desks of an office trust: a certificate authority of the office's own, and the certificates that it signs for
//! this server.
//!
//! The desks pin the authority's key at enrolment and nothing else, so a certificate may be replaced at any time: this server
//! makes its own at start and anew every month, and their keys are never stored. See `docs/decisions/0014-trust.md`.

mod authority;
mod handshake;
mod leaves;
mod store;
mod succession;

use std::sync::Arc;

use jiff::Timestamp;
use rustls::{
    RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::CertificateDer,
};
use sqlx::PgPool;
use wire::v1::Fingerprint;

pub use self::succession::{Doubter, Key, Standing, replace, standing};
pub(crate) use self::{authority::Authority, handshake::Handshake, succession::do_again};
use crate::{admin_log::AdminLogError, clock::Clock};

/// A certificate cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
    /// A key or a certificate cannot be made.
    #[error("a certificate cannot be made")]
    Make(#[from] rcgen::Error),
    /// A certificate cannot be used.
    #[error("a certificate cannot be used")]
    Use(#[from] rustls::Error),
    /// The clock shows no day that a certificate could bear.
    #[error("the clock shows no day that a certificate could bear")]
    Day,
    /// The key is replaced without anything that would bring the next one back.
    #[error(
        "the key is replaced only where an administrator's log is kept (--admin-log): a restored backup would lack the new one"
    )]
    NoLog,
    /// A successor was made and does not sign yet.
    #[error("the key was just replaced: the new one signs from {0}")]
    Waits(Timestamp),
    /// The administrator's log holds a key that this database cannot open.
    #[error(
        "the authority's key in the administrator's log cannot be opened with this database's keys: bring a later backup back"
    )]
    Sealed,
    /// The administrator's log cannot be written: nothing was changed.
    #[error(transparent)]
    Log(#[from] AdminLogError),
}

/// The office's authority by the key that signs now, made where it is missing.
///
/// # Errors
/// [`TrustError`].
pub(crate) async fn authority(pool: &PgPool, now: Timestamp) -> Result<Authority, TrustError> {
    let (_, signing) = authorities(pool, now).await?.swap_remove(0);
    Ok(signing)
}

/// The same, and behind it the key that will sign, each with its first moment. Never empty.
///
/// # Errors
/// [`TrustError`].
pub(crate) async fn authorities(pool: &PgPool, now: Timestamp) -> Result<Vec<(Timestamp, Authority)>, TrustError> {
    let mut tx = pool.begin().await?;
    let office = store::office(&mut tx).await?;
    let mut keys = store::kept(&mut tx).await?;
    if keys.is_empty() {
        let made = Authority::make(office.clone())?;
        // Another process of central may be the first.
        store::keep_first(&mut tx, &made, now).await?;
        keys = store::kept(&mut tx).await?;
    }
    // A key whose secret is gone signs no more, whatever the clock says.
    let signs = keys.iter().rposition(|key| key.signs_from.0 <= now).unwrap_or_default();
    let signs = signs.max(keys.iter().take_while(|key| key.private_key.is_none()).count());
    let signing = keys.get(signs).ok_or(sqlx::Error::RowNotFound)?;
    let sure = signing.signs_from.0.checked_add(succession::SIGNS_AFTER).is_ok_and(|sure| sure <= now);
    if sure && keys[..signs].iter().any(|before| before.private_key.is_some()) {
        store::forget_before(&mut tx, signing.n).await?;
    }
    tx.commit().await?;
    (signs..keys.len())
        .map(|place| {
            let key = &keys[place];
            let certified = keys[..=place].iter().rev().filter_map(|key| key.new_with_old.clone());
            let path = certified.chain([keys[0].certificate.clone()]).map(CertificateDer::from).collect();
            let private_key = key.private_key.as_deref().ok_or(sqlx::Error::RowNotFound)?;
            Ok((key.signs_from.0, Authority::read(office.clone(), private_key, key.certificate.clone(), path)?))
        })
        .collect()
}

/// The fingerprint of the authority's key that signs now, as an invitation holds it.
///
/// # Errors
/// [`TrustError`].
pub async fn fingerprint(pool: &PgPool, clock: &Clock) -> Result<Fingerprint, TrustError> {
    Ok(authority(pool, clock.now()).await?.fingerprint())
}

fn fingerprint_of(certificate: &[u8]) -> Result<Fingerprint, TrustError> {
    let mut store = RootCertStore::empty();
    store.add(CertificateDer::from(certificate.to_vec()))?;
    let anchor = store.roots.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(Fingerprint::of_key_content(&anchor.subject_public_key_info))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
