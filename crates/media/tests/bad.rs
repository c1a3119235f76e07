//! Every file that must be refused is, with the message that `data/bad/expected.txt` records.
//!
//! `BLESS=1 cargo test -p lifesign-media --test bad` writes that file anew; read the difference.

use std::fmt::Write as _;
use std::path::Path;

use lifesign_domain::ErrorKind;
use lifesign_media::{Limits, MediaError, decode};

#[test]
fn each_bad_file_gets_its_own_message() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bad");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "expected.txt")
        .collect();
    names.sort();
    let mut messages = String::new();
    for name in &names {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let error = match decode(&bytes, &Limits::default()) {
            Ok(photo) => panic!(
                "{name} was decoded to {} pixels",
                photo.frame.rgb().len() / 3
            ),
            Err(error) => error,
        };
        assert!(!matches!(error, MediaError::DecoderFault { .. }), "{name}");
        assert_ne!(error.kind(), ErrorKind::Internal, "{name}");
        writeln!(messages, "{name}: {:?}: {error}", error.kind()).unwrap();
    }
    let expected = folder.join("expected.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&expected, &messages).unwrap();
    }
    assert_eq!(messages, std::fs::read_to_string(&expected).unwrap());
}

#[test]
fn a_file_over_the_size_limit_is_refused_unread() {
    let limits = Limits {
        file_bytes: 1000,
        ..Limits::default()
    };
    let error = decode(&[0; 1001], &limits).unwrap_err();
    assert_eq!(
        error,
        MediaError::FileTooLarge {
            size_bytes: 1001,
            limit_bytes: 1000
        }
    );
}
