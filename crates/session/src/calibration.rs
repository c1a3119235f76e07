//! The one versioned file that holds the numbers that decide about a session.

use lifesign_challenge::{Limits, LimitsError};
use serde::{Deserialize, Serialize};

/// Everything that decides beside the engine's and the temporal calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Reported with every result; changes with every number below.
    pub version: String,
    /// How frames are looked at.
    pub look: LookParams,
    /// Whether it is the same person all the time.
    pub identity: IdentityParams,
    /// When an answer is over, and what it scores.
    pub sound: SoundParams,
    /// Footage that was not taken during the session.
    pub risk: RiskParams,
    /// The rules of the challenge; what the file leaves out is as `Limits` has it.
    #[serde(default)]
    pub challenge: Limits,
}

/// How frames are looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookParams {
    /// Frames from one look for a second face to the next.
    pub detector_every: u32,
    /// Shortest side of a frame in pixels.
    pub smallest_side: u32,
}

/// Whether it is the same person all the time. Distances are Euclidean, of descriptors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityParams {
    /// Milliseconds from one comparison to the next.
    pub every_ms: u64,
    /// Descriptors that stand for the person whom the session began with.
    pub anchors: usize,
    /// Yaw and pitch up to which anything is compared.
    pub compared_deg: f64,
    /// Distance up to which one face is surely the same.
    pub sure: f64,
    /// Faces at rest beyond it that decide together.
    pub frames: usize,
    /// Distance of their mean over which they are somebody else's.
    pub same: f64,
    /// Distance over which one that moves is.
    pub turned: f64,
}

/// When an answer is over, and what it scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundParams {
    /// Root mean square (full scale 1) from which sound may be a voice.
    pub voiced_rms: f64,
    /// How much louder than the quietest tenth of the sound it must be.
    pub voiced_over_floor: f64,
    /// Milliseconds of voice that an answer has at least.
    pub least_voiced_ms: u64,
    /// Milliseconds without voice that end an answer.
    pub quiet_ms: u64,
    /// Runs of the recogniser for one answer.
    pub tries: u32,
    /// Share of the words in the audio score.
    pub words_share: f64,
}

/// Footage that was not taken during the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskParams {
    /// Score of a signal over time at or under which it is a risk; below 0 none ever is.
    pub score: f64,
    /// Seconds that a repetition must last, in place of the temporal calibration's own.
    pub repeat_seconds: f64,
    /// Frames that arrive at most this many milliseconds after the one before came in a bunch.
    pub burst_ms: u64,
    /// Share of such frames from which there is a risk; over 1 there never is.
    pub burst_share: f64,
    /// Root mean square distance of the arrivals from an even beat, in milliseconds, under which
    /// there is a risk.
    pub even_ms: f64,
    /// Frames under which neither timing nor the scene says anything.
    pub least_frames: usize,
    /// Standard deviation of the mean luma (0 to 255) of the stillest quarter of the frame under which there
    /// is a risk; 0 for none ever.
    pub least_scene_change: f64,
}

/// A calibration file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// Not the expected TOML; the text names line and key.
    #[error("session calibration does not parse: {0}")]
    Parse(#[from] Box<toml::de::Error>),
    /// A number is outside its range.
    #[error("session calibration: {key} is {value}, must be {accepted}")]
    OutOfRange {
        /// Dotted key.
        key: &'static str,
        /// What the file says.
        value: f64,
        /// What would be accepted.
        accepted: &'static str,
    },
    /// A limit of the challenge is outside its range.
    #[error("session calibration: challenge.{0}")]
    Challenge(#[from] LimitsError),
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
    /// On unknown or missing keys and numbers out of range.
    pub fn from_toml(text: &str) -> Result<Self, CalibrationError> {
        let calibration: Self = toml::from_str(text).map_err(Box::new)?;
        calibration.validate()?;
        Ok(calibration)
    }

    fn validate(&self) -> Result<(), CalibrationError> {
        let (identity, sound, risk) = (&self.identity, &self.sound, &self.risk);
        let positive = |v: f64| v.is_finite() && v > 0.0;
        let checks = [
            (
                "look.detector_every",
                f64::from(self.look.detector_every),
                1.0,
            ),
            (
                "look.smallest_side",
                f64::from(self.look.smallest_side),
                1.0,
            ),
            ("identity.every_ms", identity.every_ms as f64, 1.0),
            ("identity.anchors", identity.anchors as f64, 1.0),
            ("identity.frames", identity.frames as f64, 1.0),
            ("sound.quiet_ms", sound.quiet_ms as f64, 1.0),
            ("sound.tries", f64::from(sound.tries), 1.0),
            ("risk.least_frames", risk.least_frames as f64, 3.0),
        ];
        for (key, value, least) in checks {
            let accepted = if least > 1.0 {
                "3 or more"
            } else {
                "1 or more"
            };
            in_range(key, value, value >= least, accepted)?;
        }
        for (key, value) in [
            ("identity.compared_deg", identity.compared_deg),
            ("identity.sure", identity.sure),
            ("identity.same", identity.same),
            ("identity.turned", identity.turned),
            ("sound.voiced_rms", sound.voiced_rms),
            ("sound.voiced_over_floor", sound.voiced_over_floor),
            ("risk.repeat_seconds", risk.repeat_seconds),
        ] {
            in_range(key, value, positive(value), "above 0")?;
        }
        let share = sound.words_share;
        in_range(
            "sound.words_share",
            share,
            (0.0..=1.0).contains(&share),
            "in [0, 1]",
        )?;
        for (key, value) in [
            ("risk.score", risk.score),
            ("risk.burst_share", risk.burst_share),
            ("risk.even_ms", risk.even_ms),
            ("risk.least_scene_change", risk.least_scene_change),
        ] {
            in_range(key, value, value.is_finite(), "a number")?;
        }
        Ok(self.challenge.validate()?)
    }
}

fn in_range(
    key: &'static str,
    value: f64,
    is_accepted: bool,
    accepted: &'static str,
) -> Result<(), CalibrationError> {
    if is_accepted {
        return Ok(());
    }
    Err(CalibrationError::OutOfRange {
        key,
        value,
        accepted,
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
        assert_eq!(embedded.challenge, Limits::default());
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        assert!(refusal("[look]", "[look]\nodd = 1").contains("odd"));
        assert!(refusal("same = 0.42", "same = 0.0").contains("identity.same"));
        assert!(refusal("words_share = 0.75", "words_share = 1.5").contains("sound.words_share"));
        assert!(refusal("tries = 3", "tries = 0").contains("sound.tries"));
        assert!(refusal("least_frames = 45", "least_frames = 2").contains("3 or more"));
        let endless = "[challenge.time]\nsession_ms = 9000000000\n[look]";
        assert!(refusal("[look]", endless).contains("challenge.time.session_ms"));
    }
}
