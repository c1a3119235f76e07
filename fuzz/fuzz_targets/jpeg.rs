#![no_main]

#[path = "../bodies/media.rs"]
mod media;

libfuzzer_sys::fuzz_target!(|data: &[u8]| media::jpeg(data));
