//! The office's certificate authority: its key, and the certificates that it signs.

use base64::{Engine, prelude::BASE64_STANDARD};
use domain::marks::Teryt;
use jiff::civil::Date;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData, SigningKey as _, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use wire::v1::{Fingerprint, enrol::server_name};

use super::TrustError;

/// Desks judge certificates as if it were this day, since a desk's clock may be wrong: all of ours hold on it.
const FIRST_DAY: (i32, u8, u8) = (2020, 1, 1);

/// A certificate authority that signs for one office and no other.
#[derive(Debug)]
pub(crate) struct Authority {
    pub(super) office: Teryt,
    pub(super) certificate: CertificateDer<'static>,
    /// Shown behind a server's certificate: for each key, the newest first, how the one before certified it; last, the first key's
    /// own certificate.
    pub(super) path: Vec<CertificateDer<'static>>,
    issuer: Issuer<'static, KeyPair>,
}

/// A key that an authority certified to be the next.
pub(super) struct Successor {
    /// PKCS #8.
    pub(super) private_key: Vec<u8>,
    /// Signed by itself.
    pub(super) certificate: CertificateDer<'static>,
    /// Signed by the key before.
    pub(super) new_with_old: CertificateDer<'static>,
}

impl Authority {
    /// Makes a key and its certificate.
    pub(super) fn make(office: Teryt) -> Result<Self, TrustError> {
        let key = KeyPair::generate()?;
        let certificate = described(&office)?.self_signed(&key)?.der().clone();
        let issuer = Issuer::new(described(&office)?, key);
        Ok(Self { office, path: vec![certificate.clone()], certificate, issuer })
    }

    /// Reads what the office keeps.
    pub(super) fn read(
        office: Teryt,
        private_key: &[u8],
        certificate: Vec<u8>,
        path: Vec<CertificateDer<'static>>,
    ) -> Result<Self, TrustError> {
        let key = KeyPair::try_from(private_key)?;
        let issuer = Issuer::new(described(&office)?, key);
        Ok(Self { office, certificate: certificate.into(), path, issuer })
    }

    /// Makes the next key and certifies it.
    pub(super) fn certify_successor(&self) -> Result<Successor, TrustError> {
        let key = KeyPair::generate()?;
        let mut params = described(&self.office)?;
        let certificate = params.self_signed(&key)?.der().clone();
        // Both keys bear one name: whoever looks for the issuer tells them apart by this.
        params.use_authority_key_identifier_extension = true;
        let new_with_old = params.signed_by(&key, &self.issuer)?.der().clone();
        Ok(Successor { private_key: key.serialize_der(), certificate, new_with_old })
    }

    /// ECDSA on P-256 with SHA-256, in DER.
    pub(crate) fn sign_bytes(&self, bytes: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.issuer.key().sign(bytes)
    }

    /// The certificate that its key is proved by.
    pub(crate) fn certificate_pem(&self) -> String {
        let body = BASE64_STANDARD.encode(&self.certificate);
        let lines: Vec<&str> = body.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// PKCS #8.
    pub(super) fn private_key(&self) -> Vec<u8> {
        self.issuer.key().serialize_der()
    }

    /// Of its key.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_key(&self.issuer.key().subject_public_key_info())
    }

    /// A certificate for this server with a fresh key, good up to the day.
    pub(super) fn sign(
        &self,
        until: Date,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TrustError> {
        let mut params = CertificateParams::new([server_name(&self.office)])?;
        params.distinguished_name = named("Okienko, centrala");
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_before = date_time_ymd(FIRST_DAY.0, FIRST_DAY.1, FIRST_DAY.2);
        let (month, day) = (u8::try_from(until.month()), u8::try_from(until.day()));
        let (month, day) = month.ok().zip(day.ok()).ok_or(TrustError::Day)?;
        params.not_after = date_time_ymd(i32::from(until.year()), month, day);
        let key = KeyPair::generate()?;
        let signed = params.signed_by(&key, &self.issuer)?;
        let chain = std::iter::once(signed.der().clone()).chain(self.path.iter().cloned()).collect();
        Ok((chain, PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()))))
    }
}

fn described(office: &Teryt) -> Result<CertificateParams, TrustError> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = named(&format!("Okienko, urząd {}", office.as_str()));
    // A successor certifies its own successor.
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(server_name(office))],
        excluded_subtrees: Vec::new(),
    });
    params.not_before = date_time_ymd(FIRST_DAY.0, FIRST_DAY.1, FIRST_DAY.2);
    params.not_after = date_time_ymd(9999, 12, 31);
    Ok(params)
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}
