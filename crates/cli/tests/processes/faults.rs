//! Faults of what the server stands on: disk, database, clock, clients. Whatever happens, no request gets a verdict
//! that was not kept, and the server goes on once the fault is gone. docs/SECURITY.md has the table.

mod clients;
mod clock;
mod database;
mod disk;
mod memory;

use std::time::{Duration, Instant};

use crate::ask::{Answered, assert_kept, check};
use crate::site::{Server, Site};

const PATIENCE: Duration = Duration::from_secs(120);

/// A tenant of the site; its native key.
fn tenant(site: &Site) -> String {
    let tenant = site.lifesign(&["tenants", "create", "bank", "--replay", "report"]);
    tenant["api_key"].as_str().unwrap().to_owned()
}

/// A refusal of ours without a verdict or a word of what lies behind.
fn assert_refused(answered: &Answered) {
    let (status, body) = answered;
    assert!((500..600).contains(status), "{status}: {body}");
    for word in ["LIVE", "SPOOF", "sqlite", "disk", "database", "postgres"] {
        assert!(!body.contains(word), "{body}");
    }
}

/// Asks until there is a verdict again.
fn recovers(server: &Server, key: &str) {
    let since = Instant::now();
    loop {
        let answered = check(server, key);
        if answered.0 == 200 {
            return assert_kept(server, key, &answered);
        }
        assert!(since.elapsed() < PATIENCE, "{answered:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
