//! How often a credential may ask.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use lifesign_contracts::{Failure, FailureKind};
use lifesign_store::Credential;

/// Where a credential stands within its rate, for the `RateLimit-…` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Requests a minute.
    pub(crate) limit: u32,
    /// Requests that may come at once.
    pub(crate) remaining: u32,
    /// Until the next one may come, or until all may come again.
    pub(crate) reset: Duration,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// One limiter a credential, in the memory of this process.
pub(crate) struct Rates {
    default_per_minute: u32,
    limiters: Mutex<HashMap<String, (u32, Arc<Limiter>)>>,
}

/// More credentials than any one server has; beyond it the map starts anew.
const MOST_LIMITERS: usize = 100_000;

impl Rates {
    pub(crate) fn new(default_per_minute: u32) -> Self {
        Self {
            default_per_minute,
            limiters: Mutex::new(HashMap::new()),
        }
    }

    /// Counts one request: where the credential stands, and whether it may.
    pub(crate) fn take(&self, credential: &Credential) -> (Rate, Result<(), Failure>) {
        let rules = &credential.made.rules;
        let limit = rules.rate_per_minute.unwrap_or(self.default_per_minute);
        let refused = |wait: Duration| {
            let rate = Rate {
                limit,
                remaining: 0,
                reset: wait,
            };
            (rate, Err(too_many(limit, wait)))
        };
        let Some(per_minute) = NonZeroU32::new(limit) else {
            return refused(Duration::from_secs(60));
        };
        let limiter = self.limiter(&credential.made.id, per_minute);
        match limiter.check() {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let used = limit.saturating_sub(remaining);
                let rate = Rate {
                    limit,
                    remaining,
                    reset: Duration::from_secs(60) * used / per_minute.get(),
                };
                (rate, Ok(()))
            }
            Err(until) => refused(until.wait_time_from(DefaultClock::default().now())),
        }
    }

    fn limiter(&self, id: &str, per_minute: NonZeroU32) -> Arc<Limiter> {
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((rate, limiter)) = limiters.get(id)
            && *rate == per_minute.get()
        {
            return Arc::clone(limiter);
        }
        if limiters.len() >= MOST_LIMITERS {
            limiters.clear();
        }
        let limiter = RateLimiter::direct(Quota::per_minute(per_minute))
            .with_middleware::<StateInformationMiddleware>();
        let limiter = Arc::new(limiter);
        limiters.insert(id.to_owned(), (per_minute.get(), Arc::clone(&limiter)));
        limiter
    }
}

fn too_many(limit: u32, wait: Duration) -> Failure {
    Failure::new(
        FailureKind::RateLimited,
        format!("more than {limit} requests a minute"),
    )
    .retry_after(wait)
}

#[cfg(test)]
mod tests {
    use lifesign_store::{CredentialKind, NewCredential, Rules};

    use super::*;

    fn credential(id: &str, rate_per_minute: Option<u32>) -> Credential {
        Credential {
            made: NewCredential {
                id: id.to_owned(),
                tenant_id: "t".to_owned(),
                kind: CredentialKind::Native,
                public_id: id.to_owned(),
                label: String::new(),
                secret_hash: None,
                second_hash: None,
                sealed_secret: None,
                rules: Rules {
                    rate_per_minute,
                    ..Rules::default()
                },
                expires_at: None,
            },
            created_at: 0,
            revoked_at: None,
            last_used_at: None,
        }
    }

    #[test]
    fn each_credential_has_its_own_rate() {
        let rates = Rates::new(2);
        let (one, other) = (credential("a", None), credential("b", Some(3)));
        let allowed = |credential: &Credential| {
            let (rate, taken) = rates.take(credential);
            taken.map(|()| rate)
        };
        let rate = allowed(&one).unwrap();
        assert_eq!((rate.limit, rate.remaining), (2, 1));
        assert_eq!(rate.reset, Duration::from_secs(30));
        assert_eq!(allowed(&one).unwrap().remaining, 0);
        let (rate, refused) = rates.take(&one);
        let refused = refused.unwrap_err();
        assert_eq!(refused.kind, FailureKind::RateLimited);
        let wait = refused.retry_after.unwrap();
        assert!(
            wait > Duration::from_secs(25) && wait <= Duration::from_secs(30),
            "{wait:?}"
        );
        assert_eq!((rate.limit, rate.remaining, rate.reset), (2, 0, wait));
        assert_eq!(allowed(&other).unwrap().remaining, 2);
        // A changed rate counts at once.
        assert_eq!(allowed(&credential("a", Some(10))).unwrap().remaining, 9);
        assert!(allowed(&credential("c", Some(0))).is_err());
    }
}
