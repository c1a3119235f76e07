//! The grid that BlazeFace's boxes are relative to: MediaPipe's SSD anchors of fixed size.

use crate::Point2;

/// Cells of one feature map, each with several anchors in its centre.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnchorLayer {
    /// Input pixels from cell to cell.
    pub(crate) stride: usize,
    /// Anchors in each cell.
    pub(crate) anchors_per_cell: usize,
}

/// Anchor centres in [0, 1], layer by layer, row by row.
///
/// All anchors have size 1, so a centre is all there is to them.
pub(crate) fn anchor_centres(side: usize, layers: &[AnchorLayer]) -> Vec<Point2> {
    let mut centres = Vec::new();
    for layer in layers {
        let cells = side.div_ceil(layer.stride);
        let centre = |index: usize| (index as f32 + 0.5) / cells as f32;
        for row in 0..cells {
            for column in 0..cells {
                let point = Point2 {
                    x: centre(column),
                    y: centre(row),
                };
                centres.extend(std::iter::repeat_n(point, layer.anchors_per_cell));
            }
        }
    }
    centres
}

#[cfg(test)]
mod tests {
    use super::super::{FULL_RANGE, SHORT_RANGE};
    use super::*;

    #[test]
    fn the_models_have_their_known_numbers_of_anchors() {
        let short = anchor_centres(128, SHORT_RANGE);
        assert_eq!(short.len(), 896);
        assert_eq!(short[0], short[1]);
        assert_eq!(
            short[0],
            Point2 {
                x: 1.0 / 32.0,
                y: 1.0 / 32.0
            }
        );
        assert_eq!(short[2].x, 3.0 / 32.0);
        assert_eq!(
            short[512],
            Point2 {
                x: 1.0 / 16.0,
                y: 1.0 / 16.0
            }
        );
        assert_eq!(
            short[895],
            Point2 {
                x: 15.0 / 16.0,
                y: 15.0 / 16.0
            }
        );
        let full = anchor_centres(192, FULL_RANGE);
        assert_eq!(full.len(), 2304);
        assert_eq!(
            full[2303],
            Point2 {
                x: 95.0 / 96.0,
                y: 95.0 / 96.0
            }
        );
    }
}
