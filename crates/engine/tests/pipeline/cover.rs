//! What covers the face and where the eyes look, by the real models: on the bare samples, on the
//! one who wears a cap, and on covers that the tests draw.

use std::sync::LazyLock;

use lifesign_domain::ReasonCode;
use lifesign_engine::quality::gaze::iris_offset_cm;
use lifesign_engine::{Calibration, Engine, Evidence, FaceCover, Landmarks, Point2, Subject};
use lifesign_media::{ExifState, Frame, ImageFormat, Photo};

use crate::support::{ENGINE, mirrored, sample};

const COVERS: [ReasonCode; 4] = [
    ReasonCode::Sunglasses,
    ReasonCode::FaceMask,
    ReasonCode::HeadCovering,
    ReasonCode::FaceOccluded,
];
/// The jaw from the ear at the left of the image to the other.
const JAW: [usize; 15] = [
    93, 58, 172, 136, 150, 176, 152, 400, 379, 365, 397, 288, 323, 280, 50,
];

fn photo_of(frame: Frame) -> Photo {
    Photo {
        frame,
        format: ImageFormat::Png,
        exif: ExifState::Absent,
        size_bytes: 0,
    }
}

fn evidence(frame: Frame) -> Evidence {
    match ENGINE.gather(photo_of(frame)).unwrap() {
        Subject::Face(evidence) => *evidence,
        Subject::NoFace(_) => panic!("the face is lost"),
    }
}

/// An engine for those who would rather ask once too often: head coverings at 1 % false alarms on
/// live development images, hands and things as soon as they are likely.
static STRICT: LazyLock<Engine> = LazyLock::new(|| {
    let mut calibration = Calibration::embedded();
    calibration.quality.min_no_head_coverings = 0.18;
    calibration.quality.min_face_occlusion_prevention = 0.5;
    Engine::embedded(calibration).unwrap()
});

fn cover_reasons(engine: &Engine, frame: Frame) -> Vec<ReasonCode> {
    let result = engine.check(photo_of(frame), "classic").unwrap().result;
    let codes = result.reasons.iter().map(|r| r.code);
    codes.filter(|code| COVERS.contains(code)).collect()
}

/// The astronaut with one colour wherever `inside` holds, which is given the mesh of her face.
fn painted(rgb: [u8; 3], inside: impl Fn(&Landmarks, Point2) -> bool) -> Frame {
    let frame = sample("astronaut.jpg").frame;
    let mesh = &ENGINE.faces(&frame).unwrap()[0].mesh.landmarks;
    let width = frame.width() as usize;
    let pixels = frame
        .rgb()
        .chunks_exact(3)
        .enumerate()
        .flat_map(|(i, old)| {
            let at = Point2 {
                x: (i % width) as f32 + 0.5,
                y: (i / width) as f32 + 0.5,
            };
            if inside(mesh, at) {
                rgb
            } else {
                [old[0], old[1], old[2]]
            }
        });
    Frame::new(frame.width(), frame.height(), pixels.collect()).unwrap()
}

fn middle(mesh: &Landmarks, a: usize, b: usize) -> Point2 {
    Point2 {
        x: (mesh.at(a).x + mesh.at(b).x) / 2.0,
        y: (mesh.at(a).y + mesh.at(b).y) / 2.0,
    }
}

/// By the number of edges to the right of the point.
fn is_inside(polygon: &[Point2], p: Point2) -> bool {
    let following = polygon.iter().cycle().skip(1);
    let crossed = polygon.iter().zip(following).filter(|(a, b)| {
        (a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x)
    });
    crossed.count() % 2 == 1
}

fn sunglasses() -> Frame {
    painted([14, 14, 16], |mesh, p| {
        let eyes = [middle(mesh, 33, 133), middle(mesh, 362, 263)];
        let apart = eyes[0].distance(eyes[1]);
        let lens = eyes.iter().any(|eye| {
            let (x, y) = ((p.x - eye.x) / apart, (p.y - eye.y) / apart - 0.05);
            (x / 0.42).powi(4) + (y / 0.32).powi(4) < 1.0
        });
        let bridge =
            (p.y - eyes[0].y).abs() < 0.04 * apart && (eyes[0].x..eyes[1].x).contains(&p.x);
        lens || bridge
    })
}

fn mask() -> Frame {
    painted([165, 200, 215], |mesh, p| {
        let mut outline: Vec<Point2> = JAW.iter().map(|&v| mesh.at(v).xy()).collect();
        // Between the cheeks the edge runs over the bridge of the nose.
        outline.insert(JAW.len() - 1, mesh.at(197).xy());
        is_inside(&outline, p)
    })
}

