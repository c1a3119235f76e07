//! From the detector's raw numbers to candidate faces.

use crate::stage::sigmoid;
use crate::{Point2, Rect};

/// Box centre and size, then six key points, x before y.
pub(super) const VALUES_PER_ANCHOR: usize = 16;

/// A face in coordinates of the detector's input, each side of which is 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) bounds: Rect,
    pub(super) score: f32,
    pub(super) keypoints: [Point2; 6],
}

/// The anchors whose score is at least `min_score`, in anchor order.
///
/// `boxes` holds 16 values an anchor in input pixels relative to its centre; `side` is the
/// input's side in pixels. Boxes without extent are no faces.
pub(super) fn candidates(
    anchors: &[Point2],
    boxes: &[f32],
    logits: &[f32],
    side: usize,
    min_score: f32,
) -> Vec<Candidate> {
    let scale = 1.0 / side as f32;
    anchors
        .iter()
        .zip(boxes.as_chunks::<VALUES_PER_ANCHOR>().0)
        .zip(logits)
        .filter_map(|((anchor, raw), &logit)| {
            let score = sigmoid(logit);
            (score >= min_score)
                .then(|| decode(anchor, raw, scale, score))
                .flatten()
        })
        .collect()
}

fn decode(
    anchor: &Point2,
    raw: &[f32; VALUES_PER_ANCHOR],
    scale: f32,
    score: f32,
) -> Option<Candidate> {
    let point = |index: usize| Point2 {
        x: raw[index] * scale + anchor.x,
        y: raw[index + 1] * scale + anchor.y,
    };
    let centre = point(0);
    let (width, height) = (raw[2] * scale, raw[3] * scale);
    let has_extent = width > 0.0 && height > 0.0;
    has_extent.then(|| Candidate {
        bounds: Rect {
            x: centre.x - width / 2.0,
            y: centre.y - height / 2.0,
            width,
            height,
        },
        score,
        keypoints: std::array::from_fn(|k| point(4 + 2 * k)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_pixels_relative_to_the_anchor() {
        let anchors = [Point2 { x: 0.25, y: 0.5 }; 3];
        let mut raw = [0.0; VALUES_PER_ANCHOR];
        raw[..8].copy_from_slice(&[10.0, -20.0, 40.0, 60.0, 1.0, 2.0, 3.0, 4.0]);
        let without_extent = [0.0; VALUES_PER_ANCHOR];
        let boxes = [raw, raw, without_extent].concat();
        let found = candidates(&anchors, &boxes, &[-3.0, 0.0, 5.0], 100, 0.5);
        assert_eq!(found.len(), 1);
        let bounds = found[0].bounds;
        let close = |a: f32, b: f32| (a - b).abs() < 1e-6;
        assert!(close(bounds.x, 0.15) && close(bounds.y, 0.0));
        assert!(close(bounds.width, 0.4) && close(bounds.height, 0.6));
        assert_eq!(found[0].score, 0.5);
        assert!(close(found[0].keypoints[1].x, 0.28) && close(found[0].keypoints[1].y, 0.54));
        assert!(close(found[0].keypoints[5].x, 0.25));
    }

    #[test]
    fn extreme_logits_stay_probabilities() {
        let anchors = [Point2 { x: 0.5, y: 0.5 }; 2];
        let boxes = vec![1.0; 2 * VALUES_PER_ANCHOR];
        let found = candidates(&anchors, &boxes, &[1e30, -1e30], 128, 0.0);
        assert_eq!(found[0].score, 1.0);
        assert!(found[1].score >= 0.0 && found[1].score < 1e-30);
    }
}
