//! Backup under load and restore, by the commands that docs/OPERATIONS.md says.

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::ask::{assert_kept, check, get, post};
use crate::site::{Server, Site, own_database};

/// Checks that are answered before the backup begins, and while it runs or after it.
const ANSWERS: usize = 10;
const CLIENTS: usize = 2;
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn a_copy_of_sqlite_made_under_load_restores_everything_that_was_answered() {
    if Command::new("sqlite3").arg("--version").output().is_err() {
        assert!(
            std::env::var_os("LIFESIGN_TEST_REQUIRE_TOOLS").is_none(),
            "sqlite3 is missing"
        );
        return eprintln!("skipped: sqlite3 is missing");
    }
    let (data, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copy = fresh.path().join("lifesign.db");
    let backup = || {
        let into = format!("VACUUM INTO '{}'", copy.display());
        let database = data.path().join("lifesign.db");
        run(Command::new("sqlite3").arg(database).arg(into));
    };
    let old = Site::on_sqlite(data.path());
    let new = Site::on_sqlite(fresh.path());
    restores_what_was_answered(&old, &backup, &|| (), &new);
}

#[test]
fn a_dump_of_postgres_made_under_load_restores_everything_that_was_answered() {
    let (Some(database), Some(empty)) = (own_database("dumped"), own_database("restored")) else {
        return;
    };
    let (data, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let dump = fresh.path().join("lifesign.dump");
    let backup = || {
        let to = ["--format=custom", "--file"];
        run(Command::new("pg_dump").args(to).arg(&dump).arg(&database));
    };
    let restore = || {
        let into = ["--no-owner", "--exit-on-error", "--dbname", &empty];
        run(Command::new("pg_restore").args(into).arg(&dump));
    };
    let old = Site {
        data: data.path(),
        database: &database,
    };
    let new = Site {
        data: fresh.path(),
        database: &empty,
    };
    restores_what_was_answered(&old, &backup, &restore, &new);
}

fn run(command: &mut Command) {
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {said}");
}

fn restores_what_was_answered(old: &Site, backup: &dyn Fn(), restore: &dyn Fn(), new: &Site) {
    let tenant = old.lifesign(&["tenants", "create", "bank", "--replay-window", "0s"]);
    let key = tenant["api_key"].as_str().unwrap();
    let server = old.serve(&[]);
    let wish = json!({ "consent": true, "purpose": "a test", "reference_id": "case 1" });
    let (status, made) = post(&server, "/v1/sessions", key, &wish).unwrap();
    assert_eq!(status, 200, "{made}");
    let made: Value = serde_json::from_str(&made).unwrap();
    let session = made["result"]["id"].as_str().unwrap();

    let before = under_load(&server, key, backup);
    drop(server);
    restore();
    // The data key is no part of the database: it is kept apart and brought back.
    std::fs::copy(old.data.join("data.key"), new.data.join("data.key")).unwrap();

    let server = new.serve(&[]);
    for id in &before {
        let (status, kept) = get(&server, &format!("/v1/checks/{id}"), key).unwrap();
        assert_eq!(status, 200, "{id}: {kept}");
    }
    // What the session asks for is sealed, so the key fits.
    let (status, told) = get(&server, &format!("/v1/sessions/{session}"), key).unwrap();
    assert_eq!(status, 200, "{told}");
    assert_kept(&server, key, &check(&server, key));
    let verified = new.lifesign(&["audit", "verify"]);
    assert_eq!(verified["fault"], Value::Null, "{verified}");
}

/// Lets clients ask all the time, and the backup be made amid it; what had been answered when it began.
fn under_load(server: &Server, key: &str, backup: &dyn Fn()) -> Vec<String> {
    let (answered, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    let (status, body) = check(server, key);
                    assert_eq!(status, 200, "{body}");
                    let told: Value = serde_json::from_str(&body).unwrap();
                    let id = told["request_id"].as_str().unwrap().to_owned();
                    answered.lock().unwrap().push(id);
                }
            });
        }
        // Whatever fails below, the clients end.
        let _stop = StopWhenDropped(&stop);
        let more = || {
            let goal = answered.lock().unwrap().len() + ANSWERS;
            let since = Instant::now();
            while answered.lock().unwrap().len() < goal {
                assert!(since.elapsed() < PATIENCE, "nothing is answered any more");
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        more();
        let before = answered.lock().unwrap().clone();
        backup();
        more();
        before
    })
}

struct StopWhenDropped<'a>(&'a AtomicBool);

impl Drop for StopWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
