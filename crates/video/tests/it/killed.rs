//! Either side is killed in the middle.

use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::time::Duration;

use lifesign_video::{Clip, ToolOptions, Tools, VideoError, Wanted};

use crate::fakes::with_script;
use crate::make::{assert_none_left, own_ffmpeg, plain_mp4, processes, small, tools};

/// Tells the helper below which folder to work in.
const FOLDER: &str = "LIFESIGN_TEST_KILLED_FOLDER";

#[test]
fn ffmpeg_killed_from_outside_is_an_error_and_leaves_nothing() {
    if tools().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = own_ffmpeg(folder.path());
    let name = path.display().to_string();
    let options = ToolOptions {
        ffmpeg: Some(path),
        ..ToolOptions::default()
    };
    let tools = Tools::open(&options).unwrap();
    let clip_bytes = plain_mp4(4.0);
    let clip = Clip::open(&tools, &clip_bytes, &small()).unwrap();
    let files_before = std::fs::read_dir(folder.path()).unwrap().count();
    let outcome = clip.decode(&Wanted::default(), &mut |frame| {
        if frame.index == 3 {
            for id in processes(&name) {
                let killed = Command::new("kill").args(["-9", &id.to_string()]).status();
                assert!(killed.unwrap().success());
            }
        }
        ControlFlow::Continue(())
    });
    assert_eq!(
        outcome,
        Err(VideoError::Killed {
            tool: "ffmpeg",
            signal: 9
        })
    );
    assert_none_left(&name);
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        files_before
    );
}

#[test]
fn a_server_that_is_killed_leaves_no_child() {
    let Some(tools) = tools() else { return };
    for stalls in [false, true] {
        if stalls && !tools.confinement().dies_with_us {
            eprintln!("skipped: no setpriv here");
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        if stalls {
            // Never writes, so only the kernel's signal can end it.
            with_script(folder.path(), "exec tail -n 0 -f \"$0\"");
        } else {
            own_ffmpeg(folder.path());
        }
        let own_name = folder.path().display().to_string();
        let mut server = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "killed::helper_that_decodes_for_ever",
                "--ignored",
            ])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let until = std::time::Instant::now() + Duration::from_secs(20);
        let ready = folder.path().join("ready");
        while !ready.exists() {
            assert!(
                std::time::Instant::now() < until,
                "the helper does not start"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(processes(&own_name).len(), 1);
        server.kill().unwrap();
        server.wait().unwrap();
        assert_none_left(&own_name);
    }
}

#[test]
#[ignore = "a process of its own for the test above"]
fn helper_that_decodes_for_ever() {
    let Some(folder) = std::env::var_os(FOLDER).map(std::path::PathBuf::from) else {
        return;
    };
    let own = folder.join("ffmpeg-of-this-test");
    let real = own.exists();
    let options = ToolOptions {
        ffmpeg: Some(if real { own } else { folder.join("ffmpeg") }),
        confine: real,
        try_out: false,
        ..ToolOptions::default()
    };
    let tools = Tools::open(&options).unwrap();
    let clip_bytes = plain_mp4(4.0);
    let clip = Clip::open(&tools, &clip_bytes, &small()).unwrap();
    if !real {
        std::fs::write(folder.join("ready"), "").unwrap();
    }
    let _ = clip.decode(&Wanted::default(), &mut |_| {
        std::fs::write(folder.join("ready"), "").unwrap();
        std::thread::sleep(Duration::from_secs(1000));
        ControlFlow::Continue(())
    });
}
