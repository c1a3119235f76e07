//! What the fuzz target of clips does with its input. The target and the replay in
//! `crates/video/tests/replay_corpora.rs` share this file. Only the outline is read in this process; what decodes is a
//! confined child.

use lifesign_video::{ClipLimits, sniff};

/// The first byte chooses a container where it is 0 or 1, so that no time goes into guessing its mark.
pub(crate) fn clip(data: &[u8]) {
    let mut file = data.to_vec();
    match file.first() {
        Some(0) if file.len() >= 12 => file[4..12].copy_from_slice(b"ftypisom"),
        Some(1) if file.len() >= 4 => file[..4].copy_from_slice(b"\x1a\x45\xdf\xa3"),
        _ => {}
    }
    let limits = ClipLimits {
        file_bytes: 64 * 1024,
        ..ClipLimits::default()
    };
    if let Err(error) = sniff(&file, &limits) {
        let message = error.to_string();
        assert!(!message.is_empty() && message.len() < 1000 && !message.contains('\n'));
        assert!(error.is_of_the_clip());
    }
}
