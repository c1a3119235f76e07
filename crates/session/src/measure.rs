//! The measures of a face that the challenge judges.

use lifesign_challenge::FaceMeasures;
use lifesign_engine::geometry::{eye_aspect_ratios, inter_eye_distance_px, mouth_opening};
use lifesign_engine::{Followed, Landmarks, Point3};
use lifesign_temporal::{FaceMoment, SkinColours};

/// Corners of the mouth.
const MOUTH_CORNERS: [usize; 2] = [61, 291];

/// The measures of a followed face; `None` where its mesh has no extent.
pub fn measures(
    followed: &Followed,
    moment: Option<&FaceMoment>,
    frame_width: u32,
) -> Option<FaceMeasures> {
    let landmarks = &followed.mesh.landmarks;
    let eyes_px = inter_eye_distance_px(landmarks);
    (eyes_px > 0.0).then_some(())?;
    Some(FaceMeasures {
        pose: followed.pose.degrees,
        eye_openness: eye_aspect_ratios(landmarks)?,
        mouth_opening: mouth_opening(landmarks)?,
        smile: mouth_width_px(landmarks) / eyes_px,
        eye_distance: eyes_px / f64::from(frame_width.max(1)),
        skin_colour: moment.and_then(|moment| mean(&moment.skin)),
    })
}

/// From corner to corner, in three dimensions as the distance of the eyes is, so that their ratio depends
/// neither on size nor on yaw.
fn mouth_width_px(landmarks: &Landmarks) -> f64 {
    let points = landmarks.points();
    let [Some(a), Some(b)] = MOUTH_CORNERS.map(|v| points.get(v)) else {
        return 0.0;
    };
    distance(a, b)
}

fn distance(a: &Point3, b: &Point3) -> f64 {
    let (dx, dy, dz) = (a.x - b.x, a.y - b.y, a.z - b.z);
    f64::from(dx * dx + dy * dy + dz * dz).sqrt()
}

/// Mean of the regions that are seen.
fn mean(skin: &SkinColours) -> Option<[f64; 3]> {
    let seen: Vec<[f64; 3]> = skin.all().into_iter().flatten().collect();
    let count = seen.len() as f64;
    let sum = seen.iter().fold([0.0; 3], |sum, colour| {
        std::array::from_fn(|i| sum[i] + colour[i])
    });
    (count > 0.0).then(|| sum.map(|s| s / count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colour_is_that_of_the_regions_that_are_seen() {
        let skin = SkinColours {
            forehead: Some([90.0, 60.0, 30.0]),
            left_cheek: None,
            right_cheek: Some([110.0, 80.0, 50.0]),
        };
        assert_eq!(mean(&skin), Some([100.0, 70.0, 40.0]));
        assert_eq!(mean(&SkinColours::default()), None);
    }
}
