//! The 468-point face mesh (Kartynnik et al., "Real-time Facial Surface Geometry from Monocular
//! Video on Mobile GPUs", 2019) on one region of a frame.

use lifesign_infer::Model;
use lifesign_media::Frame;

use crate::stage::{Stage, sigmoid};
use crate::warp::{Border, CropFormat, Region, crop};
use crate::{EngineError, Landmarks, Point3};

/// What the mesh model saw in one region.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceMesh {
    /// Vertices in pixels of the upright image.
    pub landmarks: Landmarks,
    /// The model's confidence that the region holds a face, in [0, 1].
    pub presence: f32,
}

pub(crate) struct MeshModel {
    stage: Stage,
    format: CropFormat,
}

impl MeshModel {
    pub(crate) fn new(model: Box<dyn Model>) -> Result<Self, EngineError> {
        let stage = Stage::new("face mesh", model);
        let side = stage.square_rgb_side()?;
        let format = CropFormat {
            side,
            low: 0.0,
            high: 1.0,
            border: Border::Replicate,
        };
        Ok(Self { stage, format })
    }

    /// `None` where the model's vertices are no shape at all.
    pub(crate) fn run(
        &self,
        frame: &Frame,
        region: &Region,
    ) -> Result<Option<FaceMesh>, EngineError> {
        let input = crop(frame, region, &self.format);
        let [vertices, presence] = self.stage.run(&input, [Landmarks::COUNT * 3, 1])?;
        let scale = 1.0 / self.format.side as f32;
        let points = vertices.chunks_exact(3).map(|v| {
            let xy = region.to_image(v[0] * scale, v[1] * scale);
            Point3 {
                x: xy.x,
                y: xy.y,
                z: v[2] * scale * region.width,
            }
        });
        Ok(Landmarks::new(points.collect()).map(|landmarks| FaceMesh {
            landmarks,
            presence: sigmoid(presence.first().copied().unwrap_or(f32::NEG_INFINITY)),
        }))
    }
}
