//! Each quality reason is raised by the fault that it names, and by nothing in a good portrait.

use lifesign_domain::{QualityComponent, ReasonCode};
use lifesign_engine::quality;
use lifesign_media::{ExifState, Frame, ImageFormat, Photo};

use crate::support::{ENGINE, sample};

fn portrait() -> Frame {
    sample("astronaut.jpg").frame
}

fn assess(frame: Frame, format: ImageFormat) -> (Vec<QualityComponent>, Vec<ReasonCode>) {
    let photo = Photo {
        frame,
        format,
        exif: ExifState::Absent,
        size_bytes: 0,
    };
    let result = ENGINE.check(photo, "classic").unwrap().result;
    assert!(result.face_detected);
    (
        result.quality,
        result.reasons.iter().map(|r| r.code).collect(),
    )
}

fn reasons(frame: Frame) -> Vec<ReasonCode> {
    assess(frame, ImageFormat::Jpeg).1
}

/// Each pixel from its place and old value.
fn repainted(frame: &Frame, paint: impl Fn(f64, f64, f64) -> f64) -> Frame {
    let width = frame.width() as usize;
    let rgb = frame.rgb().iter().enumerate().map(|(i, &value)| {
        let (x, y) = (i / 3 % width, i / 3 / width);
        paint(x as f64, y as f64, f64::from(value)).clamp(0.0, 255.0) as u8
    });
    Frame::new(frame.width(), frame.height(), rgb.collect()).unwrap()
}

fn cut(frame: &Frame, (left, top): (usize, usize), (width, height): (usize, usize)) -> Frame {
    let row_bytes = frame.width() as usize * 3;
    let rows = frame.rgb().chunks_exact(row_bytes).skip(top).take(height);
    let rgb = rows
        .flat_map(|row| row[left * 3..][..width * 3].to_vec())
        .collect();
    Frame::new(width as u32, height as u32, rgb).unwrap()
}

/// The frame at another size, each pixel the mean of what it covers (or its nearest one).
fn scaled(frame: &Frame, factor: f64) -> Frame {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let to = |side: usize| (side as f64 * factor).round() as usize;
    let span = |i: usize| {
        let (from, until) = (i as f64 / factor, (i + 1) as f64 / factor);
        (
            from as usize,
            (until.ceil() as usize).max(from as usize + 1),
        )
    };
    let mut rgb = Vec::new();
    for y in 0..to(height) {
        for x in 0..to(width) {
            let ((x0, x1), (y0, y1)) = (span(x), span(y));
            for c in 0..3 {
                let values = (y0..y1.min(height)).flat_map(|row| {
                    (x0..x1.min(width)).map(move |column| (row * width + column) * 3 + c)
                });
                let (sum, count) = values.fold((0u32, 0u32), |(s, n), at| {
                    (s + u32::from(frame.rgb()[at]), n + 1)
                });
                rgb.push((sum / count.max(1)) as u8);
            }
        }
    }
    Frame::new(to(width) as u32, to(height) as u32, rgb).unwrap()
}

fn box_blurred(frame: &Frame, radius: i64) -> Frame {
    let (width, height) = (i64::from(frame.width()), i64::from(frame.height()));
    let pass = |rgb: &[u8], dx: i64, dy: i64| -> Vec<u8> {
        let at = |x: i64, y: i64, c: i64| {
            let (x, y) = (x.clamp(0, width - 1), y.clamp(0, height - 1));
            u32::from(rgb[((y * width + x) * 3 + c) as usize])
        };
        let mean = |x, y, c| {
            let sum: u32 = (-radius..=radius)
                .map(|k| at(x + k * dx, y + k * dy, c))
                .sum();
            (sum / (2 * radius + 1) as u32) as u8
        };
        (0..height)
            .flat_map(|y| (0..width).flat_map(move |x| (0..3).map(move |c| (x, y, c))))
            .map(|(x, y, c)| mean(x, y, c))
            .collect()
    };
    let across = pass(frame.rgb(), 1, 0);
    Frame::new(frame.width(), frame.height(), pass(&across, 0, 1)).unwrap()
}

