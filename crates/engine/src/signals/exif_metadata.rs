//! What the file says about the camera or the program that made it (EXIF, CIPA DC-008).

use lifesign_media::{Exif, ExifState};

use super::params::ExifParams;
use super::{Measured, Reading, Signal, SignalParams};
use crate::Evidence;

/// Camera tags raise the score, a screen-capture or editing program sinks it.
pub(super) struct ExifMetadata;

impl Signal for ExifMetadata {
    fn name(&self) -> &'static str {
        "exif_metadata"
    }

    fn label(&self) -> &'static str {
        "Camera metadata"
    }

    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading {
        Reading::Measured(measured(&evidence.photo.exif, &params.exif_metadata))
    }
}

fn measured(state: &ExifState, params: &ExifParams) -> Measured {
    let exif = match state {
        ExifState::Absent => {
            let detail = "No EXIF metadata in the file; that is common and says nothing.";
            return finding(params.absent, [0; 3], detail.to_owned());
        }
        ExifState::Unreadable(_) => {
            let detail = "The file's EXIF metadata cannot be read; that says nothing.";
            return finding(params.absent, [0; 3], detail.to_owned());
        }
        ExifState::Present(exif) => exif,
    };
    let camera = [&exif.make, &exif.model]
        .iter()
        .filter(|t| t.is_some())
        .count();
    let optics = optical_tags(exif);
    if let Some(keyword) = spoof_keyword(exif, params) {
        let detail =
            format!("The file was written by screen-capture or editing software: {keyword}.");
        return finding(params.spoof_software, [camera, optics, 1], detail);
    }
    if camera == 0 {
        let detail = "EXIF metadata without the make or model of a camera.";
        return finding(params.no_camera, [0, optics, 0], detail.to_owned());
    }
    let score = (params.camera + params.optical_tag * optics as f64).min(1.0);
    let detail = format!(
        "Camera named: {}, with {optics} of {OPTICAL_TAGS} capture settings (aperture, ISO, \
         shutter, focal length, GPS).",
        camera_name(exif)
    );
    finding(score, [camera, optics, 0], detail)
}

fn finding(score: f64, [camera, optics, spoof]: [usize; 3], detail: String) -> Measured {
    Measured {
        values: vec![
            ("camera_tags", camera as f64),
            ("capture_tags", optics as f64),
            ("spoof_software", spoof as f64),
        ],
        score,
        detail,
    }
}

const OPTICAL_TAGS: usize = 5;

fn optical_tags(exif: &Exif) -> usize {
    let tags: [bool; OPTICAL_TAGS] = [
        exif.f_number.is_some(),
        exif.iso.is_some(),
        exif.exposure_time_s.is_some(),
        exif.focal_length_mm.is_some() || exif.focal_length_35mm.is_some(),
        exif.has_gps,
    ];
    tags.iter().filter(|&&present| present).count()
}

/// Make and model for people, without what a log or a page might take for markup.
fn camera_name(exif: &Exif) -> String {
    const LONGEST: usize = 48;
    let words = [&exif.make, &exif.model].into_iter().flatten();
    let joined = words.map(String::as_str).collect::<Vec<_>>().join(" ");
    let plain = |c: &char| c.is_alphanumeric() || " -_.,()+/".contains(*c);
    joined.chars().filter(plain).take(LONGEST).collect()
}

fn spoof_keyword<'a>(exif: &Exif, params: &'a ExifParams) -> Option<&'a str> {
    let find = |text: &Option<String>, keywords: &'a [String]| {
        let text = text.as_deref()?;
        keywords.iter().find(|keyword| names(text, keyword))
    };
    find(&exif.software, &params.spoof_keywords)
        .or_else(|| find(&exif.comments, &params.comment_keywords))
        .map(String::as_str)
}

/// Whether a text names a keyword, whatever its case. Long keywords count anywhere, spaces and
/// hyphens aside ("ScreenCapture", "snipping-tool"); short ones only as a word of their own,
/// else "obs" would be found in "Observatory Camera 2".
fn names(text: &str, keyword: &str) -> bool {
    const LONGEST_WHOLE_WORD: usize = 4;
    let (text, keyword) = (text.to_lowercase(), keyword.to_lowercase());
    if keyword.chars().count() <= LONGEST_WHOLE_WORD {
        return text
            .split(|c: char| !c.is_alphabetic())
            .any(|word| word == keyword);
    }
    let squeeze = |s: &str| {
        s.chars()
            .filter(|c| c.is_alphanumeric())
            .collect::<String>()
    };
    squeeze(&text).contains(&squeeze(&keyword))
}
