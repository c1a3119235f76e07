//! Who a face is: dlib's own descriptors of the samples, one person under changes, two persons.

use std::collections::BTreeMap;

use lifesign_engine::{Descriptor, EngineError, Landmarks, Point3, match_score};
use lifesign_media::Frame;

use crate::support::{ENGINE, mirrored, repository, sample};

/// How far the square that the mesh gives may move a descriptor from that of dlib's own square. On the two
/// samples it is 0.19 and 0.22.
const MAX_FROM_DLIB: f64 = 0.3;

fn descriptor(frame: &Frame) -> Descriptor {
    let face = ENGINE.faces(frame).unwrap().into_iter().next().unwrap();
    ENGINE.embed(frame, &face.mesh.landmarks).unwrap()
}

fn of_sample(name: &str) -> Descriptor {
    descriptor(&sample(name).frame)
}

#[test]
fn descriptors_agree_with_dlib() {
    // tools/derive_face_chip.py --golden
    let path = repository().join("crates/engine/tests/data/golden/descriptors.json");
    let golden: BTreeMap<String, Vec<f32>> =
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(golden.len(), 2);
    for (name, values) in golden {
        let distance = of_sample(&name).distance(&Descriptor::new(&values).unwrap());
        assert!(distance < MAX_FROM_DLIB, "{name}: {distance}");
    }
}

#[test]
fn one_person_is_near_and_two_are_far() {
    let collins = of_sample("astronaut.jpg");
    let near = [
        ("turned", of_sample("astronaut_rolled.jpg")),
        (
            "mirrored",
            descriptor(&mirrored(&sample("astronaut.jpg").frame)),
        ),
    ];
    for (what, other) in near {
        assert!(match_score(collins.distance(&other)) >= 65, "{what}");
    }
    let hopper = of_sample("grace_hopper.jpg");
    assert!(match_score(collins.distance(&hopper)) < 50);
    // Both stand in this picture, half as large.
    let frame = sample("two_faces.jpg").frame;
    let faces = ENGINE.faces(&frame).unwrap();
    assert_eq!(faces.len(), 2);
    let found = faces
        .iter()
        .map(|face| ENGINE.embed(&frame, &face.mesh.landmarks).unwrap());
    for face in found {
        let scores = [&collins, &hopper].map(|known| match_score(known.distance(&face)));
        let [low, high] = [scores[0].min(scores[1]), scores[0].max(scores[1])];
        assert!(high >= 65 && low < 50, "{scores:?}");
    }
}

#[test]
fn the_same_picture_gives_the_same_descriptor() {
    assert_eq!(of_sample("astronaut.jpg"), of_sample("astronaut.jpg"));
}

#[test]
fn a_mesh_without_extent_is_an_error_and_one_outside_is_not() {
    let frame = sample("astronaut.jpg").frame;
    let mesh = |point: fn(usize) -> Point3| {
        let points = (0..Landmarks::COUNT).map(point).collect();
        ENGINE.embed(&frame, &Landmarks::new(points).unwrap())
    };
    let error = mesh(|_| Point3::default()).unwrap_err();
    assert!(matches!(error, EngineError::NoExtent), "{error}");
    let far_away = |v: usize| Point3 {
        x: -1e6 + v as f32,
        y: (v * v % 97) as f32,
        z: 0.0,
    };
    assert!(mesh(far_away).is_ok());
}
