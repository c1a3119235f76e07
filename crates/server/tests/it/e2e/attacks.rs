//! What must fail, each for its own reason, under the same test calibration under which the honest puppet passes.

use super::stage::{Stage, codes};

#[test]
#[ignore = "minutes: `make e2e`"]
fn the_portrait_held_still_does_not_react_and_is_found_to_stand() {
    let Some((reason, result)) = Stage::fails("still", "off") else {
        return;
    };
    assert_eq!(reason, "no_reaction");
    assert!(
        codes(&result).contains(&"frozen_clip".to_owned()),
        "{result}"
    );
}

#[test]
#[ignore = "minutes: `make e2e`"]
fn a_looped_clip_does_not_react_and_is_found_to_repeat() {
    let Some((reason, result)) = Stage::fails("looped", "off") else {
        return;
    };
    assert_eq!(reason, "no_reaction");
    assert!(
        codes(&result).contains(&"looped_clip".to_owned()),
        "{result}"
    );
}

#[test]
#[ignore = "minutes: `make e2e`"]
fn other_moves_than_those_asked_fail_as_wrong_movements() {
    let Some((reason, _)) = Stage::fails("misread", "off") else {
        return;
    };
    assert_eq!(reason, "wrong_movement");
}

#[test]
#[ignore = "minutes: `make e2e`"]
fn another_face_half_way_ends_the_session() {
    let Some((reason, result)) = Stage::fails("swapped", "off") else {
        return;
    };
    assert_eq!(reason, "identity_changed");
    assert!(
        codes(&result).contains(&"face_changed".to_owned()),
        "{result}"
    );
}

#[test]
#[ignore = "minutes: `make e2e`"]
fn wrong_digits_are_heard_as_such() {
    let Some((reason, _)) = Stage::fails("wrong_digits", "required") else {
        return;
    };
    assert_eq!(reason, "wrong_digits");
}

#[test]
#[ignore = "minutes: `make e2e`"]
fn silence_is_no_answer() {
    let Some((reason, _)) = Stage::fails("silent", "required") else {
        return;
    };
    assert_eq!(reason, "silence");
}
