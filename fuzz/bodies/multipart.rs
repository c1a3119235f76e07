//! What the fuzz target of forms does with its input. The target and the replay in
//! `crates/contracts/tests/replay_corpora.rs` share this file.
//!
//! The first line is the content type, the rest the body.

use bytes::Bytes;
use lifesign_contracts::Body;

/// A form is refused with a message, or its fields are pieces of what came.
pub(crate) fn multipart(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n');
    let (head, body) = data.split_at(end.unwrap_or(data.len()));
    let body = body.get(1..).unwrap_or_default();
    // A header is text, or the server takes it for missing.
    let content_type = std::str::from_utf8(head).unwrap_or_default();
    match Body::read(content_type, Bytes::copy_from_slice(body)) {
        Ok(Body::Bytes(bytes)) => assert_eq!(bytes, body),
        Ok(Body::Form(parts)) => {
            assert!(parts.len() <= 32);
            let content: usize = parts.iter().map(|part| part.data.len()).sum();
            assert!(content <= body.len());
            for part in &parts {
                let is_inside = |window: &[u8]| window == part.data;
                assert!(
                    part.data.is_empty() || body.windows(part.data.len()).any(is_inside),
                    "a field holds what was not sent"
                );
            }
        }
        Err(failure) => assert!(!failure.message.is_empty()),
    }
}