fn telephone() -> Frame {
    painted([24, 24, 26], |mesh, p| {
        let bounds = mesh.bounds();
        let (x, y) = (
            (p.x - bounds.x) / bounds.width,
            (p.y - bounds.y) / bounds.height,
        );
        (0.45..1.05).contains(&x) && (0.35..1.1).contains(&y)
    })
}

#[test]
fn a_bare_face_has_no_cover() {
    assert_eq!(cover_reasons(&ENGINE, sample("astronaut.jpg").frame), []);
}

#[test]
fn a_real_cap_covers_the_head_and_nothing_else() {
    let reasons = cover_reasons(&STRICT, sample("grace_hopper.jpg").frame);
    assert_eq!(reasons, [ReasonCode::HeadCovering]);
}

#[test]
fn drawn_covers_raise_their_reasons() {
    let bare = cover_reasons(&STRICT, sample("astronaut.jpg").frame);
    for (frame, reason) in [
        (sunglasses(), ReasonCode::Sunglasses),
        (mask(), ReasonCode::FaceMask),
        (telephone(), ReasonCode::FaceOccluded),
    ] {
        let found = cover_reasons(&STRICT, frame);
        assert!(!bare.contains(&reason), "{reason:?}: {bare:?}");
        assert!(found.contains(&reason), "{reason:?}: {found:?}");
    }
}

#[test]
fn reasons_change_neither_verdict_nor_confidence() {
    let check = |limit: f64| {
        let mut calibration = Calibration::embedded();
        let quality = &mut calibration.quality;
        quality.min_mouth_occlusion_prevention = limit;
        quality.min_face_occlusion_prevention = limit;
        quality.min_no_head_coverings = limit;
        quality.max_mouth_opening = 1.0 - limit;
        let engine = Engine::embedded(calibration).unwrap();
        engine
            .check(sample("astronaut.jpg"), "classic")
            .unwrap()
            .result
    };
    let (strict, lenient) = (check(1.0), check(0.0));
    assert_eq!(
        (strict.verdict, strict.confidence),
        (lenient.verdict, lenient.confidence)
    );
    assert!(strict.reasons.len() >= lenient.reasons.len() + 3);
}

#[test]
fn a_mirrored_face_is_covered_alike_and_looks_the_other_way() {
    for name in ["astronaut.jpg", "grace_hopper.jpg"] {
        let frame = sample(name).frame;
        let width = frame.width() as f32;
        let (seen, other) = (evidence(frame.clone()), evidence(mirrored(&frame)));
        let probabilities = |e: &Evidence| {
            let FaceCover {
                sunglasses,
                mask,
                hat,
                object,
            } = e.cover.unwrap();
            [sunglasses, mask, hat, object]
        };
        for (a, b) in probabilities(&seen).iter().zip(probabilities(&other)) {
            assert!((a - b).abs() < 0.2, "{name}: {a} {b}");
        }
        let [left, right] = seen.irises.unwrap();
        let [other_left, other_right] = other.irises.unwrap();
        for (a, b) in [(left, other_right), (right, other_left)] {
            assert!(
                (a.centre.x - (width - b.centre.x)).abs() < a.radius,
                "{name}"
            );
            assert!((a.centre.y - b.centre.y).abs() < a.radius, "{name}");
        }
        let [a, b] = [&seen, &other].map(|e| iris_offset_cm(e).unwrap());
        assert!(
            (a[0] + b[0]).abs() < 0.15 && (a[1] - b[1]).abs() < 0.15,
            "{name}: {a:?} {b:?}"
        );
    }
}

#[test]
fn irises_lie_between_the_corners_of_open_eyes() {
    for name in ["astronaut.jpg", "grace_hopper.jpg"] {
        let evidence = evidence(sample(name).frame);
        let mesh = &evidence.landmarks;
        let corners = [[33, 133], [362, 263]].map(|eye| eye.map(|v| mesh.at(v).xy()));
        for (iris, [from, to]) in evidence.irises.unwrap().iter().zip(corners) {
            let eye = from.distance(to);
            assert!((from.x..to.x).contains(&iris.centre.x), "{name}: {iris:?}");
            // The visible iris is 11.7 mm wide, the eye about 30 mm.
            let share = 2.0 * iris.radius / eye;
            assert!((0.3..0.6).contains(&share), "{name}: {share}");
        }
    }
}

#[test]
fn behind_dark_glasses_nobody_says_where_the_eyes_look() {
    let evidence = evidence(sunglasses());
    assert_eq!(evidence.irises, None);
}
