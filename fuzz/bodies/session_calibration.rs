//! What the fuzz target of the calibration files for active sessions does with its input. The target and the replay
//! in `crates/session/tests/replay_corpora.rs` share this file.

use lifesign_challenge::{Event, Machine, Options, Plan};
use lifesign_session::Calibration;

/// A calibration is refused with a message, or a session can be run by its numbers.
pub(crate) fn session_calibration(data: &[u8]) {
    let calibration = match Calibration::from_toml(&String::from_utf8_lossy(data)) {
        Ok(calibration) => calibration,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let limits = calibration.challenge;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        state
    };
    let plan = Plan::draw(&mut random, &Options::default(), &limits)
        .expect("an accepted calibration has angles to draw");
    let mut machine = Machine::new(plan, limits);
    // The whole session, and long after.
    for at in [0, 1, 1_000, 1_000_000, 1_000_000_000] {
        machine.apply(&Event::Tick { at });
    }
    assert!(machine.outcome().is_some(), "the session never ends");
}
