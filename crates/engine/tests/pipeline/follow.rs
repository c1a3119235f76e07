//! A face is followed through the frames of a moving window, lost where it goes, and not taken for
//! another.

use lifesign_engine::Follower;
use lifesign_media::Frame;
use lifesign_testkit::faceless_scene;

use crate::support::{ENGINE, sample};

/// A part of a frame.
fn window(frame: &Frame, left: usize, top: usize, side: usize) -> Frame {
    let row_bytes = frame.width() as usize * 3;
    let rows = frame.rgb().chunks_exact(row_bytes).skip(top).take(side);
    let rgb = rows.flat_map(|row| row[left * 3..(left + side) * 3].iter().copied());
    Frame::new(side as u32, side as u32, rgb.collect()).unwrap()
}

#[test]
fn a_moving_face_is_held_as_well_as_it_is_found() {
    let whole = sample("astronaut.jpg").frame;
    let mut follower = Follower::default();
    for step in 0..20 {
        let frame = window(&whole, 4 * step, 2 * step, 400);
        let followed = ENGINE.follow(&mut follower, &frame).unwrap().unwrap();
        assert!(!followed.jumped, "frame {step}");
        assert_eq!(followed.others, 0);
        let found = ENGINE.faces(&frame).unwrap().swap_remove(0).mesh.landmarks;
        let held = &followed.mesh.landmarks;
        let width = found.bounds().width;
        let off = (0..468).map(|i| held.at(i).xy().distance(found.at(i).xy()));
        let mean = off.sum::<f32>() / 468.0 / width;
        assert!(
            mean < 0.02,
            "frame {step}: off by {mean} of the face's width"
        );
    }
}

#[test]
fn a_face_that_goes_is_lost_and_another_one_is_a_jump() {
    let mut follower = Follower::default();
    let mut follow = |frame: &Frame| ENGINE.follow(&mut follower, frame).unwrap();
    let first = sample("astronaut.jpg").frame;
    assert!(!follow(&first).unwrap().jumped);
    for index in 0..10 {
        assert!(follow(&faceless_scene(index)).is_none(), "scene {index}");
    }
    assert!(
        !follow(&first).unwrap().jumped,
        "the same face at its place"
    );
    // Who stands where the face was cannot be told from it by place; who stands elsewhere can.
    let elsewhere = window(&first, 150, 0, 320);
    assert!(follow(&elsewhere).unwrap().jumped);
    assert!(!follow(&elsewhere).unwrap().jumped);
}

#[test]
fn a_second_face_is_seen_within_a_second() {
    let frame = sample("two_faces.jpg").frame;
    let mut follower = Follower::default();
    let followed = ENGINE.follow(&mut follower, &frame).unwrap().unwrap();
    assert_eq!(followed.others, 1);
}
