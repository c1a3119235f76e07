#![no_main]

#[path = "../bodies/video.rs"]
mod video;

libfuzzer_sys::fuzz_target!(|data: &[u8]| video::clip(data));
