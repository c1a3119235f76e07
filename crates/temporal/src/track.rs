//! What a clip is reduced to before anything is judged.

use lifesign_domain::PoseDegrees;

/// A whole clip: its moments in order and what its container says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// Size of the upright frames in pixels, width first.
    pub size: [u32; 2],
    /// What the container says about the recording.
    pub facts: ClipFacts,
    moments: Vec<Moment>,
}

impl Track {
    /// Wraps moments in their order. One whose time is not finite or not after that of the
    /// moment before is dropped: nothing can be measured over no time. What the container
    /// claims belongs into [`ClipFacts::frame_times_s`] unaltered.
    pub fn new(size: [u32; 2], facts: ClipFacts, moments: Vec<Moment>) -> Self {
        let mut last = f64::NEG_INFINITY;
        let mut in_order = moments;
        in_order.retain(|moment| {
            let later = moment.at_s.is_finite() && moment.at_s > last;
            if later {
                last = moment.at_s;
            }
            later
        });
        Self {
            size,
            facts,
            moments: in_order,
        }
    }

    /// The moments; their times rise.
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// Changes every moment; their times stay.
    pub fn map_moments(&mut self, mut change: impl FnMut(usize, &mut Moment)) {
        for (i, moment) in self.moments.iter_mut().enumerate() {
            let at_s = moment.at_s;
            change(i, moment);
            moment.at_s = at_s;
        }
    }

    /// Moments with a judged face, with their times.
    pub fn faces(&self) -> impl Iterator<Item = (f64, &FaceMoment)> + Clone {
        let moments = self.moments.iter();
        moments.filter_map(|moment| Some((moment.at_s, moment.face.as_ref()?)))
    }

    /// Seconds from the first moment to the last; 0 with fewer than two.
    pub fn duration_s(&self) -> f64 {
        match (self.moments.first(), self.moments.last()) {
            (Some(first), Some(last)) => last.at_s - first.at_s,
            _ => 0.0,
        }
    }
}

/// What the container and its streams say about themselves. Nothing here is believed; it is only
/// held against what recorders write.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClipFacts {
    /// Encoder, muxer, writing application, handler and comment strings, as found.
    pub encoders: Vec<String>,
    /// Maker of the recording device.
    pub make: Option<String>,
    /// Model of the recording device.
    pub model: Option<String>,
    /// Frames per second that the container claims.
    pub nominal_fps: Option<f64>,
    /// Seconds that the container claims.
    pub duration_s: Option<f64>,
    /// Presentation times in seconds of all frames in the order of the container's packets after
    /// decoding, also of those that no moment was made of, unaltered.
    pub frame_times_s: Vec<f64>,
    /// Step of the container's clock in seconds: 0.001 in WebM, often 1/90000 in MP4.
    pub time_step_s: Option<f64>,
}

/// One frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moment {
    /// Presentation time in seconds.
    pub at_s: f64,
    /// [`crate::extract::frame_digest`] of the decoded pixels; equal pixels, equal digest.
    pub frame_digest: u64,
    /// 64-bit perceptual hash: similar frames differ in few bits.
    pub phash: u64,
    /// Mean luma of many small cells, by which pictures are compared that an encoder has been at: all
    /// of a clip have equal cells. `None` where it was not measured.
    pub thumbnail: Option<LumaGrid>,
    /// Faces found by a detector, `None` where none was run on this frame (a face that is
    /// followed from frame to frame needs none).
    pub face_count: Option<usize>,
    /// The largest face, where there is one and its mesh was found. With neither a face nor a
    /// count nobody looked: such moments count for brightness and digests alone. Give most moments
    /// a mesh: own motion and jumps are measured between neighbours.
    pub face: Option<FaceMoment>,
    /// What is around the face.
    pub background: BackgroundMoment,
}

/// The judged face in one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceMoment {
    /// The mesh.
    pub landmarks: Landmarks,
    /// Rotation of the head.
    pub pose: PoseDegrees,
    /// Eye aspect ratios, left in the image first ([`crate::eye_aspect_ratios`]).
    pub eye_aspect_ratios: Option<[f64; 2]>,
    /// Opening of the inner lips over the distance from eyes to chin ([`crate::mouth_opening`]).
    pub mouth_opening: Option<f64>,
    /// Mean colours of skin regions.
    pub skin: SkinColours,
    /// Any measure of sharpness that is comparable between the frames of a clip.
    pub sharpness: Option<f64>,
    /// Confidence in [0, 1] that this is a face.
    pub presence: f64,
    /// Descriptor of the identity, where one was computed: Euclidean distances between faces of
    /// one person are under [`crate::FusionParams::max_identity_distance`].
    pub descriptor: Option<Vec<f32>>,
}

/// Mean red, green and blue of skin regions, each in [0, 255] as recorded (with the camera's
/// gamma, as in the papers on remote pulse); `None` where a region is not visible.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SkinColours {
    /// Between brows and hairline.
    pub forehead: Option<[f64; 3]>,
    /// The cheek that is left in the image.
    pub left_cheek: Option<[f64; 3]>,
    /// The cheek that is right in the image.
    pub right_cheek: Option<[f64; 3]>,
}

