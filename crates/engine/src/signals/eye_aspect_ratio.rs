//! How far the eyes are open: the eye aspect ratio of Soukupova and Cech, "Real-Time Eye Blink
//! Detection using Facial Landmarks", 2016.

use super::{Measured, Reading, Signal, SignalParams, wording};
use crate::Evidence;
use crate::geometry::{eye_aspect_ratios, inter_eye_distance_px};

/// Mean eye aspect ratio of both eyes.
pub(super) struct EyeAspectRatio;

impl Signal for EyeAspectRatio {
    fn name(&self) -> &'static str {
        "eye_aspect_ratio"
    }

    fn label(&self) -> &'static str {
        "Eye openness"
    }

    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading {
        if let Err(why) = both_eyes_visible(evidence, params) {
            return Reading::NotAssessable(why);
        }
        match eye_aspect_ratios(&evidence.landmarks) {
            Some(ratios) => measured(ratios, params),
            None => Reading::NotAssessable("an eye has no width".to_owned()),
        }
    }
}

fn both_eyes_visible(evidence: &Evidence, params: &SignalParams) -> Result<(), String> {
    let limits = &params.eye_aspect_ratio;
    let yaw = evidence.pose.degrees.yaw.abs();
    if yaw.is_nan() || yaw > limits.max_yaw_deg {
        return Err(format!(
            "the head is turned {yaw:.0} degrees, which hides an eye; up to {:.0} can be measured",
            limits.max_yaw_deg
        ));
    }
    let distance = inter_eye_distance_px(&evidence.landmarks);
    if distance < limits.min_inter_eye_distance_px {
        return Err(format!(
            "the eyes are {distance:.0} pixels apart, {:.0} are needed",
            limits.min_inter_eye_distance_px
        ));
    }
    let (width, height) = (evidence.luma.width() as f32, evidence.luma.height() as f32);
    let inside = EYE_CORNERS.iter().all(|&corner| {
        let p = evidence.landmarks.at(corner);
        (0.0..=width).contains(&p.x) && (0.0..=height).contains(&p.y)
    });
    if inside {
        Ok(())
    } else {
        Err("an eye is outside the picture".to_owned())
    }
}

/// Outer and inner corners of both eyes.
const EYE_CORNERS: [usize; 4] = [33, 133, 362, 263];

fn measured([left, right]: [f64; 2], params: &SignalParams) -> Reading {
    let mean = (left + right) / 2.0;
    let closed = params.min_ear;
    let score = params.eye_aspect_ratio.score.at(mean / closed);
    let finding = wording(
        score,
        [(0.8, "Eyes open"), (0.5, "Eyes partly open")],
        "Eyes closed",
    );
    Reading::Measured(Measured {
        values: vec![
            ("eye_aspect_ratio", mean),
            ("image_left_eye", left),
            ("image_right_eye", right),
        ],
        score,
        detail: format!("{finding}: eye aspect ratio {mean:.2} (closed below {closed:.2})."),
    })
}
