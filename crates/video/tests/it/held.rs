//! The real ffmpeg at work, seen from outside.

use std::ops::ControlFlow;
use std::path::Path;

use lifesign_video::{Clip, ToolOptions, Tools, Wanted};

use crate::make::{own_ffmpeg, plain_mp4, processes, small, tools};

#[test]
fn nothing_is_left_out_that_the_machine_has() {
    let Some(tools) = tools() else { return };
    let held = tools.confinement();
    eprintln!("ffmpeg {}: {held}", tools.version());
    let kernel = std::fs::read_to_string("/sys/kernel/security/lsm").unwrap_or_default();
    assert!(held.landlock > 0 || !kernel.contains("landlock"), "{held}");
    let has_seccomp = Path::new("/proc/sys/kernel/seccomp/actions_avail").exists();
    assert!(held.seccomp || !has_seccomp, "{held}");
    let has = |program: &str| Path::new("/usr/bin").join(program).exists();
    assert!(held.limits_before_start || !has("prlimit"), "{held}");
    assert!(held.dies_with_us || !has("setpriv"), "{held}");
}

/// The words behind a name in a file under `/proc`.
fn words<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_default().split_whitespace().collect()
}

/// Did whoever started this test leave the descriptor open for every child?
fn was_handed_down(descriptor: &std::ffi::OsStr) -> bool {
    const CLOSE_ON_EXEC: u32 = 0o2_000_000;
    let info = Path::new("/proc/self/fdinfo").join(descriptor);
    let info = std::fs::read_to_string(info).unwrap_or_default();
    let flags = words(&info, "flags:").first().copied().unwrap_or_default();
    u32::from_str_radix(flags, 8).is_ok_and(|flags| flags & CLOSE_ON_EXEC == 0)
}

#[test]
fn the_decoder_holds_nothing_but_its_clip_and_its_pipes() {
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
    let held = tools.confinement();
    // Kept open here, and not to be found there.
    let _secret = std::fs::File::open("/etc/passwd").unwrap();
    let clip_bytes = plain_mp4(4.0);
    let clip = Clip::open(&tools, &clip_bytes, &small()).unwrap();
    let decoded = clip.decode(&Wanted::default(), &mut |_| {
        let ids = processes(&name);
        assert_eq!(ids.len(), 1);
        let process = Path::new("/proc").join(ids[0].to_string());
        let read = |file: &str| std::fs::read_to_string(process.join(file)).unwrap();
        let status = read("status");
        if held.seccomp {
            assert_eq!(words(&status, "Seccomp:"), ["2"]);
            assert_eq!(words(&status, "NoNewPrivs:"), ["1"]);
        }
        if held.no_capabilities {
            assert_eq!(words(&status, "CapEff:"), ["0000000000000000"]);
            assert_eq!(words(&status, "CapPrm:"), ["0000000000000000"]);
        }
        let limits = read("limits");
        let memory = small().memory_bytes.to_string();
        assert_eq!(
            words(&limits, "Max data size"),
            [memory.as_str(), memory.as_str(), "bytes"]
        );
        assert_eq!(words(&limits, "Max file size"), ["0", "0", "bytes"]);
        assert_eq!(words(&limits, "Max cpu time"), ["20", "21", "seconds"]);
        assert_eq!(read("environ"), "LC_ALL=C\0MALLOC_ARENA_MAX=1\0");
        assert_eq!(
            std::fs::read_link(process.join("cwd")).unwrap(),
            Path::new("/")
        );
        for descriptor in std::fs::read_dir(process.join("fd")).unwrap() {
            let descriptor = descriptor.unwrap();
            let target = std::fs::read_link(descriptor.path()).unwrap();
            let target = target.display().to_string();
            let known = target.starts_with("/memfd:clip") || target.starts_with("pipe:");
            assert!(
                known || was_handed_down(&descriptor.file_name()),
                "{target}"
            );
        }
        ControlFlow::Break(())
    });
    assert!(decoded.unwrap().stopped);
}
