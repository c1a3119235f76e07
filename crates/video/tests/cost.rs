//! Memory on both sides, in a process of its own, and what ten seconds cost.
//!
//! `taskset -c 0 cargo test -p lifesign-video --test cost -- --ignored --nocapture` prints a table.

#[allow(dead_code)] // the other tests use the rest
#[path = "it/make.rs"]
mod make;

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use lifesign_video::{Clip, ClipLimits, Decoded, ToolOptions, Tools, VideoError, Wanted};

use make::{ffmpeg, own_ffmpeg, processes, tools};

/// What one run cost.
struct Cost {
    decoded: Result<Decoded, VideoError>,
    child_mb: u64,
    child_cpu_s: f64,
    wall_s: f64,
}

/// Tools whose processes can be told from others.
fn own_tools(folder: &Path) -> (Tools, String) {
    let path = own_ffmpeg(folder);
    let name = path.display().to_string();
    let options = ToolOptions {
        ffmpeg: Some(path),
        ..ToolOptions::default()
    };
    (Tools::open(&options).unwrap(), name)
}

fn cost(clip: &Clip<'_>, name: &str, wanted: &Wanted) -> Cost {
    let started = Instant::now();
    let (mut child_mb, mut child_cpu_s, mut id) = (0, 0.0, None);
    let decoded = clip.decode(wanted, &mut |frame| {
        let id = id.get_or_insert_with(|| processes(name)[0].to_string());
        if frame.index % 4 == 0 {
            child_mb = child_mb.max(peak_mb(id));
            child_cpu_s = cpu_s(id).max(child_cpu_s);
        }
        ControlFlow::Continue(())
    });
    Cost {
        decoded,
        child_mb,
        child_cpu_s,
        wall_s: started.elapsed().as_secs_f64(),
    }
}

/// Most memory that a process has had, in MB.
fn peak_mb(id: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1000
}

/// Processor time of a process, by its scheduler's clock.
fn cpu_s(id: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{id}/schedstat")).unwrap_or_default();
    let nanoseconds = text
        .split_whitespace()
        .next()
        .and_then(|t| t.parse::<f64>().ok());
    nanoseconds.unwrap_or(0.0) / 1e9
}

fn limits() -> ClipLimits {
    ClipLimits {
        side_min: 480,
        wall: std::time::Duration::from_secs(120),
        ..ClipLimits::default()
    }
}

/// The largest side, with so many reference frames; H.264 has 16 at most.
fn large(reference_frames: u32) -> Vec<u8> {
    let args = format!(
        "-f lavfi -i testsrc2=s=2000x2000:r=30:d=1 -c:v libx264 -preset ultrafast \
         -x264-params ref={reference_frames} -level 6.2"
    );
    ffmpeg(&args, "mp4")
}

#[test]
fn memory_stays_bounded_whatever_the_clip() {
    if tools().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (tools, name) = own_tools(folder.path());
    let whole = Wanted {
        longer_side: 2000,
        ..Wanted::default()
    };
    // 30 frames of 12 MB each, and the hungriest decoder.
    let cases = [(large(1), &whole), (large(6), &Wanted::default())];
    for (bytes, wanted) in &cases {
        let clip = Clip::open(&tools, bytes, &limits()).unwrap();
        let cost = cost(&clip, &name, wanted);
        assert_eq!(cost.decoded.unwrap().frames, 30);
        let (child_mb, our_mb) = (cost.child_mb, peak_mb("self"));
        assert!(our_mb < 70, "{our_mb} MB");
        assert!(child_mb < 180, "{child_mb} MB");
    }

    // A decoder that wants more than it may have is an error of its own.
    let bytes = large(16);
    let clip = Clip::open(&tools, &bytes, &limits()).unwrap();
    let refused = clip.decode(&Wanted::default(), &mut |_| ControlFlow::Continue(()));
    assert!(
        matches!(refused, Err(VideoError::TooMuchMemory { .. })),
        "{refused:?}"
    );
}

#[test]
#[ignore = "measures; run it alone"]
fn what_ten_seconds_cost() {
    if tools().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (tools, name) = own_tools(folder.path());
    println!("ffmpeg {}: {}", tools.version(), tools.confinement());
    // Noise, because a clean test picture costs less than a camera's.
    let noisy = "-vf noise=alls=12:allf=t -pix_fmt yuv420p -b:v 6M -c:a aac";
    let hd = |codec: &str| {
        let source = "-f lavfi -i testsrc2=s=1280x720:r=30:d=10 -f lavfi -i sine=d=10";
        ffmpeg(&format!("{source} {noisy} -c:v {codec}"), "mp4")
    };
    let h264 = hd("libx264 -preset veryfast");
    let hungry = large(16);
    let cases = [
        ("720p, 12 a second at 640", &h264, 640, Some(12.0)),
        ("720p, all at 640", &h264, 640, None),
        ("720p, all whole", &h264, 2000, None),
        ("2000 x 2000 x 16, 1 s", &hungry, 640, None),
    ];
    for (what, bytes, longer_side, frames_per_second) in cases {
        let started = Instant::now();
        let clip = Clip::open(&tools, bytes, &limits()).unwrap();
        let open_s = started.elapsed().as_secs_f64();
        let wanted = Wanted {
            longer_side,
            frames_per_second,
        };
        let cost = cost(&clip, &name, &wanted);
        let started = Instant::now();
        let sound_s = clip
            .sound()
            .unwrap()
            .map(|_| started.elapsed().as_secs_f64());
        println!(
            "{what}: {:.1} MB, {} frames, open {open_s:.2} s, decode {:.2} s (child {:.2} s of a core), \
             sound {sound_s:.2?} s, child {} MB, this process {} MB",
            bytes.len() as f64 / 1e6,
            cost.decoded.unwrap().frames,
            cost.wall_s,
            cost.child_cpu_s,
            cost.child_mb,
            peak_mb("self"),
        );
    }
}
