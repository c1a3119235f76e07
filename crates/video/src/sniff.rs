//! Finds the container of a clip by its content; names and media types are never looked at.
//!
//! ffmpeg itself would open playlists, concat scripts, pictures and over a hundred other formats,
//! some of which name further files. Here two are let through, and the tools are told which.

use crate::{ClipLimits, Container, VideoError, mp4, webm};

/// The container of a clip, after its outline was walked: whole, and with few enough tracks. Needs
/// no tool, so a caller may ask before a clip waits for its turn.
///
/// # Errors
/// What the bytes look like instead, or where they end.
pub fn sniff(bytes: &[u8], limits: &ClipLimits) -> Result<Container, VideoError> {
    limits.check_file(bytes.len())?;
    if bytes.starts_with(b"\x1a\x45\xdf\xa3") {
        return webm::outline(bytes, limits);
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        let container = by_brand(bytes.get(8..12).unwrap_or_default())
            .map_err(|looks_like| VideoError::NotAVideo { looks_like })?;
        mp4::outline(bytes, limits)?;
        return Ok(container);
    }
    if let Some(name) = other_video(bytes) {
        return Err(VideoError::ContainerNotAccepted {
            looks_like: name.to_owned(),
        });
    }
    Err(VideoError::NotAVideo {
        looks_like: no_video(bytes),
    })
}

/// Files of the ISO base media format that are no video say so by their major brand.
fn by_brand(brand: &[u8]) -> Result<Container, String> {
    match brand {
        b"qt  " => Ok(Container::QuickTime),
        b"M4A " | b"M4B " | b"M4P " | b"F4A " => Err("an M4A sound file".to_owned()),
        b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"hevx" | b"mif1" | b"msf1" => {
            Err("a HEIC/HEIF image".to_owned())
        }
        b"avif" | b"avis" => Err("an AVIF image".to_owned()),
        b"crx " => Err("a camera raw file".to_owned()),
        b"jp2 " | b"jpx " | b"jxl " => Err("a JPEG image of a newer kind".to_owned()),
        _ => Ok(Container::Mp4),
    }
}

/// First bytes, and what a file that starts with them is called.
const VIDEOS: &[(&[u8], &str)] = &[
    (b"FLV\x01", "a Flash video"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file"),
    (b"OggS", "an Ogg file"),
    (b"\0\0\x01\xba", "an MPEG program stream"),
    (b"\0\0\x01\xb3", "a bare MPEG video stream"),
    (b"\0\0\0\x01\x67", "a bare H.264 stream"),
    (b"\0\0\0\x01\x40", "a bare HEVC stream"),
    (b"DKIF", "an IVF video"),
    (b"YUV4MPEG2", "uncompressed video"),
    (b".RMF", "a RealMedia file"),
];

fn other_video(bytes: &[u8]) -> Option<&'static str> {
    if let Some((_, name)) = VIDEOS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(name);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..11) == Some(b"AVI") {
        return Some("an AVI video");
    }
    let atom = bytes.get(4..8);
    if [b"moov", b"mdat", b"wide", b"pnot"]
        .iter()
        .any(|a| atom == Some(&a[..]))
    {
        return Some("an old QuickTime movie without a file type");
    }
    if atom == Some(b"styp") || atom == Some(b"moof") {
        return Some("a segment of a stream without its beginning");
    }
    // Packets of 188 bytes, each with a mark at its beginning.
    let is_mark = |at: usize| bytes.get(at) == Some(&0x47);
    if is_mark(0) && is_mark(188) && is_mark(376) {
        return Some("an MPEG transport stream");
    }
    None
}

/// First bytes of sound files.
const SOUNDS: &[(&[u8], &str)] = &[
    (b"ID3", "an MP3 sound file"),
    (b"fLaC", "a FLAC sound file"),
    (b"#!AMR", "an AMR sound file"),
];

/// First words of text that makes ffmpeg open other files.
const SCRIPTS: &[(&[u8], &str)] = &[
    (b"#extm3u", "an HLS playlist"),
    (b"#ext-x-", "an HLS playlist"),
    (b"ffconcat", "an ffmpeg concat script"),
    (b"[playlist]", "a playlist"),
    (b"[reference]", "a reference to another file"),
    (b"rtsptext", "a reference to another file"),
    (b"v=0\r\n", "a session description"),
    (b"v=0\n", "a session description"),
];

