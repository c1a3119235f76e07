#![no_main]

#[path = "../bodies/session_calibration.rs"]
mod session_calibration;

libfuzzer_sys::fuzz_target!(|data: &[u8]| session_calibration::session_calibration(data));
