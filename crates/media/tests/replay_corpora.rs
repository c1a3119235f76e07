//! Every file of the committed fuzz corpora goes through the body of its fuzz target, so that
//! `cargo test` keeps what fuzzing found without needing a fuzzer.

#[path = "../../../fuzz/bodies/media.rs"]
mod media;

use std::path::Path;

fn replay(target: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        body(&std::fs::read(entry.unwrap().path()).unwrap());
        seen += 1;
    }
    assert!(seen >= 4, "{target} has {seen} seeds");
}

#[test]
fn jpeg() {
    replay("jpeg", media::jpeg);
}

#[test]
fn png() {
    replay("png", media::png);
}

#[test]
fn webp() {
    replay("webp", media::webp);
}

#[test]
fn bmp() {
    replay("bmp", media::bmp);
}

#[test]
fn exif() {
    replay("exif", media::exif);
}

#[test]
fn base64() {
    replay("base64", media::base64);
}
