//! Clips that must be refused, each with its own words, whatever their header claims.

use lifesign_video::{ClipLimits, DurationBy, VideoError, Wanted};

use crate::make::{decode, ffmpeg, plain_mp4, plain_webm, position, refusal, small, tools};

#[test]
fn other_files_by_the_name_of_a_clip() {
    let Some(tools) = tools() else { return };
    let png = ffmpeg("-f lavfi -i testsrc2=s=900x900 -frames:v 1", "png");
    let jpeg = ffmpeg("-f lavfi -i testsrc2=s=900x900 -frames:v 1", "jpg");
    let avi = ffmpeg("-f lavfi -i testsrc2=s=900x900:d=0.1 -c:v libx264", "avi");
    let sound = ffmpeg("-f lavfi -i sine=d=1", "mp3");
    let cases: &[(&[u8], &str)] = &[
        (
            &[],
            "the clip is empty (0 bytes); accepted are MP4 and WebM clips",
        ),
        (
            &png,
            "the file looks like a PNG image, which is no video; accepted are MP4 and WebM clips",
        ),
        (
            &jpeg,
            "the file looks like a JPEG image, which is no video; accepted are MP4 and WebM clips",
        ),
        (
            &avi,
            "the file looks like an AVI video; accepted are MP4 and WebM clips",
        ),
        (
            &sound,
            "the file looks like an MP3 sound file, which is no video; accepted are MP4 and WebM clips",
        ),
        (
            b"#EXTM3U\n#EXT-X-VERSION:3\nfile:///etc/passwd\n",
            "the file looks like an HLS playlist, which is no video; accepted are MP4 and WebM clips",
        ),
        (
            b"ffconcat version 1.0\nfile /etc/passwd\n",
            "the file looks like an ffmpeg concat script, which is no video; accepted are MP4 and WebM clips",
        ),
        (
            b"not a clip at all",
            "the file looks like plain text, which is no video; accepted are MP4 and WebM clips",
        ),
    ];
    for (bytes, message) in cases {
        assert_eq!(
            refusal(tools, bytes, &ClipLimits::default()).to_string(),
            *message
        );
    }
}

#[test]
fn only_sound() {
    let Some(tools) = tools() else { return };
    let mp4 = ffmpeg("-f lavfi -i sine=d=1 -c:a aac -f mp4", "mp4");
    let webm = ffmpeg("-f lavfi -i sine=d=1 -c:a libopus", "webm");
    for bytes in [mp4, webm] {
        assert_eq!(
            refusal(tools, &bytes, &small()),
            VideoError::NoVideoTrack { has_audio: true }
        );
    }
}

#[test]
fn no_frames() {
    let Some(tools) = tools() else { return };
    let args =
        "-f lavfi -i testsrc2=s=320x240:d=0.2 -c:v libx264 -movflags empty_moov+frag_keyframe";
    let fragments = ffmpeg(args, "mp4");
    let first_fragment = position(&fragments, b"moof") - 4;
    assert_eq!(
        refusal(tools, &fragments[..first_fragment], &small()),
        VideoError::NoFrames
    );
    let args = "-f lavfi -i testsrc2=s=320x240:d=0.2 -c:v libvpx -live 1";
    let live = ffmpeg(args, "webm");
    let first_cluster = position(&live, b"\x1f\x43\xb6\x75");
    assert_eq!(
        refusal(tools, &live[..first_cluster], &small()),
        VideoError::NoFrames
    );
}

#[test]
fn other_codecs_are_named() {
    let Some(tools) = tools() else { return };
    for (codec, name) in [("mpeg4", "mpeg4"), ("mjpeg -pix_fmt yuvj420p", "mjpeg")] {
        let args = format!("-f lavfi -i testsrc2=s=320x240:d=0.2 -c:v {codec}");
        let error = refusal(tools, &ffmpeg(&args, "mp4"), &small());
        assert_eq!(
            error,
            VideoError::CodecNotAccepted {
                codec: name.to_owned()
            }
        );
    }
}

