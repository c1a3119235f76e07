//! Marks that a picture is a screenshot rather than a photograph.

use lifesign_domain::ReasonCode;
use lifesign_media::{ExifState, ImageFormat, Photo};

use super::{Component, View, when};
use crate::signals::exif_metadata::spoof_keyword;

/// Shorter and longer side of the screens of common phones, upright, in pixels.
const PHONE_SCREENS: &[(u32, u32)] = &[
    (640, 1136),
    (750, 1334),
    (828, 1792),
    (1080, 1920),
    (1080, 2160),
    (1080, 2220),
    (1080, 2280),
    (1080, 2310),
    (1080, 2340),
    (1080, 2400),
    (1080, 2408),
    (1080, 2412),
    (1125, 2436),
    (1170, 2532),
    (1179, 2556),
    (1206, 2622),
    (1242, 2208),
    (1242, 2688),
    (1284, 2778),
    (1290, 2796),
    (1320, 2868),
    (1344, 2992),
    (1440, 2560),
    (1440, 2960),
    (1440, 3040),
    (1440, 3088),
    (1440, 3120),
    (1440, 3200),
];

/// Number of marks found. Only what cameras do not do counts: a program for screenshots or
/// editing in EXIF, and an upright PNG without a camera's name that is as large as a phone's
/// screen (webcam pictures saved as PNG lie on their side).
pub(super) const SCREENSHOT_MARKS: Component = Component {
    name: "screenshot_marks",
    unit: "count",
    measure: |view| Some(f64::from(marks(view))),
    judge: |count, _| when(count > 0.0, ReasonCode::Screenshot),
};

fn marks(view: &View<'_>) -> u8 {
    let photo = &view.evidence.photo;
    let software = match &photo.exif {
        ExifState::Present(exif) => spoof_keyword(exif, &view.calibration.signals.exif_metadata),
        _ => None,
    };
    u8::from(software.is_some()) + u8::from(has_size_of_a_screen(photo))
}

fn has_size_of_a_screen(photo: &Photo) -> bool {
    let names_a_camera = match &photo.exif {
        ExifState::Present(exif) => exif.make.is_some() || exif.model.is_some(),
        _ => false,
    };
    let size = (photo.frame.width(), photo.frame.height());
    photo.format == ImageFormat::Png && !names_a_camera && PHONE_SCREENS.contains(&size)
}
