//! The TLS handshake on the desks' listener.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::marks::Teryt;
use rustls::{ServerConfig, server::Acceptor, version::TLS13};
use sqlx::PgPool;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

use super::{TrustError, authorities, leaves::Leaves, provider};
use crate::clock::Clock;

/// A handshake waits so long for the database and then shows what is known.
const READ_WITHIN: Duration = Duration::from_secs(2);

/// Speaks TLS 1.3 for several offices: each client is shown the certificate of the office that it names.
pub(crate) struct Handshake {
    config: Arc<ServerConfig>,
    leaves: Arc<Leaves>,
    pools: BTreeMap<String, PgPool>,
    clock: Clock,
}

impl Handshake {
    /// For these offices, whose authorities stand in these databases.
    ///
    /// # Errors
    /// [`TrustError`], when a certificate cannot be made.
    pub(crate) async fn of(offices: Vec<(Teryt, PgPool)>, clock: &Clock) -> Result<Self, TrustError> {
        let (provider, mut known) = (provider(), Vec::with_capacity(offices.len()));
        for (_, pool) in &offices {
            known.push(authorities(pool, clock.now()).await?);
        }
        let leaves = Arc::new(Leaves::of(known, clock, Arc::clone(&provider))?);
        let pools = offices.into_iter().map(|(office, pool)| (office.as_str().to_owned(), pool)).collect();
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Leaves>::clone(&leaves));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), leaves, pools, clock: clock.clone() })
    }

    /// Shakes hands with a client.
    ///
    /// # Errors
    /// The client's: what it says is no TLS 1.3, or it goes.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> std::io::Result<TlsStream<S>> {
        let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let named = start.client_hello().server_name().map(str::to_owned);
        if let Some(code) = self.leaves.due(named.as_deref()) {
            self.read_anew(code).await;
        }
        start.into_stream(Arc::clone(&self.config)).await
    }

    // Another process may have replaced the key.
    async fn read_anew(&self, code: &str) {
        let Some(pool) = self.pools.get(code) else { return };
        match tokio::time::timeout(READ_WITHIN, authorities(pool, self.clock.now())).await {
            Ok(Ok(known)) => self.leaves.take(code, known),
            Ok(Err(error)) => tracing::warn!(%error, "the office's authority cannot be read"),
            Err(_) => tracing::warn!("the office's authority cannot be read in time"),
        }
    }
}
