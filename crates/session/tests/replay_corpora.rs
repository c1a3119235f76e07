//! Every file of the committed fuzz corpora goes through the body of its fuzz target, so that
//! `cargo test` keeps what fuzzing found without needing a fuzzer.

#[path = "../../../fuzz/bodies/replay.rs"]
mod replay;
#[path = "../../../fuzz/bodies/session_calibration.rs"]
mod session_calibration;

#[test]
fn session_calibration() {
    replay::replay(
        "session_calibration",
        session_calibration::session_calibration,
    );
}
