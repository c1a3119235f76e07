//! One look at each frame: follows the face and measures what the signals over time need.

use lifesign_domain::PoseDegrees;
use lifesign_engine::{Engine, EngineError, Followed, Follower, perceptual_hash};
use lifesign_media::{Frame, Gray};
use lifesign_temporal::extract::{self, Background, Luma, Rgb};
use lifesign_temporal::flow::Pyramid;
use lifesign_temporal::{
    BackgroundMoment, ClipFacts, FaceMoment, Landmarks, Moment, Track, eye_aspect_ratios,
    inter_eye_distance_px, mouth_opening,
};

/// Cells of the luma grid, across and down: fine enough for the bands of a screen.
const GRID: [usize; 2] = [16, 24];
/// Cells of the thumbnail, across and down: fine enough for small motions, coarse enough to be free of a
/// sensor's noise.
const THUMBNAIL: [usize; 2] = [64, 48];
/// Cells of the background, across and down, of each of which the best corner is followed.
const CORNERS: [usize; 2] = [10, 8];

/// Side in pixels to which a coarse watcher shrinks what it follows behind the face.
const COARSE_SIDE: u32 = 320;

/// Looks at frames in their order.
#[derive(Debug, Default)]
pub struct Watcher {
    follower: Follower,
    is_coarse: bool,
    before: Option<(Pyramid, Vec<[f32; 2]>)>,
    moments: Vec<Moment>,
    size: [u32; 2],
}

/// What one look found.
#[derive(Debug)]
pub struct Look {
    /// The face, where there is one.
    pub followed: Option<Followed>,
    /// What the signals over time need of it.
    pub moment: Moment,
    /// How well the still signals can be measured on this frame; below 0 without a face.
    pub quality: f64,
}

impl Watcher {
    /// For frames that must not wait: with a follower of its own settings, and corners behind the face that
    /// are followed in a smaller picture, which costs a quarter.
    pub fn coarse(follower: Follower) -> Self {
        Self {
            follower,
            is_coarse: true,
            ..Self::default()
        }
    }

    /// Looks at one frame, without remembering its moment: [`Watcher::remember`] does.
    ///
    /// # Errors
    /// Those of the models.
    pub fn look(&mut self, engine: &Engine, at_s: f64, frame: &Frame) -> Result<Look, EngineError> {
        let size = [frame.width(), frame.height()];
        if size != self.size {
            // Nothing of the frame before is where it was.
            (self.size, self.before) = (size, None);
        }
        let luma = frame.luma();
        let followed = engine.follow(&mut self.follower, frame)?;
        let face = followed.as_ref().and_then(|face| face_moment(face, frame));
        let thumbnail =
            view(&luma).and_then(|view| extract::luma_grid(&view, THUMBNAIL[0], THUMBNAIL[1]));
        let background = self.background(&luma, face.as_ref());
        let quality = face.as_ref().map_or(-1.0, quality);
        let moment = Moment {
            at_s,
            frame_digest: extract::frame_digest(frame.rgb()),
            phash: perceptual_hash(&luma),
            thumbnail,
            face_count: followed.as_ref().map(|face| 1 + face.others),
            face,
            background,
        };
        Ok(Look {
            followed,
            moment,
            quality,
        })
    }

    /// Adds a moment to the track.
    pub fn remember(&mut self, moment: Moment) {
        self.moments.push(moment);
    }

    /// Moments that are remembered.
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// The track of all moments, with what is known of the recording.
    pub fn into_track(self, facts: ClipFacts) -> Track {
        Track::new(self.size, facts, self.moments)
    }

    /// Corners followed from the frame before, and the brightness of the grid's cells.
    fn background(&mut self, luma: &Gray, face: Option<&FaceMoment>) -> BackgroundMoment {
        let Some(view) = view(luma) else {
            return BackgroundMoment::default();
        };
        let grid = extract::luma_grid(&view, GRID[0], GRID[1]);
        let shrunk;
        let mut factor = 1;
        let mut plane = view;
        if self.is_coarse {
            factor = (luma.width().max(luma.height()) / COARSE_SIDE).max(1);
            shrunk = shrink(luma, factor);
            plane = shrunk.as_ref().and_then(self::view).unwrap_or(view);
        }
        let scale = factor as f32;
        let now = Pyramid::new(&plane);
        let mut corners = match &self.before {
            Some((before, places)) => before.follow(&now, places),
            None => Vec::new(),
        };
        for corner in &mut corners {
            for value in [&mut corner.x, &mut corner.y, &mut corner.dx, &mut corner.dy] {
                *value *= f64::from(scale);
            }
        }
        let around = face.map(|face| Background::around(&face.landmarks));
        let behind = |x: f32, y: f32| {
            let (x, y) = (f64::from(x * scale), f64::from(y * scale));
            around.as_ref().is_none_or(|around| around.contains(x, y))
        };
        let places = now.corners(CORNERS[0], CORNERS[1], behind);
        self.before = Some((now, places));
        BackgroundMoment { corners, grid }
    }
}

fn view(luma: &Gray) -> Option<Luma<'_>> {
    Luma::new(luma.width() as usize, luma.height() as usize, luma.data())
}

/// Means of squares of `factor` pixels a side; what is left at the right and lower edge is cut off. `None`
/// where nothing is left.
fn shrink(luma: &Gray, factor: u32) -> Option<Gray> {
    let (width, height) = (luma.width() / factor, luma.height() / factor);
    let (columns, side) = (width as usize, factor as usize);
    let mut data = Vec::with_capacity(columns * height as usize);
    let mut sums = vec![0_u32; columns];
    for rows in luma.data().chunks_exact(luma.width() as usize * side) {
        sums.fill(0);
        for row in rows.chunks_exact(luma.width() as usize) {
            for (sum, square) in sums.iter_mut().zip(row.chunks_exact(side)) {
                *sum += square.iter().map(|v| u32::from(*v)).sum::<u32>();
            }
        }
        let area = factor * factor;
        data.extend(sums.iter().map(|sum| ((sum + area / 2) / area) as u8));
    }
    Gray::new(width, height, data)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_become_their_means() {
        let data = (0..7 * 5).map(|i| (i % 7 * 10 + i / 7) as u8).collect();
        let shrunk = shrink(&Gray::new(7, 5, data).unwrap(), 2).unwrap();
        assert_eq!((shrunk.width(), shrunk.height()), (3, 2));
        // (0 + 10 + 1 + 11) / 4 and so on, halves rounded up.
        assert_eq!(shrunk.data(), [6, 26, 46, 8, 28, 48]);
        let tiny = Gray::new(1, 1, vec![9]).unwrap();
        assert!(shrink(&tiny, 2).is_none() && shrink(&tiny, 1).is_some());
    }
}
