//! From frames to a clip, through `ffmpeg`.

use std::io::Write;
use std::process::{Command, Stdio};

use lifesign_media::Frame;

use crate::Random;

/// How a clip is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// H.264 in MP4, as phones do it: constant quality of about 4 Mbit/s at 720p.
    H264,
    /// VP8 in WebM, as browsers record it.
    Vp8,
    /// VP9 in WebM.
    Vp9,
    /// Motion JPEG, which Chromium's fake camera plays (`--use-file-for-fake-video-capture=FILE.mjpeg`).
    Mjpeg,
}

impl Codec {
    /// The usual ending of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::H264 => "mp4",
            Self::Vp8 | Self::Vp9 => "webm",
            Self::Mjpeg => "mjpeg",
        }
    }

    fn arguments(self) -> &'static str {
        match self {
            Self::H264 => {
                "-c:v libx264 -preset veryfast -crf 21 -pix_fmt yuv420p -movflags +faststart"
            }
            Self::Vp8 => "-c:v libvpx -deadline realtime -cpu-used 6 -b:v 2500k -pix_fmt yuv420p",
            Self::Vp9 => {
                "-c:v libvpx-vp9 -deadline realtime -cpu-used 7 -row-mt 1 -b:v 2500k -pix_fmt yuv420p"
            }
            Self::Mjpeg => "-c:v mjpeg -q:v 4 -pix_fmt yuvj420p",
        }
    }
}

/// Whether `ffmpeg` is installed.
pub fn can_film() -> bool {
    let version = Command::new("ffmpeg")
        .arg("-version")
        .stdout(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// The bytes of a clip of these frames, all of one size, at so many a second.
///
/// # Panics
/// If there is no frame, their sizes differ, or `ffmpeg` fails.
pub fn film(frames: impl IntoIterator<Item = Frame>, frames_per_s: f64, codec: Codec) -> Vec<u8> {
    let mut frames = frames.into_iter().peekable();
    let first = frames.peek().expect("a film has frames");
    let size = [first.width(), first.height()];
    let folder = tempfile::tempdir().expect("a folder for the film");
    let file = folder.path().join(format!("film.{}", codec.extension()));
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"])
        .args(["-s", &format!("{}x{}", size[0], size[1])])
        .args(["-r", &frames_per_s.to_string(), "-i", "pipe:0"])
        .args(codec.arguments().split(' '))
        .arg(&file)
        .stdin(Stdio::piped())
        .spawn()
        .expect("ffmpeg is installed");
    let mut pipe = child.stdin.take().expect("a pipe");
    for frame in frames {
        assert_eq!(
            [frame.width(), frame.height()],
            size,
            "all frames have one size"
        );
        pipe.write_all(frame.rgb()).expect("ffmpeg takes the frame");
    }
    drop(pipe);
    assert!(child.wait().expect("ffmpeg ends").success(), "ffmpeg fails");
    std::fs::read(file).expect("the film is there")
}

/// A frame with the noise of a sensor: normal, of this standard deviation in grey levels, another for
/// each seed.
pub fn with_noise(frame: &Frame, deviation: f64, seed: u64) -> Frame {
    let mut random = Random::new(seed);
    let mut bits = 0;
    let rgb = frame.rgb().iter().enumerate().map(|(i, value)| {
        if i % 2 == 0 {
            bits = random.bits();
        }
        // The sum of four uniform bytes is nearly normal, with a deviation of 147.8.
        let sum = (bits & 0xFF) + (bits >> 8 & 0xFF) + (bits >> 16 & 0xFF) + (bits >> 24 & 0xFF);
        bits >>= 32;
        (f64::from(*value) + (sum as f64 - 510.0) / 147.8 * deviation)
            .round()
            .clamp(0.0, 255.0) as u8
    });
    Frame::new(frame.width(), frame.height(), rgb.collect()).expect("the same size")
}