fn no_video(bytes: &[u8]) -> String {
    if let Some((_, name)) = SOUNDS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return (*name).to_owned();
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE") {
        return "a WAV sound file".to_owned();
    }
    let start = bytes.get(..256).unwrap_or(bytes).to_ascii_lowercase();
    let text = start
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&start)
        .trim_ascii_start();
    if let Some((_, name)) = SCRIPTS.iter().find(|(word, _)| text.starts_with(word)) {
        return (*name).to_owned();
    }
    let lines_of_concat = |line: &[u8]| line.starts_with(b"file ") || line.starts_with(b"file\t");
    if text.split(|b| *b == b'\n').any(lines_of_concat) {
        return "an ffmpeg concat script".to_owned();
    }
    if text.windows(4).any(|w| w == b"<mpd") {
        return "a DASH manifest".to_owned();
    }
    match lifesign_media::sniff(bytes) {
        Ok(format) => format!("a {format} image"),
        Err(lifesign_media::MediaError::UnsupportedFormat { looks_like }) => looks_like,
        Err(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn looks_like(bytes: &[u8]) -> String {
        match sniff(bytes, &ClipLimits::default()) {
            Err(
                VideoError::NotAVideo { looks_like }
                | VideoError::ContainerNotAccepted { looks_like },
            ) => looks_like,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_no_clip_is_named() {
        let cases: &[(&[u8], &str)] = &[
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
            (b"\x89PNG\r\n\x1a\n", "a PNG image"),
            (b"GIF89a\x01\0\x01\0", "a GIF image"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC/HEIF image"),
            (b"\0\0\0\x18ftypM4A \0\0\0\0", "an M4A sound file"),
            (b"#EXTM3U\n#EXT-X-VERSION:3\n", "an HLS playlist"),
            (b"\xef\xbb\xbf\n #EXTM3U\n", "an HLS playlist"),
            (b"ffconcat version 1.0\nfile x", "an ffmpeg concat script"),
            (b"# mine\nfile '/etc/passwd'\n", "an ffmpeg concat script"),
            (b"<?xml version='1.0'?><MPD>", "a DASH manifest"),
            (b"RIFF\0\0\0\0AVI LIST", "an AVI video"),
            (b"RIFF\0\0\0\0WAVEfmt ", "a WAV sound file"),
            (
                b"\0\0\0\x08moov",
                "an old QuickTime movie without a file type",
            ),
            (b"hello there, this is text", "plain text"),
        ];
        for (bytes, name) in cases {
            assert_eq!(looks_like(bytes), *name);
        }
        assert_eq!(looks_like(&[0x47; 400]), "an MPEG transport stream");
    }

    /// Boxes and elements with true and false sizes, one in the other.
    fn container_like() -> impl Strategy<Value = Vec<u8>> {
        let mp4_box = (
            prop::sample::select(vec![&b"ftyp"[..], b"moov", b"trak", b"mdat", b"\0\0\0\0"]),
            prop_oneof![0..20_u32, any::<u32>()],
            prop::collection::vec(any::<u8>(), 0..40),
        )
            .prop_map(|(name, size, rest)| [&size.to_be_bytes()[..], name, &rest].concat());
        let element = (
            prop::sample::select(vec![
                &b"\x1a\x45\xdf\xa3"[..],
                b"\x42\x82",
                b"\x18\x53\x80\x67",
                b"\x1f\x43\xb6\x75",
                b"\x16\x54\xae\x6b",
                b"\xae",
            ]),
            prop_oneof![0x80..0xa0_u8, any::<u8>()],
            prop::collection::vec(any::<u8>(), 0..40),
        )
            .prop_map(|(id, size, rest)| [id, &[size], &rest].concat());
        prop::collection::vec(prop_oneof![mp4_box, element], 1..8).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4000) })]

        #[test]
        fn whatever_looks_like_a_container_has_an_answer(body in container_like(), start in 0..3_usize) {
            let starts: [&[u8]; 3] = [b"", b"\0\0\0\x10ftypisom\0\0\0\0", b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm"];
            let file = [starts[start], &body].concat();
            if let Err(error) = sniff(&file, &ClipLimits::default()) {
                prop_assert!(error.is_of_the_clip(), "{error}");
            }
        }
    }
}
