//! What the pictures show, read back from their PNG bytes.

use image::{Rgb, RgbImage};
use lifesign_domain::Verdict;
use lifesign_engine::explain::{Picture, pictures};
use lifesign_engine::{Check, Rect, Subject};

use crate::subject::{check, grid_landmarks, plain, pose, sample, without_face};

const BLUE: [u8; 3] = [0, 114, 178];
const ORANGE: [u8; 3] = [230, 159, 0];
const VERMILLION: [u8; 3] = [196, 80, 10];

fn draw(check: &Check, name: &str) -> (Picture, RgbImage) {
    let picture = pictures(check)
        .unwrap()
        .into_iter()
        .find(|p| p.name == name);
    let picture = picture.unwrap_or_else(|| panic!("no picture {name}"));
    let format = image::ImageFormat::Png;
    let image = image::load_from_memory_with_format(&picture.png, format).unwrap();
    assert_eq!(
        (image.width(), image.height()),
        (picture.width, picture.height)
    );
    (picture, image.into_rgb8())
}

fn near(pixel: &Rgb<u8>, colour: [u8; 3]) -> bool {
    pixel.0.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 3)
}

fn count(image: &RgbImage, colour: [u8; 3]) -> usize {
    image.pixels().filter(|p| near(p, colour)).count()
}

#[test]
fn a_face_gets_four_pictures_with_title_and_caption() {
    let pictures = pictures(&sample("astronaut")).unwrap();
    let names: Vec<&str> = pictures.iter().map(|p| p.name).collect();
    assert_eq!(names, ["overlay", "signals", "lbp_map", "spectrum"]);
    for picture in pictures {
        assert!(
            !picture.title.is_empty() && picture.caption.len() > 80,
            "{}",
            picture.name
        );
        image::load_from_memory_with_format(&picture.png, image::ImageFormat::Png).unwrap();
    }
}

#[test]
fn the_same_check_gives_the_same_bytes() {
    let check = sample("astronaut");
    assert_eq!(pictures(&check).unwrap(), pictures(&check).unwrap());
}

#[test]
fn the_box_is_drawn_where_the_face_is() {
    // One canvas pixel for one pixel of the photograph.
    let bounds = Rect {
        x: 300.0,
        y: 200.0,
        width: 360.0,
        height: 400.0,
    };
    let check = check(plain(960, 720), vec![], grid_landmarks(bounds), pose(0.0));
    let (_, image) = draw(&check, "overlay");
    for (x, y) in [(300, 300), (660, 450), (480, 600)] {
        assert!(
            near(image.get_pixel(x, y), BLUE),
            "{x},{y}: {:?}",
            image.get_pixel(x, y)
        );
    }
    // Away from the face the photograph is untouched.
    assert_eq!(image.get_pixel(40, 40).0, [90, 120, 150]);
    assert_eq!(image.get_pixel(900, 700).0, [90, 120, 150]);
}

#[test]
fn other_faces_are_boxed_in_another_colour() {
    let many = sample("two_faces");
    let mut one = many.clone();
    if let Subject::Face(evidence) = &mut one.subject {
        evidence.faces.truncate(1);
    }
    let (picture, with_other) = draw(&many, "overlay");
    assert!(picture.caption.contains("One more face"));
    let (picture, alone) = draw(&one, "overlay");
    assert!(!picture.caption.contains("more face"));
    assert!(count(&with_other, ORANGE) > count(&alone, ORANGE) + 500);
}

#[test]
fn a_small_face_gets_a_close_up() {
    let face = |side: f32| {
        let bounds = Rect {
            x: 100.0,
            y: 100.0,
            width: side,
            height: side,
        };
        draw(
            &check(plain(960, 720), vec![], grid_landmarks(bounds), pose(0.0)),
            "overlay",
        )
        .0
    };
    assert!(face(80.0).height > face(500.0).height + 300);
}

#[test]
fn large_photographs_are_scaled_down() {
    let bounds = Rect {
        x: 1000.0,
        y: 900.0,
        width: 1500.0,
        height: 1700.0,
    };
    let check = check(plain(3000, 4000), vec![], grid_landmarks(bounds), pose(0.0));
    let (_, image) = draw(&check, "overlay");
    assert_eq!(image.width(), 720);
    assert!((960..1400).contains(&image.height()));
}

#[test]
fn bars_grow_with_their_scores() {
    let bars = |score: f64| {
        let mut check = sample("astronaut");
        for signal in &mut check.result.signals {
            (signal.assessed, signal.passed, signal.score) = (true, score >= 0.5, score);
        }
        draw(&check, "signals").1
    };
    assert!(count(&bars(0.4), VERMILLION) > count(&bars(0.2), VERMILLION) + 8_000);
    assert!(count(&bars(1.0), BLUE) > count(&bars(0.85), BLUE) + 5_000);
}

#[test]
fn the_gauge_marks_the_confidence() {
    // The dark triangle above the scale, its tip 24 + confidence * 592 pixels from the left.
    for confidence in [0.1, 0.45, 0.9] {
        let mut check = sample("astronaut");
        check.result.confidence = confidence;
        let (_, image) = draw(&check, "signals");
        let x = (24.0 + confidence * 592.0) as u32;
        assert!(near(image.get_pixel(x, 104), [31, 41, 51]), "{confidence}");
    }
}

#[test]
fn the_inconclusive_band_is_as_wide_as_the_decision_says() {
    let band = |margin: f64| {
        let mut check = sample("astronaut");
        check.decision.inconclusive_margin = margin;
        count(&draw(&check, "signals").1, ORANGE)
    };
    assert!(band(0.08) > band(0.04) * 3 / 2);
}

#[test]
fn the_caption_counts_what_was_not_assessed() {
    let (picture, _) = draw(&sample("astronaut"), "signals");
    assert!(
        picture
            .caption
            .contains("5 signals passed, 2 failed. 1 could not be assessed")
    );
    assert!(
        picture
            .caption
            .contains("Verdict LIVE with confidence 0.71")
    );
}

#[test]
fn a_check_without_a_face_shows_the_photograph_and_the_reason() {
    let (picture, image) = draw(&without_face(640, 480), "photo");
    assert!(picture.caption.contains("No face was found."));
    assert!(picture.caption.contains(Verdict::Inconclusive.as_str()));
    assert_eq!(image.get_pixel(320, 240).0, [90, 120, 150]);
    assert!(image.height() > 720, "there is text below the photograph");
    assert_eq!(pictures(&without_face(640, 480)).unwrap().len(), 1);
}

#[test]
fn a_flat_face_has_a_one_coloured_map_and_skin_has_many() {
    let bounds = Rect {
        x: 300.0,
        y: 200.0,
        width: 360.0,
        height: 400.0,
    };
    let flat = check(plain(960, 720), vec![], grid_landmarks(bounds), pose(0.0));
    let colours = |check: &Check| {
        let (_, image) = draw(check, "lbp_map");
        let map = image::imageops::crop_imm(&image, 334, 50, 276, 276).to_image();
        let mut seen: Vec<[u8; 3]> = map.pixels().map(|p| p.0).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    };
    assert_eq!(colours(&flat), 1);
    assert!(colours(&sample("astronaut")) >= 9);
}
