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

/// The calibration's keyword for screen-capture or editing software that the file names.
pub(crate) fn spoof_keyword<'a>(exif: &Exif, params: &'a ExifParams) -> Option<&'a str> {
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

#[cfg(test)]
mod tests {
    use super::super::test_support::params;
    use super::*;

    fn at(state: ExifState) -> Measured {
        measured(&state, &params().exif_metadata)
    }

    fn phone() -> Exif {
        Exif {
            make: Some("Example".to_owned()),
            model: Some("Phone 7".to_owned()),
            ..Exif::default()
        }
    }

    fn software(text: &str) -> Measured {
        let software = Some(text.to_owned());
        at(ExifState::Present(Exif {
            software,
            ..phone()
        }))
    }

    #[test]
    fn rows_and_edges_of_the_contracts_table() {
        assert_eq!(at(ExifState::Absent).score, 0.5);
        assert_eq!(at(ExifState::Unreadable("broken".to_owned())).score, 0.5);
        assert_eq!(at(ExifState::Present(Exif::default())).score, 0.55);
        let lens_alone = Exif {
            f_number: Some(1.8),
            ..Exif::default()
        };
        assert_eq!(at(ExifState::Present(lens_alone)).score, 0.55);
        for camera in [
            phone(),
            Exif {
                make: None,
                ..phone()
            },
            Exif {
                model: None,
                ..phone()
            },
        ] {
            assert_eq!(at(ExifState::Present(camera)).score, 0.75);
        }
        assert_eq!(software("Adobe Photoshop 25.0").score, 0.10);
    }

    #[test]
    fn each_capture_setting_raises_the_score_up_to_one() {
        let mut exif = phone();
        let mut last = 0.75;
        let settings: [fn(&mut Exif); 5] = [
            |e| e.f_number = Some(1.8),
            |e| e.iso = Some(100),
            |e| e.exposure_time_s = Some(0.01),
            |e| e.focal_length_35mm = Some(26.0),
            |e| e.has_gps = true,
        ];
        for set in settings {
            set(&mut exif);
            let next = at(ExifState::Present(exif.clone())).score;
            assert!(next > last || next == 1.0, "{next}");
            last = next;
        }
        assert_eq!(last, 1.0);
    }

    #[test]
    fn every_keyword_of_the_contract_is_found_and_named() {
        for (text, keyword) in [
            ("Screenshot", "screenshot"),
            ("Screen Capture 3.1", "screen capture"),
            ("ScreenCapture", "screen capture"),
            ("Snipping Tool", "snipping"),
            ("SnippingTool.exe", "snipping"),
            ("OBS Studio 30.1", "obs"),
            ("obs-studio", "obs"),
            ("Bandicam 2024", "bandicam"),
            ("Adobe Photoshop Lightroom Classic", "photoshop"),
            ("GIMP 2.10.34", "gimp"),
            ("Preview", "preview"),
            ("Snagit 2023", "snagit"),
        ] {
            let found = software(text);
            assert_eq!(found.score, 0.10, "{text}");
            assert!(
                found.detail.ends_with(&format!("software: {keyword}.")),
                "{}",
                found.detail
            );
        }
    }

    #[test]
    fn short_keywords_are_not_found_inside_words() {
        for harmless in [
            "Observatory Camera 2",
            "Jobs HDR+",
            "MediaTek Camera",
            "17.1.2",
        ] {
            assert_eq!(software(harmless).score, 0.75, "{harmless}");
        }
    }

    #[test]
    fn a_comment_tells_of_a_screenshot_but_not_of_a_preview() {
        let commented = |text: &str| {
            let comments = Some(text.to_owned());
            at(ExifState::Present(Exif {
                comments,
                ..Exif::default()
            }))
            .score
        };
        assert_eq!(commented("Screenshot"), 0.10);
        assert_eq!(commented("a preview of our holidays"), 0.55);
    }

    #[test]
    fn the_detail_carries_no_markup_of_the_file() {
        let make = Some("<script>alert(1)</script>\u{202e}".repeat(9));
        let detail = at(ExifState::Present(Exif {
            make,
            ..Exif::default()
        }))
        .detail;
        assert!(
            !detail.contains(['<', '>', '\u{202e}']) && detail.len() < 200,
            "{detail}"
        );
    }
}