#[test]
fn sizes_outside_of_the_range() {
    let Some(tools) = tools() else { return };
    let clip = plain_mp4(0.2);
    assert_eq!(
        refusal(tools, &clip, &ClipLimits::default()).to_string(),
        "the clip is 320 x 240 pixels; accepted are 800 to 2000 pixels a side"
    );
    let limits = ClipLimits {
        file_bytes: 100,
        ..small()
    };
    assert!(matches!(
        refusal(tools, &clip, &limits),
        VideoError::FileTooLarge { .. }
    ));
}

#[test]
fn ten_thousand_pixels_a_side_in_the_header_or_in_the_pictures() {
    let Some(tools) = tools() else { return };
    let original = plain_webm(0.4);
    // PixelWidth and PixelHeight of the track (RFC 9559, 5.1.4.1.28).
    let mut header = original.clone();
    for (id, side) in [(0xb0, 320_u16), (0xba, 240)] {
        let [high, low] = side.to_be_bytes();
        let element: &[u8] = if side < 256 {
            &[id, 0x81, low]
        } else {
            &[id, 0x82, high, low]
        };
        let at = position(&header, element);
        // The height has one byte, which holds at most 255.
        if element.len() == 4 {
            header[at + 2..at + 4].copy_from_slice(&10_000_u16.to_be_bytes());
        }
    }
    let error = refusal(tools, &header, &small());
    assert!(
        matches!(error, VideoError::Resolution { width: 10_000, .. }),
        "{error}"
    );
    // The key frame's own size (RFC 6386, 9.1): 14 bits a side.
    let mut pictures = original;
    let mut from = 0;
    while let Some(at) = pictures[from..]
        .windows(3)
        .position(|w| w == b"\x9d\x01\x2a")
    {
        from += at + 3;
        pictures[from..from + 2].copy_from_slice(&10_000_u16.to_le_bytes());
        pictures[from + 2..from + 4].copy_from_slice(&10_000_u16.to_le_bytes());
    }
    let error = refusal(tools, &pictures, &small());
    assert!(
        matches!(
            error,
            VideoError::Resolution { .. } | VideoError::Damaged { .. }
        ),
        "{error}"
    );
}

