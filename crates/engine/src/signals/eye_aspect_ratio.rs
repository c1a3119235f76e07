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
            Some(ratios) if ratios.iter().all(|r| r.is_finite()) => measured(ratios, params),
            _ => Reading::NotAssessable("an eye has no measurable width".to_owned()),
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

#[cfg(test)]
mod tests {
    use super::super::test_support::{Scene, measure, moved, params, refusal};
    use super::*;

    /// Lids of both eyes that the ratio looks at: upper, then lower.
    const LIDS: [[usize; 2]; 4] = [[160, 144], [158, 153], [387, 373], [385, 380]];

    /// Brings the lids to a share of their distance.
    fn lids_at(share: f32, evidence: &Evidence) -> Evidence {
        moved(evidence, |i, p| {
            let pair = LIDS.iter().find(|pair| pair.contains(&i));
            let Some(&[a, b]) = pair else { return p };
            let middle = (evidence.landmarks.at(a).y + evidence.landmarks.at(b).y) / 2.0;
            crate::Point3 {
                y: middle + (p.y - middle) * share,
                ..p
            }
        })
    }

    fn score_at(ratio: f64) -> f64 {
        match measured([ratio; 2], &params()) {
            Reading::Measured(m) => m.score,
            Reading::NotAssessable(why) => panic!("{why}"),
        }
    }

    #[test]
    fn rows_and_edges_of_the_contracts_table() {
        assert_eq!(score_at(0.0), 0.0);
        assert!(score_at(0.149) < 0.5);
        assert!((score_at(0.15) - 0.5).abs() < 1e-9);
        assert!((0.5..0.8).contains(&score_at(0.20)));
        assert!((score_at(0.225) - 0.8).abs() < 1e-9);
        for natural in [0.25, 0.30, 0.35] {
            assert!(score_at(natural) > 0.99, "{natural}");
        }
    }

    #[test]
    fn closing_the_eyes_lowers_ratio_and_score() {
        let open = Scene::default().evidence();
        let mut last = measure(&EyeAspectRatio, &open);
        assert!(
            last.score > 0.8 && last.detail.starts_with("Eyes open"),
            "{}",
            last.detail
        );
        for share in [0.7, 0.5, 0.3, 0.1] {
            let next = measure(&EyeAspectRatio, &lids_at(share, &open));
            assert!(
                next.values[0].1 < last.values[0].1 && next.score < last.score,
                "{share}"
            );
            last = next;
        }
        assert!(
            last.detail.starts_with("Eyes closed: eye aspect ratio 0.0"),
            "{}",
            last.detail
        );
        assert!(last.detail.ends_with("(closed below 0.15)."));
    }

    #[test]
    fn roll_does_not_count() {
        let mut rolled = Scene::default();
        rolled.degrees.roll = 25.0;
        let ratios =
            [Scene::default(), rolled].map(|s| measure(&EyeAspectRatio, &s.evidence()).values[0].1);
        assert!((ratios[0] - ratios[1]).abs() < 1e-3, "{ratios:?}");
    }

    #[test]
    fn eyes_that_cannot_be_judged() {
        let mut profile = Scene::default();
        profile.degrees.yaw = -70.0;
        assert!(refusal(&EyeAspectRatio, &profile.evidence()).contains("turned 70 degrees"));
        let far = Scene {
            face_width: 30.0,
            ..Scene::default()
        };
        assert!(refusal(&EyeAspectRatio, &far.evidence()).contains("pixels apart"));
        let cut = Scene {
            centre: [-20.0, 240.0],
            ..Scene::default()
        };
        assert!(refusal(&EyeAspectRatio, &cut.evidence()).contains("outside the picture"));
        let evidence = moved(&Scene::default().evidence(), |i, p| crate::Point3 {
            y: if i == 160 { f32::MAX } else { p.y },
            ..p
        });
        assert!(measure_or_refuse(&evidence) <= 1.0);
    }

    fn measure_or_refuse(evidence: &Evidence) -> f64 {
        match EyeAspectRatio.read(evidence, &params()) {
            Reading::Measured(m) => m.score,
            Reading::NotAssessable(_) => 0.0,
        }
    }
}
