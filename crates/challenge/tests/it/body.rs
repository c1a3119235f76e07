//! A head that moves as heads do, seen by a camera that measures with noise.

use fastrand::Rng;
use lifesign_challenge::{FaceMeasures, Observation};
use lifesign_domain::PoseDegrees;

/// What moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Yaw,
    Pitch,
    Mouth,
    Smile,
    Near,
    Eyes,
}

const PARTS: usize = 6;

/// A movement of minimum jerk (Flash and Hogan 1985), as limbs and heads make it.
#[derive(Clone, Copy, Debug, Default)]
struct Course {
    from: f64,
    to: f64,
    start: f64,
    duration: f64,
}

impl Course {
    fn at(&self, t: f64) -> f64 {
        if self.duration <= 0.0 {
            return self.to;
        }
        let x = ((t - self.start) / self.duration).clamp(0.0, 1.0);
        self.from + (self.to - self.from) * (10.0 * x.powi(3) - 15.0 * x.powi(4) + 6.0 * x.powi(5))
    }
}

/// Angles in degrees; mouth as a rise, smile and nearness as relative rises, eyes 1 open to 0 closed.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    courses: [Course; PARTS],
    rest: [f64; PARTS],
    next_blink: f64,
    blink_until: f64,
    skin: [f64; 3],
    ear: f64,
    distance: f64,
    /// Factor on the measures' noise.
    pub(crate) noise: f64,
}

impl Body {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let rest = [
            between(rng, -5.0, 5.0),
            between(rng, -10.0, 6.0),
            between(rng, 0.0, 0.03),
            0.0,
            0.0,
            1.0,
        ];
        let courses = rest.map(|to| Course {
            to,
            ..Course::default()
        });
        Self {
            courses,
            rest,
            next_blink: between(rng, 500.0, 6_000.0),
            blink_until: 0.0,
            skin: [
                between(rng, 90.0, 200.0),
                between(rng, 70.0, 160.0),
                between(rng, 60.0, 140.0),
            ],
            ear: between(rng, 0.22, 0.36),
            distance: between(rng, 0.12, 0.2),
            noise: 1.0,
        }
    }

    /// Moves a part by `amount` from its rest within `duration` ms.
    pub(crate) fn go(&mut self, part: Part, amount: f64, t: f64, duration: f64) {
        let i = part as usize;
        let from = self.courses[i].at(t);
        self.courses[i] = Course {
            from,
            to: self.rest[i] + amount,
            start: t,
            duration,
        };
    }

    pub(crate) fn relax(&mut self, t: f64, duration: f64) {
        for part in [
            Part::Yaw,
            Part::Pitch,
            Part::Mouth,
            Part::Smile,
            Part::Near,
            Part::Eyes,
        ] {
            self.go(part, 0.0, t, duration);
        }
    }

    pub(crate) fn observe(&mut self, t: f64, rng: &mut Rng) -> Observation {
        // People blink about every four seconds, for 120 to 250 ms, of which the lids are down for less.
        if t >= self.next_blink {
            self.blink_until = self.next_blink + between(rng, 60.0, 130.0);
            self.next_blink = t + between(rng, 1_000.0, 7_000.0);
        }
        let value = |part: Part| self.courses[part as usize].at(t);
        let open = if t < self.blink_until {
            0.3
        } else {
            0.25 + 0.75 * value(Part::Eyes)
        };
        let face = FaceMeasures {
            pose: PoseDegrees {
                yaw: value(Part::Yaw) + normal(rng, 0.8 * self.noise),
                pitch: value(Part::Pitch) + normal(rng, 0.8 * self.noise),
                roll: normal(rng, 1.0 * self.noise),
            },
            eye_openness: [0; 2]
                .map(|_| (self.ear * open + normal(rng, 0.012 * self.noise)).max(0.0)),
            mouth_opening: (value(Part::Mouth) + normal(rng, 0.006 * self.noise)).max(0.0),
            smile: (1.0 + value(Part::Smile)) * (1.0 + normal(rng, 0.012 * self.noise)),
            eye_distance: self.distance
                * (1.0 + value(Part::Near))
                * (1.0 + normal(rng, 0.01 * self.noise)),
            skin_colour: Some(
                self.skin
                    .map(|c| (c + normal(rng, 0.5 * self.noise)).clamp(0.0, 255.0)),
            ),
        };
        Observation {
            faces: 1,
            same_person: Some(true),
            face: Some(face),
        }
    }
}

pub(crate) fn between(rng: &mut Rng, least: f64, most: f64) -> f64 {
    least + (most - least) * rng.f64()
}

/// Box and Muller.
pub(crate) fn normal(rng: &mut Rng, deviation: f64) -> f64 {
    let radius = (-2.0 * rng.f64().max(1e-12).ln()).sqrt();
    deviation * radius * (std::f64::consts::TAU * rng.f64()).cos()
}
