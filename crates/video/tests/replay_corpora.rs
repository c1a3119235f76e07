//! Every file of the committed fuzz corpora goes through the body of its fuzz target, so that
//! `cargo test` keeps what fuzzing found without needing a fuzzer.

#[path = "../../../fuzz/bodies/replay.rs"]
mod replay;
#[path = "../../../fuzz/bodies/video.rs"]
mod video;

use replay::replay;

#[test]
fn clip() {
    replay("clip", video::clip);
}
