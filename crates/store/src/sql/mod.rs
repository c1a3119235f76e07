//! The store in SQL: every statement once, for SQLite and Postgres alike.
//!
//! sqlx's `Any` driver takes `$1` placeholders to both. What the two differ in is kept to the
//! opening of the database and to the migrations; statements use what both understand, above all
//! `ON CONFLICT`, `RETURNING` and conditional updates. Sums are cast to BIGINT, because Postgres
//! widens them to a type that `Any` does not know.
//!
//! A transaction never reads what it then writes without holding the row: SQLite takes the write
//! lock at its begin, Postgres the rows' locks by the update itself. Locks are taken in the order
//! answer, tenant, credential, gallery, check, active session, delivery, audit head, so that no two transactions wait
//! for each other.

mod access;
mod active;
mod audit;
mod chain;
mod charts;
mod checks;
mod commit;
mod console;
mod deliveries;
mod erase;
mod forward;
mod galleries;
mod open;
mod replay;
mod rows;
mod tenants;
mod wallet;

use sqlx::{Any, AnyPool, Transaction};

use crate::StoreError;

pub use open::open;

type Result<T> = std::result::Result<T, StoreError>;
type Tx = Transaction<'static, Any>;

/// The database in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backend {
    Sqlite,
    Postgres,
}

/// The store over one database; cheap to clone.
#[derive(Clone)]
pub struct SqlStore {
    backend: Backend,
    /// Where one statement reads. For SQLite these connections cannot write.
    read: AnyPool,
    /// Where transactions write. For SQLite one connection: it has one writer at a time anyhow,
    /// and waiting in the pool's queue is fairer than waiting for the file's lock.
    write: AnyPool,
}

impl std::fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlStore")
            .field("backend", &self.backend)
            .finish_non_exhaustive()
    }
}

impl SqlStore {
    /// Begins a transaction that writes.
    async fn begin(&self) -> Result<Tx> {
        // Without IMMEDIATE a transaction that reads first fails when the command line writes in
        // between.
        let begin = match self.backend {
            Backend::Sqlite => "BEGIN IMMEDIATE",
            Backend::Postgres => "BEGIN",
        };
        Ok(self.write.begin_with(begin).await?)
    }

    /// Closes every connection once its work is done.
    pub async fn close(&self) {
        self.write.close().await;
        self.read.close().await;
    }
}

/// Says what exists already where a unique index refuses a row, and what does not exist where a
/// reference leads nowhere.
fn refused(error: sqlx::Error, row: &str, referred: &str) -> StoreError {
    match error.as_database_error() {
        Some(said) if said.is_unique_violation() => StoreError::exists(row),
        Some(said) if said.is_foreign_key_violation() => StoreError::not_found(referred),
        _ => error.into(),
    }
}

/// [`StoreError::NotFound`] unless the statement met a row.
fn met(result: &sqlx::any::AnyQueryResult, what: &str) -> Result<()> {
    match result.rows_affected() {
        0 => Err(StoreError::not_found(what)),
        _ => Ok(()),
    }
}

/// Refuses text that Postgres cannot hold; SQLite could, and the two would differ.
fn storable(text: &str, what: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(StoreError::Invalid(format!(
            "{what} must not hold the null character"
        )));
    }
    Ok(())
}

/// Whether text can be in the database at all, for look-ups by what a caller sent.
fn findable(text: &str) -> bool {
    !text.contains('\0')
}

/// As the page sizes that callers ask for are bounded.
fn page_size(limit: u32) -> i64 {
    i64::from(limit.clamp(1, 1000))
}
