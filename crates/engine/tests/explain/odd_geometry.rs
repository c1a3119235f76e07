//! Whatever the geometry, pictures are made: no panic, no error.

use lifesign_domain::PoseDegrees;
use lifesign_engine::explain::pictures;
use lifesign_engine::{Check, Detection, Landmarks, Point2, Point3, Pose, Rect};
use proptest::prelude::*;

use crate::subject::{check, grid_landmarks, plain, pose, without_face};

fn draws(check: &Check) {
    let pictures = pictures(check).unwrap();
    assert!(!pictures.is_empty());
    for picture in pictures {
        assert!(picture.width > 0 && picture.height > 0, "{}", picture.name);
    }
}

fn rect(x: f32, y: f32, width: f32, height: f32) -> Rect {
    Rect {
        x,
        y,
        width,
        height,
    }
}

#[test]
fn tiny_and_extreme_images() {
    for (width, height) in [(1, 1), (2, 3), (1, 4000), (16_000, 2)] {
        draws(&without_face(width, height));
        let face = grid_landmarks(rect(0.0, 0.0, width as f32, height as f32));
        draws(&check(plain(width, height), vec![], face, pose(0.0)));
    }
}

#[test]
fn a_face_outside_the_image_and_one_without_extent() {
    for bounds in [
        rect(-900.0, -900.0, 100.0, 100.0),
        rect(5000.0, 10.0, 50.0, 50.0),
        rect(-50.0, -50.0, 500.0, 500.0),
        rect(30.0, 30.0, 0.0, 0.0),
        rect(-1e30, -1e30, 2e30, 2e30),
    ] {
        let face = grid_landmarks(bounds);
        draws(&check(plain(120, 90), vec![], face, pose(0.0)));
    }
}

#[test]
fn evidence_that_is_not_a_number() {
    let nan = Detection {
        bounds: rect(f32::NAN, f32::INFINITY, f32::NAN, -4.0),
        score: f32::NAN,
        keypoints: [Point2::default(); 6],
    };
    let mut pose = pose(0.0);
    pose.transform = [[f64::NAN; 4]; 4];
    pose.distance_cm = f64::NAN;
    let face = grid_landmarks(rect(20.0, 20.0, 60.0, 60.0));
    let mut check = check(plain(120, 90), vec![nan.clone(), nan], face, pose);
    check.result.confidence = f64::NAN;
    check.result.threshold = f64::INFINITY;
    check.decision.inconclusive_margin = f64::NAN;
    for signal in &mut check.result.signals {
        (signal.score, signal.weight) = (f64::NAN, f64::NEG_INFINITY);
    }
    draws(&check);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_geometry_is_drawn(
        (width, height) in (1..300u32, 1..300u32),
        vertices in prop::collection::vec((-1e5f32..1e5, -1e5f32..1e5, -1e3f32..1e3), 468),
        spread in prop::sample::select(vec![1e-5f32, 1e-3, 1e-2, 1.0, 1e20]),
        rows in prop::array::uniform4(prop::array::uniform4(-60.0..60.0f64)),
        others in prop::collection::vec(prop::array::uniform4(-1e6f32..1e6), 0..4),
    ) {
        let points = vertices.iter().map(|&(x, y, z)| Point3 {
            x: width as f32 / 2.0 + x * spread,
            y: height as f32 / 2.0 + y * spread,
            z,
        });
        let landmarks = Landmarks::new(points.collect()).unwrap();
        let faces = others.iter().map(|&[x, y, width, height]| Detection {
            bounds: rect(x, y, width, height),
            score: 0.8,
            keypoints: [Point2 { x, y }; 6],
        });
        let pose = Pose {
            transform: rows,
            degrees: PoseDegrees { yaw: rows[0][0], pitch: rows[0][1], roll: rows[0][2] },
            distance_cm: rows[0][3],
        };
        draws(&check(plain(width, height), faces.collect(), landmarks, pose));
    }
}
