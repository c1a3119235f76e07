//! Both irises by MediaPipe's iris model (Ablavatski et al., "Real-time Pupil Tracking from
//! Monocular Video for Digital Puppetry", 2020), on one crop an eye.

use lifesign_infer::Model;
use lifesign_media::Frame;

use crate::geometry::EYES;
use crate::stage::Stage;
use crate::warp::{Border, CropFormat, Region, crop};
use crate::{EngineError, Landmarks, Point2};

/// Side of the model's crop in distances between the corners of the eye: it was trained so.
const MARGIN: f32 = 2.3;
/// Values of the eye's contour and of the iris, three a point.
const OUTPUTS: [usize; 2] = [213, 15];
/// Points of the contour that are the outer and the inner corner of the eye.
const CORNERS: [usize; 2] = [0, 8];

/// One iris and its eye in pixels of the upright image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Iris {
    /// Its middle.
    pub centre: Point2,
    /// Mean distance of its rim from the middle.
    pub radius: f32,
    /// Outer and inner corner of the eye. They lie closer to what is seen than those of the mesh:
    /// on live development images gazes spread over little more than half the angle with them.
    pub corners: [Point2; 2],
}

pub(crate) struct IrisModel {
    stage: Stage,
    format: CropFormat,
}

impl IrisModel {
    pub(crate) fn new(model: Box<dyn Model>) -> Result<Self, EngineError> {
        let stage = Stage::new("irises", model);
        let side = stage.square_rgb_side()?;
        let format = CropFormat {
            side,
            low: 0.0,
            high: 1.0,
            border: Border::Replicate,
        };
        Ok(Self { stage, format })
    }

    /// The irises of both eyes, left in the image first.
    pub(crate) fn run(
        &self,
        frame: &Frame,
        landmarks: &Landmarks,
    ) -> Result<[Iris; 2], EngineError> {
        let [left, right] = eye_regions(landmarks);
        Ok([
            self.one(frame, &left, false)?,
            self.one(frame, &right, true)?,
        ])
    }

    /// The model knows the eye that is left in the image; the other is mirrored for it.
    fn one(&self, frame: &Frame, region: &Region, mirror: bool) -> Result<Iris, EngineError> {
        let side = self.format.side;
        let mut input = crop(frame, region, &self.format);
        if mirror {
            input.chunks_exact_mut(side).for_each(<[f32]>::reverse);
        }
        let [eye, iris] = self.stage.run(&input, OUTPUTS)?;
        let scale = 1.0 / side as f32;
        let place = |p: &[f32]| {
            // What was sample i of a row is sample `side - 1 - i` of the mirrored one.
            let x = if mirror {
                side as f32 - 1.0 - p[0]
            } else {
                p[0]
            };
            region.to_image(x * scale, p[1] * scale)
        };
        let mut points = iris.chunks_exact(3).map(place);
        let centre = points.next().unwrap_or(region.centre);
        let (sum, count) = points.fold((0.0, 0u8), |(sum, n), rim| {
            (sum + rim.distance(centre), n + 1)
        });
        Ok(Iris {
            centre,
            radius: sum / f32::from(count.max(1)),
            corners: CORNERS.map(|corner| place(&eye[corner * 3..][..3])),
        })
    }
}

/// A square around each eye's corners, turned so that they are level.
fn eye_regions(landmarks: &Landmarks) -> [Region; 2] {
    let [left, right] = EYES.map(|eye| [eye[0], eye[3]].map(|v| landmarks.at(v).xy()));
    let region = |[from, to]: [Point2; 2]| {
        let side = (to.x - from.x).abs().max((to.y - from.y).abs()) * MARGIN;
        Region {
            centre: Point2 {
                x: (from.x + to.x) / 2.0,
                y: (from.y + to.y) / 2.0,
            },
            width: side,
            height: side,
            rotation_rad: (to.y - from.y).atan2(to.x - from.x),
        }
    };
    // Both from the corner at the left of the image to the one at the right.
    [region(left), region([right[1], right[0]])]
}
