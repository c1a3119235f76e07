//! Somebody who plays a puppet before the camera, and the session around it.

use fastrand::Rng;
use lifesign_challenge::{Outcome, Output};
use lifesign_session::{Capture, PageEvent};
use lifesign_testkit::{Player, Puppet};

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

/// A puppet that plays.
pub(crate) struct Actor<'a> {
    pub(crate) puppet: &'a Puppet,
    /// Takes the place of the first from this time on.
    pub(crate) stand_in: Option<(u64, &'a Puppet)>,
    pub(crate) player: Player,
}

impl<'a> Actor<'a> {
    pub(crate) fn new(puppet: &'a Puppet, seed: u64) -> Self {
        Self {
            puppet,
            stand_in: None,
            player: Player::new(seed),
        }
    }
}

impl Camera for Actor<'_> {
    fn see(&mut self, at: u64, output: &Output) {
        self.player.see(at, output.prompt.as_ref(), output.guidance);
    }

    fn shoot(&mut self, at: u64) -> Vec<u8> {
        let puppet = match self.stand_in {
            Some((from, stand_in)) if at >= from => stand_in,
            _ => self.puppet,
        };
        film(puppet, &self.player.state(at), at)
    }
}
