//! Why nothing could be heard.

use lifesign_confine::ChildError;
use lifesign_domain::ErrorKind;

use crate::{MAX_DIGITS, MAX_SECONDS};

/// A recogniser that is not there, or a run that gave no answer. Silence is an answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpeechError {
    /// The recogniser is not there.
    #[error(
        "{tool} is not installed, so digits cannot be heard (make speech, or apt-get install pocketsphinx)"
    )]
    ToolMissing {
        /// Name or path.
        tool: String,
    },
    /// Its model is not there or is no model.
    #[error(
        "no model of US English at {looked_at}: {detail}, so digits cannot be heard (make speech, or apt-get install pocketsphinx-en-us)"
    )]
    ModelMissing {
        /// Folder, or folders.
        looked_at: String,
        /// What is missing.
        detail: String,
    },
    /// The recogniser is there and does not work.
    #[error("{tool} does not work here: {detail}")]
    ToolUnusable {
        /// Name or path.
        tool: String,
        /// What happened, one line.
        detail: String,
    },
    /// So many digits are never asked.
    #[error("{count} digits were to be heard; accepted are 1 to {MAX_DIGITS}")]
    DigitCount {
        /// How many.
        count: usize,
    },
    /// More sound than any answer has.
    #[error("the sound is {seconds:.1} s long, the limit is {MAX_SECONDS} s")]
    TooLong {
        /// How long.
        seconds: f64,
    },
    /// This run failed; another may not.
    #[error(transparent)]
    Run(ChildError),
    /// The answer of the recogniser cannot be read.
    #[error("what the recogniser says cannot be read")]
    Unreadable,
    /// The operating system refused something that the run needs.
    #[error("the sound could not be handed to the recogniser: {detail}")]
    Internal {
        /// What happened.
        detail: String,
    },
}

impl SpeechError {
    /// Who is at fault.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::ToolMissing { .. } | Self::ModelMissing { .. } | Self::ToolUnusable { .. } => {
                ErrorKind::Configuration
            }
            Self::DigitCount { .. } | Self::TooLong { .. } => ErrorKind::OverLimit,
            Self::Run(ChildError::TooSlow { .. }) => ErrorKind::TimedOut,
            Self::Run(_) | Self::Unreadable | Self::Internal { .. } => ErrorKind::Internal,
        }
    }

    /// Does it say more about this moment than about the recogniser?
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Run(error) => error.is_passing(),
            Self::Internal { .. } => true,
            _ => false,
        }
    }

    pub(crate) fn internal(error: &std::io::Error) -> Self {
        Self::Internal {
            detail: error.to_string(),
        }
    }
}

impl From<ChildError> for SpeechError {
    fn from(error: ChildError) -> Self {
        match error {
            ChildError::Missing { tool } => Self::ToolMissing { tool },
            ChildError::Unusable { tool, detail } => Self::ToolUnusable { tool, detail },
            other => Self::Run(other),
        }
    }
}
