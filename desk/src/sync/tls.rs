//! Whom this desk takes for central: whoever shows a certificate that the pinned key of the office signed.
//!
//! Dates are not looked at. A desk's clock may be wrong by years, and then it must reach central all the more; what ends a
//! certificate is central's own renewal, what ends a desk is its revocation there. The pin changes by enrolment, or when central shows
//! a key that the pinned one certified to be its successor.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    version::TLS13,
};
use wire::v1::Fingerprint;

/// 2 January 2020: the day on which every certificate of central holds.
const JUDGED_AT: Duration = Duration::from_hours(438_312);

/// The key that signs central's certificate, once it was shown and is another one than the pinned, which certified it.
#[derive(Clone, Debug, Default)]
pub(super) struct Successor(Arc<OnceLock<Fingerprint>>);

impl Successor {
    pub(super) fn get(&self) -> Option<Fingerprint> {
        self.0.get().copied()
    }
}

/// A client that speaks TLS 1.3 with the office's central and nobody else.
///
/// # Errors
/// Those of the TLS library, which knows TLS 1.3.
pub(super) fn config(pin: Fingerprint, successor: Successor) -> Result<ClientConfig, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Pinned { pin, successor, provider: Arc::clone(&provider) });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[derive(Debug)]
struct Pinned {
    pin: Fingerprint,
    successor: Successor,
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    /// Whether a server's certificate leads to the one key that is trusted, over these.
    fn judge(
        &self,
        trusted: RootCertStore,
        server: &CertificateDer<'_>,
        over: &[CertificateDer<'_>],
        name: &ServerName<'_>,
    ) -> Result<ServerCertVerified, Error> {
        WebPkiServerVerifier::builder_with_provider(Arc::new(trusted), Arc::clone(&self.provider))
            .build()
            .map_err(|_| CertificateError::UnknownIssuer)?
            .verify_server_cert(server, over, name, &[], UnixTime::since_unix_epoch(JUDGED_AT))
    }
}

/// The key of a certificate, whatever else it says, as the only one that is trusted.
fn anchor(certificate: &CertificateDer<'_>) -> Option<(Fingerprint, RootCertStore)> {
    let mut store = RootCertStore::empty();
    store.add(certificate.clone().into_owned()).ok()?;
    let key = Fingerprint::of_key_content(&store.roots.first()?.subject_public_key_info);
    Some((key, store))
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut keys = intermediates.iter().filter_map(anchor);
        let (_, pinned) = keys.find(|(key, _)| *key == self.pin).ok_or(CertificateError::UnknownIssuer)?;
        let verified = self.judge(pinned, end_entity, intermediates, server_name)?;
        // The pinned key vouches for the one that signed this certificate: it is its successor, or the pinned key itself.
        let signer = intermediates.iter().filter_map(anchor).find_map(|(key, alone)| {
            let signed = self.judge(alone, end_entity, &[], server_name);
            signed.is_ok().then_some(key)
        });
        if let Some(signer) = signer.filter(|signer| *signer != self.pin) {
            // What was noticed first stays: a successor's successor is noticed by the next client.
            let _ = self.successor.0.set(signer);
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("only TLS 1.3 is spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whether a connection failed because of whom the other side showed itself to be.
pub(super) fn is_distrust(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = inside.and_then(|inside| inside.downcast_ref::<Error>()).or_else(|| error.downcast_ref::<Error>());
        if tls.is_some_and(|tls| matches!(tls, Error::InvalidCertificate(_))) {
            return true;
        }
        cause = match inside {
            Some(inside) => Some(inside as &(dyn std::error::Error + 'static)),
            None => error.source(),
        };
    }
    false
}
