//! Somebody who plays a puppet before the camera, and the session around it.

use fastrand::Rng;
use lifesign_challenge::{Action, Direction, Guidance, Outcome, Output};
use lifesign_session::{Capture, PageEvent};
use lifesign_testkit::{Puppet, PuppetState};

use crate::stage::film;

/// From when the session starts, in milliseconds.
const BEGIN_MS: u64 = 1_000;
/// Longest session of the tests.
const MOST_MS: u64 = 90_000;

/// Gives the frames of a session.
pub(crate) trait Camera {
    /// Sees the page.
    fn see(&mut self, at_ms: u64, output: &Output);
    /// The file of the frame at this time.
    fn shoot(&mut self, at_ms: u64) -> Vec<u8>;
}

/// Runs a session to its end: about ten frames a second, and a page that shows prompts after 60 ms.
pub(crate) fn run(capture: &mut Capture, camera: &mut dyn Camera, seed: u64) -> Outcome {
    let mut rng = Rng::with_seed(seed);
    let mut at = BEGIN_MS;
    let mut shown = None;
    while at < BEGIN_MS + MOST_MS {
        at += 92 + rng.u64(..16);
        let jpeg = camera.shoot(at);
        let output = capture.frame(at, &jpeg).unwrap();
        camera.see(at, &output);
        if let Some(prompt) = &output.prompt
            && shown != Some(prompt.step)
        {
            shown = Some(prompt.step);
            let output = capture.event(at + 60, PageEvent::Shown(prompt.step));
            camera.see(at + 60, &output);
        }
        if let Some(outcome) = capture.outcome() {
            return outcome.clone();
        }
    }
    panic!("the session does not end");
}

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

/// Answers every prompt, and corrects itself by the guidance.
pub(crate) struct Player<'a> {
    pub(crate) puppet: &'a Puppet,
    /// Takes the place of the first from this time on.
    pub(crate) stand_in: Option<(u64, &'a Puppet)>,
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
    pub(crate) misreads: fn(&Action) -> Action,
    /// Pixels by which a hand sways the whole picture, head and background alike.
    pub(crate) hand_px: f64,
}

impl<'a> Player<'a> {
    pub(crate) fn new(puppet: &'a Puppet, seed: u64) -> Self {
        let rest = Course {
            from: 1.0,
            to: 1.0,
            ..Course::default()
        };
        Self {
            puppet,
            stand_in: None,
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

    pub(crate) fn state(&self, at: u64) -> PuppetState {
        let t = at as f64 / 1_000.0 + self.seed as f64;
        let sway = |period: f64, size: f64| size * (t * std::f64::consts::TAU / period).sin();
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
}

impl Camera for Player<'_> {
    fn see(&mut self, at: u64, output: &Output) {
        match &output.prompt {
            Some(prompt) if self.step != Some(prompt.step) => {
                self.step = Some(prompt.step);
                let believed = (self.misreads)(&prompt.action);
                self.answer(&believed, at + 500);
            }
            Some(_) => self.correct(output.guidance, at),
            None if self.step.is_some() && self.head_or_face_is_away() => {
                self.relax(at + 200);
            }
            None => {}
        }
    }

    fn shoot(&mut self, at: u64) -> Vec<u8> {
        let puppet = match self.stand_in {
            Some((from, stand_in)) if at >= from => stand_in,
            _ => self.puppet,
        };
        film(puppet, &self.state(at), at)
    }
}

impl Player<'_> {
    fn head_or_face_is_away(&self) -> bool {
        let zero = [&self.yaw, &self.pitch, &self.mouth, &self.smile];
        zero.iter().any(|course| course.to != 0.0) || self.scale.to != 1.0
    }
}
