//! Whatever the bytes, the answer is a photo within the limits or an error, and a file that
//! lacks its end is an error.

use std::path::Path;

use lifesign_media::{Limits, MediaError, decode, decode_base64};
use proptest::prelude::*;
use proptest::sample::Index;

const LIMITS: Limits = Limits {
    file_bytes: 64 * 1024,
    pixels: 100_000,
    side: 1000,
};

fn golden_files() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn assert_clean(bytes: &[u8]) {
    match decode(bytes, &LIMITS) {
        Ok(photo) => {
            let (width, height) = (photo.frame.width(), photo.frame.height());
            assert!(width <= LIMITS.side && height <= LIMITS.side);
            assert!(u64::from(width) * u64::from(height) <= LIMITS.pixels);
        }
        Err(error) => {
            assert!(!matches!(error, MediaError::DecoderFault { .. }), "{error}");
            assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn no_beginning_of_a_file_passes_for_the_file() {
    for (name, bytes) in golden_files() {
        let whole = match name.as_str() {
            "bytes_after_the_end.jpg" => bytes.len() - "vendor data".len(),
            // The file's last byte is the pad of its last row or an end mark of its runs.
            name if name.ends_with(".bmp") => bytes.len() - 4,
            _ => bytes.len(),
        };
        for end in 0..whole {
            let result = decode(&bytes[..end], &LIMITS);
            assert!(result.is_err(), "{name} cut after {end} of {whole} bytes");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        assert_clean(&bytes);
    }

    #[test]
    fn damaged_files_are_answered(
        file in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<Index>()),
        doubled in prop::option::of((any::<Index>(), any::<Index>())),
    ) {
        let files = FILES.with(Clone::clone);
        let mut bytes = file.get(&files).1.clone();
        for (at, value) in changes {
            *at.get_mut(&mut bytes) = value;
        }
        if let Some((a, b)) = doubled {
            let (a, b) = (a.index(bytes.len()), b.index(bytes.len()));
            let part = bytes[a.min(b)..a.max(b)].to_vec();
            bytes.splice(a..a, part);
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        assert_clean(&bytes);
    }

    #[test]
    fn base64_of_any_bytes_reads_back_in_each_spelling(
        bytes in prop::collection::vec(any::<u8>(), 1..200),
        url_safe in any::<bool>(),
        padded in any::<bool>(),
        line in 1usize..100,
        prefix in prop::sample::select(vec!["", " ", "data:image/jpeg;base64,", "data:;base64,\n"]),
    ) {
        use base64::Engine;
        use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
        let engine = match (url_safe, padded) {
            (false, true) => STANDARD,
            (false, false) => STANDARD_NO_PAD,
            (true, true) => URL_SAFE,
            (true, false) => URL_SAFE_NO_PAD,
        };
        let text: Vec<char> = engine.encode(&bytes).chars().collect();
        let lines: Vec<String> = text.chunks(line).map(|part| part.iter().collect()).collect();
        let text = format!("{prefix}{}", lines.join("\r\n"));
        prop_assert_eq!(decode_base64(&text, &LIMITS), Ok(bytes));
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        if let Err(error) = decode_base64(&text, &LIMITS) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

thread_local! {
    static FILES: std::rc::Rc<Vec<(String, Vec<u8>)>> = std::rc::Rc::new(golden_files());
}
