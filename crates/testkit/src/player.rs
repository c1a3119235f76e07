//! Somebody who answers the prompts of an active session.

use std::f64::consts::TAU;

use lifesign_challenge::{Action, Direction, Guidance, Prompt};

use crate::PuppetState;

/// From when a prompt is seen to when the answer begins.
const REACTION_MS: u64 = 500;

/// A movement of minimum jerk.
#[derive(Clone, Copy, Debug, Default)]
struct Course {
    from: f64,
    to: f64,
    start_ms: u64,
    lasts_ms: u64,
}

impl Course {
    fn at(&self, at_ms: u64) -> f64 {
        let x = at_ms.saturating_sub(self.start_ms) as f64 / self.lasts_ms.max(1) as f64;
        let x = x.clamp(0.0, 1.0);
        self.from + (self.to - self.from) * (10.0 * x.powi(3) - 15.0 * x.powi(4) + 6.0 * x.powi(5))
    }

    fn go(&mut self, to: f64, at_ms: u64, lasts_ms: u64) {
        *self = Self {
            from: self.at(at_ms),
            to,
            start_ms: at_ms,
            lasts_ms,
        };
    }
}

/// Answers every prompt after half a second, and corrects itself by the guidance. Times are milliseconds of one clock.
#[derive(Clone, Debug)]
pub struct Player {
    seed: u64,
    yaw: Course,
    pitch: Course,
    mouth: Course,
    smile: Course,
    scale: Course,
    /// When the eyes are closed.
    closed: Vec<(u64, u64)>,
    step: Option<usize>,
    /// Where the head was asked to go, and since when it may be corrected.
    head: Option<(bool, f64, u64)>,
    /// What it believes to be asked, in place of what is.
    pub misreads: fn(&Action) -> Action,
    /// Pixels by which a hand sways the whole picture, head and background alike.
    pub hand_px: f64,
}

impl Player {
    /// At rest; players of different seeds sway differently.
    pub fn new(seed: u64) -> Self {
        let rest = Course {
            from: 1.0,
            to: 1.0,
            ..Course::default()
        };
        Self {
            seed,
            yaw: Course::default(),
            pitch: Course::default(),
            mouth: Course::default(),
            smile: Course::default(),
            scale: rest,
            closed: Vec::new(),
            step: None,
            head: None,
            misreads: Action::clone,
            hand_px: 0.0,
        }
    }

    /// Sees what the page shows.
    pub fn see(&mut self, at_ms: u64, prompt: Option<&Prompt>, guidance: Option<Guidance>) {
        match prompt {
            Some(prompt) if self.step != Some(prompt.step) => {
                self.step = Some(prompt.step);
                let believed = (self.misreads)(&prompt.action);
                self.answer(&believed, at_ms + REACTION_MS);
            }
            Some(_) => self.correct(guidance, at_ms),
            None if self.step.is_some() && self.head_or_face_is_away() => {
                self.relax(at_ms + 200);
            }
            None => {}
        }
    }

    fn answer(&mut self, action: &Action, at: u64) {
        if let Some((direction, degrees)) = action.head() {
            let (is_yaw, sign) = match direction {
                Direction::Left => (true, 1.0),
                Direction::Right => (true, -1.0),
                Direction::Up => (false, 1.0),
                Direction::Down => (false, -1.0),
            };
            let course = if is_yaw {
                &mut self.yaw
            } else {
                &mut self.pitch
            };
            course.go(sign * degrees, at, 600);
            self.head = Some((is_yaw, sign, at + 1_100));
            return;
        }
        match action {
            Action::Smile => self.smile.go(1.0, at, 400),
            Action::OpenMouth => self.mouth.go(1.0, at, 400),
            Action::MoveCloser => self.scale.go(1.45, at, 1_200),
            Action::BlinkTwice => {
                self.closed = vec![(at, at + 350), (at + 900, at + 1_250)];
            }
            _ => {}
        }
    }

    fn correct(&mut self, guidance: Option<Guidance>, at: u64) {
        let Some((is_yaw, sign, earliest)) = self.head.filter(|(_, _, from)| at >= *from) else {
            return;
        };
        let change = match guidance {
            Some(Guidance::Further) => 2.5,
            Some(Guidance::LessFar) => -2.5,
            _ => return,
        };
        let course = if is_yaw {
            &mut self.yaw
        } else {
            &mut self.pitch
        };
        course.go(course.to + sign * change, at, 200);
        self.head = Some((is_yaw, sign, earliest.max(at) + 500));
    }

    fn relax(&mut self, at: u64) {
        self.head = None;
        for course in [
            &mut self.yaw,
            &mut self.pitch,
            &mut self.mouth,
            &mut self.smile,
        ] {
            course.go(0.0, at, 500);
        }
        self.scale.go(1.0, at, 900);
    }

    /// Where it is at this time, in milliseconds of any clock; never quite at rest.
    pub fn state(&self, at: u64) -> PuppetState {
        let t = at as f64 / 1_000.0 + self.seed as f64;
        let sway = |period: f64, size: f64| size * (t * TAU / period).sin();
        let is_closed = self
            .closed
            .iter()
            .any(|(from, to)| (*from..*to).contains(&at));
        PuppetState {
            yaw: self.yaw.at(at) + sway(3.1, 0.5),
            // Who closes the eyes on purpose lifts the head a little; the mesh reads closed eyes of a puppet that
            // does not as 0.62 of open ones, which is not closed.
            pitch: self.pitch.at(at) + sway(4.3, 0.4) + if is_closed { 6.0 } else { 0.0 },
            roll: sway(5.7, 0.7),
            scale: self.scale.at(at) * (1.0 + sway(6.1, 0.006)),
            right_cm: sway(7.3, 0.25),
            down_cm: sway(5.1, 0.15),
            blink: f64::from(u8::from(is_closed)),
            mouth: self.mouth.at(at),
            smile: self.smile.at(at),
            camera_px: [sway(7.3, self.hand_px), sway(5.1, 0.6 * self.hand_px)],
            ..PuppetState::default()
        }
    }

    fn head_or_face_is_away(&self) -> bool {
        let zero = [&self.yaw, &self.pitch, &self.mouth, &self.smile];
        zero.iter().any(|course| course.to != 0.0) || self.scale.to != 1.0
    }
}
