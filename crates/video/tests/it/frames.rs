//! Known pictures come out as they went in.

use std::ops::ControlFlow;

use lifesign_media::Frame;
use lifesign_video::{Clip, Codec, Container, Sound, Wanted};

use crate::make::{decode, ffmpeg, ffmpeg_with, plain_mp4, position, small, tools};

const WIDTH: u32 = 320;
const HEIGHT: u32 = 240;
const COLOURS: [[u8; 3]; 6] = [
    [200, 40, 40],
    [40, 180, 60],
    [50, 60, 200],
    [220, 210, 60],
    [128, 128, 128],
    [20, 20, 20],
];

/// Each frame has one colour on the left and the next one on the right.
fn known_frames() -> Vec<u8> {
    let mut raw = Vec::new();
    for index in 0..COLOURS.len() {
        let row: Vec<u8> = (0..WIDTH)
            .flat_map(|x| COLOURS[(index + usize::from(x >= WIDTH / 2)) % COLOURS.len()])
            .collect();
        raw.extend(row.repeat(HEIGHT as usize));
    }
    raw
}

fn encoded(codec: &str, kind: &str) -> Vec<u8> {
    // VP8 has one matrix only (RFC 6386, 9.2) and says nothing of it.
    let matrix = if codec.starts_with("libvpx ") {
        "bt601"
    } else {
        "bt709"
    };
    let filter = format!("scale=out_color_matrix={matrix}:out_range=tv,format=yuv420p");
    let mut args: Vec<&str> =
        "-f rawvideo -pix_fmt rgb24 -s 320x240 -r 25 -i pipe:0 -colorspace bt709 \
        -color_primaries bt709 -color_trc bt709 -color_range tv -g 3 -vf"
            .split_whitespace()
            .collect();
    args.push(&filter);
    args.push("-c:v");
    args.extend(codec.split_whitespace());
    ffmpeg_with(&args, kind, &known_frames())
}

/// Mean colour of a quarter of the frame, away from its edges.
fn colour(frame: &Frame, left: bool, top: bool) -> [u8; 3] {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let x = if left { width / 4 } else { width * 3 / 4 };
    let y = if top { height / 4 } else { height * 3 / 4 };
    let mut sums = [0_usize; 3];
    for row in y - 8..y + 8 {
        for column in x - 8..x + 8 {
            for (channel, sum) in sums.iter_mut().enumerate() {
                *sum += usize::from(frame.rgb()[(row * width + column) * 3 + channel]);
            }
        }
    }
    sums.map(|sum| u8::try_from(sum / 256).unwrap())
}

fn assert_colour(found: [u8; 3], expected: [u8; 3], what: &str) {
    let near = found.iter().zip(expected).all(|(f, e)| f.abs_diff(e) <= 12);
    assert!(near, "{what}: {found:?} is not {expected:?}");
}

