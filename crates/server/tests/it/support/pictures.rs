//! Pictures for the tests, all made of the public-domain portraits in `assets/samples`.
//!
//! What each is judged to be is decided by the real engine: candidates are degraded step by step,
//! and the first one with the wanted verdict is taken.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::imageops::{self, FilterType};
use image::{ImageEncoder, Rgb, RgbImage};
use lifesign_contracts::ImageRules;
use lifesign_domain::{CheckResult, ReasonCode, Verdict};
use lifesign_media::{Frame, Limits};
use lifesign_server::service::Wanted;
use lifesign_testkit::faceless_scene;

use super::{real_checker, sample};

const QUALITY: u8 = 92;
/// A size that contract 004 takes.
const CAMERA_SIDE: u32 = 1024;

/// The file of FIXTURES.md with this name. Sealed ones are of their tenant.
pub(crate) fn picture(name: &str) -> Arc<Vec<u8>> {
    static MADE: LazyLock<Mutex<BTreeMap<String, Arc<Vec<u8>>>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || Arc::new(make(name));
    Arc::clone(made.entry(name.to_owned()).or_insert_with(make))
}

fn make(name: &str) -> Vec<u8> {
    match name {
        // No clip at all: `NamedClips` knows them by name.
        name if name.ends_with("_clip") => name.as_bytes().to_vec(),
        "live_image" => sample("astronaut.jpg"),
        "live_png_image" => png(&astronaut(), None),
        "webp_image" => webp(&astronaut()),
        "spoof_image" => judged(Verdict::Spoof, &astronaut(), None),
        "undecided_image" => judged(Verdict::Inconclusive, &astronaut(), None),
        "no_face_image" => sample("coffee.jpg"),
        "two_faces_image" => sample("two_faces.jpg"),
        "turned_image" => jpeg(&rotated(&astronaut(), 40.0), None),
        "mask_image" => jpeg(&masked(), None),
        "sunglasses_image" => jpeg(&with_sunglasses(), None),
        // A real cap. The calibration that ships takes no hat for one (its limit is 0, because
        // full hair is taken for hats too): the tests ask an engine with the limit raised.
        "hat_image" => sample("grace_hopper.jpg"),
        "occluded_image" => behind_a_telephone(),
        "screenshot_image" => {
            let exif = Exif {
                software: Some("Adobe Photoshop 25.0"),
                ..Exif::default()
            };
            jpeg(&astronaut(), Some(&exif))
        }
        "camera_image" => jpeg(&scaled(&astronaut(), CAMERA_SIDE), Some(&Exif::CAMERA)),
        "camera_png_image" => png(&scaled(&astronaut(), CAMERA_SIDE), Some(&Exif::CAMERA)),
        "camera_spoof_image" => {
            let large = scaled(&astronaut(), CAMERA_SIDE);
            judged(Verdict::Spoof, &large, Some(&Exif::CAMERA))
        }
        "camera_undecided_image" => {
            let large = scaled(&astronaut(), CAMERA_SIDE);
            judged(Verdict::Inconclusive, &large, Some(&Exif::CAMERA))
        }
        "camera_no_face_image" => {
            let scene = scaled(&of_frame(&faceless_scene(11)), CAMERA_SIDE);
            jpeg(&scene, Some(&Exif::CAMERA))
        }
        "bare_image" => jpeg(&scaled(&astronaut(), CAMERA_SIDE), None),
        "small_camera_image" => jpeg(&scaled(&astronaut(), 640), Some(&Exif::CAMERA)),
        "wide_camera_image" => jpeg(&scaled(&astronaut(), 2048), Some(&Exif::CAMERA)),
        "huge_image" => {
            let mut file = sample("astronaut.jpg");
            file.resize(10 * 1024 * 1024 + 1, 0);
            file
        }
        "text_file" => b"This is no image, and never was one.".to_vec(),
        other => panic!("there is no picture {other}"),
    }
}

pub(crate) fn astronaut() -> RgbImage {
    decoded("astronaut.jpg")
}

