//! Whether a clip says that a camera recorded it. Nothing of it is proof: who knows the marks can write
//! them. It keeps honest callers from sending what an editor or a messenger has been at.

use lifesign_video::ClipFacts;

/// Keys that telephones write into MP4 and QuickTime: `com.android.version`, `com.android.manufacturer`,
/// `com.apple.quicktime.make`, `com.apple.quicktime.software` and others.
const PHONE_KEYS: [&str; 3] = ["com.android.", "com.apple.quicktime.", "com.apple.photos."];

/// How the writing program of a browser's recorder names itself in WebM and Matroska: Chromium writes its
/// name alone, Firefox the one that libwebm carries.
const RECORDERS: [&str; 3] = ["chrome", "qtmuxingapplibwebm", "qtwritingapplibwebm"];

/// What the system's writer calls the video track: Apple's, also in what Safari records, and Android's
/// `MediaMuxer` (the `VideoHandler` of libavformat is one letter longer).
const HANDLERS: [&str; 2] = ["core media video", "videohandle"];

/// Programs that copy a file's metadata while they write another.
const REWRITERS: [&str; 4] = ["lavf", "lavc", "handbrake", "gstreamer"];

/// Whether the container names a camera or carries the marks of a recorder. Handlers survive when
/// ffmpeg writes a file anew, so they count only where nobody says to have done so.
pub(crate) fn is_from_a_camera(facts: &ClipFacts) -> bool {
    let encoder = facts.encoder.as_deref().unwrap_or("").to_ascii_lowercase();
    let starts_with_one = |text: &str, known: &[&str]| known.iter().any(|k| text.starts_with(k));
    let handled = facts.handlers.iter().any(|handler| {
        let handler = handler.to_ascii_lowercase();
        HANDLERS.contains(&handler.trim())
    });
    let keyed = facts
        .tags
        .iter()
        .any(|tag| starts_with_one(&tag.key.to_ascii_lowercase(), &PHONE_KEYS));
    facts.make.is_some()
        || facts.model.is_some()
        || keyed
        || starts_with_one(&encoder, &RECORDERS)
        || handled && !starts_with_one(&encoder, &REWRITERS)
}

#[cfg(test)]
mod tests {
    use lifesign_video::{Codec, Container, Tag};

    use super::*;

    fn facts() -> ClipFacts {
        ClipFacts {
            container: Container::Mp4,
            size_bytes: 1,
            duration_by_header_s: None,
            duration_s: 1.0,
            width: 640,
            height: 480,
            rotation_deg: 0,
            codec: Codec::H264,
            pixel_format: None,
            nominal_frame_rate: None,
            measured_frame_rate: None,
            packets: 30,
            has_audio: false,
            audio_codec: None,
            tracks: 1,
            make: None,
            model: None,
            created: None,
            encoder: None,
            handlers: Vec::new(),
            comment: None,
            tags: Vec::new(),
        }
    }

    fn with(encoder: Option<&str>, handler: Option<&str>) -> ClipFacts {
        ClipFacts {
            encoder: encoder.map(str::to_owned),
            handlers: handler.map(str::to_owned).into_iter().collect(),
            ..facts()
        }
    }

    #[test]
    fn browsers_and_telephones_are_cameras() {
        for recorded in [
            with(Some("Chrome"), None),
            with(Some("QTmuxingAppLibWebM-0.0.1"), None),
            with(None, Some("Core Media Video")),
            with(None, Some("VideoHandle")),
            ClipFacts {
                make: Some("Google".to_owned()),
                ..facts()
            },
            ClipFacts {
                tags: vec![Tag {
                    track: None,
                    key: "com.android.version".to_owned(),
                    value: "15".to_owned(),
                }],
                ..facts()
            },
        ] {
            assert!(is_from_a_camera(&recorded), "{recorded:?}");
        }
    }

    #[test]
    fn what_was_written_anew_and_what_says_nothing_is_none() {
        for other in [
            facts(),
            with(Some("Lavf61.7.100"), Some("VideoHandler")),
            with(Some("Lavf61.7.100"), Some("Core Media Video")),
            with(Some("HandBrake 1.8.0"), Some("VideoHandle")),
            with(
                Some("not Chrome"),
                Some("ISO Media file produced by Google Inc."),
            ),
        ] {
            assert!(!is_from_a_camera(&other), "{other:?}");
        }
    }
}
