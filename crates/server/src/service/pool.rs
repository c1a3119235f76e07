//! A bounded pool: so many jobs run, so many callers wait, one more is refused at once.
//!
//! A caller enters once and may run several jobs. A job holds its caller's place until its thread
//! is done with it, even if the caller has left or ran out of time, so that the bound holds for
//! memory and cores. A job that has not started when its caller leaves never does.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::{Instrument, info_span};

use crate::metrics::Metrics;

/// See the [module](self).
pub(crate) struct Pool {
    /// Running and waiting.
    places: Arc<Semaphore>,
    /// Running.
    workers: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

/// Why a job gave no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PoolError {
    /// All places are taken.
    Full,
    /// The job panicked.
    Panicked,
}

/// A caller's place in the pool.
pub(crate) struct Place {
    held: Arc<OwnedSemaphorePermit>,
    workers: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

impl Pool {
    pub(crate) fn new(workers: usize, queue: usize, metrics: Arc<Metrics>) -> Self {
        let bounded =
            |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Self {
            places: bounded(workers.saturating_add(queue)),
            workers: bounded(workers),
            metrics,
        }
    }

    /// Takes a place, if one is free.
    pub(crate) fn enter(&self) -> Result<Place, PoolError> {
        let held = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| PoolError::Full)?;
        Ok(Place {
            held: Arc::new(held),
            workers: Arc::clone(&self.workers),
            metrics: Arc::clone(&self.metrics),
        })
    }
}

impl Place {
    /// Runs `job` on a thread of its own once a worker is free; first come, first served.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let waiting = Waiting::new(Arc::clone(&self.metrics));
        let worker = Arc::clone(&self.workers)
            .acquire_owned()
            .instrument(info_span!("queue"))
            .await
            .map_err(|_| PoolError::Full)?;
        let running = waiting.start();
        let place = Arc::clone(&self.held);
        let span = info_span!("work");
        let work = tokio::task::spawn_blocking(move || {
            let _held = (place, worker, running);
            span.in_scope(job)
        });
        work.await.map_err(|_| PoolError::Panicked)
    }

    /// Runs `job` on a thread of its own at once: for reading a request and for waiting on something
    /// outside, which take no worker from those who judge.
    pub(crate) async fn wait<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let place = Arc::clone(&self.held);
        let work = tokio::task::spawn_blocking(move || {
            let _held = place;
            job()
        });
        work.await.map_err(|_| PoolError::Panicked)
    }
}

/// A place in the queue; counts as abandoned if it is dropped before [`Waiting::start`].
struct Waiting {
    metrics: Arc<Metrics>,
    started: bool,
}

impl Waiting {
    fn new(metrics: Arc<Metrics>) -> Self {
        metrics.queue_depth.inc();
        Self {
            metrics,
            started: false,
        }
    }

    fn start(mut self) -> Running {
        self.started = true;
        self.metrics.in_flight.inc();
        Running {
            metrics: Arc::clone(&self.metrics),
            since: Instant::now(),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.metrics.queue_depth.dec();
        if !self.started {
            self.metrics.abandoned.inc();
        }
    }
}

struct Running {
    metrics: Arc<Metrics>,
    since: Instant,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
        self.metrics.worked(self.since.elapsed());
    }
}
