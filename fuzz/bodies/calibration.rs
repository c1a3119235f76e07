//! What the fuzz target of the engine's calibration files does with its input. The target and the replay in
//! `crates/engine/tests/replay_corpora.rs` share this file.

use lifesign_engine::Calibration;

/// A calibration is refused with a message, or its numbers can be reckoned with.
pub(crate) fn calibration(data: &[u8]) {
    match Calibration::from_toml(&String::from_utf8_lossy(data)) {
        Ok(calibration) => {
            for profile in calibration.profiles.values() {
                for fused in [0.0, 0.3, 0.58, 1.0] {
                    assert!((0.0..=1.0).contains(&profile.confidence(fused)));
                }
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
