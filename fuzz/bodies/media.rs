//! What each fuzz target of the media crate does with its input. The targets in `fuzz_targets`
//! and the replay in `crates/media/tests/replay_corpora.rs` share this file.
//!
//! Each decoder's target forces the marks of its format onto the input, so that no time goes
//! into guessing them.
#![allow(dead_code)] // each target uses one function of these

use lifesign_media::{ImageFormat, Limits, MediaError, Photo, decode, decode_base64};

const LIMITS: Limits = Limits {
    file_bytes: 256 * 1024,
    pixels: 1 << 20,
    side: 4096,
};

/// The JPEG decoder: the start marker is forced, an end marker appended.
pub(crate) fn jpeg(data: &[u8]) {
    let mut file = data.to_vec();
    force(&mut file, 0, b"\xff\xd8\xff");
    file.extend_from_slice(b"\xff\xd9");
    check(ImageFormat::Jpeg, &file);
}

/// The PNG decoder: the signature is forced, an end chunk appended. Checksums are not verified
/// in a fuzzing build of the `png` crate.
pub(crate) fn png(data: &[u8]) {
    let mut file = data.to_vec();
    force(&mut file, 0, b"\x89PNG\r\n\x1a\n");
    file.extend_from_slice(b"\0\0\0\0IEND\xae\x42\x60\x82");
    check(ImageFormat::Png, &file);
}

/// The WebP decoder: the RIFF header is forced, with the true size.
pub(crate) fn webp(data: &[u8]) {
    let mut file = data.to_vec();
    force(&mut file, 0, b"RIFF\0\0\0\0WEBP");
    let size = (file.len() - 8) as u32;
    force(&mut file, 4, &size.to_le_bytes());
    check(ImageFormat::WebP, &file);
}

/// The BMP decoder: the magic and the upper bytes of the header size are forced.
pub(crate) fn bmp(data: &[u8]) {
    const HEADER_BYTES: [u8; 8] = [12, 16, 40, 52, 56, 64, 108, 124];
    let mut file = data.to_vec();
    force(&mut file, 0, b"BM");
    let header = file.get(14).map_or(2, |b| usize::from(*b));
    let known = HEADER_BYTES.iter().find(|h| usize::from(**h) == header);
    let header = *known.unwrap_or(&HEADER_BYTES[header % HEADER_BYTES.len()]);
    force(&mut file, 14, &[header, 0, 0, 0]);
    check(ImageFormat::Bmp, &file);
}

/// The EXIF reader: the input is the EXIF block of a sound JPEG, which it must never spoil.
pub(crate) fn exif(data: &[u8]) {
    const CARRIER: &[u8] = include_bytes!("../../crates/media/tests/data/golden/[grey].jpg");
    let (start, rest) = CARRIER.split_at(2);
    let block = &data[..data.len().min(65_000)];
    let mut file = start.to_vec();
    file.extend_from_slice(b"\xff\xe1");
    file.extend_from_slice(&(block.len() as u16 + 8).to_be_bytes());
    file.extend_from_slice(b"Exif\0\0");
    file.extend_from_slice(block);
    file.extend_from_slice(rest);
    let photo = decode(&file, &LIMITS).expect("no EXIF block makes an image fail");
    assert_eq!(photo.frame.rgb().len(), 48 * 32 * 3);
}

/// The base64 reader: what it accepts, it reads the same after removal of white space.
pub(crate) fn base64(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match decode_base64(&text, &LIMITS) {
        Ok(bytes) => {
            assert!(!bytes.is_empty());
            assert!(bytes.len() <= LIMITS.file_bytes);
            let dense: String = text.split_ascii_whitespace().collect();
            assert_eq!(decode_base64(&dense, &LIMITS), Ok(bytes));
        }
        Err(error) => assert_sound(&error),
    }
}

/// Overwrites the bytes at `at`, making the file longer where it is too short.
fn force(file: &mut Vec<u8>, at: usize, mark: &[u8]) {
    let end = at + mark.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[at..end].copy_from_slice(mark);
}

fn check(format: ImageFormat, file: &[u8]) {
    match decode(file, &LIMITS) {
        Ok(photo) => assert_within_limits(&photo, format, file.len()),
        Err(error) => assert_sound(&error),
    }
}

fn assert_within_limits(photo: &Photo, format: ImageFormat, size_bytes: usize) {
    let (width, height) = (photo.frame.width(), photo.frame.height());
    assert_eq!(photo.format, format);
    assert_eq!(photo.size_bytes, size_bytes);
    assert!(width <= LIMITS.side && height <= LIMITS.side);
    assert!(u64::from(width) * u64::from(height) <= LIMITS.pixels);
    assert_eq!(
        photo.frame.rgb().len(),
        width as usize * height as usize * 3
    );
}

fn assert_sound(error: &MediaError) {
    let message = error.to_string();
    assert!(
        !matches!(error, MediaError::DecoderFault { .. }),
        "{message}"
    );
    assert!(!message.is_empty() && message.len() < 1000, "{message}");
    assert!(!message.contains('\n'), "{message}");
}
