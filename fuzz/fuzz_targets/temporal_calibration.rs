#![no_main]

#[path = "../bodies/temporal_calibration.rs"]
mod temporal_calibration;

libfuzzer_sys::fuzz_target!(|data: &[u8]| temporal_calibration::temporal_calibration(data));
