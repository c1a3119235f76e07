//! Every file of the committed fuzz corpora goes through the body of its fuzz target, so that
//! `cargo test` keeps what fuzzing found without needing a fuzzer.

#[path = "../../../fuzz/bodies/replay.rs"]
mod replay;
#[path = "../../../fuzz/bodies/temporal_calibration.rs"]
mod temporal_calibration;

use replay::replay;

#[test]
fn temporal_calibration() {
    replay(
        "temporal_calibration",
        temporal_calibration::temporal_calibration,
    );
}
