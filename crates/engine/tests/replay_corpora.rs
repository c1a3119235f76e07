//! Every file of the committed fuzz corpora goes through the body of its fuzz target, so that
//! `cargo test` keeps what fuzzing found without needing a fuzzer.

#[path = "../../../fuzz/bodies/calibration.rs"]
mod calibration;
#[path = "../../../fuzz/bodies/replay.rs"]
mod replay;

use replay::replay;

#[test]
fn calibration() {
    replay("calibration", calibration::calibration);
}