/// A sample's pixels.
pub(crate) fn decoded(name: &str) -> RgbImage {
    let photo = lifesign_media::decode(&sample(name), &Limits::default()).unwrap();
    of_frame(&photo.frame)
}

/// A square of this side.
pub(crate) fn scaled(picture: &RgbImage, side: u32) -> RgbImage {
    imageops::resize(picture, side, side, FilterType::CatmullRom)
}

fn of_frame(frame: &Frame) -> RgbImage {
    let rgb = frame.rgb().to_vec();
    RgbImage::from_raw(frame.width(), frame.height(), rgb).unwrap()
}

/// The first of ever more blurred copies that the real engine judges so.
fn judged(wanted: Verdict, picture: &RgbImage, exif: Option<&Exif>) -> Vec<u8> {
    // The face of a larger picture is larger.
    let unit = picture.width() as f32 / 512.0;
    let blurred = (8..50_u8).map(|step| imageops::blur(picture, f32::from(step) / 10.0 * unit));
    first(blurred.map(|picture| jpeg(&picture, exif)), |result| {
        result.verdict == wanted && result.face_count == 1
    })
}

/// The first file of whose result `wanted` holds.
fn first(
    mut files: impl Iterator<Item = Vec<u8>>,
    wanted: impl Fn(&CheckResult) -> bool,
) -> Vec<u8> {
    let checker = real_checker();
    let options = Wanted {
        profile: "ensemble".to_owned(),
        pictures: false,
        rules: ImageRules::default(),
    };
    let found = files.find(|file| wanted(&checker.check(file, &options).unwrap().checked.result));
    found.expect("one of the candidates is as wanted")
}

/// Turned clockwise about its middle, on grey.
fn rotated(picture: &RgbImage, degrees: f64) -> RgbImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (width, height) = picture.dimensions();
    let middle = (f64::from(width) / 2.0, f64::from(height) / 2.0);
    RgbImage::from_fn(width, height, |x, y| {
        let (dx, dy) = (f64::from(x) - middle.0, f64::from(y) - middle.1);
        let (from_x, from_y) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let (from_x, from_y) = (from_x + middle.0, from_y + middle.1);
        let inside = from_x >= 0.0 && from_y >= 0.0;
        let source = picture.get_pixel_checked(from_x as u32, from_y as u32);
        source.filter(|_| inside).copied().unwrap_or(Rgb([128; 3]))
    })
}

/// One colour wherever `inside` holds. The covers are drawn, as in the engine's own tests.
fn painted(mut picture: RgbImage, rgb: [u8; 3], inside: impl Fn(f64, f64) -> bool) -> RgbImage {
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        if inside(f64::from(x), f64::from(y)) {
            *pixel = Rgb(rgb);
        }
    }
    picture
}

/// The lower half of a face whose eyes are at about (203, 117) and (247, 113).
fn masked() -> RgbImage {
    painted(astronaut(), [165, 200, 215], |x, y| {
        let (dx, dy) = ((x - 224.0) / 44.0, (y - 160.0) / 32.0);
        dx.powi(4) + dy.powi(2) < 1.0
    })
}

fn with_sunglasses() -> RgbImage {
    painted(decoded("grace_hopper.jpg"), [14, 14, 16], |x, y| {
        let lens = |cx: f64| ((x - cx) / 38.0).powi(2) + ((y - 200.0) / 29.0).powi(2) < 1.0;
        let bridge = (250.0..276.0).contains(&x) && (188.0..198.0).contains(&y);
        lens(219.0) || lens(306.0) || bridge
    })
}

/// A telephone before one half of the face. Hardly anything is taken for a thing before a face
/// under the limit that ships (0.01), so a few telephones are tried.
fn behind_a_telephone() -> Vec<u8> {
    let telephones = (165..185_u8).step_by(5).flat_map(|left| {
        [[24, 24, 26], [30, 60, 150]].map(|rgb| {
            painted(astronaut(), rgb, |x, y| {
                (f64::from(left)..229.0).contains(&x) && (60.0..191.0).contains(&y)
            })
        })
    });
    first(telephones.map(|picture| jpeg(&picture, None)), |result| {
        let mut codes = result.reasons.iter().map(|reason| reason.code);
        codes.any(|code| code == ReasonCode::FaceOccluded)
    })
}

