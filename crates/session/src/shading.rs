//! Whether the light on the face changes when the head turns.
//!
//! A face turns through the light of its room: the cheek that turns to a lamp becomes brighter, the other one
//! darker (Lambert's cosine law). A portrait that a program bends and turns takes its light with it. This is
//! measured as the spread of the log ratio of the two cheeks for each degree of the spread of yaw.

use std::collections::BTreeMap;

use lifesign_domain::SignalReport;
use lifesign_temporal::Track;

use crate::RiskParams;

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shading {
    /// Standard deviation of the natural log of left over right, by that of yaw in degrees.
    per_degree: f64,
    /// Standard deviation of yaw in degrees.
    turned_deg: f64,
    pub(crate) is_risk: bool,
}

/// `None` where the head turned too little, or the cheeks were seen too seldom.
pub(crate) fn shading(track: &Track, params: &RiskParams) -> Option<Shading> {
    let seen: Vec<(f64, f64)> = track
        .faces()
        .filter_map(|(_, face)| {
            let (left, right) = (luma(face.skin.left_cheek?), luma(face.skin.right_cheek?));
            Some((face.pose.yaw, (left / right).ln()))
        })
        .collect();
    let turned_deg = deviation(seen.iter().map(|(yaw, _)| *yaw));
    if seen.len() < params.least_frames || turned_deg < params.least_turned_deg {
        return None;
    }
    let per_degree = deviation(seen.iter().map(|(_, ratio)| *ratio)) / turned_deg;
    Some(Shading {
        per_degree,
        turned_deg,
        is_risk: per_degree < params.least_shading,
    })
}

fn luma([red, green, blue]: [f64; 3]) -> f64 {
    // BT.601; black has a logarithm, too.
    (0.299 * red + 0.587 * green + 0.114 * blue).max(1.0)
}

fn deviation(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / count;
    (values.map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt()
}

/// How it is reported beside the signals over time; it has no weight.
pub(crate) fn report(shading: Option<&Shading>) -> SignalReport {
    let values = shading.map_or_else(BTreeMap::new, |s| {
        [
            ("shading_per_degree", s.per_degree),
            ("turned_deg", s.turned_deg),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    });
    SignalReport {
        name: "shading".to_owned(),
        label: "Light on the turning face".to_owned(),
        score: shading.map_or(0.0, |s| if s.is_risk { 0.0 } else { 0.5 }),
        weight: 0.0,
        passed: shading.is_some_and(|s| !s.is_risk),
        detail: shading.map_or_else(
            || "Not assessed: the head turned too little".to_owned(),
            |s| {
                let percent = s.per_degree * 100.0;
                format!("The cheeks change against each other by {percent:.2} % for each degree.")
            },
        ),
        assessed: shading.is_some(),
        values,
    }
}
