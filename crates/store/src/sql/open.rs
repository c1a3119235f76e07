//! Opens a database and brings its schema up to date.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection, Executor, SqlSafeStr};

use super::{Backend, Result, SqlStore};
use crate::{Store, StoreError};

/// Each migration once for SQLite and once for Postgres. Add at the end; never change one that
/// was released.
const MIGRATIONS: &[(&str, &str, &str)] = &[
    (
        "start",
        include_str!("../../migrations/sqlite/0001_start.sql"),
        include_str!("../../migrations/postgres/0001_start.sql"),
    ),
    (
        "galleries",
        include_str!("../../migrations/sqlite/0002_galleries.sql"),
        include_str!("../../migrations/postgres/0002_galleries.sql"),
    ),
    (
        "sessions",
        include_str!("../../migrations/sqlite/0003_sessions.sql"),
        include_str!("../../migrations/postgres/0003_sessions.sql"),
    ),
];

/// WAL lets readers go on while one writes. FULL flushes each commit to the disk: what was
/// answered is kept even when the power fails. Deleted rows are overwritten with zeros.
const SQLITE_WRITER: &str = "PRAGMA busy_timeout = 10000; \
    PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; \
    PRAGMA secure_delete = ON;";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON;";
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 10;
const ACQUIRE: Duration = Duration::from_secs(15);

/// Opens the store at an address: `sqlite:PATH` (the file is made if its folder exists) or
/// `postgres://…`.
///
/// # Errors
/// [`StoreError::Address`] if it is neither, or else why the database cannot be used.
pub async fn open(address: &str) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(SqlStore::open(address).await?))
}

impl SqlStore {
    /// As [`open`], for who needs the type.
    ///
    /// # Errors
    /// As [`open`].
    pub async fn open(address: &str) -> Result<Self> {
        sqlx::any::install_default_drivers();
        if let Some(path) = address.strip_prefix("sqlite:") {
            return open_sqlite(path.strip_prefix("//").unwrap_or(path)).await;
        }
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return open_postgres(address).await;
        }
        Err(StoreError::Address)
    }
}

async fn open_sqlite(path: &str) -> Result<SqlStore> {
    let path = made_private(Path::new(path))?;
    let options = parsed(&format!("sqlite://{}", percent_encoded(&path)?))?;
    // A pool tries again until its time is over and then tells that it waited, not what was wrong.
    match tried(&options).await {
        Ok(()) | Err(StoreError::Busy) => {}
        Err(error) => return Err(error),
    }
    // The writer comes first: it makes the file a database and switches it to WAL.
    let write = pool(SQLITE_WRITER)
        .max_connections(1)
        .connect_with(options.clone())
        .await?;
    // In one transaction, because two processes may open a new file at once.
    let mut tx = write.begin_with("BEGIN IMMEDIATE").await?;
    migrate(Backend::Sqlite, &mut tx).await?;
    tx.commit().await?;
    let read = pool(SQLITE_READER)
        .max_connections(SQLITE_READERS)
        .connect_with(options)
        .await?;
    Ok(SqlStore {
        backend: Backend::Sqlite,
        read,
        write,
    })
}

/// Whether a connection can be made and used at all.
async fn tried(options: &AnyConnectOptions) -> Result<()> {
    let mut connection = options.connect().await?;
    connection.execute(SQLITE_WRITER).await?;
    Ok(connection.close().await?)
}

async fn open_postgres(address: &str) -> Result<SqlStore> {
    let pool: AnyPool = AnyPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .acquire_slow_threshold(ACQUIRE)
        .connect_with(parsed(address)?)
        .await?;
    migrate(Backend::Postgres, &mut *pool.acquire().await?).await?;
    Ok(SqlStore {
        backend: Backend::Postgres,
        read: pool.clone(),
        write: pool,
    })
}

fn parsed(address: &str) -> Result<AnyConnectOptions> {
    let options: AnyConnectOptions = address.parse().map_err(|_| StoreError::Address)?;
    Ok(options.disable_statement_logging())
}

/// A pool for SQLite, each of whose connections begins with `pragmas`.
fn pool(pragmas: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .acquire_timeout(ACQUIRE)
        .acquire_slow_threshold(ACQUIRE)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        // A full disk ends a transaction on SQLite's side alone; the driver goes on believing in it and would refuse
        // every further one. Such a connection is closed and another one opened.
        .before_acquire(|connection, _| {
            let is_free = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_free) })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move { connection.execute(pragmas).await.map(|_| ()) })
        })
}

/// Takes the steps that were not taken yet. `run_direct`, because the future of `run` cannot be
/// sent to another thread.
async fn migrate(backend: Backend, connection: &mut AnyConnection) -> Result<()> {
    Ok(migrator(backend)
        .run_direct(None, connection, false)
        .await?)
}

fn migrator(backend: Backend) -> Migrator {
    let steps = MIGRATIONS
        .iter()
        .zip(1..)
        .map(|((name, sqlite, postgres), version)| {
            let sql = match backend {
                Backend::Sqlite => *sqlite,
                Backend::Postgres => *postgres,
            };
            let kind = MigrationType::Simple;
            Migration::new(version, (*name).into(), kind, sql.into_sql_str(), false)
        });
    Migrator::with_migrations(steps.collect())
}

/// The absolute path of the database; a new file is made so that only its owner may read it, and
/// SQLite gives its side files the same mode.
fn made_private(path: &Path) -> Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or_else(|| StoreError::Invalid("the database address names no file".to_owned()))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = folder
        .canonicalize()
        .map_err(|error| StoreError::Database(format!("its folder: {}", error.kind())))?;
    let path = folder.join(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(&path) {
        Ok(_) => Ok(path),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(path),
        Err(error) => Err(StoreError::Database(format!("its file: {}", error.kind()))),
    }
}

fn percent_encoded(path: &Path) -> Result<String> {
    let path = path
        .to_str()
        .ok_or_else(|| StoreError::Invalid("the database's path is not UTF-8".to_owned()))?;
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(encoded)
}
