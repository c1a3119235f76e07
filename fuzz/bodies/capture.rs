//! What the fuzz target of the capture stream's messages does with its input. The target and the replay in
//! `crates/contracts/tests/replay_corpora.rs` share this file.
//!
//! The first byte tells whether the message is text (even) or binary (odd).

use bytes::Bytes;
use lifesign_contracts::capture::{FromPage, HEAD_BYTES, Media, read_binary, read_text};

/// A message is refused with a sentence, or what was read of it is what was sent.
pub(crate) fn capture(data: &[u8]) {
    let [kind, message @ ..] = data else {
        return;
    };
    let refusal = if kind % 2 == 0 {
        match read_text(&String::from_utf8_lossy(message)) {
            Ok(FromPage::Start(start)) => {
                assert!(
                    start
                        .camera
                        .is_none_or(|name| name.len() <= message.len() * 3)
                );
                return;
            }
            Ok(FromPage::Shown { .. } | FromPage::Skip { .. } | FromPage::Abort) => return,
            Err(refusal) => refusal,
        }
    } else {
        match read_binary(&Bytes::copy_from_slice(message)) {
            Ok(Media::Frame { jpeg, .. }) => return assert_eq!(jpeg, message[HEAD_BYTES..]),
            Ok(Media::Sound(pcm)) => {
                return assert_eq!(pcm.len() * 2 + HEAD_BYTES, message.len());
            }
            Err(refusal) => refusal,
        }
    };
    assert!(matches!(refusal.code, "bad_message" | "too_large"));
    // The sentence goes back to the page: it must not grow with what came.
    assert!(!refusal.message.is_empty() && refusal.message.len() < 600 + 4 * message.len());
}
