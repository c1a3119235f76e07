//! What is told about a clip.

use lifesign_video::{Clip, Codec};

use crate::make::{ffmpeg_with, plain_webm, small, tools};

#[test]
fn camera_and_recorder_are_told_and_the_place_is_not() {
    let Some(tools) = tools() else { return };
    let long = "x".repeat(1000);
    let comment = format!("comment=two\nlines \u{1b}[31m\u{202e}{long}");
    let bytes = ffmpeg_with(
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x240:r=30:d=0.5",
            "-c:v",
            "libx264",
            "-movflags",
            "use_metadata_tags",
            "-metadata",
            "com.apple.quicktime.make=Apple",
            "-metadata",
            "com.apple.quicktime.model=iPhone 15",
            "-metadata",
            "com.apple.quicktime.location.ISO6709=+52.5+013.4/",
            "-metadata",
            "creation_time=2026-01-02T03:04:05Z",
            "-metadata",
            &comment,
            "-metadata:s:v",
            "handler_name=Core Media Video",
        ],
        "mp4",
        &[],
    );
    let clip = Clip::open(tools, &bytes, &small()).unwrap();
    let facts = clip.facts();
    assert_eq!(facts.make.as_deref(), Some("Apple"));
    assert_eq!(facts.model.as_deref(), Some("iPhone 15"));
    let created = facts.created.as_deref().unwrap();
    assert!(created.starts_with("2026-01-02T03:04:05"), "{created}");
    assert!(facts.encoder.as_deref().unwrap().starts_with("Lavf"));
    assert_eq!(facts.handlers, ["Core Media Video"]);
    let comment = facts.comment.as_deref().unwrap();
    assert!(comment.starts_with("two lines  [31m x"), "{comment}");
    assert_eq!(comment.chars().count(), 200);
    let place = facts
        .tags
        .iter()
        .find(|tag| tag.key.contains("location") || tag.value.contains("52.5"));
    assert_eq!(place, None);
    assert_eq!(
        (facts.codec, facts.tracks, facts.has_audio),
        (Codec::H264, 1, false)
    );
    assert_eq!((facts.nominal_frame_rate, facts.packets), (Some(30.0), 15));
    assert!((facts.measured_frame_rate.unwrap() - 30.0).abs() < 0.1);
    assert!((facts.duration_by_header_s.unwrap() - 0.5).abs() < 0.01);
}

#[test]
fn a_live_recording_without_a_length_is_measured() {
    let Some(tools) = tools() else { return };
    let live = ffmpeg_with(
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x240:r=25:d=2",
            "-c:v",
            "libvpx",
            "-deadline",
            "realtime",
            "-live",
            "1",
        ],
        "webm",
        &[],
    );
    let clip = Clip::open(tools, &live, &small()).unwrap();
    assert_eq!(clip.facts().duration_by_header_s, None);
    assert!((clip.facts().duration_s - 1.96).abs() < 0.01);
    let webm = plain_webm(1.0);
    let clip = Clip::open(tools, &webm, &small()).unwrap();
    assert_eq!(clip.facts().audio_codec.as_deref(), Some("opus"));
    assert_eq!((clip.facts().make.clone(), clip.facts().tracks), (None, 2));
}
