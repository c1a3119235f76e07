//! Makes clips, finds processes.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use lifesign_video::{
    Clip, ClipFrame, ClipLimits, Decoded, ToolOptions, Tools, VideoError, Wanted,
};

/// The tools, or `None` with a line that says why the test does nothing. CI asks for them.
/// LIFESIGN_TEST_FFMPEG names another build of ffmpeg.
pub(crate) fn tools() -> Option<&'static Tools> {
    static TOOLS: OnceLock<Result<Tools, VideoError>> = OnceLock::new();
    match TOOLS.get_or_init(|| Tools::open(&options())) {
        Ok(tools) => Some(tools),
        Err(error) => {
            let required = std::env::var_os("LIFESIGN_TEST_REQUIRE_FFMPEG").is_some();
            assert!(!required, "{error}");
            eprintln!("skipped: {error}");
            None
        }
    }
}

fn options() -> ToolOptions {
    ToolOptions {
        ffmpeg: std::env::var_os("LIFESIGN_TEST_FFMPEG").map(Into::into),
        ..ToolOptions::default()
    }
}

/// Limits for the small clips of the tests.
pub(crate) fn small() -> ClipLimits {
    ClipLimits {
        side_min: 16,
        ..ClipLimits::default()
    }
}

/// Runs ffmpeg with these arguments (blanks separate them) and an output of this kind.
pub(crate) fn ffmpeg(args: &str, kind: &str) -> Vec<u8> {
    let words: Vec<&str> = args.split_whitespace().collect();
    ffmpeg_with(&words, kind, &[])
}

/// The same, with bytes on standard input.
pub(crate) fn ffmpeg_with(args: &[&str], kind: &str, input: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("clip.{kind}"));
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-y"])
        .args(args)
        .arg(&file)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    assert!(child.wait().unwrap().success(), "{args:?}");
    std::fs::read(file).unwrap()
}

/// A moving test picture of 320 x 240 in H.264, `seconds` long, with a tone.
pub(crate) fn plain_mp4(seconds: f64) -> Vec<u8> {
    let args = format!(
        "-f lavfi -i testsrc2=s=320x240:r=25:d={seconds} -f lavfi -i sine=440:d={seconds} \
         -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac"
    );
    ffmpeg(&args, "mp4")
}

/// The same in VP8 and Opus.
pub(crate) fn plain_webm(seconds: f64) -> Vec<u8> {
    let args = format!(
        "-f lavfi -i testsrc2=s=320x240:r=25:d={seconds} -f lavfi -i sine=440:d={seconds} \
         -c:v libvpx -deadline realtime -cpu-used 8 -b:v 300k -c:a libopus"
    );
    ffmpeg(&args, "webm")
}

/// Opens and decodes everything.
pub(crate) fn decode(
    tools: &Tools,
    bytes: &[u8],
    limits: &ClipLimits,
    wanted: &Wanted,
) -> Result<(Vec<ClipFrame>, Decoded), VideoError> {
    let clip = Clip::open(tools, bytes, limits)?;
    let mut frames = Vec::new();
    let decoded = clip.decode(wanted, &mut |frame| {
        frames.push(frame);
        ControlFlow::Continue(())
    })?;
    Ok((frames, decoded))
}

/// What the clip is refused with, by opening or by decoding.
pub(crate) fn refusal(tools: &Tools, bytes: &[u8], limits: &ClipLimits) -> VideoError {
    decode(tools, bytes, limits, &Wanted::default()).unwrap_err()
}

/// Where `needle` lies.
pub(crate) fn position(bytes: &[u8], needle: &[u8]) -> usize {
    let found = bytes.windows(needle.len()).position(|w| w == needle);
    found.unwrap_or_else(|| panic!("{needle:x?} is not in the clip"))
}

/// Processes whose command line holds `text`.
pub(crate) fn processes(text: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap();
    let ids = entries.filter_map(|e| e.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let holds = |id: &u32| {
        let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.windows(text.len()).any(|w| w == text.as_bytes())
    };
    ids.filter(holds).collect()
}

/// Asserts that such processes end soon.
pub(crate) fn assert_none_left(text: &str) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while !processes(text).is_empty() {
        assert!(std::time::Instant::now() < until, "{text} is still running");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// Copies the real ffmpeg to `folder`, so that its processes can be told from others.
pub(crate) fn own_ffmpeg(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("ffmpeg-of-this-test");
    let from = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|folder| folder.join("ffmpeg"))
        .find(|file| file.is_file())
        .unwrap();
    std::fs::copy(from, &path).unwrap();
    path
}