pub(crate) fn jpeg(picture: &RgbImage, exif: Option<&Exif>) -> Vec<u8> {
    jpeg_of_quality(picture, QUALITY, exif)
}

pub(crate) fn jpeg_of_quality(picture: &RgbImage, quality: u8, exif: Option<&Exif>) -> Vec<u8> {
    let mut file = Vec::new();
    encode(
        JpegEncoder::new_with_quality(&mut file, quality),
        picture,
        exif,
    );
    file
}

fn png(picture: &RgbImage, exif: Option<&Exif>) -> Vec<u8> {
    let mut file = Vec::new();
    encode(PngEncoder::new(&mut file), picture, exif);
    file
}

fn encode(mut encoder: impl ImageEncoder, picture: &RgbImage, exif: Option<&Exif>) {
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif.block()).unwrap();
    }
    let (width, height) = picture.dimensions();
    let color = image::ExtendedColorType::Rgb8;
    encoder.write_image(picture, width, height, color).unwrap();
}

pub(crate) fn webp(picture: &RgbImage) -> Vec<u8> {
    other(picture, image::ImageFormat::WebP)
}

pub(crate) fn bmp(picture: &RgbImage) -> Vec<u8> {
    other(picture, image::ImageFormat::Bmp)
}

fn other(picture: &RgbImage, format: image::ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// What an EXIF block says.
#[derive(Default)]
pub(crate) struct Exif {
    make: Option<&'static str>,
    software: Option<&'static str>,
    date_time: Option<&'static str>,
    file_source: Option<u8>,
}

impl Exif {
    /// As from a camera: the three tags of contract 004.
    pub(crate) const CAMERA: Self = Self {
        make: Some("Example Cameras"),
        software: None,
        date_time: Some("2026:11:25 12:00:00"),
        file_source: Some(3),
    };

    /// TIFF, little-endian: a directory, the EXIF directory behind it, then the texts.
    fn block(&self) -> Vec<u8> {
        const ASCII: u16 = 2;
        const LONG: u16 = 4;
        const UNDEFINED: u16 = 7;
        let texts = [
            (0x010F, self.make),
            (0x0131, self.software),
            (0x0132, self.date_time),
        ];
        let texts = texts.into_iter();
        let texts: Vec<(u16, &str)> = texts.filter_map(|(tag, t)| Some((tag, t?))).collect();
        let size = |entries: usize| 2 + 12 * entries as u32 + 4;
        let exif_at = 8 + size(texts.len() + 1);
        let mut text_at = exif_at + size(usize::from(self.file_source.is_some()));

        let mut block = b"II*\0\x08\0\0\0".to_vec();
        let entry = |block: &mut Vec<u8>, tag: u16, kind: u16, count: u32, value: u32| {
            block.extend_from_slice(&tag.to_le_bytes());
            block.extend_from_slice(&kind.to_le_bytes());
            block.extend_from_slice(&count.to_le_bytes());
            block.extend_from_slice(&value.to_le_bytes());
        };
        block.extend_from_slice(&(texts.len() as u16 + 1).to_le_bytes());
        for (tag, text) in &texts {
            // Longer than four bytes, so it stands behind the directories.
            let count = text.len() as u32 + 1;
            entry(&mut block, *tag, ASCII, count, text_at);
            text_at += count;
        }
        entry(&mut block, 0x8769, LONG, 1, exif_at);
        block.extend_from_slice(&[0; 4]);
        block.extend_from_slice(&u16::from(self.file_source.is_some()).to_le_bytes());
        if let Some(source) = self.file_source {
            entry(&mut block, 0xA300, UNDEFINED, 1, u32::from(source));
        }
        block.extend_from_slice(&[0; 4]);
        for (_, text) in texts {
            block.extend_from_slice(text.as_bytes());
            block.push(0);
        }
        block
    }
}
