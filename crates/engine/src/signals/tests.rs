//! What holds for all signals alike.

use proptest::prelude::*;

use super::test_support::{Scene, flat, halftone, mirrored, moire, moved, params};
use super::*;
use crate::Point3;

#[test]
fn the_eight_signals_of_the_contract_come_first_and_in_its_order() {
    let signals = all();
    let names: Vec<&str> = signals.iter().take(8).map(|s| s.name()).collect();
    assert_eq!(
        names,
        [
            "sharpness",
            "eye_aspect_ratio",
            "head_pose",
            "face_area_ratio",
            "facial_symmetry",
            "lbp_texture",
            "exif_metadata",
            "fft_deepfake",
        ]
    );
}

#[test]
fn a_mirror_changes_nothing() {
    let mut scene = Scene {
        centre: [300.0, 230.0],
        ..Scene::default()
    };
    scene.degrees.yaw = 12.0;
    scene.degrees.roll = 5.0;
    let evidence = scene.evidence();
    let reflection = mirrored(&evidence);
    for signal in all() {
        let readings = [&evidence, &reflection].map(|e| signal.read(e, &params()));
        if let [Reading::NotAssessable(a), Reading::NotAssessable(b)] = &readings {
            // The scene is grey, so that nothing can be said of its colour.
            assert_eq!((signal.name(), a), ("chroma_detail", b));
            continue;
        }
        let [Reading::Measured(a), Reading::Measured(b)] = readings else {
            panic!("{}: {readings:?}", signal.name());
        };
        assert!(
            (a.score - b.score).abs() < 0.03,
            "{}: {a:?} {b:?}",
            signal.name()
        );
    }
}

/// Fails on a score outside [0, 1] or a figure that is no number.
fn sound(evidence: &Evidence) {
    for signal in all() {
        if let Reading::Measured(m) = signal.read(evidence, &params()) {
            assert!((0.0..=1.0).contains(&m.score), "{}: {m:?}", signal.name());
            assert!(
                m.values.iter().all(|(_, v)| v.is_finite()),
                "{}: {m:?}",
                signal.name()
            );
            assert!(
                !m.detail.contains("NaN") && m.detail.ends_with('.'),
                "{}",
                m.detail
            );
        }
    }
}

#[test]
fn degenerate_pictures_and_meshes_give_sound_readings() {
    for luma in [flat, moire, halftone, |_, _| 0, |_, _| 255] {
        sound(
            &Scene {
                luma,
                ..Scene::default()
            }
            .evidence(),
        );
    }
    sound(
        &Scene {
            width: 1,
            height: 1,
            ..Scene::default()
        }
        .evidence(),
    );
    sound(
        &Scene {
            face_width: 1.0,
            ..Scene::default()
        }
        .evidence(),
    );
    sound(
        &Scene {
            face_width: 5000.0,
            ..Scene::default()
        }
        .evidence(),
    );
    let evidence = Scene::default().evidence();
    let distort: [fn(Point3) -> Point3; 4] = [
        |_| Point3::default(),
        |p| Point3 {
            x: p.x * 1e35,
            y: p.y * 1e35,
            z: p.z,
        },
        |p| Point3 { x: -p.x - 1e6, ..p },
        |p| Point3 { y: 0.0, ..p },
    ];
    for change in distort {
        sound(&moved(&evidence, |_, p| change(p)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn faces_anywhere_and_anyhow_turned_give_sound_readings(
        x in -400.0..1000.0f32,
        y in -400.0..900.0f32,
        face_width in 1.0..1500.0f32,
        yaw in -180.0..180.0f64,
        pitch in -90.0..90.0f64,
        roll in -180.0..180.0f64,
    ) {
        let degrees = lifesign_domain::PoseDegrees { yaw, pitch, roll };
        let scene = Scene { width: 96, height: 80, centre: [x / 6.0, y / 6.0], face_width, degrees,
            ..Scene::default() };
        sound(&scene.evidence());
    }
}
