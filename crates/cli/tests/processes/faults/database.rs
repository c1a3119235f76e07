//! The database is held by somebody else, away for a while, or damaged.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions, Connection, Executor};

use super::{assert_refused, recovers, tenant};
use crate::ask::{assert_kept, check, get};
use crate::site::Site;

/// A connection of somebody else's to the file of the site.
fn with_sqlite(site: &Site, work: impl AsyncFnOnce(&mut AnyConnection)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let address = format!("sqlite://{}", site.data.join("lifesign.db").display());
        let options: AnyConnectOptions = address.parse().unwrap();
        let mut other = options.connect().await.unwrap();
        work(&mut other).await;
        other.close().await.unwrap();
    });
}

/// Overwrites a part of the file, all of which is brought into it from its journal first.
fn damage(site: &Site, part: impl FnOnce(&mut [u8]) -> &mut [u8], with: u8) {
    with_sqlite(site, async |other| {
        let all = "PRAGMA wal_checkpoint(TRUNCATE)";
        other.execute(all).await.unwrap();
    });
    let file = site.data.join("lifesign.db");
    let mut bytes = std::fs::read(&file).unwrap();
    assert!(bytes.len() > 2 * 4096);
    part(&mut bytes).fill(with);
    std::fs::write(&file, bytes).unwrap();
}

#[test]
fn a_locked_sqlite_refuses_after_its_patience_and_then_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::on_sqlite(data.path());
    let key = tenant(&site);
    let server = site.serve(&[]);
    assert_kept(&server, &key, &check(&server, &key));

    with_sqlite(&site, async |other| {
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        let answered = check(&server, &key);
        assert_refused(&answered);
        assert_eq!(answered.0, 503, "it is worth trying again: {}", answered.1);
        other.execute("ROLLBACK").await.unwrap();
    });
    recovers(&server, &key);
}

#[test]
fn without_its_postgres_every_check_is_refused_until_it_is_back() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let site = Site {
        data: data.path(),
        database: &postgres.address,
    };
    let key = tenant(&site);
    let server = site.serve(&["request_timeout_s=5"]);
    let first = check(&server, &key);
    assert_kept(&server, &key, &first);

    postgres.control(&["-m", "immediate", "stop"]);
    assert_refused(&check(&server, &key));
    assert_eq!(get(&server, "/healthz", "").unwrap().0, 200);
    postgres.control(&["start"]);
    recovers(&server, &key);
    assert_kept(&server, &key, &first);
}

/// A Postgres of the test's own, so that nobody else misses it; gone when dropped.
struct Postgres {
    keeper: Child,
    address: String,
    control: String,
}

impl Postgres {
    /// `None` with a printed reason where the tests have no Postgres.
    fn start() -> Option<Self> {
        if std::env::var_os("LIFESIGN_TEST_POSTGRES").is_none() {
            assert!(
                std::env::var_os("LIFESIGN_TEST_REQUIRE_POSTGRES").is_none(),
                "LIFESIGN_TEST_POSTGRES is not set"
            );
            eprintln!("skipped: LIFESIGN_TEST_POSTGRES names no server");
            return None;
        }
        let with_postgres = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/with-postgres.sh");
        // It stops once its standard input ends.
        let tell = r#"echo "$LIFESIGN_TEST_POSTGRES"; echo "$LIFESIGN_TEST_POSTGRES_CONTROL"; cat"#;
        let mut keeper = Command::new(with_postgres)
            .args(["sh", "-c", tell])
            .env_remove("LIFESIGN_TEST_POSTGRES")
            .env("LIFESIGN_TEST_REQUIRE_POSTGRES", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(keeper.stdout.take().unwrap()).lines();
        let mut line = || lines.next().expect("a Postgres").unwrap();
        Some(Self {
            address: line(),
            control: line(),
            keeper,
        })
    }

    /// `pg_ctl` with these arguments, until it has done what they say.
    fn control(&self, arguments: &[&str]) {
        let done = Command::new(&self.control)
            .args(arguments)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(done.success(), "{arguments:?}: {done}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

#[test]
fn a_database_that_is_none_stops_the_start() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::on_sqlite(data.path());
    tenant(&site);
    damage(&site, |bytes| &mut bytes[..100], b'x');
    let Err(log) = site.serve_under(&[], &[], &[]) else {
        panic!("it serves on a broken database");
    };
    assert!(log.contains("no SQLite database"), "{log}");
}

/// What lies behind the first page is overwritten: no key can be looked up any more, so nobody is let in.
#[test]
fn a_damaged_database_gives_no_verdict() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::on_sqlite(data.path());
    let key = tenant(&site);
    damage(&site, |bytes| &mut bytes[4096..], 0xff);
    match site.serve_under(&[], &[], &[]) {
        Ok(server) => assert_refused(&check(&server, &key)),
        Err(log) => assert!(log.contains("damaged"), "{log}"),
    }
}
