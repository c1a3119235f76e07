//! From a host's name to its addresses, in bounded time.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::FetchError;

/// Look-ups that may hang at once. The system's resolver cannot be interrupted, so one that
/// nobody waits for any more still holds its thread until it gives up.
const MOST_PENDING: usize = 64;

/// Finds the addresses of a name. It may block; the fetcher waits only as long as it may.
pub trait Lookup: Debug + Send + Sync {
    /// All addresses of `host`, the preferred one first.
    ///
    /// # Errors
    /// If there are none or nobody could be asked.
    fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok((host, 0).to_socket_addrs()?.map(|a| a.ip()).collect())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct TimedLookup {
    lookup: Arc<dyn Lookup>,
    pending: Arc<AtomicUsize>,
}

impl TimedLookup {
    pub(crate) fn new(lookup: Arc<dyn Lookup>) -> Self {
        Self {
            lookup,
            pending: Arc::default(),
        }
    }

    /// The addresses of `host`, at least one, or why there are none within `limit`.
    pub(crate) fn addresses(&self, host: &str, limit: Duration) -> Result<Vec<IpAddr>, FetchError> {
        let place = Place::take(&self.pending).ok_or(FetchError::TooManyLookups)?;
        let (lookup, host) = (Arc::clone(&self.lookup), host.to_owned());
        let (sender, receiver) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("lookup".to_owned())
            .spawn(move || {
                let answer = lookup.addresses(&host);
                drop(place);
                // Nobody listens any more if it came too late.
                let _ = sender.send(answer);
            })
            .map_err(|_| FetchError::TooManyLookups)?;
        match receiver.recv_timeout(limit) {
            Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
            Ok(_) | Err(mpsc::RecvTimeoutError::Disconnected) => Err(FetchError::HostNotFound),
            Err(mpsc::RecvTimeoutError::Timeout) => Err(FetchError::TimedOut { limit }),
        }
    }
}

/// One of the places for look-ups, given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(pending: &Arc<AtomicUsize>) -> Option<Self> {
        pending
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |taken| {
                (taken < MOST_PENDING).then_some(taken + 1)
            })
            .ok()
            .map(|_| Self(Arc::clone(pending)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Hanging;

    impl Lookup for Hanging {
        fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            thread::sleep(Duration::from_millis(400));
            Ok(vec![])
        }
    }

    #[test]
    fn hanging_lookups_are_left_and_bounded() {
        let timed = TimedLookup::new(Arc::new(Hanging));
        let limit = Duration::from_millis(1);
        for _ in 0..MOST_PENDING {
            assert_eq!(
                timed.addresses("a.example", limit),
                Err(FetchError::TimedOut { limit })
            );
        }
        assert_eq!(
            timed.addresses("a.example", limit),
            Err(FetchError::TooManyLookups)
        );
        thread::sleep(Duration::from_millis(600));
        assert_eq!(
            timed.addresses("a.example", Duration::from_secs(5)),
            Err(FetchError::HostNotFound)
        );
    }
}
