//! Guessing is made slow: after a few failures an address waits before its credentials are looked
//! at, longer with each failure more.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures that cost nothing: people mistype.
const FREE: u32 = 5;
/// Wait after the first failure that costs; doubled with each one more.
const FIRST: Duration = Duration::from_millis(250);
/// Longest wait.
const LONGEST: Duration = Duration::from_secs(8);
/// After so long without a failure all is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(15 * 60);
/// Addresses that are remembered; an attacker with more of them starts anew.
const MOST: usize = 65_536;

/// Failures of each address.
#[derive(Default)]
pub(crate) struct Slowdown {
    failures: Mutex<HashMap<IpAddr, (u32, Instant)>>,
}

impl Slowdown {
    /// Waits as long as the failures of `peer` ask for.
    pub(crate) async fn wait(&self, peer: Option<IpAddr>) {
        let wait = self.due(peer, Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, peer: Option<IpAddr>) {
        let Some(peer) = peer.map(group) else {
            return;
        };
        let now = Instant::now();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MOST && !failures.contains_key(&peer) {
            failures.retain(|_, (_, last)| now.duration_since(*last) < FORGOTTEN);
            if failures.len() >= MOST {
                failures.clear();
            }
        }
        let (count, last) = failures.entry(peer).or_insert((0, now));
        if now.duration_since(*last) >= FORGOTTEN {
            *count = 0;
        }
        *count = count.saturating_add(1);
        *last = now;
    }

    fn due(&self, peer: Option<IpAddr>, now: Instant) -> Duration {
        let Some(peer) = peer.map(group) else {
            return Duration::ZERO;
        };
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        match failures.get(&peer) {
            Some((count, last)) if *count > FREE && now.duration_since(*last) < FORGOTTEN => {
                let doublings = (count - FREE - 1).min(10);
                LONGEST.min(FIRST * 2_u32.pow(doublings))
            }
            _ => Duration::ZERO,
        }
    }
}

/// One home has a whole /64 of IPv6 addresses.
fn group(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => {
            let prefix = u128::from(v6) & !u128::from(u64::MAX);
            IpAddr::V6(prefix.into())
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_cost_more_and_more_and_are_forgotten() {
        let slowdown = Slowdown::default();
        let peer: Option<IpAddr> = Some("192.0.2.1".parse().unwrap());
        let other: Option<IpAddr> = Some("192.0.2.2".parse().unwrap());
        let due = |peer| slowdown.due(peer, Instant::now());
        for _ in 0..FREE {
            slowdown.failed(peer);
        }
        assert_eq!(due(peer), Duration::ZERO);
        slowdown.failed(peer);
        assert_eq!(due(peer), FIRST);
        slowdown.failed(peer);
        assert_eq!(due(peer), FIRST * 2);
        for _ in 0..100 {
            slowdown.failed(peer);
        }
        assert_eq!(due(peer), LONGEST);
        assert_eq!(due(other), Duration::ZERO);
        assert_eq!(
            slowdown.due(peer, Instant::now() + FORGOTTEN),
            Duration::ZERO
        );
        assert_eq!(due(None), Duration::ZERO);
    }

    #[test]
    fn an_ipv6_home_is_one_address() {
        let one = group("2001:db8:1:2::1".parse().unwrap());
        assert_eq!(one, group("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_ne!(one, group("2001:db8:1:3::1".parse().unwrap()));
        let mapped = group("::ffff:192.0.2.1".parse().unwrap());
        assert_eq!(mapped, "192.0.2.1".parse::<IpAddr>().unwrap());
    }
}
