//! Hundreds of uploads of the largest picture that is taken, at once.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, Luma};

use super::tenant;
use crate::ask::{check_with, get};
use crate::site::Site;

const UPLOADS: usize = 300;
const WORKERS: usize = 2;
/// 50 megapixels, the most that are taken.
const SIDES: (u32, u32) = (10_000, 5_000);
const FILE_BYTES: usize = 10 * 1024 * 1024;
/// What may be held: all bodies together, and for each worker a decoded picture of three bytes a pixel twice over,
/// beside what the server needs anyway.
const BODIES_MIB: usize = 512;
const WORKER_MIB: usize = 2 * 150;
const OWN_MIB: usize = 200;
/// As the units and manifests of `deploy/` set it: left alone, glibc raises this threshold to the size of a body and
/// then holds back the room of bodies that are gone.
const MMAP_THRESHOLD: (&str, &str) = ("MALLOC_MMAP_THRESHOLD_", "4194304");

#[test]
fn hundreds_of_the_largest_pictures_at_once_stay_within_the_memory_for_them() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::on_sqlite(data.path());
    let key = tenant(&site);
    let workers = format!("workers={WORKERS}");
    let settings = [&workers, "request_timeout_s=120", "rate_per_minute=100000"];
    let threshold = (MMAP_THRESHOLD.0, Path::new(MMAP_THRESHOLD.1));
    let server = site.serve_under(&[], &[threshold], &settings).unwrap();
    let image = largest();
    let (judged, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..UPLOADS {
            scope.spawn(|| match check_with(&server, &key, "", &image) {
                Some((200, _)) => judged.fetch_add(1, Ordering::SeqCst),
                // Busy, or cut off while it sent.
                Some((503, _)) | None => refused.fetch_add(1, Ordering::SeqCst),
                Some(other) => panic!("{other:?}"),
            });
        }
    });
    let (judged, refused) = (judged.into_inner(), refused.into_inner());
    let peak = peak_mib(server.process.id());
    eprintln!("{judged} judged, {refused} refused, {peak} MiB at the most");
    assert!(judged >= WORKERS && judged + refused == UPLOADS);
    let bound = BODIES_MIB + WORKERS * WORKER_MIB + OWN_MIB;
    assert!(peak <= bound, "{peak} MiB of {bound}");
    assert_eq!(get(&server, "/readyz", "").unwrap().0, 200);
}

/// A grey JPEG of as many pixels and as many bytes as are taken; what follows its end counts as a part of the file.
fn largest() -> Vec<u8> {
    let (width, height) = SIDES;
    let grey = GrayImage::from_fn(width, height, |x, y| Luma([((x / 8) ^ (y / 8)) as u8]));
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 40)
        .encode_image(&grey)
        .unwrap();
    assert!(file.len() < FILE_BYTES, "{}", file.len());
    file.resize(FILE_BYTES, 0);
    file
}

/// The most memory that a process ever had, in MiB.
fn peak_mib(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<usize>().unwrap() / 1024
}
