//! The captured face against the reference images.

use lifesign_domain::FaceMatch;
use lifesign_engine::{Descriptor, match_score};

/// One match for each reference; `frames` has a descriptor for each kept frame that has a face, `is_same` says from
/// which score on two faces are taken for one person.
pub(crate) fn matches(
    references: &[Descriptor],
    frames: &[Option<Descriptor>],
    is_same: impl Fn(u8) -> bool,
) -> Vec<FaceMatch> {
    let matched = references.iter().map(|reference| {
        let scores: Vec<(usize, u8)> = frames
            .iter()
            .enumerate()
            .filter_map(|(i, frame)| {
                let distance = reference.distance(frame.as_ref()?);
                Some((i, match_score(distance)))
            })
            .collect();
        of_scores(&scores, &is_same)
    });
    matched.collect()
}

fn of_scores(scores: &[(usize, u8)], is_same: impl Fn(u8) -> bool) -> FaceMatch {
    // The first of the best, so that the answer does not depend on the order of equals.
    let best = scores.iter().rev().max_by_key(|(_, score)| *score).copied();
    let count = scores.len().max(1) as f64;
    let mean = scores.iter().map(|(_, s)| f64::from(*s)).sum::<f64>() / count;
    let squares = scores.iter().map(|(_, s)| (f64::from(*s) - mean).powi(2));
    FaceMatch {
        score: best.map_or(0, |(_, score)| score),
        covariance: (squares.sum::<f64>() / count).sqrt(),
        same_person: best.is_some_and(|(_, score)| is_same(score)),
        best_frame: best.map(|(i, _)| i),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_same(score: u8) -> bool {
        score >= 50
    }

    #[test]
    fn the_best_frame_and_the_spread_of_all() {
        let found = of_scores(&[(0, 60), (2, 80), (3, 80), (5, 60)], is_same);
        assert_eq!((found.score, found.best_frame), (80, Some(2)));
        assert!((found.covariance - 10.0).abs() < 1e-12 && found.same_person);
        let none = of_scores(&[], is_same);
        assert_eq!(
            (none.score, none.best_frame, none.same_person),
            (0, None, false)
        );
        assert!(!of_scores(&[(0, 49)], is_same).same_person);
    }

    #[test]
    fn frames_without_a_face_keep_their_places() {
        let at = |x: f32| {
            let mut values = [0.0; 128];
            values[0] = x;
            Descriptor::new(&values).unwrap()
        };
        let found = matches(
            &[at(0.0), at(5.0)],
            &[None, Some(at(0.3)), Some(at(0.1))],
            is_same,
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].best_frame, Some(2));
        assert!(found[0].same_person && !found[1].same_person);
    }
}
