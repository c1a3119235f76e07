//! Everything that signals, quality components and explanations may look at.

use std::sync::OnceLock;

use lifesign_domain::PoseDegrees;
use lifesign_media::{Gray, Photo};

use crate::signals::learned::{PadAnswer, PadNetwork};
use crate::{FaceCover, Iris};

/// A point in pixels of the upright image (x to the right, y down).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point2 {
    /// Pixels from the left edge.
    pub x: f32,
    /// Pixels from the top edge.
    pub y: f32,
}

impl Point2 {
    /// Euclidean distance in pixels.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// A mesh vertex: x and y in pixels of the upright image; z in the same scale, smaller is
/// nearer to the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point3 {
    /// Pixels from the left edge.
    pub x: f32,
    /// Pixels from the top edge.
    pub y: f32,
    /// Depth in the scale of x.
    pub z: f32,
}

impl Point3 {
    /// Drops the depth.
    pub fn xy(self) -> Point2 {
        Point2 {
            x: self.x,
            y: self.y,
        }
    }
}

/// An axis-aligned rectangle in pixels of the upright image; it may reach over the edges.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Rect {
    /// Area in square pixels.
    pub fn area(&self) -> f32 {
        self.width * self.height
    }

    /// Middle of the rectangle.
    pub fn centre(&self) -> Point2 {
        Point2 {
            x: self.x + self.width / 2.0,
            y: self.y + self.height / 2.0,
        }
    }

    /// The part that lies inside an image of the given size; its sides may be 0.
    pub fn clipped(&self, width: u32, height: u32) -> Self {
        let (w, h) = (width as f32, height as f32);
        let left = self.x.clamp(0.0, w);
        let top = self.y.clamp(0.0, h);
        let right = (self.x + self.width).clamp(left, w);
        let bottom = (self.y + self.height).clamp(top, h);
        Self {
            x: left,
            y: top,
            width: right - left,
            height: bottom - top,
        }
    }
}

/// One face as the detector found it.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// Box from about the brows to the chin.
    pub bounds: Rect,
    /// Detector confidence in [0, 1].
    pub score: f32,
    /// BlazeFace's six key points, left and right as seen in the image: left eye (the
    /// person's right), right eye, nose tip, mouth centre, left and right ear tragion.
    pub keypoints: [Point2; 6],
}

/// The 468 vertices of MediaPipe's face mesh in its own order.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmarks(Vec<Point3>);

impl Landmarks {
    /// Number of vertices.
    pub const COUNT: usize = 468;

    /// Wraps vertices; `None` unless there are exactly 468, all of them finite.
    pub fn new(points: Vec<Point3>) -> Option<Self> {
        let usable = points.len() == Self::COUNT
            && points
                .iter()
                .all(|p| p.x.is_finite() && p.y.is_finite() && p.z.is_finite());
        usable.then_some(Self(points))
    }

    /// All vertices.
    pub fn points(&self) -> &[Point3] {
        &self.0
    }

    /// Vertex `index` of the mesh's own numbering.
    ///
    /// # Panics
    /// If `index` is 468 or more. Indices are constants of the mesh topology, never input.
    pub fn at(&self, index: usize) -> Point3 {
        self.0[index]
    }

    /// Smallest rectangle around all vertices.
    pub fn bounds(&self) -> Rect {
        let fold = |pick: fn(&Point3) -> f32| {
            self.0
                .iter()
                .map(pick)
                .fold((f32::MAX, f32::MIN), |(lo, hi), v| (lo.min(v), hi.max(v)))
        };
        let (left, right) = fold(|p| p.x);
        let (top, bottom) = fold(|p| p.y);
        Rect {
            x: left,
            y: top,
            width: right - left,
            height: bottom - top,
        }
    }
}

/// Rigid placement of the canonical face before the camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Pose {
    /// 4x4 face transform, row-major: canonical face (centimetres, x to the image's right, y up,
    /// z towards the camera) to camera space (same axes, the camera in the origin looking
    /// down -z).
    pub transform: [[f64; 4]; 4],
    /// Rotation in degrees.
    pub degrees: PoseDegrees,
    /// Distance of the face from the camera in centimetres, for the assumed field of view.
    pub distance_cm: f64,
}

/// What was gathered about one image with at least one face. Never changes afterwards.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The image and its file's facts.
    pub photo: Photo,
    /// BT.601 luma of the whole image.
    pub luma: Gray,
    /// All faces, the judged one first, the others by falling area.
    pub faces: Vec<Detection>,
    /// Mesh of the judged face.
    pub landmarks: Landmarks,
    /// The mesh model's confidence that its crop holds a face, in [0, 1].
    pub presence: f32,
    /// Placement of the judged face.
    pub pose: Pose,
    /// Extent of the mesh; may reach over the image's edges.
    pub face_bounds: Rect,
    /// What covers the judged face; `None` where it has no crop.
    pub cover: Option<FaceCover>,
    /// The irises of the judged face, left in the image first; `None` where the eyes are closed,
    /// covered or too small.
    pub irises: Option<[Iris; 2]>,
    /// What the presentation-attack network says of the judged face; empty until a signal asks, so
    /// that a profile without such a signal does not pay for it.
    pub pad: OnceLock<Result<PadAnswer, String>>,
}

impl Evidence {
    /// The answer of the presentation-attack network, which runs at the first call only.
    pub(crate) fn pad_answer(&self, network: &PadNetwork) -> Result<PadAnswer, String> {
        let run = || tracing::info_span!("networks").in_scope(|| network.run(self));
        self.pad.get_or_init(run).clone()
    }
}
