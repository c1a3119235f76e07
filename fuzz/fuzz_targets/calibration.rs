#![no_main]

#[path = "../bodies/calibration.rs"]
mod calibration;

libfuzzer_sys::fuzz_target!(|data: &[u8]| calibration::calibration(data));
