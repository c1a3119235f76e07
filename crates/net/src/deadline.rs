//! The one moment by which a whole fetch must be over.

use std::time::{Duration, Instant};

use crate::FetchError;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    started: Instant,
    limit: Duration,
}

impl Deadline {
    pub(crate) fn starting_now(limit: Duration) -> Self {
        Self {
            started: Instant::now(),
            limit,
        }
    }

    /// What is left, more than nothing.
    pub(crate) fn remaining(&self) -> Result<Duration, FetchError> {
        self.limit
            .checked_sub(self.started.elapsed())
            .filter(|left| !left.is_zero())
            .ok_or_else(|| self.passed())
    }

    pub(crate) fn passed(&self) -> FetchError {
        FetchError::TimedOut { limit: self.limit }
    }
}
