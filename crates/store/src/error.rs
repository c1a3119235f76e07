//! Why the store did not do what it was asked to.

use lifesign_domain::ErrorKind;

/// A failure of the store. Neither its text nor its `Debug` form holds an address, a password or
/// a value of a row: what a database says about its rows is dropped here.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address of the database is not understood.
    #[error("the database address must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE")]
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
    Migrate(String),
    /// Somebody else holds the database for too long, or all connections are in use.
    #[error("the database is busy")]
    Busy,
    /// The database fails or cannot be reached.
    #[error("the database fails: {0}")]
    Database(String),
}

impl StoreError {
    /// Who is at fault.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Address => ErrorKind::Configuration,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Exists { .. } | Self::Invalid(_) => ErrorKind::InvalidInput,
            Self::Busy => ErrorKind::Overloaded,
            Self::Corrupt(_) | Self::Migrate(_) | Self::Database(_) => ErrorKind::Internal,
        }
    }

    pub(crate) fn exists(what: &str) -> Self {
        Self::Exists {
            what: what.to_owned(),
        }
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::NotFound {
            what: what.to_owned(),
        }
    }
}

/// Codes that say "try again": SQLite's BUSY and LOCKED, Postgres' serialization failure,
/// deadlock, lock not available and too many connections.
const BUSY: [&str; 9] = [
    "5", "6", "261", "262", "517", "40001", "40P01", "55P03", "53300",
];

/// What an operator can do something about.
fn meaning(code: &str) -> Option<&'static str> {
    Some(match code {
        "8" | "1032" | "1544" => "its file cannot be written",
        "11" | "267" => "its file is damaged",
        "13" | "53100" => "its disk is full",
        "14" => "its file cannot be opened",
        "26" => "its file is no SQLite database",
        "28000" | "28P01" => "it refuses the user or the password",
        "3D000" => "it has no database of this name",
        "42501" => "the user may not do this",
        _ => return None,
    })
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::Database(said) => {
                let code = said.code().unwrap_or_default();
                if BUSY.contains(&code.as_ref()) {
                    return Self::Busy;
                }
                // The message may quote a row, and a refused log-in its user's name.
                Self::Database(match (meaning(&code), said.constraint()) {
                    (Some(meaning), _) => meaning.to_owned(),
                    (None, Some(constraint)) => format!("it answers code {code} for {constraint}"),
                    (None, None) => format!("it answers code {code}"),
                })
            }
            sqlx::Error::Io(error) => Self::Database(error.kind().to_string()),
            sqlx::Error::Tls(_) => Self::Database("no secure connection".to_owned()),
            sqlx::Error::Configuration(_) => Self::Address,
            sqlx::Error::ColumnDecode { index, .. } => Self::Corrupt(format!("column {index}")),
            sqlx::Error::ColumnNotFound(name) => Self::Corrupt(format!("column {name}")),
            sqlx::Error::RowNotFound => Self::Corrupt("a row is missing".to_owned()),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Database("the connection is closed".to_owned())
            }
            sqlx::Error::Protocol(_) => Self::Database("it speaks another protocol".to_owned()),
            _ => Self::Database("a statement cannot be run".to_owned()),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError;
        match error {
            MigrateError::Execute(error) => error.into(),
            MigrateError::ExecuteMigration(error, version) => {
                Self::Migrate(format!("step {version}: {}", Self::from(error)))
            }
            MigrateError::VersionMissing(version) => Self::Migrate(format!(
                "it was made by a newer Lifesign (step {version} is not known here)"
            )),
            MigrateError::VersionMismatch(version) => {
                Self::Migrate(format!("step {version} was another one when it was taken"))
            }
            MigrateError::Dirty(version) => {
                Self::Migrate(format!("step {version} was begun and not finished"))
            }
            _ => Self::Migrate("the steps cannot be run".to_owned()),
        }
    }
}
