//! How often a listener answers: a bucket of tries for each address and one for everybody. Used by every route.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How many tries a bucket holds, and how many it gains in a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Tries at once.
    pub burst: f64,
    /// Tries gained in a minute.
    pub per_minute: f64,
}

/// How often a route may be asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// For one address (of IPv6: its /64 network).
    pub address: Rate,
    /// For everybody together.
    pub overall: Rate,
    /// Addresses remembered; beyond it strangers share one bucket.
    pub addresses: usize,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tries: f64,
    seen: Instant,
}

impl Bucket {
    fn full(rate: Rate, now: Instant) -> Self {
        Self { tries: rate.burst, seen: now }
    }

    fn fill(&mut self, rate: Rate, now: Instant) {
        let minutes = now.saturating_duration_since(self.seen).as_secs_f64() / 60.0;
        self.tries = (self.tries + minutes * rate.per_minute).min(rate.burst);
        self.seen = now;
    }

    fn wait(self, rate: Rate) -> Option<Duration> {
        (self.tries < 1.0).then(|| Duration::from_secs_f64((1.0 - self.tries) / rate.per_minute * 60.0))
    }
}

#[derive(Debug)]
struct Buckets {
    overall: Bucket,
    strangers: Bucket,
    addresses: HashMap<IpAddr, Bucket>,
}

/// Counts tries. Holds addresses in memory only, and only while they matter.
#[derive(Debug)]
pub(crate) struct Limiter {
    limits: Limits,
    buckets: Mutex<Buckets>,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Self {
        let now = Instant::now();
        let buckets = Buckets {
            overall: Bucket::full(limits.overall, now),
            strangers: Bucket::full(limits.address, now),
            addresses: HashMap::new(),
        };
        Self { limits, buckets: Mutex::new(buckets) }
    }

    /// Counts a try.
    ///
    /// # Errors
    /// How long to wait when there is none left.
    pub(crate) fn allow(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let Limits { address: rate, overall, addresses } = self.limits;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let Buckets { overall: all, strangers, addresses: known } = &mut *buckets;
        let address = network_of(address);
        if known.len() >= addresses && !known.contains_key(&address) {
            known.retain(|_, bucket| {
                bucket.fill(rate, now);
                bucket.tries < rate.burst
            });
        }
        let own = if known.len() >= addresses && !known.contains_key(&address) {
            strangers
        } else {
            known.entry(address).or_insert_with(|| Bucket::full(rate, now))
        };
        own.fill(rate, now);
        all.fill(overall, now);
        // An address beyond its own limit must not use up everybody's.
        if let Some(wait) = own.wait(rate).or_else(|| all.wait(overall)) {
            return Err(wait);
        }
        own.tries -= 1.0;
        all.tries -= 1.0;
        Ok(())
    }
}

/// One household or firm has a whole /64 of IPv6 addresses.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Limits = Limits {
        address: Rate { burst: 2.0, per_minute: 60.0 },
        overall: Rate { burst: 5.0, per_minute: 60.0 },
        addresses: 3,
    };

    fn v4(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn an_address_has_its_own_limit_and_gets_tries_back() {
        let limiter = Limiter::new(SMALL);
        let now = Instant::now();
        assert!(limiter.allow(v4(1), now).is_ok());
        assert!(limiter.allow(v4(1), now).is_ok());
        assert!(limiter.allow(v4(1), now).is_err_and(|wait| wait <= Duration::from_secs(1)));
        assert!(limiter.allow(v4(2), now).is_ok());
        assert!(limiter.allow(v4(1), now + Duration::from_secs(1)).is_ok());
    }

    #[test]
    fn everybody_together_has_a_limit() {
        let limiter = Limiter::new(Limits { addresses: 100, ..SMALL });
        let now = Instant::now();
        let allowed = (0..20).filter(|last| limiter.allow(v4(*last), now).is_ok()).count();
        assert_eq!(allowed, 5);
    }

    #[test]
    fn addresses_beyond_memory_share_one_bucket() {
        let limiter = Limiter::new(Limits { overall: Rate { burst: 1e6, per_minute: 1.0 }, ..SMALL });
        let now = Instant::now();
        let allowed = (0..200).filter(|last| limiter.allow(v4(*last), now).is_ok()).count();
        assert_eq!(allowed, 3 + 2);
    }

    #[test]
    fn one_ipv6_network_is_one_address() {
        let address = |text: &str| network_of(text.parse().expect("address"));
        assert_eq!(address("2001:db8:1:2:3:4:5:6"), address("2001:db8:1:2::1"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_eq!(address("::ffff:192.0.2.1"), v4(1));
    }
}
