#![no_main]

#[path = "../bodies/contracts.rs"]
mod contracts;

libfuzzer_sys::fuzz_target!(|data: &[u8]| contracts::syntizen(data));