#[test]
fn each_codec_gives_back_colours_order_and_times() {
    let Some(tools) = tools() else { return };
    let cases = [
        (
            "libx264 -preset ultrafast -crf 10 -bf 2",
            "mp4",
            Codec::H264,
            Container::Mp4,
        ),
        (
            "libx264 -preset ultrafast -crf 10",
            "mov",
            Codec::H264,
            Container::QuickTime,
        ),
        (
            "libx264 -preset ultrafast -crf 10",
            "mkv",
            Codec::H264,
            Container::Matroska,
        ),
        (
            "libx265 -preset ultrafast -crf 10 -x265-params log-level=none",
            "mp4",
            Codec::Hevc,
            Container::Mp4,
        ),
        (
            "libvpx -deadline realtime -cpu-used 8 -b:v 4M",
            "webm",
            Codec::Vp8,
            Container::WebM,
        ),
        (
            "libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 4M",
            "webm",
            Codec::Vp9,
            Container::WebM,
        ),
        (
            "libaom-av1 -usage realtime -cpu-used 8 -b:v 4M",
            "webm",
            Codec::Av1,
            Container::WebM,
        ),
        (
            "libaom-av1 -usage realtime -cpu-used 8 -b:v 4M",
            "mp4",
            Codec::Av1,
            Container::Mp4,
        ),
    ];
    for (encoder, kind, codec, container) in cases {
        let bytes = encoded(encoder, kind);
        let clip = Clip::open(tools, &bytes, &small()).unwrap();
        assert_eq!(
            (clip.facts().codec, clip.facts().container),
            (codec, container)
        );
        assert_eq!((clip.facts().width, clip.facts().height), (WIDTH, HEIGHT));
        assert_eq!(clip.facts().packets as usize, COLOURS.len());
        let (frames, decoded) = decode(tools, &bytes, &small(), &Wanted::default()).unwrap();
        assert_eq!(frames.len(), COLOURS.len(), "{encoder} {kind}");
        assert_eq!(decoded.complaints, 0, "{encoder} {kind}");
        for (number, frame) in frames.iter().enumerate() {
            let what = format!("{encoder} {kind} frame {number}");
            assert_eq!(frame.index as usize, number);
            let expected_s = number as f64 / 25.0;
            assert!(
                (frame.at_s - frame_zero(&frames) - expected_s).abs() < 0.002,
                "{what}: {}",
                frame.at_s
            );
            assert_colour(colour(&frame.frame, true, true), COLOURS[number], &what);
            let next = COLOURS[(number + 1) % COLOURS.len()];
            assert_colour(colour(&frame.frame, false, false), next, &what);
        }
        let rate = decoded.measured_frame_rate.unwrap();
        assert!((rate - 25.0).abs() < 0.5, "{encoder} {kind}: {rate}");
    }
}

fn frame_zero(frames: &[lifesign_video::ClipFrame]) -> f64 {
    frames[0].at_s
}

/// Writes a rotation into the track header, as phones do (ISO/IEC 14496-12, 8.3.2).
fn turn(bytes: &mut [u8], matrix: [i32; 4]) {
    let at = position(bytes, b"tkhd") + 4 + 40;
    let [a, b, c, d] = matrix.map(|v| v << 16);
    for (index, value) in [(0, a), (1, b), (3, c), (4, d)] {
        bytes[at + index * 4..][..4].copy_from_slice(&value.to_be_bytes());
    }
}

#[test]
fn pictures_are_turned_upright() {
    let Some(tools) = tools() else { return };
    let original = encoded("libx264 -preset ultrafast -crf 10", "mp4");
    let (left, right) = (COLOURS[0], COLOURS[1]);
    // Matrix, degrees, and the colours at the top left and the bottom right.
    let cases = [
        ([1, 0, 0, 1], 0, left, right),
        ([0, 1, -1, 0], 90, left, right),
        ([-1, 0, 0, -1], 180, right, left),
        ([0, -1, 1, 0], 270, right, left),
    ];
    for (matrix, degrees, top_left, bottom_right) in cases {
        let mut bytes = original.clone();
        turn(&mut bytes, matrix);
        let clip = Clip::open(tools, &bytes, &small()).unwrap();
        let facts = clip.facts();
        assert_eq!(facts.rotation_deg, degrees);
        let turned = degrees % 180 == 90;
        let size = if turned {
            (HEIGHT, WIDTH)
        } else {
            (WIDTH, HEIGHT)
        };
        assert_eq!((facts.width, facts.height), size);
        let wanted = Wanted {
            longer_side: 160,
            ..Wanted::default()
        };
        let (frames, _) = decode(tools, &bytes, &small(), &wanted).unwrap();
        let first = &frames[0].frame;
        assert_eq!((first.width(), first.height()), (size.0 / 2, size.1 / 2));
        let what = format!("{degrees} degrees");
        assert_colour(colour(first, true, true), top_left, &what);
        assert_colour(colour(first, false, false), bottom_right, &what);
    }
}

#[test]
fn times_of_uneven_frames_are_kept() {
    let Some(tools) = tools() else { return };
    let bytes = ffmpeg_with(
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x240:r=25",
            "-frames:v",
            "8",
            "-vf",
            "settb=1/1000,setpts=N*N*20",
            "-vsync",
            "passthrough",
            "-enc_time_base",
            "1:1000",
            "-video_track_timescale",
            "1000",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-bf",
            "0",
        ],
        "mp4",
        &[],
    );
    let (frames, decoded) = decode(tools, &bytes, &small(), &Wanted::default()).unwrap();
    let times: Vec<f64> = frames.iter().map(|f| (f.at_s * 1000.0).round()).collect();
    assert_eq!(times, [0.0, 20.0, 80.0, 180.0, 320.0, 500.0, 720.0, 980.0]);
    assert_eq!(decoded.frame_times_s.len(), 8);
}

