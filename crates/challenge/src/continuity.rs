//! One face, seen all the time, that moves as heads do.

use serde::{Deserialize, Serialize};

use crate::event::{FaceMeasures, Observation};
use crate::limits::ContinuityLimits;
use crate::output::SessionFailure;

/// How a frame follows the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follows {
    /// As it should.
    Smoothly,
    /// After so long that what happened in between is not known.
    AfterGap,
    /// Faster than a head moves.
    Jumping,
}

/// What the frames so far say about who is before the camera.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Continuity {
    frame_at: Option<u64>,
    face: Option<Seen>,
    second_face_frames: u32,
    stranger_frames: u32,
    /// What the last comparison said since [`Continuity::ask_again`].
    same_person: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Seen {
    at: u64,
    yaw: f64,
    pitch: f64,
    eye_distance: f64,
}

impl Continuity {
    /// When the last frame came.
    pub(crate) fn frame_at(&self) -> Option<u64> {
        self.frame_at
    }

    /// Whether the face was found to be the same since [`Continuity::ask_again`].
    pub(crate) fn is_same_person(&self) -> bool {
        self.same_person == Some(true)
    }

    /// Forgets what comparisons have said so far.
    pub(crate) fn ask_again(&mut self) {
        self.same_person = None;
    }

    /// Takes a frame; `face` is its face if there is exactly one that could be measured. Before the first
    /// prompt (`started` false) nobody can have left, and a second face only asks for guidance.
    pub(crate) fn observe(
        &mut self,
        at: u64,
        observation: &Observation,
        face: Option<&FaceMeasures>,
        started: bool,
        limits: &ContinuityLimits,
    ) -> Result<Follows, SessionFailure> {
        self.frame_at = Some(at);
        self.count_faces(observation);
        if started && self.second_face_frames >= limits.second_face_frames {
            return Err(SessionFailure::SecondFace);
        }
        if self.stranger_frames >= limits.stranger_frames {
            return Err(SessionFailure::IdentityChanged);
        }
        let Some(face) = face else {
            let seen_at = self.face.map_or(at, |seen| seen.at);
            let lost = started && at - seen_at > limits.face_lost_ms;
            return if lost {
                Err(SessionFailure::FaceLost)
            } else {
                Ok(Follows::Smoothly)
            };
        };
        let seen = Seen {
            at,
            yaw: face.pose.yaw,
            pitch: face.pose.pitch,
            eye_distance: face.eye_distance,
        };
        let before = self.face.replace(seen);
        Ok(before.map_or(Follows::AfterGap, |before| before.to(&seen, limits)))
    }

    fn count_faces(&mut self, observation: &Observation) {
        self.second_face_frames = match observation.faces {
            0 | 1 => 0,
            _ => self.second_face_frames + 1,
        };
        self.same_person = observation.same_person.or(self.same_person);
        // A frame that was not compared says nothing for either side.
        self.stranger_frames = match observation.same_person {
            Some(true) => 0,
            Some(false) => self.stranger_frames + 1,
            None => self.stranger_frames,
        };
    }
}

impl Seen {
    fn to(&self, next: &Self, limits: &ContinuityLimits) -> Follows {
        let elapsed_ms = next.at - self.at;
        let seconds = elapsed_ms.max(limits.least_interval_ms) as f64 / 1_000.0;
        let turned = (next.yaw - self.yaw)
            .abs()
            .max((next.pitch - self.pitch).abs());
        let approached = (next.eye_distance / self.eye_distance).ln().abs();
        if turned > limits.degrees_per_s * seconds || approached > limits.closer_per_s * seconds {
            return Follows::Jumping;
        }
        if elapsed_ms > limits.gap_ms {
            return Follows::AfterGap;
        }
        Follows::Smoothly
    }
}
