//! Finds the format of a file by its first bytes; names and media types are never looked at.

use crate::{ImageFormat, MediaError};

/// The accepted format by the first bytes of a file (32 are enough), or an error that names what
/// they look like.
///
/// # Errors
/// [`MediaError::Empty`] and [`MediaError::UnsupportedFormat`].
pub fn sniff(bytes: &[u8]) -> Result<ImageFormat, MediaError> {
    if bytes.is_empty() {
        return Err(MediaError::Empty);
    }
    if bytes.starts_with(b"\xff\xd8\xff") {
        return Ok(ImageFormat::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(ImageFormat::Png);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Ok(ImageFormat::WebP);
    }
    if is_bmp(bytes) {
        return Ok(ImageFormat::Bmp);
    }
    Err(MediaError::UnsupportedFormat {
        looks_like: name_of_other(bytes),
    })
}

/// `BM` also begins ordinary text, so the size of the second header must be a known one:
/// 12, 16, 64 (OS/2), 40, 52, 56, 108, 124 (Windows).
fn is_bmp(bytes: &[u8]) -> bool {
    let header_size = bytes.get(14..18);
    bytes.starts_with(b"BM")
        && header_size.is_some_and(|size| {
            matches!(size[0], 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124) && size[1..] == [0, 0, 0]
        })
}

/// First bytes, and what a file that starts with them is called.
const OTHERS: &[(&[u8], &str)] = &[
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\0", "a TIFF image or camera raw file"),
    (b"MM\0*", "a TIFF image or camera raw file"),
    (b"%PDF", "a PDF document"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (b"8BPS", "a Photoshop document"),
    (b"\0\0\x01\0", "an icon file"),
    (b"qoif", "a QOI image"),
    (b"\x1a\x45\xdf\xa3", "a Matroska or WebM video"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG image damaged by a transfer as text"),
    (
        b"\xef\xbf\xbd",
        "an image damaged by a conversion to UTF-8 text",
    ),
    (b"data:", "a data: URL"),
    (b"/9j/", "base64 text of a JPEG image"),
    (b"iVBORw0KGgo", "base64 text of a PNG image"),
    (b"UklGR", "base64 text of a WebP image"),
];

fn name_of_other(bytes: &[u8]) -> String {
    if let Some((_, name)) = OTHERS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return (*name).to_owned();
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return iso_media(bytes.get(8..12).unwrap_or_default()).to_owned();
    }
    if bytes.starts_with(b"RIFF") {
        return "a RIFF file that is no WebP image (sound or AVI video)".to_owned();
    }
    if let Some(name) = text(bytes) {
        return name.to_owned();
    }
    let start: Vec<String> = bytes.iter().take(4).map(|b| format!("{b:02x}")).collect();
    format!("an unknown format (it starts with {})", start.join(" "))
}

/// Files of the ISO base media format, by their major brand.
fn iso_media(brand: &[u8]) -> &'static str {
    match brand {
        b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" => "a HEIC/HEIF image",
        b"avif" | b"avis" => "an AVIF image",
        b"crx " => "a camera raw file",
        _ => "an MP4 or QuickTime video",
    }
}

/// Names text by its start; `None` where the start holds bytes that text has not.
fn text(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.get(..512).unwrap_or(bytes);
    let is_text = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..=0xff);
    let mostly_ascii = start.iter().filter(|b| b.is_ascii()).count() * 10 >= start.len() * 9;
    if !start.iter().all(is_text) || !mostly_ascii {
        return None;
    }
    let lower = start.to_ascii_lowercase();
    let contains = |needle: &[u8]| lower.windows(needle.len()).any(|w| w == needle);
    Some(if contains(b"<svg") {
        "an SVG image"
    } else if contains(b"<!doctype html") || contains(b"<html") {
        "an HTML page"
    } else if lower.trim_ascii_start().starts_with(b"{") {
        "JSON text"
    } else {
        "plain text"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks_like(bytes: &[u8]) -> String {
        match sniff(bytes) {
            Err(MediaError::UnsupportedFormat { looks_like }) => looks_like,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn other_formats_are_named() {
        assert_eq!(looks_like(b"GIF89a\x01\0\x01\0"), "a GIF image");
        assert_eq!(looks_like(b"\0\0\0\x18ftypheic"), "a HEIC/HEIF image");
        assert_eq!(looks_like(b"\0\0\0\x18ftypavif"), "an AVIF image");
        assert_eq!(
            looks_like(b"\0\0\0\x18ftypisom"),
            "an MP4 or QuickTime video"
        );
        assert_eq!(looks_like(b"%PDF-1.7"), "a PDF document");
        assert_eq!(looks_like(b"<?xml version='1.0'?><svg/>"), "an SVG image");
        assert_eq!(looks_like(b"{\"image\": 1}"), "JSON text");
        assert_eq!(looks_like(b"BM is how this text starts"), "plain text");
        assert_eq!(looks_like(b"/9j/4AAQSkZJRg"), "base64 text of a JPEG image");
        assert_eq!(
            looks_like(b"\0\x01\x02\x03\x04"),
            "an unknown format (it starts with 00 01 02 03)"
        );
        assert_eq!(sniff(b""), Err(MediaError::Empty));
    }
}
