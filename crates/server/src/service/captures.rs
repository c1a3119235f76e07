//! How many sessions are captured at the same time, and by how many threads.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Sessions that one worker serves with nearly all of their ten frames a second, and room for checks beside them
/// (docs/PERFORMANCE.md).
pub(crate) const SESSIONS_A_WORKER: usize = 10;

/// Connections at the same time, most of them of people who read what they agree to; as many as of HTTP.
const DOORS: usize = 1024;

/// See the [module](self).
pub(crate) struct Captures {
    most: u32,
    /// Connections, from before they have begun.
    doors: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// Frames that are judged at the same time.
    workers: Arc<Semaphore>,
    /// Sessions that are judged in the end at the same time; apart from the frames, which must not wait
    /// for a second.
    finishers: Arc<Semaphore>,
}

impl Captures {
    /// So many sessions (0 for as many as the workers can serve) on so many workers.
    pub(crate) fn new(sessions: usize, workers: usize) -> Self {
        let most = match sessions {
            0 => workers.saturating_mul(SESSIONS_A_WORKER),
            sessions => sessions,
        };
        let most = u32::try_from(most.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let bounded =
            |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Self {
            most,
            doors: bounded(DOORS),
            places: bounded(most as usize),
            workers: bounded(workers),
            finishers: bounded(workers.div_ceil(2)),
        }
    }

    /// Sessions that are captured at the same time at most.
    pub(crate) fn most(&self) -> u32 {
        self.most
    }

    /// A place for one connection, if one is free.
    pub(crate) fn knock(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.doors).try_acquire_owned().ok()
    }

    /// A place for one session, if one is free.
    pub(crate) fn admit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Waits for a thread for one frame; first come, first served. `None` cannot be: it is never closed.
    pub(crate) async fn worker(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.workers).acquire_owned().await.ok()
    }

    /// Waits for a thread for the judgement of one session.
    pub(crate) async fn finisher(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.finishers).acquire_owned().await.ok()
    }

    /// Waits until no session is captured any more.
    pub(crate) async fn all_gone(&self) {
        let _ = self.places.acquire_many(self.most).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_than_there_are_places_is_refused() {
        let captures = Captures::new(2, 4);
        let held = [captures.admit(), captures.admit()];
        assert!(held.iter().all(Option::is_some) && captures.admit().is_none());
        drop(held);
        assert!(captures.admit().is_some());
        assert_eq!(Captures::new(0, 3).most() as usize, 3 * SESSIONS_A_WORKER);
    }
}
