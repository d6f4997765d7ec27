//! The certificates that this server shows: one for each office, replaced before it is old.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{calendar, marks::Teryt};
use jiff::{Timestamp, ToSpan};
use rustls::{
    crypto::CryptoProvider,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use wire::v1::enrol::office_of;

use super::{Authority, TrustError};
use crate::clock::Clock;

const DAYS: i64 = 90;
/// A certificate is replaced after so many days.
const REPLACED_AFTER: i64 = 30;

/// Certificates by office.
#[derive(Debug)]
pub(super) struct Leaves {
    offices: BTreeMap<String, Office>,
    clock: Clock,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
struct Office {
    authority: Authority,
    leaf: Mutex<Leaf>,
}

#[derive(Clone, Debug)]
struct Leaf {
    key: Arc<CertifiedKey>,
    replace_at: Timestamp,
}

impl Leaves {
    pub(super) fn of(
        authorities: Vec<Authority>,
        clock: &Clock,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, TrustError> {
        let mut offices = BTreeMap::new();
        for authority in authorities {
            let leaf = Mutex::new(grown(&authority, clock.now(), &provider)?);
            offices.insert(authority.office.as_str().to_owned(), Office { authority, leaf });
        }
        Ok(Self { offices, clock: clock.clone(), provider })
    }

    fn shown(&self, server_name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let named = server_name.and_then(office_of);
        let office = match &named {
            Some(office) => self.offices.get(Teryt::as_str(office)),
            // Where there is one office, it need not be named.
            None => self.offices.values().next().filter(|_| self.offices.len() == 1),
        }?;
        let mut leaf = office.leaf.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        if now >= leaf.replace_at {
            match grown(&office.authority, now, &self.provider) {
                Ok(fresh) => *leaf = fresh,
                // The old one is as good to the desks.
                Err(error) => tracing::error!(%error, "the certificate is not replaced"),
            }
        }
        Some(Arc::clone(&leaf.key))
    }
}

fn grown(authority: &Authority, now: Timestamp, provider: &CryptoProvider) -> Result<Leaf, TrustError> {
    let after = |days: i64| calendar::civil_day(now).checked_add(days.days()).map_err(|_| TrustError::Day);
    let (chain, key) = authority.sign(after(DAYS)?)?;
    let key = Arc::new(CertifiedKey::from_der(chain, key, provider)?);
    let replace_at = now.checked_add((REPLACED_AFTER * 24).hours()).map_err(|_| TrustError::Day)?;
    Ok(Leaf { key, replace_at })
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

    fn office(code: &str) -> Authority {
        Authority::make(Teryt::try_from(code.to_owned()).expect("a code")).expect("an authority")
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
