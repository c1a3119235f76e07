//! Scripts in place of ffmpeg that do what a broken or captured one might do.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use lifesign_video::{Clip, ClipLimits, SlowBy, ToolOptions, Tools, VideoError, Wanted};

use crate::make::{assert_none_left, decode, plain_mp4, processes, small, tools};

/// The real ffprobe beside a script. Scripts need a shell, so confinement is off.
pub(crate) fn with_script(folder: &Path, body: &str) -> Tools {
    let path = folder.join("ffmpeg");
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in -version) echo ffmpeg version 5.1; exit;; esac\nPATH=/usr/bin:/bin\n{body}\n"
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let options = ToolOptions {
        ffmpeg: Some(path),
        confine: false,
        try_out: false,
        ..ToolOptions::default()
    };
    // Another test may be starting a process while the script was open for writing.
    for _ in 0..50 {
        match Tools::open(&options) {
            Ok(tools) => return tools,
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
    Tools::open(&options).unwrap()
}

fn impatient() -> ClipLimits {
    ClipLimits {
        wall: Duration::from_millis(1500),
        cpu: Duration::from_secs(1),
        memory_bytes: 64 * 1024 * 1024,
        ..small()
    }
}

/// Runs the script over a good clip; it and what it started must be gone soon.
fn outcome(body: &str) -> VideoError {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().display().to_string();
    let tools = with_script(folder.path(), &body.replace("MARKER", &marker));
    let clip_bytes = plain_mp4(0.2);
    let patient = ClipLimits {
        wall: Duration::from_secs(20),
        ..small()
    };
    // ffprobe is the real one and may take its time on a busy machine.
    drop(Clip::open(&tools, &clip_bytes, &patient).unwrap());
    let started = Instant::now();
    let error = decode(&tools, &clip_bytes, &impatient(), &Wanted::default()).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(30), "{error}");
    assert_none_left(&marker);
    error
}

#[test]
fn one_that_sleeps_with_its_children() {
    if tools().is_none() {
        return;
    }
    let sleepers = "for i in 1 2 3 4; do sh -c 'sleep 1000; : MARKER' & done\nsleep 1000; : MARKER";
    assert!(matches!(
        outcome(sleepers),
        VideoError::TooSlow {
            by: SlowBy::Wall,
            ..
        }
    ));
    let detached = "exec >/dev/null 2>&1\nsh -c 'sleep 1000; : MARKER'";
    assert!(matches!(
        outcome(detached),
        VideoError::TooSlow {
            by: SlowBy::Wall,
            ..
        }
    ));
}

#[test]
fn one_that_ends_and_leaves_a_child_behind() {
    if tools().is_none() {
        return;
    }
    let orphan = "sh -c 'sleep 1000; : MARKER' >/dev/null 2>&1 & exit 0";
    assert!(matches!(outcome(orphan), VideoError::Damaged { .. }));
}

#[test]
fn one_that_floods() {
    if tools().is_none() {
        return;
    }
    let floods = [
        "exec cat /dev/zero",
        "while :; do echo 'frame:0 pts:0 x'; echo seen=1; done >&2",
        "exec cat /dev/zero >&2",
        "exec yes >&2",
    ];
    for flood in floods {
        let error = outcome(flood);
        assert!(
            matches!(
                error,
                VideoError::TooSlow { .. }
                    | VideoError::TooMuchOutput { .. }
                    | VideoError::TooManyFrames { .. }
            ),
            "{flood}: {error}"
        );
    }
}

#[test]
fn one_that_spins() {
    if tools().is_none() {
        return;
    }
    let error = outcome("while :; do :; done");
    // Whichever clock runs out first on a busy machine.
    assert!(matches!(error, VideoError::TooSlow { .. }), "{error}");
}

#[test]
fn one_that_takes_all_memory() {
    if tools().is_none() {
        return;
    }
    let error = outcome("x=0123456789abcdef; while :; do x=$x$x; done");
    assert!(
        matches!(
            error,
            VideoError::Damaged { .. }
                | VideoError::TooMuchMemory { .. }
                | VideoError::DecoderCrashed { .. }
        ),
        "{error}"
    );
}

#[test]
fn one_that_fails_or_is_killed() {
    if tools().is_none() {
        return;
    }
    let failed = outcome("echo 'it \u{1b}[1mfailed' >&2; exit 3");
    assert_eq!(failed.to_string(), "the clip is damaged: it  [1mfailed");
    assert!(matches!(
        outcome("kill -9 $$"),
        VideoError::Killed { signal: 9, .. }
    ));
    assert!(matches!(
        outcome("kill -SEGV $$"),
        VideoError::DecoderCrashed { signal: 11 }
    ));
    assert!(matches!(outcome("exit 0"), VideoError::Damaged { .. }));
}

#[test]
fn one_that_writes_files() {
    if tools().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("written");
    let error = outcome(&format!("echo something > {}; exit 1", file.display()));
    assert!(error.is_of_the_clip(), "{error}");
    // Without Landlock the file can be made, but nothing can be written to it.
    let written = std::fs::read(&file).unwrap_or_default();
    assert_eq!(written, b"");
}

#[test]
fn a_script_is_no_tool_where_confinement_holds() {
    if tools().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    with_script(folder.path(), "exit 1");
    let options = ToolOptions {
        ffmpeg: Some(folder.path().join("ffmpeg")),
        ..ToolOptions::default()
    };
    let error = Tools::open(&options).unwrap_err();
    assert!(matches!(error, VideoError::ToolUnusable { .. }), "{error}");
    assert!(processes(&folder.path().display().to_string()).is_empty());
}
