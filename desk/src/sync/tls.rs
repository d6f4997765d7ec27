//! Whom this desk takes for central: whoever shows a certificate that the pinned key of the office signed.
//!
//! Dates are not looked at. A desk's clock may be wrong by years, and then it must reach central all the more; what ends a
//! certificate is central's own renewal, what ends a desk is its revocation there.

use std::{sync::Arc, time::Duration};

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

/// A client that speaks TLS 1.3 with the office's central and nobody else.
///
/// # Errors
/// Those of the TLS library, which knows TLS 1.3.
pub(super) fn config(pin: Fingerprint) -> Result<ClientConfig, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Pinned { pin, provider: Arc::clone(&provider) });
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
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    // The authority is the one certificate with the pinned key, whatever else it says: its key alone is trusted.
    fn authority(&self, shown: &[CertificateDer<'_>]) -> Option<RootCertStore> {
        shown.iter().find_map(|certificate| {
            let mut store = RootCertStore::empty();
            store.add(certificate.clone().into_owned()).ok()?;
            let key = store.roots.first()?.subject_public_key_info.as_ref();
            (Fingerprint::of_key(&sequence(key)) == self.pin).then_some(store)
        })
    }
}

// A trust anchor keeps the inside of the SubjectPublicKeyInfo; the fingerprint is over the whole of it (X.690, 8.1.3).
fn sequence(inside: &[u8]) -> Vec<u8> {
    let length = inside.len().to_be_bytes();
    let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut whole = vec![0x30];
    if inside.len() >= 0x80 {
        whole.push(0x80 | u8::try_from(length.len()).unwrap_or_default());
    }
    whole.extend_from_slice(length);
    whole.extend_from_slice(inside);
    whole
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
        let authority = self.authority(intermediates).ok_or(CertificateError::UnknownIssuer)?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(authority), Arc::clone(&self.provider))
            .build()
            .map_err(|_| CertificateError::UnknownIssuer)?
            .verify_server_cert(end_entity, intermediates, server_name, &[], UnixTime::since_unix_epoch(JUDGED_AT))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_has_its_length_before_it() {
        assert_eq!(sequence(&[7; 2]), [0x30, 2, 7, 7]);
        assert_eq!(sequence(&[7; 0x7f])[..3], [0x30, 0x7f, 7]);
        assert_eq!(sequence(&[7; 0x80])[..4], [0x30, 0x81, 0x80, 7]);
        assert_eq!(sequence(&[7; 0x126])[..5], [0x30, 0x82, 1, 0x26, 7]);
    }
}
