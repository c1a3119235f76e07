//! The signals over time: one file each, one type each, registered in [`all`].
//!
//! A signal reads the immutable [`Track`] and answers a [`Reading`]. It has no clock, no IO,
//! writes nothing and knows neither its weight nor the verdict. A score of [`NEUTRAL`] says
//! nothing either way.

mod blink;
mod flicker;
mod injection_risk;
mod micro_motion;
mod non_rigidity;
mod params;
mod pictures;
mod pulse;
mod static_risk;
#[cfg(test)]
mod test_support;

pub use params::{
    BlinkParams, FlickerParams, InjectionParams, Mark, MotionParams, NonRigidityParams,
    PulseParams, SignalParams, StaticParams,
};
pub use pulse::{PulseWave, pulse_wave};

use lifesign_domain::{PASS_SCORE, SignalReport};

use crate::Track;

/// The score of a signal that was assessed and speaks for neither side.
pub const NEUTRAL: f64 = PASS_SCORE;

/// One independent measure over time.
pub trait Signal: Send + Sync {
    /// Machine-readable name, also its key in the calibration.
    fn name(&self) -> &'static str;
    /// Name for people.
    fn label(&self) -> &'static str;
    /// Measures the track.
    fn read(&self, track: &Track, params: &SignalParams) -> Reading;
}

/// What a signal found.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// The signal could be computed.
    Measured(Measured),
    /// The signal could not be computed; the text says why, in plain language.
    NotAssessable(String),
}

/// A computed signal.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Native values by name.
    pub values: Vec<(&'static str, f64)>,
    /// Score in [0, 1]; higher is more live-like.
    pub score: f64,
    /// Plain-language finding that names the measured figure.
    pub detail: String,
}

impl Reading {
    /// The score in [0, 1], `None` where it could not be assessed; 0 if it is not a number.
    pub fn score(&self) -> Option<f64> {
        match self {
            Self::Measured(m) if m.score.is_finite() => Some(m.score.clamp(0.0, 1.0)),
            Self::Measured(_) => Some(0.0),
            Self::NotAssessable(_) => None,
        }
    }

    /// A native value by name.
    pub fn value(&self, name: &str) -> Option<f64> {
        match self {
            Self::Measured(m) => {
                let found = m.values.iter().find(|(n, _)| *n == name);
                found.map(|(_, value)| *value)
            }
            Self::NotAssessable(_) => None,
        }
    }

    pub(crate) fn report(&self, signal: &dyn Signal, weight: f64) -> SignalReport {
        let score = self.score();
        let detail = match self {
            Self::Measured(m) if m.score.is_finite() => m.detail.clone(),
            Self::Measured(_) => "Measured a value that is not a number; counted as 0.".to_owned(),
            Self::NotAssessable(why) => format!("Not assessed: {why}"),
        };
        let values = match self {
            Self::Measured(m) => m.values.clone(),
            Self::NotAssessable(_) => Vec::new(),
        };
        SignalReport {
            name: signal.name().to_owned(),
            label: signal.label().to_owned(),
            score: score.unwrap_or(0.0),
            weight,
            passed: score.is_some_and(|s| s >= PASS_SCORE),
            detail,
            assessed: score.is_some(),
            values: values
                .into_iter()
                .filter(|(_, value)| value.is_finite())
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    }
}

/// Every signal over time, in the order in which results list them.
pub fn all() -> Vec<Box<dyn Signal>> {
    vec![
        Box::new(micro_motion::MicroMotion),
        Box::new(static_risk::StaticRisk),
        Box::new(injection_risk::InjectionRisk),
        Box::new(flicker::Flicker),
        Box::new(blink::Blink),
        Box::new(pulse::Pulse),
        Box::new(non_rigidity::NonRigidity),
    ]
}

/// Refuses tracks that are too short or too coarse in time; `times` are those of the moments
/// that matter.
fn enough(times: &[f64], min_seconds: f64, min_fps: f64) -> Result<(), String> {
    let seconds = match (times.first(), times.last()) {
        (Some(first), Some(last)) => last - first,
        _ => 0.0,
    };
    if seconds < min_seconds {
        return Err(format!(
            "there are {seconds:.1} seconds with a face, {min_seconds:.1} are needed"
        ));
    }
    let fps = crate::stats::median_step(times).map_or(0.0, |step| 1.0 / step);
    if fps < min_fps {
        return Err(format!(
            "the face was measured {fps:.1} times a second, {min_fps:.0} are needed"
        ));
    }
    Ok(())
}
