//! Synthetic sequences of known content: a head with depth before a camera, pictures and screens
//! that show it, and what is done to clips afterwards. For tests alone.
//!
//! The same seed gives the same sequence on every machine. Nothing here claims to be as varied as
//! people and cameras are: the figures of these sequences say that a signal measures what it
//! means to, not how often it errs in the field.

mod head;
mod plane;
mod script;
mod tamper;

pub use head::{FOCAL_PX, HeadState, SIZE, face_of};
pub use plane::{Plane, PlaneMotion};
pub use script::{Script, Shot, Take};
pub use tamper::{Flickering, flickering, frozen, looped, ping_pong, re_encoded};

/// Normal noise of mean 0 and deviation 1 (sum of twelve uniform numbers).
pub(crate) fn normal(random: &mut fastrand::Rng) -> f64 {
    (0..12).map(|_| random.f64()).sum::<f64>() - 6.0
}

/// A number in [low, high).
pub(crate) fn between(random: &mut fastrand::Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * random.f64()
}

/// A smooth random motion: three waves of 0.1 to 0.6 hertz.
#[derive(Clone, Debug)]
pub(crate) struct Sway {
    waves: [(f64, f64); 3],
    amplitude: f64,
}

impl Sway {
    /// With a standard deviation of `deviation`.
    pub(crate) fn new(random: &mut fastrand::Rng, deviation: f64) -> Self {
        let mut wave = || {
            let hertz = between(random, 0.1, 0.6);
            (
                hertz * std::f64::consts::TAU,
                between(random, 0.0, std::f64::consts::TAU),
            )
        };
        Self {
            waves: [wave(), wave(), wave()],
            amplitude: deviation * (2.0_f64 / 3.0).sqrt(),
        }
    }

    pub(crate) fn at(&self, at_s: f64) -> f64 {
        let waves = self.waves.iter();
        self.amplitude
            * waves
                .map(|(w, phase)| (w * at_s + phase).sin())
                .sum::<f64>()
    }
}
