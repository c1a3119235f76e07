//! The face at rest: when it is, and what it measures then.

use serde::{Deserialize, Serialize};

use crate::event::FaceMeasures;
use crate::limits::NeutralLimits;
use crate::output::Guidance;

/// Most frames that are kept while the face comes to rest; at 10 a second three times what is needed.
const MAX_FRAMES: usize = 16;

/// Medians of a face at rest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Baseline {
    pub(crate) yaw: f64,
    pub(crate) pitch: f64,
    pub(crate) eyes: f64,
    pub(crate) mouth: f64,
    pub(crate) smile: f64,
    pub(crate) eye_distance: f64,
}

/// Frames of a face that comes to rest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rest {
    frames: Vec<(u64, FaceMeasures)>,
}

impl Rest {
    /// Forgets all frames.
    pub(crate) fn restart(&mut self) {
        self.frames.clear();
    }

    /// Adds a frame. Answers the baseline once the face rests, else what to do about it.
    pub(crate) fn observe(
        &mut self,
        at: u64,
        face: &FaceMeasures,
        limits: &NeutralLimits,
    ) -> Result<Baseline, Guidance> {
        if let Some(guidance) = unrest(face, limits) {
            self.restart();
            return Err(guidance);
        }
        self.frames.push((at, face.clone()));
        if self.frames.len() > MAX_FRAMES {
            self.frames.remove(0);
        }
        while self.spread() > limits.spread_deg && !self.frames.is_empty() {
            self.frames.remove(0);
        }
        let since = self.frames.first().map_or(at, |(first, _)| *first);
        let long_enough = at.saturating_sub(since) >= limits.rest_ms
            && self.frames.len() >= limits.rest_frames as usize;
        long_enough
            .then(|| self.baseline())
            .flatten()
            .ok_or(Guidance::HoldStill)
    }

    /// Larger of the ranges of yaw and pitch.
    fn spread(&self) -> f64 {
        let range = |value: fn(&FaceMeasures) -> f64| {
            let values = self.frames.iter().map(|(_, face)| value(face));
            let least = values.clone().fold(f64::MAX, f64::min);
            values.fold(f64::MIN, f64::max) - least
        };
        range(|f| f.pose.yaw).max(range(|f| f.pose.pitch))
    }

    fn baseline(&self) -> Option<Baseline> {
        let median = |value: fn(&FaceMeasures) -> f64| {
            let mut values: Vec<f64> = self.frames.iter().map(|(_, face)| value(face)).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let baseline = Baseline {
            yaw: median(|f| f.pose.yaw)?,
            pitch: median(|f| f.pose.pitch)?,
            eyes: median(FaceMeasures::eyes)?,
            mouth: median(|f| f.mouth_opening)?,
            smile: median(|f| f.smile)?,
            eye_distance: median(|f| f.eye_distance)?,
        };
        // Closed eyes cannot be told from open ones against such a baseline.
        (baseline.eyes > 0.0).then_some(baseline)
    }
}

/// Why a face is not at rest whatever it did before; `None` if it may be.
pub(crate) fn unrest(face: &FaceMeasures, limits: &NeutralLimits) -> Option<Guidance> {
    if let Some(guidance) = light(face, limits) {
        return Some(guidance);
    }
    if face.eye_distance < limits.eye_distance_least {
        return Some(Guidance::TooFar);
    }
    if face.eye_distance > limits.eye_distance_most {
        return Some(Guidance::TooClose);
    }
    let turned = face.pose.yaw.abs() > limits.yaw_deg
        || face.pose.pitch.abs() > limits.pitch_deg
        || face.pose.roll.abs() > limits.roll_deg;
    (turned || face.mouth_opening > limits.mouth).then_some(Guidance::FaceForward)
}

fn light(face: &FaceMeasures, limits: &NeutralLimits) -> Option<Guidance> {
    let mean = face.colour()?.iter().sum::<f64>() / 3.0;
    if mean < limits.dark {
        return Some(Guidance::TooDark);
    }
    (mean > limits.bright).then_some(Guidance::TooBright)
}
