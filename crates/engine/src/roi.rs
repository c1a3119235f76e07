//! From a detection to the region that the mesh model looks at.

use crate::Detection;
use crate::Landmarks;
use crate::warp::Region;

/// How much larger than the detector's box the region is: the mesh model was trained so.
const MARGIN: f32 = 1.5;

/// A square around the detection's box, 1.5 times its longer side, turned so that the eyes are
/// level.
pub(crate) fn face_region(detection: &Detection) -> Region {
    let bounds = &detection.bounds;
    let [first_eye, second_eye, ..] = detection.keypoints;
    let side = bounds.width.max(bounds.height) * MARGIN;
    Region {
        centre: bounds.centre(),
        width: side,
        height: side,
        rotation_rad: (second_eye.y - first_eye.y).atan2(second_eye.x - first_eye.x),
    }
}

/// The same from a mesh, for the next frame of a video: MediaPipe's graph widens the mesh's extent
/// by the same half and levels the outer corners of the eyes.
pub(crate) fn next_region(landmarks: &Landmarks) -> Region {
    const OUTER_EYE_CORNERS: [usize; 2] = [33, 263];
    let bounds = landmarks.bounds();
    let [first, second] = OUTER_EYE_CORNERS.map(|index| landmarks.at(index));
    let side = bounds.width.max(bounds.height) * MARGIN;
    Region {
        centre: bounds.centre(),
        width: side,
        height: side,
        rotation_rad: (second.y - first.y).atan2(second.x - first.x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Point2, Rect};

    #[test]
    fn the_region_follows_the_eyes() {
        let mut keypoints = [Point2::default(); 6];
        keypoints[0] = Point2 { x: 10.0, y: 10.0 };
        keypoints[1] = Point2 { x: 20.0, y: 20.0 };
        let region = face_region(&Detection {
            bounds: Rect {
                x: 0.0,
                y: 10.0,
                width: 40.0,
                height: 60.0,
            },
            score: 0.9,
            keypoints,
        });
        assert_eq!((region.width, region.height), (90.0, 90.0));
        assert_eq!(region.centre, Point2 { x: 20.0, y: 40.0 });
        assert!((region.rotation_rad.to_degrees() - 45.0).abs() < 1e-4);
    }
}
