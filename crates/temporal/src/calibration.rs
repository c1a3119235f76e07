//! The one versioned file that holds every number that decides about a clip.

use serde::{Deserialize, Serialize};

use crate::{FusionParams, SignalParams, StillParams};

/// Everything that decides, with the version that a verdict reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Reported with every verdict; changes with every number below.
    pub version: String,
    /// From the confidences of frames to one.
    pub still: StillParams,
    /// From that and the signals to a verdict.
    pub fusion: FusionParams,
    /// From measurements to scores.
    pub signals: SignalParams,
}

/// A calibration file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// Not the expected TOML; the text names line and key.
    #[error("temporal calibration does not parse: {0}")]
    Parse(#[from] Box<toml::de::Error>),
    /// A number is outside its range.
    #[error("temporal calibration: {key} is {value}, must be {accepted}")]
    OutOfRange {
        /// Dotted key.
        key: String,
        /// What the file says.
        value: f64,
        /// What would be accepted.
        accepted: &'static str,
    },
    /// A weight is given to a signal that does not exist, or a signal has none.
    #[error("temporal calibration: fusion.weights must name each of: {known}; found: {found}")]
    Signals {
        /// All signal names, comma separated.
        known: String,
        /// The names in the file, comma separated.
        found: String,
    },
}

impl Calibration {
    /// The calibration that ships inside the binary.
    ///
    /// # Panics
    /// Never in a build whose tests pass: the embedded file is parsed by them.
    pub fn embedded() -> Self {
        Self::from_toml(include_str!("../calibration/default.toml"))
            .unwrap_or_else(|e| panic!("embedded calibration is invalid: {e}. This is a bug"))
    }

    /// Parses and validates a calibration file.
    ///
    /// # Errors
    /// On unknown or missing keys, numbers out of range and unknown signals.
    pub fn from_toml(text: &str) -> Result<Self, CalibrationError> {
        let calibration: Self = toml::from_str(text).map_err(Box::new)?;
        calibration.validate()?;
        Ok(calibration)
    }

    /// Checks ranges and names; call it after changing fields by hand.
    ///
    /// # Errors
    /// See [`Calibration::from_toml`].
    pub fn validate(&self) -> Result<(), CalibrationError> {
        self.still.validate()?;
        self.fusion.validate()?;
        self.signals.validate()
    }
}

/// Accepts numbers in [0, 1].
pub(crate) fn unit_interval(key: &str, value: f64) -> Result<(), CalibrationError> {
    in_range(key, value, (0.0..=1.0).contains(&value), "in [0, 1]")
}

/// Accepts finite numbers above 0.
pub(crate) fn positive(key: &str, value: f64) -> Result<(), CalibrationError> {
    in_range(key, value, value.is_finite() && value > 0.0, "above 0")
}

/// Accepts finite numbers from 0 on.
pub(crate) fn at_least_zero(key: &str, value: f64) -> Result<(), CalibrationError> {
    in_range(key, value, value.is_finite() && value >= 0.0, "0 or more")
}

fn in_range(
    key: &str,
    value: f64,
    accepted: bool,
    range: &'static str,
) -> Result<(), CalibrationError> {
    if accepted {
        return Ok(());
    }
    Err(CalibrationError::OutOfRange {
        key: key.to_owned(),
        value,
        accepted: range,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMBEDDED: &str = include_str!("../calibration/default.toml");

    fn refusal(from: &str, to: &str) -> String {
        assert!(EMBEDDED.contains(from), "{from}");
        let text = EMBEDDED.replacen(from, to, 1);
        Calibration::from_toml(&text).unwrap_err().to_string()
    }

    #[test]
    fn the_embedded_file_survives_a_round_trip() {
        let embedded = Calibration::embedded();
        let text = toml::to_string(&embedded).unwrap();
        assert_eq!(Calibration::from_toml(&text).unwrap(), embedded);
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        assert!(refusal("[still]", "[still]\nodd = 1").contains("odd"));
        assert!(refusal("quantile = ", "quantile = 1").contains("still.quantile"));
        assert!(refusal("window_s = 1.6", "window_s = 0.0").contains("signals.pulse.window_s"));
        assert!(refusal("micro_motion = ", "macro_motion = ").contains("macro_motion"));
        assert!(refusal("\"obs\"", "\" \"").contains("virtual_camera.keywords[0]"));
    }
}
