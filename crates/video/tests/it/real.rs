//! Run by hand: real clips, and what decoding costs.
//!
//! `cargo test -p lifesign-video -- --ignored --nocapture real::` (LIFESIGN_CLIPS names a folder).

use std::ops::ControlFlow;
use std::time::Instant;

use lifesign_video::{Clip, ClipLimits, ToolOptions, Tools, Wanted};

use crate::make::{ffmpeg, own_ffmpeg, processes, tools};

#[test]
#[ignore = "needs a folder of clips"]
fn every_clip_of_a_folder() {
    let (Some(tools), Some(folder)) = (tools(), std::env::var_os("LIFESIGN_CLIPS")) else {
        return;
    };
    let limits = ClipLimits {
        side_min: 64,
        duration_s: 600.0,
        frames: 20_000,
        file_bytes: 1 << 30,
        ..ClipLimits::default()
    };
    let mut folders = vec![std::path::PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy();
            let started = Instant::now();
            match Clip::open(tools, &bytes, &limits) {
                Err(error) => eprintln!("{name}: {error}"),
                Ok(clip) => {
                    let decoded =
                        clip.decode(&Wanted::default(), &mut |_| ControlFlow::Continue(()));
                    let f = clip.facts();
                    eprintln!(
                        "{name}: {} {} {}x{} turn {} header {:?} s, {:.2} s, nominal {:?} measured {:?}, sound {:?}, make {:?}, encoder {:?}, handlers {:?}; {:?} in {:.2} s",
                        f.container,
                        f.codec,
                        f.width,
                        f.height,
                        f.rotation_deg,
                        f.duration_by_header_s,
                        f.duration_s,
                        f.nominal_frame_rate,
                        f.measured_frame_rate,
                        f.audio_codec,
                        f.make,
                        f.encoder,
                        f.handlers,
                        decoded.map(|d| (d.frames, d.complaints)),
                        started.elapsed().as_secs_f64(),
                    );
                    let sound = clip.sound().map(|s| s.map(|s| s.duration_s()));
                    eprintln!("    sound {sound:?}");
                }
            }
        }
    }
}

/// Most memory that a process has had, in MB.
fn peak_mb(id: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0)
        / 1000
}

#[test]
#[ignore = "measures; run it alone, for one core under taskset -c 0"]
fn what_ten_seconds_cost() {
    if tools().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = own_ffmpeg(folder.path());
    let name = path.display().to_string();
    let tools = Tools::open(&ToolOptions {
        ffmpeg: Some(path),
        ..ToolOptions::default()
    })
    .unwrap();
    eprintln!("ffmpeg {}: {}", tools.version(), tools.confinement());
    let noisy =
        "-vf noise=alls=12:allf=t -pix_fmt yuv420p -c:v libx264 -preset veryfast -b:v 6M -c:a aac";
    let hd = ffmpeg(
        &format!("-f lavfi -i testsrc2=s=1280x720:r=30:d=10 -f lavfi -i sine=d=10 {noisy}"),
        "mp4",
    );
    let refs = ffmpeg(
        "-f lavfi -i testsrc2=s=2000x2000:r=30:d=1 -c:v libx264 -preset ultrafast -x264-params ref=16 -level 6.2",
        "mp4",
    );
    let cases = [
        ("720p at 12 a second, 640", &hd, 640, Some(12.0)),
        ("720p all frames, 640", &hd, 640, None),
        ("720p all frames, whole size", &hd, 2000, None),
        ("2000 x 2000, 16 reference frames, 1 s", &refs, 640, None),
    ];
    let limits = ClipLimits {
        side_min: 480,
        ..ClipLimits::default()
    };
    for (what, bytes, longer_side, frames_per_second) in cases {
        let started = Instant::now();
        let clip = Clip::open(&tools, bytes, &limits).unwrap();
        let opened_s = started.elapsed().as_secs_f64();
        let mut child_mb = 0;
        let mut id = None;
        let wanted = Wanted {
            longer_side,
            frames_per_second,
        };
        let outcome = clip.decode(&wanted, &mut |frame| {
            let id = *id.get_or_insert_with(|| processes(&name)[0]);
            if frame.index % 8 == 0 {
                child_mb = child_mb.max(peak_mb(&id.to_string()));
            }
            ControlFlow::Continue(())
        });
        let all_s = started.elapsed().as_secs_f64();
        let started = Instant::now();
        let sound = clip.sound().unwrap().map(|s| s.duration_s());
        eprintln!(
            "{what}: {} bytes, open {opened_s:.2} s, all {all_s:.2} s, sound {sound:?} {:.2} s, child {child_mb} MB, this {} MB, {:?}",
            bytes.len(),
            started.elapsed().as_secs_f64(),
            peak_mb("self"),
            outcome.map(|d| (d.frames, d.complaints)),
        );
    }
}
