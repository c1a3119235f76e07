//! Clips through the real router: a real ffmpeg, the real engine, a real SQLite.

use std::process::Stdio;
use std::sync::{Arc, LazyLock};

use lifesign_engine::{Calibration, Engine};
use lifesign_server::service::{ClipChecker, EngineClipChecker};
use serde_json::Value;
use tokio::process::Command;

use crate::support::{Setup, real_checker, sample_path};

static ENGINE: LazyLock<Arc<Engine>> =
    LazyLock::new(|| Arc::new(Engine::embedded(Calibration::embedded()).unwrap()));

/// What judges clips, unless ffmpeg is missing where it may be.
fn real_clips() -> Option<Arc<dyn ClipChecker>> {
    match EngineClipChecker::new(Arc::clone(&ENGINE), 480) {
        Ok(clips) => Some(Arc::new(clips)),
        Err(error) => {
            let wanted = std::env::var_os("LIFESIGN_TEST_REQUIRE_FFMPEG").is_some();
            assert!(!wanted, "{error}");
            eprintln!("skipped: {error}");
            None
        }
    }
}

/// Three seconds made of one picture, as a file that ffmpeg writes.
async fn clip_of(picture: &str, filter: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-loop", "1", "-framerate", "15", "-i"])
        .arg(sample_path(picture))
        .args(["-t", "3", "-vf", filter, "-pix_fmt", "yuv420p"])
        .arg(&path)
        .stdin(Stdio::null())
        .status();
    assert!(made.await.unwrap().success());
    std::fs::read(path).unwrap()
}

async fn judged(clip: Vec<u8>) -> Option<(u16, Value)> {
    let mut setup = Setup::new();
    setup.clips = Some(real_clips()?);
    let client = setup.client(real_checker()).await;
    let answer = client.post("/v1/liveness/video", "video/mp4", clip).await;
    Some((answer.status.as_u16(), answer.envelope()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photograph_held_still_for_three_seconds_is_not_live() {
    if real_clips().is_none() {
        return;
    }
    let clip = clip_of("astronaut.jpg", "scale=640:640").await;
    let (status, body) = judged(clip).await.unwrap();
    assert_eq!(status, 200, "{body}");
    let result = &body["result"];
    assert_ne!(result["verdict"], "LIVE", "{}", result["signals"]);
    assert_eq!(result["face_detected"], true);
    let codes = result["reasons"].as_array().unwrap();
    assert!(!codes.is_empty());
    let frames = result["frames"].as_array().unwrap();
    assert!((10..=24).contains(&frames.len()), "{}", frames.len());
    let timeline = result["timeline"].as_array().unwrap();
    assert_eq!(
        timeline.len() as u64,
        result["frame_count"].as_u64().unwrap()
    );
    assert!(timeline.len() >= 40, "{}", timeline.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_without_a_face_is_inconclusive_and_says_so() {
    if real_clips().is_none() {
        return;
    }
    let clip = clip_of("coffee.jpg", "scale=640:480").await;
    let (status, body) = judged(clip).await.unwrap();
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["error"]["code"], "NO_FACE_DETECTED");
    assert_eq!(body["result"]["verdict"], "INCONCLUSIVE");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_clip_or_too_small_is_refused_in_words() {
    if real_clips().is_none() {
        return;
    }
    let small = clip_of("astronaut.jpg", "scale=320:320").await;
    for (clip, says) in [
        (small, "320"),
        (std::fs::read(sample_path("astronaut.jpg")).unwrap(), "JPEG"),
        (b"#EXTM3U".to_vec(), "video"),
        (Vec::new(), "empty"),
    ] {
        let (status, body) = judged(clip).await.unwrap();
        assert_eq!(status, 422, "{body}");
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.contains(says), "{message}");
    }
}

#[tokio::test]
async fn readiness_says_whether_clips_are_judged() {
    let mut setup = Setup::new();
    setup.clips = None;
    let client = setup.client(real_checker()).await;
    let ready = client.get("/readyz").await;
    assert_eq!(ready.status, 200);
    assert!(ready.text().contains("clips are not judged"));
    let answer = client
        .post("/v1/liveness/video", "video/mp4", b"x".to_vec())
        .await;
    answer.refusal(503, "DECODER_MISSING");
}
