//! One look at each frame: follows the face and measures what the signals over time need.

use lifesign_domain::PoseDegrees;
use lifesign_engine::{Engine, EngineError, Followed, Follower, perceptual_hash};
use lifesign_media::{Frame, Gray};
use lifesign_temporal::extract::{self, Background, Luma, Rgb};
use lifesign_temporal::flow::Pyramid;
use lifesign_temporal::{
    BackgroundMoment, FaceMoment, Landmarks, Moment, eye_aspect_ratios, inter_eye_distance_px,
    mouth_opening,
};

use crate::select::{Candidate, Selection};

/// Cells of the luma grid, across and down: fine enough for the bands of a screen.
const GRID: [usize; 2] = [16, 24];
/// Cells of the thumbnail, across and down: fine enough for small motions, coarse enough to be free of a
/// sensor's noise.
const THUMBNAIL: [usize; 2] = [64, 48];
/// Cells of the background, across and down, of each of which the best corner is followed.
const CORNERS: [usize; 2] = [10, 8];

/// Looks at frames in their order.
pub(crate) struct Watcher<'e> {
    engine: &'e Engine,
    follower: Follower,
    before: Option<(Pyramid, Vec<[f32; 2]>)>,
    pub(crate) moments: Vec<Moment>,
    pub(crate) size: [u32; 2],
    /// A face appeared where none was near.
    pub(crate) jumps: usize,
    pub(crate) selection: Selection,
}

impl<'e> Watcher<'e> {
    pub(crate) fn new(engine: &'e Engine, duration_s: f64) -> Self {
        Self {
            engine,
            follower: Follower::default(),
            before: None,
            moments: Vec::new(),
            size: [0, 0],
            jumps: 0,
            selection: Selection::new(duration_s),
        }
    }

    /// Takes one frame.
    pub(crate) fn look(&mut self, at_s: f64, frame: Frame) -> Result<(), EngineError> {
        self.size = [frame.width(), frame.height()];
        let luma = frame.luma();
        let followed = self.engine.follow(&mut self.follower, &frame)?;
        self.jumps += usize::from(followed.as_ref().is_some_and(|face| face.jumped));
        let face = followed.as_ref().and_then(|face| face_moment(face, &frame));
        let view = Luma::new(luma.width() as usize, luma.height() as usize, luma.data());
        let thumbnail = view.and_then(|view| extract::luma_grid(&view, THUMBNAIL[0], THUMBNAIL[1]));
        let background = self.background(&luma, face.as_ref());
        let quality = face.as_ref().map_or(-1.0, quality);
        self.moments.push(Moment {
            at_s,
            frame_digest: extract::frame_digest(frame.rgb()),
            phash: perceptual_hash(&luma),
            thumbnail,
            face_count: followed.map(|face| 1 + face.others),
            face,
            background,
        });
        if self.selection.wants(at_s, quality) {
            self.selection.keep(Candidate {
                at_s,
                frame,
                quality,
            });
        }
        Ok(())
    }

    /// Corners followed from the frame before, and the brightness of the grid's cells.
    fn background(&mut self, luma: &Gray, face: Option<&FaceMoment>) -> BackgroundMoment {
        let (width, height) = (luma.width() as usize, luma.height() as usize);
        let Some(view) = Luma::new(width, height, luma.data()) else {
            return BackgroundMoment::default();
        };
        let now = Pyramid::new(&view);
        let corners = match &self.before {
            Some((before, places)) => before.follow(&now, places),
            None => Vec::new(),
        };
        let around = face.map(|face| Background::around(&face.landmarks));
        let behind = |x: f32, y: f32| {
            let (x, y) = (f64::from(x), f64::from(y));
            around.as_ref().is_none_or(|around| around.contains(x, y))
        };
        let places = now.corners(CORNERS[0], CORNERS[1], behind);
        self.before = Some((now, places));
        BackgroundMoment {
            corners,
            grid: extract::luma_grid(&view, GRID[0], GRID[1]),
        }
    }
}

fn face_moment(followed: &Followed, frame: &Frame) -> Option<FaceMoment> {
    let points = followed.mesh.landmarks.points();
    let landmarks = Landmarks::new(points.iter().map(|p| [p.x, p.y, p.z]).collect())?;
    let rgb = Rgb::new(frame.width() as usize, frame.height() as usize, frame.rgb())?;
    Some(FaceMoment {
        pose: followed.pose.degrees,
        eye_aspect_ratios: eye_aspect_ratios(&landmarks),
        mouth_opening: mouth_opening(&landmarks),
        skin: extract::skin_colours(&rgb, &landmarks),
        sharpness: None,
        presence: f64::from(followed.mesh.presence),
        descriptor: None,
        landmarks,
    })
}

/// Large and straight faces first: what the still signals are measured best on.
fn quality(face: &FaceMoment) -> f64 {
    let PoseDegrees { yaw, pitch, roll } = face.pose;
    let turned = (yaw.abs() + pitch.abs() + 0.5 * roll.abs()) / 90.0;
    let open = face
        .eye_aspect_ratios
        .map_or(0.0, |[left, right]| left.min(right).clamp(0.0, 0.3));
    inter_eye_distance_px(&face.landmarks) / 100.0 + face.presence + open - turned
}
