//! The migrations are twins.

use std::collections::BTreeMap;
use std::path::Path;

use crate::bench::Bench;

fn migrations(backend: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("migrations")
        .join(backend);
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    files
        .map(|file| {
            let name = file.file_name().into_string().unwrap();
            (name, std::fs::read_to_string(file.path()).unwrap())
        })
        .collect()
}

/// A migration with the words that the two databases say differently said alike.
fn said_alike(sql: &str) -> String {
    let mut alike = sql.to_owned();
    for (postgres, sqlite) in [
        ("in the Postgres twin", "in the SQLite twin"),
        (" COLLATE \"C\"", ""),
        ("BIGINT GENERATED ALWAYS AS IDENTITY", "INTEGER"),
        ("DOUBLE PRECISION", "REAL"),
        ("BYTEA", "BLOB"),
        ("BIGINT", "INTEGER"),
        (" INCLUDE (no)", ""),
        ("'\\x", "'"),
        (" X'", " '"),
        (" STRICT;", ";"),
    ] {
        alike = alike.replace(postgres, sqlite);
    }
    alike
}

#[test]
fn each_migration_says_the_same_to_both() {
    let (sqlite, postgres) = (migrations("sqlite"), migrations("postgres"));
    assert!(sqlite.keys().eq(postgres.keys()));
    for (name, sql) in &sqlite {
        assert_eq!(said_alike(sql), said_alike(&postgres[name]), "{name}");
    }
}

/// Table and column of every column, sorted.
async fn columns(bench: &Bench, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(&bench.raw).await.unwrap()
}

#[tokio::test]
async fn both_have_the_same_tables_and_columns() {
    let Some(postgres) = Bench::postgres().await else {
        return;
    };
    let sqlite = Bench::sqlite().await;
    let in_sqlite = columns(
        &sqlite,
        "SELECT m.name || '.' || p.name FROM sqlite_master m, pragma_table_info(m.name) p \
         WHERE m.type = 'table' ORDER BY 1",
    );
    let in_postgres = columns(
        &postgres,
        "SELECT CAST(table_name || '.' || column_name AS TEXT) COLLATE \"C\" \
         FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1",
    );
    let (in_sqlite, in_postgres) = (in_sqlite.await, in_postgres.await);
    assert!(in_sqlite.len() > 80);
    assert_eq!(in_sqlite, in_postgres);
    sqlite.end().await;
    postgres.end().await;
}
