//! Why the store did not do what it was asked to.

use lifesign_domain::ErrorKind;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address of the database is not understood.
    #[error("the database address must start with sqlite: or postgres:")]
    Address,
    /// What was to be made exists already.
    #[error("{what} exists already")]
    Exists {
        /// What it is, without any secret.
        what: String,
    },
    /// What was named does not exist, or belongs to somebody else.
    #[error("{what} does not exist")]
    NotFound {
        /// What it is, without any secret.
        what: String,
    },
    /// A value that the store does not take.
    #[error("{0}")]
    Invalid(String),
    /// What is stored cannot be understood; the database was changed by something else.
    #[error("the database holds something that cannot be read: {0}")]
    Corrupt(String),
    /// The schema cannot be brought up to date.
    #[error("the database cannot be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The database fails or cannot be reached.
    #[error("the database fails: {0}")]
    Database(#[from] sqlx::Error),
}

impl StoreError {
    /// Who is at fault.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Address => ErrorKind::Configuration,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Exists { .. } | Self::Invalid(_) => ErrorKind::InvalidInput,
            Self::Corrupt(_) | Self::Migrate(_) | Self::Database(_) => ErrorKind::Internal,
        }
    }
}