impl SkinColours {
    /// Forehead, left cheek, right cheek.
    pub fn all(&self) -> [Option<[f64; 3]>; 3] {
        [self.forehead, self.left_cheek, self.right_cheek]
    }
}

/// What is around the face in one frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackgroundMoment {
    /// Corners away from head and body that could be followed from the moment before. Empty for
    /// the first moment, and where corners were not looked for.
    pub corners: Vec<Corner>,
    /// Mean luma over the frame, `None` where it was not measured.
    pub grid: Option<LumaGrid>,
}

/// A corner in the moment before and how far it has moved since, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Corner {
    /// Where it was.
    pub x: f64,
    /// Where it was.
    pub y: f64,
    /// How far it moved to the right.
    pub dx: f64,
    /// How far it moved down.
    pub dy: f64,
}

/// Mean luma of equal cells that cover the frame, row by row from the top, in [0, 255].
#[derive(Clone, Debug, PartialEq)]
pub struct LumaGrid {
    columns: usize,
    means: Vec<f32>,
}

impl LumaGrid {
    /// Wraps means; `None` unless they fill whole rows and are finite.
    pub fn new(columns: usize, means: Vec<f32>) -> Option<Self> {
        let whole_rows = columns > 0 && !means.is_empty() && means.len().is_multiple_of(columns);
        (whole_rows && means.iter().all(|m| m.is_finite())).then_some(Self { columns, means })
    }

    /// Cells in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Cells in a column.
    pub fn row_count(&self) -> usize {
        self.means.len() / self.columns
    }

    /// All means, row by row.
    pub fn means(&self) -> &[f32] {
        &self.means
    }

    /// The rows from the top.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.means.chunks_exact(self.columns)
    }

    /// The same grid with other means; a mean that is not finite stays as it was.
    pub fn map(&self, mut change: impl FnMut(usize, usize, f32) -> f32) -> Self {
        let mut means = self.means.clone();
        for (i, mean) in means.iter_mut().enumerate() {
            let changed = change(i / self.columns, i % self.columns, *mean);
            if changed.is_finite() {
                *mean = changed;
            }
        }
        Self {
            columns: self.columns,
            means,
        }
    }
}

/// The 468 vertices of MediaPipe's face mesh in its own order: x, y and depth.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmarks(Vec<[f32; 3]>);

impl Landmarks {
    /// Number of vertices.
    pub const COUNT: usize = 468;

    /// Wraps vertices; `None` unless there are exactly 468, all of them finite.
    pub fn new(points: Vec<[f32; 3]>) -> Option<Self> {
        let finite = points.iter().flatten().all(|v| v.is_finite());
        (points.len() == Self::COUNT && finite).then_some(Self(points))
    }

    /// All vertices.
    pub fn points(&self) -> &[[f32; 3]] {
        &self.0
    }

    /// Vertex `index` of the mesh's own numbering.
    ///
    /// # Panics
    /// If `index` is 468 or more. Indices are constants of the mesh topology, never input.
    pub(crate) fn at(&self, index: usize) -> [f64; 3] {
        self.0[index].map(f64::from)
    }

    /// Smallest rectangle around all vertices: left, top, right, bottom.
    pub fn bounds(&self) -> [f64; 4] {
        let mut bounds = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
        for point in &self.0 {
            let (x, y) = (f64::from(point[0]), f64::from(point[1]));
            bounds = [
                bounds[0].min(x),
                bounds[1].min(y),
                bounds[2].max(x),
                bounds[3].max(y),
            ];
        }
        bounds
    }

    /// Every vertex moved; a place that is not finite leaves its vertex where it was.
    pub fn map(&self, mut change: impl FnMut(usize, [f32; 3]) -> [f32; 3]) -> Self {
        let moved = self.0.iter().enumerate().map(|(i, &point)| {
            let moved = change(i, point);
            if moved.iter().all(|v| v.is_finite()) {
                moved
            } else {
                point
            }
        });
        Self(moved.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(at_s: f64) -> Moment {
        Moment {
            at_s,
            ..Moment::default()
        }
    }

    #[test]
    fn times_that_do_not_rise_are_dropped() {
        let times = [0.0, 0.1, 0.1, f64::NAN, 0.05, 0.2];
        let track = Track::new([1, 1], ClipFacts::default(), times.map(at).into());
        let kept: Vec<f64> = track.moments().iter().map(|m| m.at_s).collect();
        assert_eq!(kept, [0.0, 0.1, 0.2]);
        assert_eq!(track.duration_s(), 0.2);
        assert_eq!(Track::default().duration_s(), 0.0);
    }

    #[test]
    fn broken_grids_and_meshes_are_refused() {
        assert!(LumaGrid::new(2, vec![1.0; 4]).is_some());
        for (columns, means) in [(0, vec![1.0]), (2, vec![]), (2, vec![1.0; 3])] {
            assert!(LumaGrid::new(columns, means).is_none());
        }
        assert!(LumaGrid::new(1, vec![f32::NAN]).is_none());
        assert!(Landmarks::new(vec![[0.0; 3]; 467]).is_none());
        assert!(Landmarks::new(vec![[f32::INFINITY; 3]; 468]).is_none());
    }
}
