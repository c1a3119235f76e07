//! Why a run of a tool gave no answer.

use std::time::Duration;

/// A tool that is not there, or a run that ended badly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChildError {
    /// The tool is not there.
    #[error("{tool} is not installed")]
    Missing {
        /// Name or path.
        tool: String,
    },
    /// The tool is there and cannot be run.
    #[error("{tool} does not work here: {detail}")]
    Unusable {
        /// Name or path.
        tool: String,
        /// What happened, one line.
        detail: String,
    },
    /// It took too long.
    #[error("{tool} took more than {} of {by}", Seconds(*limit))]
    TooSlow {
        /// Name of the tool.
        tool: &'static str,
        /// Which clock ran out.
        by: SlowBy,
        /// The limit.
        limit: Duration,
    },
    /// It took too much memory.
    #[error("{tool} needs more memory than the {limit_bytes} bytes that it may take")]
    TooMuchMemory {
        /// Name of the tool.
        tool: &'static str,
        /// The limit.
        limit_bytes: u64,
    },
    /// It said more than any input accounts for.
    #[error("{tool} put out more than {limit_bytes} bytes")]
    TooMuchOutput {
        /// Name of the tool.
        tool: &'static str,
        /// The limit.
        limit_bytes: u64,
    },
    /// It crashed.
    #[error("{tool} crashed (signal {signal})")]
    Crashed {
        /// Name of the tool.
        tool: &'static str,
        /// Number of the signal.
        signal: i32,
    },
    /// Somebody else ended it: an operator, or the kernel when memory ran out.
    #[error("{tool} was killed from outside (signal {signal})")]
    Killed {
        /// Name of the tool.
        tool: &'static str,
        /// Number of the signal.
        signal: i32,
    },
    /// It gave up.
    #[error("{tool} gave up: {detail}")]
    Failed {
        /// Name of the tool.
        tool: &'static str,
        /// Its first complaint, one line.
        detail: String,
    },
    /// The operating system refused something that the run needs.
    #[error("{tool} could not be run: {detail}")]
    Internal {
        /// Name of the tool.
        tool: &'static str,
        /// What happened.
        detail: String,
    },
}

/// The clock that ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlowBy {
    /// Time on the wall.
    Wall,
    /// Time on a processor.
    Cpu,
}

impl std::fmt::Display for SlowBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Wall => "waiting time",
            Self::Cpu => "processor time",
        })
    }
}

impl ChildError {
    /// Does it say more about this moment than about the tool?
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::TooSlow { .. } | Self::Killed { .. } | Self::Internal { .. }
        )
    }
}

/// A duration for a message.
#[derive(Clone, Copy, Debug)]
pub struct Seconds(pub Duration);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}
