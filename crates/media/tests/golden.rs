//! One picture in every accepted form (`data/make_fixtures.py`): quadrants red, green, blue and
//! light grey, which tell colours, orientation and size apart.

use std::path::{Path, PathBuf};

use lifesign_media::{ExifState, ImageFormat, Limits, Photo, decode};

const RED: [u8; 3] = [220, 30, 30];
const GREEN: [u8; 3] = [30, 200, 30];
const BLUE: [u8; 3] = [30, 30, 220];
const LIGHT: [u8; 3] = [200, 200, 200];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn photo(name: &str) -> Photo {
    let bytes = std::fs::read(folder("golden").join(name)).unwrap();
    decode(&bytes, &Limits::default()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn luma([r, g, b]: [u8; 3]) -> [u8; 3] {
    [((299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b)) / 1000) as u8; 3]
}

/// Mean colour of the middle of a quadrant, clear of the seams that coding blurs.
fn quadrant(photo: &Photo, right: u32, bottom: u32) -> [u8; 3] {
    let (width, height) = (photo.frame.width() / 2, photo.frame.height() / 2);
    let mut sums = [0u32; 3];
    let mut count = 0;
    for y in bottom * height + 5..(bottom + 1) * height - 4 {
        for x in right * width + 5..(right + 1) * width - 4 {
            let at = ((y * photo.frame.width() + x) * 3) as usize;
            for (sum, value) in sums.iter_mut().zip(&photo.frame.rgb()[at..at + 3]) {
                *sum += u32::from(*value);
            }
            count += 1;
        }
    }
    sums.map(|sum| (sum / count) as u8)
}

#[test]
fn every_accepted_form_shows_the_same_picture() {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder("golden")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let photo = photo(&name);
        let expected_size = if name.starts_with("odd") {
            (47, 33)
        } else {
            (48, 32)
        };
        let size = (photo.frame.width(), photo.frame.height());
        assert_eq!(size, expected_size, "{name}");
        let mut expected = [RED, GREEN, BLUE, LIGHT];
        if name.contains("[grey]") {
            expected = expected.map(luma);
        }
        if name.contains("[alpha]") {
            expected[2] = [255; 3];
        }
        let found = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| quadrant(&photo, x, y));
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!(
                found.abs_diff(*expected) <= 6,
                "{name}: {found} for {expected}"
            );
        }
        seen += 1;
    }
    assert!(seen >= 45, "{seen} files");
}

#[test]
fn the_format_is_found_by_content() {
    let cases = [
        ("progressive_420.jpg", ImageFormat::Jpeg),
        ("rgb16.png", ImageFormat::Png),
        ("lossy.webp", ImageFormat::WebP),
        ("rle8.bmp", ImageFormat::Bmp),
    ];
    for (name, format) in cases {
        assert_eq!(photo(name).format, format);
    }
}

#[test]
fn all_exif_tags_are_read_from_each_container() {
    for name in [
        "orientation_6.jpg",
        "exif_orientation_6.png",
        "exif_orientation_6.webp",
    ] {
        let ExifState::Present(exif) = photo(name).exif else {
            panic!("{name} has readable EXIF");
        };
        assert_eq!(exif.make.as_deref(), Some("Lifesign"));
        assert_eq!(exif.model.as_deref(), Some("Test Camera 1"));
        assert_eq!(exif.software.as_deref(), Some("make_fixtures"));
        assert_eq!(exif.date_time.as_deref(), Some("2024:05:06 07:08:09"));
        assert_eq!(
            exif.date_time_original.as_deref(),
            Some("2024:05:06 07:08:09")
        );
        assert_eq!(exif.file_source, Some(3));
        assert_eq!(exif.f_number, Some(1.8));
        assert_eq!(exif.iso, Some(200));
        assert_eq!(exif.exposure_time_s, Some(0.008));
        assert_eq!(exif.focal_length_mm, Some(4.3));
        assert_eq!(exif.focal_length_35mm, Some(26.0));
        assert!(exif.has_gps);
        assert_eq!(
            exif.comments.as_deref(),
            Some("four quadrants\nmade by a script")
        );
    }
}

#[test]
fn absent_and_broken_exif_are_told_apart_and_never_fail_the_image() {
    assert_eq!(photo("baseline_444.jpg").exif, ExifState::Absent);
    let broken = photo("exif_broken.jpg").exif;
    assert!(matches!(broken, ExifState::Unreadable(_)), "{broken:?}");
}