#[test]
fn a_picture_that_the_decoder_finds_too_large_is_told_by_its_size() {
    let Some(tools) = tools() else { return };
    let args = "-f lavfi -i color=s=3000x2400:r=1:d=1 -c:v libx264 -preset ultrafast";
    let error = refusal(tools, &ffmpeg(args, "mp4"), &small());
    assert!(
        matches!(
            error,
            VideoError::Resolution {
                width: 3000,
                height: 2400,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_thousand_frames_a_second() {
    let Some(tools) = tools() else { return };
    let args = "-f lavfi -i testsrc2=s=64x64:r=1000:d=0.5 -c:v libx264 -preset ultrafast";
    let error = refusal(tools, &ffmpeg(args, "mp4"), &small());
    assert!(
        matches!(error, VideoError::FrameRate { rate, limit: 120.0 } if (rate - 1000.0).abs() < 10.0),
        "{error}"
    );
}

#[test]
fn too_many_frames() {
    let Some(tools) = tools() else { return };
    let limits = ClipLimits {
        frames: 20,
        ..small()
    };
    for bytes in [plain_mp4(1.0), plain_webm(1.0)] {
        assert_eq!(
            refusal(tools, &bytes, &limits),
            VideoError::TooManyFrames { limit: 20 }
        );
    }
}

#[test]
fn an_hour_by_its_header() {
    let Some(tools) = tools() else { return };
    let mut webm = plain_webm(0.4);
    // Duration in milliseconds (RFC 9559, 5.1.2.10).
    let at = position(&webm, b"\x44\x89\x88") + 3;
    webm[at..at + 8].copy_from_slice(&3_600_000_f64.to_be_bytes());
    let mut mp4 = plain_mp4(0.4);
    for name in [b"mvhd", b"mdhd"] {
        let at = position(&mp4, name) + 16;
        let ticks_a_second = u32::from_be_bytes(mp4[at..at + 4].try_into().unwrap());
        mp4[at + 4..at + 8].copy_from_slice(&(ticks_a_second * 3600).to_be_bytes());
    }
    for bytes in [webm, mp4] {
        let error = refusal(tools, &bytes, &small());
        assert!(
            matches!(error, VideoError::TooLong { by: DurationBy::Header, seconds, .. } if seconds >= 3599.0),
            "{error}"
        );
    }
}

#[test]
fn a_clip_that_is_longer_than_it_says() {
    let Some(tools) = tools() else { return };
    let args = "-f lavfi -i testsrc2=s=64x64:r=5:d=12 -c:v libvpx -deadline realtime -cpu-used 8";
    let mut webm = ffmpeg(args, "webm");
    let at = position(&webm, b"\x44\x89\x88") + 3;
    webm[at..at + 8].copy_from_slice(&5_000_f64.to_be_bytes());
    let error = refusal(tools, &webm, &small());
    assert!(
        matches!(
            error,
            VideoError::TooLong {
                by: DurationBy::Content,
                ..
            }
        ),
        "{error}"
    );
    let nearly = ClipLimits {
        duration_s: 12.0,
        ..small()
    };
    assert!(decode(tools, &webm, &nearly, &Wanted::default()).is_ok());
}

#[test]
fn a_bomb_of_tracks() {
    let Some(tools) = tools() else { return };
    let original = plain_mp4(0.4);
    let index = position(&original, b"moov") - 4;
    let size = |at: usize| u32::from_be_bytes(original[at..at + 4].try_into().unwrap()) as usize;
    let index_end = index + size(index);
    let track = position(&original, b"trak") - 4;
    let tracks = original[track..track + size(track)].repeat(2000);
    let index_size = u32::try_from(size(index) + tracks.len()).unwrap();
    let mut bomb = original.clone();
    bomb.splice(index_end..index_end, tracks);
    bomb[index..index + 4].copy_from_slice(&index_size.to_be_bytes());
    assert_eq!(
        refusal(tools, &bomb, &small()),
        VideoError::TooManyTracks { limit: 32 }
    );
    // Even where so many are accepted, the tools answer within the limits.
    let many = ClipLimits {
        tracks: 10_000,
        wall: std::time::Duration::from_secs(8),
        ..small()
    };
    let started = std::time::Instant::now();
    let answer = decode(tools, &bomb, &many, &Wanted::default());
    assert!(started.elapsed().as_secs() < 20, "{answer:?}");
}

#[test]
fn a_clip_that_is_cut_off() {
    let Some(tools) = tools() else { return };
    for bytes in [plain_mp4(0.6), plain_webm(0.6)] {
        for eighths in 1..8 {
            let cut = &bytes[..bytes.len() * eighths / 8];
            let error = refusal(tools, cut, &small());
            assert!(
                matches!(error, VideoError::Truncated { .. }),
                "{eighths}/8: {error}"
            );
        }
    }
}

#[test]
fn pictures_made_of_noise() {
    let Some(tools) = tools() else { return };
    let mut bytes = plain_mp4(0.6);
    let start = position(&bytes, b"mdat") + 4;
    let end = position(&bytes, b"moov") - 4;
    let mut state = 1_u32;
    for byte in &mut bytes[start..end] {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    }
    let error = refusal(tools, &bytes, &small());
    assert!(matches!(error, VideoError::Damaged { .. }), "{error}");
}

#[test]
fn an_index_that_claims_a_billion_samples() {
    let Some(tools) = tools() else { return };
    let mut bytes = plain_mp4(0.4);
    // All of one size, so that the table needs no room (ISO/IEC 14496-12, 8.7.3.2).
    let at = position(&bytes, b"stsz") + 8;
    bytes[at..at + 4].copy_from_slice(&1_u32.to_be_bytes());
    bytes[at + 4..at + 8].copy_from_slice(&1_000_000_000_u32.to_be_bytes());
    let error = refusal(tools, &bytes, &small());
    assert!(error.is_of_the_clip(), "{error}");
}
