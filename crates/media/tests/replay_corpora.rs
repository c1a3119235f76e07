//! Every file of the committed fuzz corpora goes through the body of its fuzz target, so that
//! `cargo test` keeps what fuzzing found without needing a fuzzer.

#[path = "../../../fuzz/bodies/media.rs"]
mod media;
#[path = "../../../fuzz/bodies/replay.rs"]
mod replay;

use replay::replay;

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
