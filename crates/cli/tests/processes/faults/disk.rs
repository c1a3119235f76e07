//! The disk under the database is full, or cannot be written.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use super::{assert_refused, recovers, tenant};
use crate::ask::{assert_kept, check, get};
use crate::site::Site;

/// A shell with mounts of its own, which go with it; `None` with a printed reason where that is not allowed.
fn with_own_mounts() -> Option<Vec<&'static str>> {
    for wrapper in [
        vec!["unshare", "--mount"],
        vec!["unshare", "--mount", "--map-root-user"],
    ] {
        let tried = Command::new(wrapper[0])
            .args(&wrapper[1..])
            .args(["sh", "-c", "mount -t tmpfs tmpfs /mnt"])
            .output();
        if tried.is_ok_and(|tried| tried.status.success()) {
            return Some(wrapper);
        }
    }
    eprintln!("skipped: this user may not mount");
    None
}

/// The wrapper, a script that prepares and becomes its arguments.
fn script<'a>(wrapper: &[&'a str], script: &'a str) -> Vec<&'a str> {
    [wrapper, &["sh", "-ec", script, "sh"]].concat()
}

#[test]
fn a_full_disk_refuses_every_check_until_there_is_room() {
    let Some(wrapper) = with_own_mounts() else {
        return;
    };
    let (seed, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let made = Site::on_sqlite(seed.path());
    let key = tenant(&made);
    let site = Site::on_sqlite(data.path());
    let mount = r#"mount -t tmpfs -o size=16m tmpfs "$TO"; cp -a "$FROM"/. "$TO"; exec "$@""#;
    let folders = [("FROM", seed.path()), ("TO", data.path())];
    let server = site
        .serve_under(&script(&wrapper, mount), &folders, &[])
        .unwrap();
    assert_kept(&server, &key, &check(&server, &key));

    // The folder as the server sees it.
    let inside = format!(
        "/proc/{}/root{}",
        server.process.id(),
        data.path().display()
    );
    let filler = Path::new(&inside).join("filler");
    let mut file = File::create(&filler).unwrap();
    for size in [1 << 20, 4096, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
    for _ in 0..3 {
        assert_refused(&check(&server, &key));
    }
    assert_eq!(get(&server, "/healthz", "").unwrap().0, 200);
    std::fs::remove_file(&filler).unwrap();
    drop(file);
    recovers(&server, &key);
}

#[test]
fn on_a_disk_that_cannot_be_written_there_is_no_start() {
    let Some(wrapper) = with_own_mounts() else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let site = Site::on_sqlite(data.path());
    tenant(&site);
    let mount = r#"mount --bind "$AT" "$AT"; mount -o remount,ro,bind "$AT"; exec "$@""#;
    let folder = [("AT", data.path())];
    let Err(log) = site.serve_under(&script(&wrapper, mount), &folder, &[]) else {
        panic!("it serves what it cannot keep");
    };
    // Who notices first is whoever writes first: the data folder, or SQLite beside its file.
    let told = ["Read-only file system", "cannot be opened"];
    assert!(told.iter().any(|why| log.contains(why)), "{log}");
    // Nothing was spoiled by the attempt.
    site.serve(&[]);
}
