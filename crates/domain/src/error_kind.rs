//! Who is at fault when something fails, so that each edge decides its status once.

/// Class of a failure. Every crate's error type answers one of these through `kind()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The input is malformed: cannot be decoded or parsed.
    InvalidInput,
    /// The input is well formed but over a limit.
    OverLimit,
    /// The input is a form that is not supported.
    Unsupported,
    /// Too much work is queued; try again later.
    Overloaded,
    /// The work took longer than allowed.
    TimedOut,
    /// The thing asked for does not exist.
    NotFound,
    /// A setting is wrong; the operator must act.
    Configuration,
    /// Our fault.
    Internal,
}
