//! Every file of the committed fuzz corpora goes through the body of its fuzz target, so that
//! `cargo test` keeps what fuzzing found without needing a fuzzer.

#[path = "../../../fuzz/bodies/configuration.rs"]
mod configuration;
#[path = "../../../fuzz/bodies/replay.rs"]
mod replay;

#[test]
fn configuration() {
    replay::replay("configuration", configuration::configuration);
}
