//! Face detection with BlazeFace (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face
//! Detection on Mobile GPUs", 2019), decoded as MediaPipe does.
//!
//! Walk: letterbox to the model's square, one run, anchors and logits to candidates (`decode`),
//! weighted non-maximum suppression (`nms`), projection to pixels of the image.

mod anchors;
mod decode;
mod nms;

use lifesign_infer::Model;
use lifesign_media::Frame;

use self::anchors::{AnchorLayer, anchor_centres};
use self::decode::{Candidate, VALUES_PER_ANCHOR, candidates};
use self::nms::suppress;
use crate::stage::Stage;
use crate::warp::{Border, CropFormat, Region, crop};
use crate::{Detection, EngineError, Point2, Rect};

/// Boxes that overlap by more (intersection over union) are one face.
const MAX_OVERLAP: f32 = 0.3;

/// Score from which a candidate takes part in the mean of its face: MediaPipe's default. It is
/// independent of the score that a face needs, so that a stricter limit never moves a box.
const MIN_CANDIDATE_SCORE: f32 = 0.5;

/// The layers of the short-range model: 16x16x2 + 8x8x6 = 896 anchors.
pub(crate) const SHORT_RANGE: &[AnchorLayer] = &[
    AnchorLayer {
        stride: 8,
        anchors_per_cell: 2,
    },
    AnchorLayer {
        stride: 16,
        anchors_per_cell: 6,
    },
];

/// The layer of the full-range model: 48x48 = 2304 anchors.
pub(crate) const FULL_RANGE: &[AnchorLayer] = &[AnchorLayer {
    stride: 4,
    anchors_per_cell: 1,
}];

pub(crate) struct Detector {
    stage: Stage,
    format: CropFormat,
    anchors: Vec<Point2>,
}

impl Detector {
    pub(crate) fn new(
        name: &'static str,
        model: Box<dyn Model>,
        layers: &[AnchorLayer],
    ) -> Result<Self, EngineError> {
        let stage = Stage::new(name, model);
        let side = stage.square_rgb_side()?;
        let format = CropFormat {
            side,
            low: -1.0,
            high: 1.0,
            border: Border::Zero,
        };
        Ok(Self {
            stage,
            format,
            anchors: anchor_centres(side, layers),
        })
    }

    /// All faces of at least `min_score`, the best first.
    pub(crate) fn detect(
        &self,
        frame: &Frame,
        min_score: f32,
    ) -> Result<Vec<Detection>, EngineError> {
        let region = Region::letterbox(frame);
        let input = crop(frame, &region, &self.format);
        let count = self.anchors.len();
        let [boxes, logits] = self.stage.run(&input, [count * VALUES_PER_ANCHOR, count])?;
        let candidate_score = MIN_CANDIDATE_SCORE.min(min_score);
        let found = candidates(
            &self.anchors,
            &boxes,
            &logits,
            self.format.side,
            candidate_score,
        );
        let faces = suppress(found, MAX_OVERLAP);
        let confident = faces.iter().filter(|face| face.score >= min_score);
        Ok(confident.map(|face| in_pixels(face, &region)).collect())
    }
}

fn in_pixels(candidate: &Candidate, region: &Region) -> Detection {
    let bounds = candidate.bounds;
    let corner = region.to_image(bounds.x, bounds.y);
    Detection {
        bounds: Rect {
            x: corner.x,
            y: corner.y,
            width: bounds.width * region.width,
            height: bounds.height * region.height,
        },
        score: candidate.score,
        keypoints: candidate.keypoints.map(|p| region.to_image(p.x, p.y)),
    }
}
