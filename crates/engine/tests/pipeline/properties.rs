//! What holds for every photo: repeatable, mirror-symmetric, safe on odd sizes.

use lifesign_domain::{ReasonCode, Verdict};
use lifesign_engine::Subject;
use lifesign_media::{ExifState, Frame, ImageFormat, Photo};
use lifesign_testkit::faceless_scene;
use proptest::prelude::*;

use crate::support::{ENGINE, mirrored, sample};

const PROFILE: &str = "classic";

fn photo_of(frame: Frame) -> Photo {
    Photo {
        frame,
        format: ImageFormat::Png,
        exif: ExifState::Absent,
        size_bytes: 0,
    }
}

#[test]
fn the_same_photo_gets_the_same_answer() {
    for name in ["astronaut.jpg", "two_faces.jpg", "coffee.jpg"] {
        let first = ENGINE.check(sample(name), PROFILE).unwrap().result;
        let second = ENGINE.check(sample(name), PROFILE).unwrap().result;
        assert_eq!(first, second, "{name}");
    }
}

#[test]
fn a_mirrored_photo_has_the_mirrored_faces() {
    for name in ["astronaut.jpg", "grace_hopper.jpg", "two_faces.jpg"] {
        let frame = sample(name).frame;
        let faces = ENGINE.faces(&frame).unwrap();
        let others = ENGINE.faces(&mirrored(&frame)).unwrap();
        assert_eq!(faces.len(), others.len(), "{name}");
        for (face, other) in faces.iter().zip(&others) {
            let (a, b) = (face.mesh.landmarks.bounds(), other.mesh.landmarks.bounds());
            let mirrored_x = frame.width() as f32 - b.x - b.width;
            let tolerance = 0.05 * a.width;
            assert!(
                (a.x - mirrored_x).abs() < tolerance,
                "{name}: {} {mirrored_x}",
                a.x
            );
            assert!((a.y - b.y).abs() < tolerance, "{name}");
            assert!((a.width - b.width).abs() < tolerance, "{name}");
            let (p, q) = (face.pose.degrees, other.pose.degrees);
            assert!((p.yaw + q.yaw).abs() < 3.0, "{name}: {p:?} {q:?}");
            assert!((p.pitch - q.pitch).abs() < 3.0, "{name}: {p:?} {q:?}");
            assert!((p.roll + q.roll).abs() < 3.0, "{name}: {p:?} {q:?}");
        }
    }
}

#[test]
fn without_a_face_nothing_is_decided() {
    let check = ENGINE.check(photo_of(faceless_scene(1)), PROFILE).unwrap();
    let result = check.result;
    assert_eq!(
        (result.verdict, result.confidence),
        (Verdict::Inconclusive, 0.0)
    );
    assert!(!result.face_detected && result.face.is_none() && result.face_count == 0);
    assert!(result.signals.is_empty() && result.quality.is_empty());
    assert_eq!(result.reasons, [ReasonCode::NoFace.into()]);
    assert!(matches!(check.subject, Subject::NoFace(_)));
}

#[test]
fn the_largest_face_is_judged_and_all_are_counted() {
    let check = ENGINE.check(sample("two_faces.jpg"), PROFILE).unwrap();
    assert_eq!(check.result.face_count, 2);
    let codes: Vec<_> = check.result.reasons.iter().map(|r| r.code).collect();
    assert!(codes.contains(&ReasonCode::SeveralFaces), "{codes:?}");
    let Subject::Face(evidence) = check.subject else {
        panic!("there are faces");
    };
    assert!(evidence.faces[0].bounds.area() > evidence.faces[1].bounds.area());
    let judged = evidence.face_bounds.centre();
    // The right portrait is the larger face.
    assert!(judged.x > 320.0, "{judged:?}");
}

#[test]
fn a_verdict_follows_from_confidence_alone() {
    let decision = &ENGINE.calibration().decision;
    for name in ["astronaut.jpg", "grace_hopper.jpg", "two_faces.jpg"] {
        let result = ENGINE.check(sample(name), PROFILE).unwrap().result;
        let sum: f64 = result.signals.iter().map(|s| s.weight * s.score).sum();
        assert!((result.confidence - sum).abs() < 1e-6, "{name}");
        assert_eq!(
            result.verdict,
            lifesign_engine::fusion::decide(result.confidence, decision)
        );
        assert_eq!(result.calibration, ENGINE.calibration().version);
    }
}

#[test]
fn odd_sizes_are_checked_like_all_others() {
    for (width, height) in [
        (1, 1),
        (2, 1),
        (1, 2),
        (1, 4096),
        (4096, 1),
        (3, 3),
        (127, 129),
    ] {
        let rgb = vec![128; width as usize * height as usize * 3];
        let photo = photo_of(Frame::new(width, height, rgb).unwrap());
        let result = ENGINE.check(photo, PROFILE).unwrap().result;
        assert_eq!(result.verdict, Verdict::Inconclusive, "{width}x{height}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_face_may_lie_anywhere_even_over_the_edge(
        left in -200i64..400, top in -200i64..300,
    ) {
        let face = sample("astronaut.jpg").frame;
        let (width, height) = (640i64, 480i64);
        let rgb = (0..height).flat_map(|y| (0..width).map(move |x| (x - left, y - top))).flat_map(|(x, y)| {
            let inside = (0..i64::from(face.width())).contains(&x) && (0..i64::from(face.height())).contains(&y);
            let at = ((y * i64::from(face.width()) + x) * 3) as usize;
            if inside { [face.rgb()[at], face.rgb()[at + 1], face.rgb()[at + 2]] } else { [127; 3] }
        }).collect();
        let photo = photo_of(Frame::new(640, 480, rgb).unwrap());
        let result = ENGINE.check(photo, PROFILE).unwrap().result;
        prop_assert!((0.0..=1.0).contains(&result.confidence));
        // The face's middle is at (224, 130) of the photograph.
        let well_inside = (120..520).contains(&(left + 224)) && (120..360).contains(&(top + 130));
        prop_assert!(result.face_detected || !well_inside);
    }
}
