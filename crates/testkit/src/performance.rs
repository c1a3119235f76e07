//! Moves a puppet as a living person moves before a camera.

use std::f64::consts::TAU;

use crate::{PuppetState, Random};

/// Seconds from open to closed and back.
const BLINK_S: f64 = 0.36;

/// What a puppet does over time; the same seed does the same.
#[derive(Clone, Debug)]
pub struct Performance {
    /// Largest turns in degrees: yaw, pitch, roll.
    pub turn_deg: [f64; 3],
    /// Largest shift of the head in centimetres.
    pub shift_cm: f64,
    /// Blinks a second.
    pub blinks_per_s: f64,
    /// How far the mouth opens in speech, 0 for none.
    pub speech: f64,
    /// Largest motion of a hand-held camera in pixels, 0 for one on a stand.
    pub hand_px: f64,
    /// Share by which the pulse, 72 beats a minute, darkens the skin in green.
    pub pulse: f64,
    /// Another one moves otherwise.
    pub seed: u64,
}

impl Performance {
    /// Somebody who sits, sways, turns a little, blinks and talks.
    pub fn lively(seed: u64) -> Self {
        Self {
            turn_deg: [9.0, 4.0, 2.5],
            shift_cm: 1.0,
            blinks_per_s: 0.4,
            speech: 0.35,
            hand_px: 0.0,
            pulse: 0.01,
            seed,
        }
    }

    /// Somebody who keeps still, as far as people can.
    pub fn calm(seed: u64) -> Self {
        Self {
            turn_deg: [1.5, 1.0, 0.6],
            shift_cm: 0.3,
            blinks_per_s: 0.3,
            speech: 0.0,
            ..Self::lively(seed)
        }
    }

    /// The state at a time in seconds.
    pub fn at(&self, at_s: f64) -> PuppetState {
        let mut random = Random::new(self.seed);
        // A sum of slow waves without a common period, in [-1, 1].
        let mut wave = |slow_hz: f64| {
            let mut sum = 0.0;
            for (share, hz) in [(0.6, slow_hz), (0.3, slow_hz * 2.3), (0.1, slow_hz * 5.1)] {
                let hz = hz * random.range(0.85, 1.15);
                sum += share * (TAU * (hz * at_s + random.unit())).sin();
            }
            sum
        };
        let [yaw, pitch, roll] = self.turn_deg.map(|degrees| degrees * wave(0.25));
        let [right_cm, down_cm] = [self.shift_cm, self.shift_cm * 0.6].map(|cm| cm * wave(0.2));
        let scale = 1.0 + 0.02 * self.shift_cm * wave(0.15);
        let camera_px = [self.hand_px, self.hand_px * 0.7].map(|px| px * wave(0.7));
        let syllables = (wave(1.4) + 0.2).max(0.0);
        let beat = self.pulse * (TAU * 1.2 * at_s).sin();
        PuppetState {
            yaw,
            pitch,
            roll,
            scale,
            right_cm,
            down_cm,
            blink: self.blink(at_s),
            mouth: self.speech * syllables,
            smile: 0.2,
            // Blood takes most from green, least from red (Verkruysse et al., 2008).
            light: [1.0 - 0.3 * beat, 1.0 - beat, 1.0 - 0.6 * beat],
            camera_px,
        }
    }

    /// Blinks come at uneven distances around the mean one.
    fn blink(&self, at_s: f64) -> f64 {
        if self.blinks_per_s <= 0.0 {
            return 0.0;
        }
        let every = 1.0 / self.blinks_per_s;
        let slot = (at_s / every).floor();
        let mut random = Random::new(self.seed.wrapping_mul(31).wrapping_add(slot as u64));
        let start = slot * every + random.range(0.1, (every - BLINK_S).max(0.2));
        let part = (at_s - start) / BLINK_S;
        if (0.0..1.0).contains(&part) {
            (part * TAU / 2.0).sin().powf(0.6)
        } else {
            0.0
        }
    }
}
