//! What the fuzz target of the calibration files for clips does with its input. The target and the replay in
//! `crates/temporal/tests/replay_corpora.rs` share this file.

use lifesign_temporal::Calibration;

/// A calibration is refused with a message, or it can be used.
pub(crate) fn temporal_calibration(data: &[u8]) {
    match Calibration::from_toml(&String::from_utf8_lossy(data)) {
        Ok(calibration) => assert!(calibration.validate().is_ok()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
