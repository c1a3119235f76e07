//! Measures how long it takes to find out that a picture was there before, in a new SQLite file or
//! in an empty Postgres database (which then holds both kinds of rows, of two tenants):
//!
//!     cargo run --release -p lifesign-store --example replay_lookup -- 10000000 [postgres://…]
//!
//! All rows belong to one tenant and lie inside the window. The hashes are of two kinds: even
//! ones, as a good perceptual hash gives for pictures of all sorts, and alike ones, as selfies
//! have them: a few prototypes of which each bit differs one time in four.
//! The rows are written behind the store's back, without indexes, which are made afterwards.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::ops::Range;
use std::time::{Duration, Instant};

use lifesign_store::{Act, Fingerprint, SqlStore, Store, TenantSettings};
use sqlx::{AnyPool, AssertSqlSafe};

type Outcome<T> = Result<T, Box<dyn Error>>;

const START: i64 = 1_790_000_000_000;
const ROWS_PER_STATEMENT: u64 = 400;
const STATEMENTS_PER_COMMIT: u64 = 100;
const LOOKUPS: u64 = 1000;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let rows: u64 = arguments.next().unwrap_or("1000000".to_owned()).parse()?;
    let postgres = arguments.next();
    for hashes in [Hashes::Even, Hashes::Alike] {
        let folder = tempfile::tempdir()?;
        let file = format!("sqlite:{}/store.db", folder.path().display());
        measure(postgres.as_ref().unwrap_or(&file), rows, hashes).await?;
    }
    Ok(())
}

async fn measure(address: &str, rows: u64, hashes: Hashes) -> Outcome<()> {
    let backend = address.split(':').next().unwrap_or_default();
    let store = SqlStore::open(address).await?;
    let tenant = format!("{hashes:?}");
    let act = Act {
        actor: "cli".to_owned(),
        at: START,
    };
    let settings = TenantSettings::default();
    store
        .create_tenant(&tenant, &tenant, &settings, &[], &act)
        .await?;
    let started = Instant::now();
    fill(address, &tenant, rows, hashes).await?;
    println!(
        "{backend}, {rows} rows, {hashes:?} hashes (filled in {} s)",
        started.elapsed().as_secs()
    );
    for (what, flipped, known) in [
        ("a new picture", 0, false),
        ("a near copy", 0b10_0000_0001_0000_0000_0001, true),
        ("the same file", 0, true),
    ] {
        let mut took = Vec::new();
        let mut found = 0;
        for nth in 0..LOOKUPS {
            let row = if known {
                random(nth) % rows
            } else {
                rows + nth
            };
            let mut fingerprint = picture(row, hashes);
            if flipped != 0 {
                fingerprint.sha256 = [0; 32];
                fingerprint.phash ^= flipped;
            }
            let began = Instant::now();
            let replay = store.replay_of(&tenant, &fingerprint, START).await?;
            took.push(began.elapsed());
            found += u64::from(replay.is_some());
        }
        took.sort();
        let at = |share: f64| milliseconds(took[(share * (took.len() - 1) as f64) as usize]);
        println!(
            "  {what}: p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms, {found} of {LOOKUPS} found",
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
    store.close().await;
    Ok(())
}

async fn fill(address: &str, tenant: &str, rows: u64, hashes: Hashes) -> Outcome<()> {
    let pool = AnyPool::connect(address).await?;
    let (listed, blob) = if address.starts_with("sqlite") {
        (
            "SELECT name, sql FROM sqlite_master \
             WHERE type = 'index' AND tbl_name = 'checks' AND sql IS NOT NULL",
            "X'",
        )
    } else {
        (
            "SELECT CAST(indexname AS TEXT), indexdef FROM pg_indexes \
             WHERE tablename = 'checks' AND indexname LIKE 'checks_by%'",
            "'\\x",
        )
    };
    let indexes: Vec<(String, String)> = sqlx::query_as(listed).fetch_all(&pool).await?;
    for (name, _) in &indexes {
        run(&pool, format!("DROP INDEX {name}")).await?;
    }
    let mut row = 0;
    while row < rows {
        let mut tx = pool.begin().await?;
        for _ in 0..STATEMENTS_PER_COMMIT {
            let end = rows.min(row + ROWS_PER_STATEMENT);
            if row == end {
                break;
            }
            let sql = insertion(row..end, tenant, hashes, blob);
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *tx).await?;
            row = end;
        }
        tx.commit().await?;
    }
    for (_, definition) in indexes {
        run(&pool, definition).await?;
    }
    if address.starts_with("postgres") {
        run(&pool, "VACUUM ANALYZE checks".to_owned()).await?;
    }
    pool.close().await;
    Ok(())
}

/// The rows as text: thousands of placeholders would take longer than the rows.
fn insertion(rows: Range<u64>, tenant: &str, hashes: Hashes, blob: &str) -> String {
    let mut sql = "INSERT INTO checks (tenant_no, id, at, sha256, phash, band0, band1, band2, \
        band3, contract, verdict, confidence, profile, calibration, signals, reasons, latency_ms, \
        expires_at) VALUES "
        .to_owned();
    for row in rows.clone() {
        let Fingerprint { sha256, phash } = picture(row, hashes);
        let sha256: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        let [a, b, c, d] = [48, 32, 16, 0].map(|shift| (phash >> shift) & 0xffff);
        sql.push_str(if row == rows.start { "" } else { ", " });
        sql.push_str(&format!(
            "((SELECT no FROM tenants WHERE id = '{tenant}'), '{tenant}-{row:012}', {}, \
             {blob}{sha256}', {}, {a}, {b}, {c}, {d}, 'native', 'LIVE', 0.9, 'standard', '1', \
             '[]', '[]', 100.0, {START})",
            START + row.cast_signed(),
            phash.cast_signed(),
        ));
    }
    sql
}

async fn run(pool: &AnyPool, sql: String) -> Outcome<()> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await?;
    Ok(())
}

/// How the perceptual hashes lie.
#[derive(Clone, Copy, Debug)]
enum Hashes {
    Even,
    Alike,
}

/// The picture of a row: always the same.
fn picture(row: u64, hashes: Hashes) -> Fingerprint {
    let mut sha256 = [0; 32];
    for (nth, bytes) in (1_u64..).zip(sha256.chunks_exact_mut(8)) {
        bytes.copy_from_slice(&random(row ^ nth << 48).to_be_bytes());
    }
    let phash = match hashes {
        Hashes::Even => random(row),
        Hashes::Alike => {
            let prototype = random(random(row) % 4 + (1 << 60));
            prototype ^ (random(row ^ 1 << 61) & random(row ^ 1 << 62))
        }
    };
    Fingerprint { sha256, phash }
}

/// splitmix64.
fn random(seed: u64) -> u64 {
    let mut z = seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
