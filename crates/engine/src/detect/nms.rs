//! Weighted non-maximum suppression: overlapping candidates are averaged, not discarded.

use super::decode::Candidate;
use crate::{Point2, Rect};

/// Merges candidates that overlap the best one by more than `max_overlap` (intersection over
/// union) into one whose box and key points are their mean, weighted by score; again with the
/// rest. A merged candidate keeps the best score. The answer is ordered by falling score.
pub(super) fn suppress(mut candidates: Vec<Candidate>, max_overlap: f32) -> Vec<Candidate> {
    // The sort is stable: equal scores keep the anchors' order.
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept = Vec::new();
    while let Some(best) = candidates.first().cloned() {
        let (same, rest): (Vec<_>, Vec<_>) = candidates
            .into_iter()
            .enumerate()
            .partition(|(i, c)| *i == 0 || overlap(&best.bounds, &c.bounds) > max_overlap);
        kept.push(merge(&best, &same));
        candidates = rest.into_iter().map(|(_, c)| c).collect();
    }
    kept
}

fn merge(best: &Candidate, same: &[(usize, Candidate)]) -> Candidate {
    let total: f32 = same.iter().map(|(_, c)| c.score).sum();
    if total <= 0.0 {
        return best.clone();
    }
    let mean = |value: &dyn Fn(&Candidate) -> f32| {
        same.iter().map(|(_, c)| value(c) * c.score).sum::<f32>() / total
    };
    Candidate {
        bounds: Rect {
            x: mean(&|c| c.bounds.x),
            y: mean(&|c| c.bounds.y),
            width: mean(&|c| c.bounds.width),
            height: mean(&|c| c.bounds.height),
        },
        score: best.score,
        keypoints: std::array::from_fn(|k| Point2 {
            x: mean(&|c| c.keypoints[k].x),
            y: mean(&|c| c.keypoints[k].y),
        }),
    }
}

/// Intersection over union, 0 for boxes without area.
fn overlap(a: &Rect, b: &Rect) -> f32 {
    let span = |a0: f32, a_len: f32, b0: f32, b_len: f32| {
        ((a0 + a_len).min(b0 + b_len) - a0.max(b0)).max(0.0)
    };
    let shared = span(a.x, a.width, b.x, b.width) * span(a.y, a.height, b.y, b.height);
    let union = a.area() + b.area() - shared;
    if union > 0.0 { shared / union } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate(x: f32, score: f32) -> Candidate {
        Candidate {
            bounds: Rect {
                x,
                y: 0.0,
                width: 1.0,
                height: 1.0,
            },
            score,
            keypoints: [Point2 { x, y: 0.5 }; 6],
        }
    }

    #[test]
    fn overlap_of_known_boxes() {
        let unit = candidate(0.0, 1.0).bounds;
        assert_eq!(overlap(&unit, &unit), 1.0);
        assert!((overlap(&unit, &candidate(0.5, 1.0).bounds) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(overlap(&unit, &candidate(1.0, 1.0).bounds), 0.0);
        let flat = Rect {
            height: 0.0,
            ..unit
        };
        assert_eq!(overlap(&flat, &flat), 0.0);
    }

    #[test]
    fn one_face_is_the_weighted_mean_and_keeps_the_best_score() {
        let kept = suppress(
            vec![
                candidate(0.2, 0.3),
                candidate(0.0, 0.9),
                candidate(5.0, 0.6),
            ],
            0.3,
        );
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[0].score, 0.9);
        assert!((kept[0].bounds.x - 0.05).abs() < 1e-6);
        assert!((kept[0].keypoints[3].x - 0.05).abs() < 1e-6);
        assert_eq!(kept[1].bounds.x, 5.0);
    }

    proptest! {
        #[test]
        fn nothing_is_invented_and_the_best_survives(
            raw in prop::collection::vec((0.0f32..10.0, 0.0f32..=1.0), 1..40),
        ) {
            let candidates: Vec<_> = raw.iter().map(|&(x, s)| candidate(x, s)).collect();
            let best = raw.iter().map(|r| r.1).fold(0.0, f32::max);
            let kept = suppress(candidates, 0.3);
            prop_assert!(!kept.is_empty() && kept.len() <= raw.len());
            prop_assert_eq!(kept[0].score, best);
            prop_assert!(kept.is_sorted_by(|a, b| a.score >= b.score));
        }
    }
}
