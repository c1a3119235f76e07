//! The time, in the store's unit.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lifesign_store::Millis;

/// Now.
pub(crate) fn now() -> Millis {
    of(SystemTime::now())
}

/// A moment; one before 1970 counts as 1970.
pub(crate) fn of(at: SystemTime) -> Millis {
    millis(at.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// A length of time.
pub(crate) fn millis(length: Duration) -> Millis {
    Millis::try_from(length.as_millis()).unwrap_or(Millis::MAX)
}

/// A moment as ISO 8601 in UTC with milliseconds.
pub(crate) fn rfc3339(at: Millis) -> String {
    /// End of the year 9999, the last that the form can say.
    const LAST: u64 = 253_402_300_799_999;
    let since = Duration::from_millis(u64::try_from(at).unwrap_or(0).min(LAST));
    humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string()
}
