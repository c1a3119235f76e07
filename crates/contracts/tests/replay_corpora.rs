//! Every file of the committed fuzz corpora goes through the body of its fuzz target, so that
//! `cargo test` keeps what fuzzing found without needing a fuzzer.

#[path = "../../../fuzz/bodies/capture.rs"]
mod capture;
#[path = "../../../fuzz/bodies/contracts.rs"]
mod contracts;
#[path = "../../../fuzz/bodies/multipart.rs"]
mod multipart;
#[path = "../../../fuzz/bodies/replay.rs"]
mod replay;

use replay::replay;

#[test]
fn native() {
    replay("native", contracts::native);
}

#[test]
fn syntizen() {
    replay("syntizen", contracts::syntizen);
}

#[test]
fn verified_africa() {
    replay("verified_africa", contracts::verified_africa);
}

#[test]
fn decentro() {
    replay("decentro", contracts::decentro);
}

#[test]
fn multipart() {
    replay("multipart", multipart::multipart);
}

#[test]
fn capture() {
    replay("capture", capture::capture);
}
