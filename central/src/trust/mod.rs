//! Whom the desks of an office trust: a certificate authority of the office's own, and the certificates that it signs for
//! this server.
//!
//! The desks pin the authority's key at enrolment and nothing else, so a certificate may be replaced at any time: this server
//! makes its own at start and anew every month, and their keys are never stored. See `docs/decisions/0014-trust.md`.

mod authority;
mod leaves;
mod store;

use std::sync::Arc;

use jiff::Timestamp;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    version::TLS13,
};
use sqlx::PgPool;
use tokio_rustls::TlsAcceptor;
use wire::v1::Fingerprint;

pub(crate) use self::authority::Authority;
use self::leaves::Leaves;
use crate::clock::Clock;

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
}

/// The office's authority, made where it is missing.
///
/// # Errors
/// [`TrustError`].
pub(crate) async fn authority(pool: &PgPool, now: Timestamp) -> Result<Authority, TrustError> {
    let mut tx = pool.begin().await?;
    let office = store::office(&mut tx).await?;
    if store::kept(&mut tx).await?.is_none() {
        let made = Authority::make(office.clone())?;
        // Another process of central may be the first.
        store::keep(&mut tx, &made, now).await?;
    }
    let kept = store::kept(&mut tx).await?.ok_or(sqlx::Error::RowNotFound)?;
    tx.commit().await?;
    Authority::read(office, kept.private_key, kept.certificate)
}

/// The fingerprint of the authority's key, as an invitation holds it.
///
/// # Errors
/// [`TrustError`].
pub async fn fingerprint(pool: &PgPool, clock: &Clock) -> Result<Fingerprint, TrustError> {
    Ok(authority(pool, clock.now()).await?.fingerprint())
}

/// Speaks TLS 1.3 for these offices: each client is shown the certificate of the office that it names.
///
/// # Errors
/// [`TrustError`], when a certificate cannot be made.
pub(crate) fn acceptor(offices: Vec<Authority>, clock: &Clock) -> Result<TlsAcceptor, TrustError> {
    let provider = provider();
    let leaves = Leaves::of(offices, clock, Arc::clone(&provider))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(leaves));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
