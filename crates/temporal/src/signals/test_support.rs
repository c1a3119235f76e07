//! Shared by the tests of the signals.

use super::{Measured, Reading, Signal, SignalParams};
use crate::{Calibration, Track};

pub(super) fn params() -> SignalParams {
    Calibration::embedded().signals
}

pub(super) fn measure(signal: &dyn Signal, track: &Track) -> Measured {
    match signal.read(track, &params()) {
        Reading::Measured(measured) => measured,
        Reading::NotAssessable(why) => panic!("{} not assessed: {why}", signal.name()),
    }
}

pub(super) fn refusal(signal: &dyn Signal, track: &Track) -> String {
    match signal.read(track, &params()) {
        Reading::Measured(measured) => panic!("{} assessed: {}", signal.name(), measured.detail),
        Reading::NotAssessable(why) => why,
    }
}

pub(super) fn value(measured: &Measured, name: &str) -> f64 {
    let found = measured.values.iter().find(|(n, _)| *n == name);
    found.unwrap_or_else(|| panic!("no value {name}")).1
}