#[test]
fn fewer_frames_keep_their_own_times() {
    let Some(tools) = tools() else { return };
    let bytes = plain_mp4(2.0);
    let wanted = Wanted {
        longer_side: 64,
        frames_per_second: Some(10.0),
    };
    let (frames, decoded) = decode(tools, &bytes, &small(), &wanted).unwrap();
    assert_eq!(frames.len(), 20);
    assert_eq!(decoded.frame_times_s.len(), 50);
    for frame in &frames {
        let of_clip = decoded.frame_times_s.contains(&frame.at_s);
        assert!(of_clip, "{}", frame.at_s);
    }
    assert_eq!(
        (frames[0].frame.width(), frames[0].frame.height()),
        (64, 48)
    );
    // The third interval begins at 0.2 s, where a frame is.
    assert!((frames[2].at_s - 0.2).abs() < 1e-6, "{}", frames[2].at_s);
}

#[test]
fn the_receiver_may_stop() {
    let Some(tools) = tools() else { return };
    let bytes = plain_mp4(2.0);
    let clip = Clip::open(tools, &bytes, &small()).unwrap();
    let decoded = clip
        .decode(&Wanted::default(), &mut |frame| match frame.index {
            0 | 1 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        })
        .unwrap();
    assert!(decoded.stopped);
    assert_eq!(decoded.frames, 3);
}

#[test]
fn a_picture_that_changes_its_size_comes_in_one_size() {
    let Some(tools) = tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::new();
    for (name, size) in [("a", "320x240"), ("b", "160x240"), ("c", "640x480")] {
        let args =
            format!("-f lavfi -i testsrc2=s={size}:r=25:d=0.2 -c:v libvpx -deadline realtime");
        std::fs::write(folder.path().join(name), ffmpeg(&args, "webm")).unwrap();
        list += &format!("file '{name}'\n");
    }
    let list_file = folder.path().join("list");
    std::fs::write(&list_file, list).unwrap();
    let args = format!("-f concat -safe 0 -i {} -c copy", list_file.display());
    let bytes = ffmpeg(&args, "webm");
    let (frames, _) = decode(tools, &bytes, &small(), &Wanted::default()).unwrap();
    assert_eq!(frames.len(), 15);
    assert!(
        frames
            .iter()
            .all(|f| (f.frame.width(), f.frame.height()) == (320, 240))
    );
}

#[test]
fn the_tone_is_heard() {
    let Some(tools) = tools() else { return };
    for bytes in [plain_mp4(2.0), crate::make::plain_webm(2.0)] {
        let clip = Clip::open(tools, &bytes, &small()).unwrap();
        assert!(clip.facts().has_audio);
        let sound = clip.sound().unwrap().unwrap();
        assert!(
            (sound.duration_s() - 2.0).abs() < 0.1,
            "{}",
            sound.duration_s()
        );
        let loud = power(&sound, 440.0);
        for other in [220.0, 330.0, 550.0, 880.0] {
            assert!(loud > 1000.0 * power(&sound, other), "{other} Hz");
        }
    }
    let silent = ffmpeg("-f lavfi -i testsrc2=s=320x240:d=0.2 -c:v libx264", "mp4");
    let clip = Clip::open(tools, &silent, &small()).unwrap();
    assert_eq!(
        (clip.facts().has_audio, clip.sound().unwrap()),
        (false, None)
    );
}

/// Power at one frequency in a second from the middle (Goertzel).
fn power(sound: &Sound, hertz: f64) -> f64 {
    let rate = f64::from(Sound::SAMPLE_RATE);
    let step = std::f64::consts::TAU * hertz / rate;
    let middle = &sound.samples[8_000..24_000];
    let (re, im) = middle
        .iter()
        .enumerate()
        .fold((0.0, 0.0), |(re, im), (n, sample)| {
            let angle = step * n as f64;
            let value = f64::from(*sample);
            (re + value * angle.cos(), im + value * angle.sin())
        });
    re * re + im * im
}
