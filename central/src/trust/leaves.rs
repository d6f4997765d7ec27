//! The certificates that this server shows: one for each office, replaced before it is old and when another key signs.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{calendar, marks::Teryt};
use jiff::{SignedDuration, Timestamp, ToSpan};
use rustls::{
    crypto::CryptoProvider,
    pki_types::CertificateDer,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use wire::v1::enrol::office_of;

use super::{Authority, TrustError};
use crate::clock::Clock;

const DAYS: i64 = 90;
/// A certificate is replaced after so many days.
const REPLACED_AFTER: i64 = 30;
/// Nothing older than this is known of an authority: well before [`super::SIGNS_AFTER`] every process knows its next key.
const READ_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// Certificates by office.
#[derive(Debug)]
pub(super) struct Leaves {
    offices: BTreeMap<String, Mutex<Office>>,
    clock: Clock,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
struct Office {
    /// The keys that sign or will sign, each with its first moment.
    known: Vec<(Timestamp, Authority)>,
    read_at: Timestamp,
    leaf: Leaf,
}

impl Office {
    fn signing(&self, now: Timestamp) -> Option<&Authority> {
        signing(&self.known, now)
    }
}

/// The one that signs now; the first until another does.
fn signing(known: &[(Timestamp, Authority)], now: Timestamp) -> Option<&Authority> {
    known.iter().rfind(|(from, _)| *from <= now).or(known.first()).map(|(_, authority)| authority)
}

#[derive(Debug)]
struct Leaf {
    key: Arc<CertifiedKey>,
    /// Behind it.
    path: Vec<CertificateDer<'static>>,
    replace_at: Timestamp,
}

impl Leaves {
    /// Certificates for these offices, each with the keys of its authority.
    pub(super) fn of(
        offices: Vec<Vec<(Timestamp, Authority)>>,
        clock: &Clock,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, TrustError> {
        let (mut made, now) = (BTreeMap::new(), clock.now());
        for known in offices {
            let Some(authority) = signing(&known, now) else { continue };
            let (code, leaf) = (authority.office.as_str().to_owned(), grown(authority, now, &provider)?);
            made.insert(code, Mutex::new(Office { known, read_at: now, leaf }));
        }
        Ok(Self { offices: made, clock: clock.clone(), provider })
    }

    /// The office whose authority was not read for so long that somebody else may have replaced it. Asked once: whoever asks next
    /// is told that it is being read.
    pub(super) fn due(&self, server_name: Option<&str>) -> Option<&str> {
        let (code, office) = self.of_name(server_name)?;
        let mut office = office.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        if now.duration_since(office.read_at).abs() < READ_AFTER {
            return None;
        }
        office.read_at = now;
        Some(code)
    }

    /// Takes the keys that were read.
    pub(super) fn take(&self, code: &str, known: Vec<(Timestamp, Authority)>) {
        if let Some(office) = self.offices.get(code) {
            office.lock().unwrap_or_else(PoisonError::into_inner).known = known;
        }
    }

    fn of_name(&self, server_name: Option<&str>) -> Option<(&str, &Mutex<Office>)> {
        let (code, office) = match server_name.and_then(office_of) {
            Some(office) => self.offices.get_key_value(Teryt::as_str(&office)),
            // Where there is one office, it need not be named.
            None => self.offices.first_key_value().filter(|_| self.offices.len() == 1),
        }?;
        Some((code, office))
    }

    fn shown(&self, server_name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let (_, office) = self.of_name(server_name)?;
        let mut office = office.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let signing = office.signing(now)?;
        let another = signing.path != office.leaf.path;
        if another || now >= office.leaf.replace_at {
            match grown(signing, now, &self.provider) {
                Ok(fresh) => office.leaf = fresh,
                // The old one is as good to the desks.
                Err(error) => tracing::error!(%error, "the certificate is not replaced"),
            }
            if another {
                tracing::warn!("another key of the authority signs from now on");
            }
        }
        Some(Arc::clone(&office.leaf.key))
    }
}

fn grown(authority: &Authority, now: Timestamp, provider: &CryptoProvider) -> Result<Leaf, TrustError> {
    let after = |days: i64| calendar::civil_day(now).checked_add(days.days()).map_err(|_| TrustError::Day);
    let (chain, key) = authority.sign(after(DAYS)?)?;
    let key = Arc::new(CertifiedKey::from_der(chain, key, provider)?);
    let replace_at = now.checked_add((REPLACED_AFTER * 24).hours()).map_err(|_| TrustError::Day)?;
    Ok(Leaf { key, path: authority.path.clone(), replace_at })
}

impl ResolvesServerCert for Leaves {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.shown(hello.server_name())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    fn office(code: &str) -> Vec<(Timestamp, Authority)> {
        let made = Authority::make(Teryt::try_from(code.to_owned()).expect("a code"));
        vec![(Timestamp::UNIX_EPOCH, made.expect("an authority"))]
    }

    #[test]
    fn each_office_has_its_own_certificate_and_it_is_replaced_in_time() {
        let days = Arc::new(AtomicI64::new(0));
        let clock = Clock::of({
            let days = Arc::clone(&days);
            move || Timestamp::UNIX_EPOCH + (1_000_000 + days.load(Ordering::Relaxed) * 24).hours()
        });
        let leaves = Leaves::of(vec![office("2404082"), office("0404082")], &clock, super::super::provider());
        let leaves = leaves.expect("certificates");
        let shown = |name| leaves.shown(Some(name)).map(|key| key.cert.clone());
        let (first, other) = (shown("2404082.okienko.internal"), shown("0404082.okienko.internal"));
        assert!(first.is_some() && other.is_some() && first != other);
        assert_eq!(shown("1404082.okienko.internal"), None);
        assert!(leaves.shown(None).is_none(), "of two offices one must be named");
        days.store(29, Ordering::Relaxed);
        assert_eq!(shown("2404082.okienko.internal"), first);
        days.store(30, Ordering::Relaxed);
        let second = shown("2404082.okienko.internal");
        assert!(second.is_some() && second != first);
        assert_eq!(shown("2404082.okienko.internal"), second);
    }
}
