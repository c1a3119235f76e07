//! Run by hand over real clips; LIFESIGN_CLIPS names a folder.
//!
//! `cargo test -p lifesign-video --test it -- --ignored --nocapture real::`

use std::ops::ControlFlow;
use std::time::Instant;

use lifesign_video::{Clip, ClipLimits, Wanted};

use crate::make::tools;

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
