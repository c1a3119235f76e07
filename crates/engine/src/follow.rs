//! A face from one frame of a video to the next.
//!
//! The mesh of a frame tells where to look in the next one, which costs a third of finding the face
//! anew. The detector runs where the face is lost, and now and then to see who else is there.

use lifesign_media::Frame;

use crate::roi::next_region;
use crate::{Engine, EngineError, FaceMesh, Landmarks, Pose};

/// On which of so many frames the detector runs while the face is held, unless said otherwise.
const LOOK_AROUND: u32 = 9;

/// How far, in widths of the face, a face moves between two frames that are judged; one that is found
/// farther away is another, or the clip was cut.
const LONGEST_MOVE: f32 = 1.0;

/// What is remembered from frame to frame.
#[derive(Clone, Debug)]
pub struct Follower {
    look_around: u32,
    last: Option<Landmarks>,
    since_detection: u32,
    others: usize,
}

impl Default for Follower {
    fn default() -> Self {
        Self::looking_around_every(LOOK_AROUND)
    }
}

impl Follower {
    /// One that runs the detector on one of `frames` frames to see who else is there; while somebody
    /// is, on every frame.
    pub fn looking_around_every(frames: u32) -> Self {
        Self {
            look_around: frames.saturating_sub(1),
            last: None,
            since_detection: 0,
            others: 0,
        }
    }
}

/// The face in one frame.
#[derive(Clone, Debug)]
pub struct Followed {
    /// Its mesh.
    pub mesh: FaceMesh,
    /// Its placement.
    pub pose: Pose,
    /// Whether it is not where the face before was: another face, or a cut.
    pub jumped: bool,
    /// Faces beside it when the detector looked last.
    pub others: usize,
}

impl Engine {
    /// Finds the face of `frame`; `None` where there is none. Frames come in their order.
    ///
    /// # Errors
    /// Those of the models.
    pub fn follow(
        &self,
        follower: &mut Follower,
        frame: &Frame,
    ) -> Result<Option<Followed>, EngineError> {
        let held = match &follower.last {
            Some(last)
                if follower.since_detection < follower.look_around && follower.others == 0 =>
            {
                self.hold(frame, last)?
            }
            _ => None,
        };
        let found = match held {
            Some(held) => {
                follower.since_detection += 1;
                Some(held)
            }
            None => self.look_around(follower, frame)?,
        };
        let Some((mesh, pose)) = found else {
            // Where the face was is remembered: who appears elsewhere next is somebody else.
            follower.since_detection = follower.look_around;
            return Ok(None);
        };
        let before = follower.last.replace(mesh.landmarks.clone());
        Ok(Some(Followed {
            jumped: before.is_some_and(|before| is_elsewhere(&before, &mesh.landmarks)),
            others: follower.others,
            mesh,
            pose,
        }))
    }

    /// The mesh at the place of the last one, if a face is still there.
    fn hold(
        &self,
        frame: &Frame,
        last: &Landmarks,
    ) -> Result<Option<(FaceMesh, Pose)>, EngineError> {
        let Some(mesh) = self.mesh_at(frame, &next_region(last))? else {
            return Ok(None);
        };
        if f64::from(mesh.presence) < self.calibration().detection.min_face_presence {
            return Ok(None);
        }
        let pose = self.pose(frame, &mesh.landmarks);
        Ok(pose.map(|pose| (mesh, pose)))
    }

    /// All faces anew; the one nearest to the last place is held, or else the largest.
    fn look_around(
        &self,
        follower: &mut Follower,
        frame: &Frame,
    ) -> Result<Option<(FaceMesh, Pose)>, EngineError> {
        let mut faces = self.faces(frame)?;
        follower.since_detection = 0;
        follower.others = faces.len().saturating_sub(1);
        let chosen = match &follower.last {
            Some(last) => {
                let here = |index: &usize| {
                    let face = faces.get(*index);
                    face.is_some_and(|face| !is_elsewhere(last, &face.mesh.landmarks))
                };
                (0..faces.len()).find(here).unwrap_or(0)
            }
            None => 0,
        };
        if chosen >= faces.len() {
            return Ok(None);
        }
        let face = faces.swap_remove(chosen);
        Ok(Some((face.mesh, face.pose)))
    }
}

fn is_elsewhere(before: &Landmarks, now: &Landmarks) -> bool {
    let (before, now) = (before.bounds(), now.bounds());
    let moved = before.centre().distance(now.centre());
    let (small, large) = (before.width.min(now.width), before.width.max(now.width));
    moved > LONGEST_MOVE * large || small * 2.0 < large
}