#[test]
fn a_good_portrait_raises_nothing_and_measures_everything() {
    let (components, reasons) = assess(sample("grace_hopper.jpg").frame, ImageFormat::Jpeg);
    assert_eq!(reasons, []);
    let names: Vec<&str> = components.iter().map(|c| c.name.as_str()).collect();
    let registered: Vec<&str> = quality::ALL.iter().map(|c| c.name).collect();
    assert_eq!(names, registered);
    assert!(components.iter().all(|c| c.passed && c.value.is_finite()));
}

#[test]
fn light() {
    let frame = portrait();
    let dark = reasons(repainted(&frame, |_, _, v| v * 0.18));
    assert!(dark.contains(&ReasonCode::TooDark), "{dark:?}");
    let bright = reasons(repainted(&frame, |_, _, v| v * 0.6 + 140.0));
    assert!(bright.contains(&ReasonCode::TooBright), "{bright:?}");
    // The middle of the face is at x = 224.
    let half = reasons(repainted(
        &frame,
        |x, _, v| if x < 224.0 { v * 0.3 } else { v },
    ));
    assert!(half.contains(&ReasonCode::UnevenLight), "{half:?}");
}

#[test]
fn blur_at_any_size() {
    let frame = portrait();
    let blurred = reasons(box_blurred(&frame, 3));
    assert!(blurred.contains(&ReasonCode::Blurred), "{blurred:?}");
    let large = reasons(scaled(&frame, 3.0));
    assert!(!large.contains(&ReasonCode::Blurred), "{large:?}");
    let large_and_blurred = reasons(box_blurred(&scaled(&frame, 3.0), 9));
    assert!(
        large_and_blurred.contains(&ReasonCode::Blurred),
        "{large_and_blurred:?}"
    );
}

#[test]
fn framing() {
    let frame = portrait();
    let small = reasons(scaled(&frame, 0.5));
    assert!(small.contains(&ReasonCode::FaceTooSmall), "{small:?}");
    // The mesh reaches from about (175, 70) to (270, 185).
    let tight = reasons(cut(&frame, (172, 68), (102, 120)));
    assert!(tight.contains(&ReasonCode::FaceTooLarge), "{tight:?}");
    let cropped = reasons(cut(&frame, (150, 100), (200, 200)));
    assert!(cropped.contains(&ReasonCode::FaceCropped), "{cropped:?}");
}

#[test]
fn a_phone_sized_png_without_a_camera_is_a_screenshot() {
    let portrait = portrait();
    let (width, height) = (750usize, 1334usize);
    let mut rgb = vec![200; width * height * 3];
    for (row, source) in portrait.rgb().chunks_exact(512 * 3).enumerate() {
        let at = ((row + 300) * width + 100) * 3;
        rgb[at..at + source.len()].copy_from_slice(source);
    }
    let screen = Frame::new(width as u32, height as u32, rgb).unwrap();
    let (_, as_png) = assess(screen.clone(), ImageFormat::Png);
    assert!(as_png.contains(&ReasonCode::Screenshot), "{as_png:?}");
    let (_, as_jpeg) = assess(screen, ImageFormat::Jpeg);
    assert!(!as_jpeg.contains(&ReasonCode::Screenshot), "{as_jpeg:?}");
}

#[test]
fn a_clockwise_head_is_turned_away_beyond_the_limit() {
    let rolled = sample("astronaut_rolled.jpg").frame;
    let (components, _) = assess(rolled, ImageFormat::Jpeg);
    let roll = components
        .iter()
        .find(|c| c.name == "head_pose_roll")
        .unwrap();
    // The sample is the portrait turned by 30 degrees counter-clockwise; its own roll is 7 more.
    assert!((-30.0..-15.0).contains(&roll.value), "{}", roll.value);
}
