//! When frames arrive. Cameras and browsers are uneven by milliseconds, networks by more; a program that
//! plays a file may be even to the clock's step, or send what it has as fast as it can.

use std::collections::BTreeMap;

use lifesign_domain::SignalReport;

use crate::RiskParams;

/// Arrivals that are remembered: ten a second for longer than any session lasts.
const MOST: usize = 4_096;

/// Arrivals so far.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    at_ms: Vec<u64>,
}

/// What they tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Timing {
    frames: usize,
    /// Share of frames that came in a bunch with the one before.
    burst_share: f64,
    /// Root mean square distance from the even beat that fits best, in milliseconds.
    unevenness_ms: f64,
    pub(crate) is_risk: bool,
}

impl Arrivals {
    pub(crate) fn add(&mut self, at_ms: u64) {
        if self.at_ms.len() < MOST {
            self.at_ms.push(at_ms);
        }
    }

    /// `None` for too few frames to tell.
    pub(crate) fn timing(&self, params: &RiskParams) -> Option<Timing> {
        let frames = self.at_ms.len();
        if frames < params.least_frames {
            return None;
        }
        let pairs = self.at_ms.windows(2);
        let bunched = pairs
            .filter(|pair| pair[1].saturating_sub(pair[0]) <= params.burst_ms)
            .count();
        let burst_share = bunched as f64 / (frames - 1) as f64;
        let unevenness_ms = unevenness(&self.at_ms);
        Some(Timing {
            frames,
            burst_share,
            unevenness_ms,
            is_risk: burst_share >= params.burst_share || unevenness_ms < params.even_ms,
        })
    }
}

/// Root mean square distance from the line of least squares.
fn unevenness(at_ms: &[u64]) -> f64 {
    let count = at_ms.len() as f64;
    let first = at_ms.first().copied().unwrap_or(0);
    let times: Vec<f64> = at_ms
        .iter()
        .map(|t| t.saturating_sub(first) as f64)
        .collect();
    let middle = (count - 1.0) / 2.0;
    let mean = times.iter().sum::<f64>() / count;
    let (mut product, mut square) = (0.0, 0.0);
    for (i, time) in times.iter().enumerate() {
        let step = i as f64 - middle;
        product += step * (time - mean);
        square += step * step;
    }
    let beat = product / square;
    let off = times
        .iter()
        .enumerate()
        .map(|(i, time)| (time - mean - (i as f64 - middle) * beat).powi(2))
        .sum::<f64>();
    (off / count).sqrt()
}

/// How the timing is reported beside the signals over time; it has no weight.
pub(crate) fn report(timing: Option<&Timing>) -> SignalReport {
    let values = timing.map_or_else(BTreeMap::new, |t| {
        [
            ("frames", t.frames as f64),
            ("burst_share", t.burst_share),
            ("unevenness_ms", t.unevenness_ms),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    });
    let detail = timing.map_or_else(
        || "Not assessed: too few frames arrived".to_owned(),
        |t| {
            let (frames, share) = (t.frames, t.burst_share * 100.0);
            let off = t.unevenness_ms;
            format!("{frames} frames, {share:.0} % in bunches, {off:.1} ms off an even beat.")
        },
    );
    SignalReport {
        name: "frame_timing".to_owned(),
        label: "Arrival of the frames".to_owned(),
        score: timing.map_or(0.0, |t| if t.is_risk { 0.0 } else { 0.5 }),
        weight: 0.0,
        passed: timing.is_some_and(|t| !t.is_risk),
        detail,
        assessed: timing.is_some(),
        values,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Calibration;

    fn timing(at_ms: impl Iterator<Item = u64>) -> Option<Timing> {
        let mut arrivals = Arrivals::default();
        at_ms.for_each(|at| arrivals.add(at));
        arrivals.timing(&Calibration::embedded().risk)
    }

    #[test]
    fn a_browser_is_uneven_and_a_program_is_not() {
        let mut rng = fastrand::Rng::with_seed(1);
        let browser = timing((0..100).map(|i| 5_000 + i * 100 + rng.u64(..12))).unwrap();
        assert!(
            !browser.is_risk && browser.unevenness_ms > 2.0,
            "{browser:?}"
        );
        // Rounded to milliseconds, as an even beat of 30 a second is.
        let program = timing((0..100).map(|i| 5_000 + i * 1_000 / 30)).unwrap();
        assert!(
            program.is_risk && program.unevenness_ms < 0.4,
            "{program:?}"
        );
    }

    #[test]
    fn bunches_of_a_poor_network_are_forgiven_and_a_dump_is_not() {
        let mut rng = fastrand::Rng::with_seed(2);
        let stalls = (0..100).map(|i| (i / 4) * 400 + rng.u64(..9) + 30 * (i % 4));
        assert!(!timing(stalls).unwrap().is_risk);
        let dump = (0..100).map(|i| i * 3 + u64::from(i % 10 == 0) * 2);
        assert!(timing(dump).unwrap().is_risk);
    }

    #[test]
    fn few_frames_and_odd_times_say_nothing_and_do_not_panic() {
        assert_eq!(timing((0..44).map(|i| i * 100)), None);
        let odd = timing((0..60).map(|i| if i % 2 == 0 { u64::MAX } else { 0 })).unwrap();
        assert!(odd.unevenness_ms.is_finite());
        assert!(!report(None).assessed && report(Some(&odd)).assessed);
    }
}
