//! The wall clock is set back while the server runs.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::tenant;
use crate::ask::{Answered, assert_kept, check, check_with, get, sample};
use crate::site::Site;

const DAY_S: i64 = 86_400;

#[test]
fn a_clock_that_is_set_back_loses_and_opens_nothing() {
    let tools = tempfile::tempdir().unwrap();
    let (library, offset) = (tools.path().join("clock.so"), tools.path().join("offset"));
    compile(&library);
    let set = |seconds: i64| {
        // By renaming, so that the server never reads half of it.
        let next = tools.path().join("next");
        std::fs::write(&next, seconds.to_string()).unwrap();
        std::fs::rename(&next, &offset).unwrap();
    };
    set(2 * DAY_S);
    let data = tempfile::tempdir().unwrap();
    let site = Site::on_sqlite(data.path());
    let key = tenant(&site);
    let short = site.lifesign(&[
        "keys",
        "create",
        "bank",
        "--kind",
        "native",
        "--expires-in",
        "1d",
    ]);
    let expired = secret(&short);
    let preloaded: [(&str, &Path); 2] = [("LD_PRELOAD", &library), ("CLOCK_OFFSET_FILE", &offset)];
    let server = site.serve_under(&[], &preloaded, &[]).unwrap();
    let ordered = |order: &str| -> Answered {
        let more = format!("idempotency-key: {order}\r\n");
        check_with(&server, &key, &more, &sample()).unwrap()
    };
    let expired_is_let_in = || check_with(&server, &expired, "", &sample()).unwrap().0;

    // In the future: the key that lasts a day is over.
    let first = ordered("order-1");
    assert_kept(&server, &key, &first);
    assert!(
        at(&first) > now_s() + DAY_S,
        "the clock is not ours: {}",
        first.1
    );
    assert_eq!(expired_is_let_in(), 401);

    // Two days back: what was kept is still there, what was answered is repeated and not judged again.
    set(0);
    assert_kept(&server, &key, &first);
    assert_eq!(ordered("order-1"), first, "the first answer, to the letter");
    let later = check(&server, &key);
    assert_kept(&server, &key, &later);
    assert!(at(&later) < at(&first));
    let (_, listed) = get(&server, "/v1/checks", &key).unwrap();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["checks"].as_array().unwrap().len(), 2);
    // A key lasts as long as the clock says; a clock that goes wrong by days is the operator's to prevent.
    assert_eq!(expired_is_let_in(), 200);
    drop(server);
    let verified = site.lifesign(&["audit", "verify"]);
    assert_eq!(verified["fault"], Value::Null, "{verified}");
}

fn compile(library: &Path) {
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/processes/faults/clock.c"
    );
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(library)
        .arg(source)
        .status()
        .unwrap();
    assert!(compiled.success());
}

fn secret(made: &Value) -> String {
    made["api_key"]
        .as_str()
        .unwrap_or_else(|| panic!("{made}"))
        .to_owned()
}

/// When an answer says that it was given, in seconds since 1970.
fn at(answered: &Answered) -> i64 {
    let told: Value = serde_json::from_str(&answered.1).unwrap();
    let text = told["timestamp"].as_str().unwrap();
    seconds(humantime::parse_rfc3339(text).unwrap())
}

fn now_s() -> i64 {
    seconds(std::time::SystemTime::now())
}

fn seconds(at: std::time::SystemTime) -> i64 {
    let since = at.duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}
