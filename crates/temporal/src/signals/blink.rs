//! Blinks: dips of the eye aspect ratio over time (Soukupova and Cech, "Real-Time Eye Blink
//! Detection using Facial Landmarks", CVWW 2016). How often people blink: Bentivoglio et al.,
//! "Analysis of blink rate patterns in normal subjects", Movement Disorders 12, 1997.
//!
//! A blink is weak evidence of life, because a replayed video shows them too; its absence is weak
//! evidence against it, because people go for seconds without one. Both weights follow from the
//! rate of blinks and the share of attacks that blink, by Bayes' rule.

use super::{BlinkParams, Measured, Reading, Signal, SignalParams, enough};
use crate::stats::{median, quantile};
use crate::{FaceMoment, Track};

/// Blinks against what is likely for the length of the clip.
pub(super) struct Blink;

impl Signal for Blink {
    fn name(&self) -> &'static str {
        "blink"
    }

    fn label(&self) -> &'static str {
        "Blinking"
    }

    fn read(&self, track: &Track, params: &SignalParams) -> Reading {
        let params = &params.blink;
        let series: Vec<(f64, f64)> = track
            .faces()
            .filter_map(|(at_s, face)| Some((at_s, openness(face, params)?)))
            .collect();
        let times: Vec<f64> = series.iter().map(|(at_s, _)| *at_s).collect();
        if let Err(why) = enough(&times, params.min_seconds, params.min_fps) {
            return Reading::NotAssessable(why);
        }
        judged(&series, params)
    }
}

/// Mean eye aspect ratio, `None` where the head is turned so far that it means little.
fn openness(face: &FaceMoment, params: &BlinkParams) -> Option<f64> {
    let turn = face.pose.yaw.abs().max(face.pose.pitch.abs());
    let [left, right] = face.eye_aspect_ratios?;
    let mean = (left + right) / 2.0;
    (turn <= params.max_turn_deg && mean.is_finite()).then_some(mean)
}

/// A closing and opening of the eyes.
#[derive(Clone, Copy, Debug)]
struct Dip {
    seconds: f64,
    /// Lowest ratio over that of the open eye.
    lowest: f64,
}

fn judged(series: &[(f64, f64)], params: &BlinkParams) -> Reading {
    let open = quantile(series.iter().map(|s| s.1), 0.75).unwrap_or(0.0);
    if open <= 0.0 {
        return Reading::NotAssessable("the eyes have no measurable height".to_owned());
    }
    let jitter = jitter(series) / open;
    let dips = dips(series, open, params);
    let deep_enough = |dip: &&Dip| 1.0 - dip.lowest >= params.min_deviations * jitter;
    let lasts = params.min_blink_s..=params.max_blink_s;
    let blinks: Vec<&Dip> = dips
        .iter()
        .filter(deep_enough)
        .filter(|dip| lasts.contains(&dip.seconds))
        .collect();
    let seconds = series.last().map_or(0.0, |l| l.0) - series.first().map_or(0.0, |f| f.0);
    let rate = blinks.len() as f64 / seconds;
    if blinks.is_empty() && seconds < params.min_seconds_without {
        return Reading::NotAssessable(format!(
            "no blink in {seconds:.1} seconds, which says nothing; {:.0} would be needed",
            params.min_seconds_without
        ));
    }
    if 1.0 - params.closed_share < params.min_deviations * jitter {
        return Reading::NotAssessable(
            "the eyes are measured too unsteadily to see a blink".to_owned(),
        );
    }
    let score = if rate > params.max_rate_per_s {
        super::NEUTRAL
    } else {
        posterior(!blinks.is_empty(), seconds, params)
    };
    let deepest = blinks
        .iter()
        .map(|dip| 1.0 - dip.lowest)
        .fold(0.0, f64::max);
    let lasted = median(blinks.iter().map(|dip| dip.seconds)).unwrap_or(0.0);
    let detail = match blinks.len() {
        0 => format!("No blink in {seconds:.1} seconds."),
        1 => format!(
            "One blink in {seconds:.1} seconds; it took {:.0} ms.",
            lasted * 1e3
        ),
        n => format!(
            "{n} blinks in {seconds:.1} seconds; they took {:.0} ms.",
            lasted * 1e3
        ),
    };
    Reading::Measured(Measured {
        values: vec![
            ("blinks", blinks.len() as f64),
            ("blinks_per_minute", rate * 60.0),
            ("deepest", deepest),
            ("median_ms", lasted * 1e3),
            ("open_eye_aspect_ratio", open),
            ("seconds", seconds),
        ],
        score,
        detail,
    })
}

/// Probability of a living person at even odds. Living people blink at `rate_per_s` (Poisson); of
/// the attacks a share does as they do, the others not at all.
fn posterior(blinked: bool, seconds: f64, params: &BlinkParams) -> f64 {
    let none_if_live = (-params.rate_per_s * seconds).exp();
    let share = params.attacks_that_blink;
    let (live, attack) = if blinked {
        (1.0 - none_if_live, share * (1.0 - none_if_live))
    } else {
        (none_if_live, 1.0 - share + share * none_if_live)
    };
    live / (live + attack)
}

/// Standard deviation of the jitter, from second differences, which what moves smoothly has
/// little of; by the median, so that blinks do not count.
fn jitter(series: &[(f64, f64)]) -> f64 {
    let second = series
        .windows(3)
        .map(|w| (w[0].1 - 2.0 * w[1].1 + w[2].1).abs());
    // A second difference of white noise has six times its variance.
    median(second).unwrap_or(0.0) * 1.4826 / 6.0_f64.sqrt()
}

/// Stretches in which the eyes are closed, each from the last open moment before to the first
/// open one after; what begins or ends outside the clip is none.
fn dips(series: &[(f64, f64)], open: f64, params: &BlinkParams) -> Vec<Dip> {
    let mut dips = Vec::new();
    let mut last_open: Option<f64> = None;
    let mut below: Option<(f64, f64)> = None;
    for &(at_s, ratio) in series {
        let share = ratio / open;
        if share >= params.open_share {
            let ended = below
                .take()
                .filter(|(_, lowest)| *lowest <= params.closed_share);
            dips.extend(ended.map(|(began, lowest)| Dip {
                seconds: at_s - began,
                lowest,
            }));
            last_open = Some(at_s);
        } else {
            below = match (below, last_open) {
                (Some((began, lowest)), _) => Some((began, lowest.min(share))),
                (None, Some(began)) => Some((began, share)),
                (None, None) => None,
            };
        }
    }
    dips
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{measure, params, refusal, value};
    use super::*;
    use crate::synthetic::Script;

    fn clip(seconds: f64, fps: f64, blinks: &[f64]) -> Track {
        Script {
            blinks_s: blinks.to_vec(),
            ..Script::calm(7, seconds, fps)
        }
        .play()
        .record()
    }

    #[test]
    fn blinks_are_counted_at_every_usual_rate_of_frames() {
        for fps in [15.0, 25.0, 30.0] {
            for blinks in [&[2.0][..], &[1.0, 3.2, 6.1]] {
                let found = measure(&Blink, &clip(8.0, fps, blinks));
                assert_eq!(
                    value(&found, "blinks"),
                    blinks.len() as f64,
                    "{fps}: {}",
                    found.detail
                );
                let lasted = value(&found, "median_ms");
                assert!((100.0..400.0).contains(&lasted), "{fps}: {lasted}");
                assert!(found.score > 0.6 && found.score < 0.7, "{}", found.score);
            }
        }
    }

    #[test]
    fn their_absence_says_more_the_longer_it_lasts() {
        assert!(refusal(&Blink, &clip(3.0, 30.0, &[])).contains("no blink in 3.0 seconds"));
        let scores = [5.0, 7.0, 10.0].map(|s| measure(&Blink, &clip(s, 30.0, &[])).score);
        assert!(scores[0] > scores[1] && scores[1] > scores[2], "{scores:?}");
        assert!(scores[0] < 0.5 && scores[2] > 0.15, "{scores:?}");
    }

    #[test]
    fn long_closed_eyes_are_no_blink_and_few_frames_no_ground() {
        let mut shut = clip(8.0, 30.0, &[]);
        shut.map_moments(|i, moment| {
            if let (60..120, Some(face)) = (i, &mut moment.face) {
                face.eye_aspect_ratios = Some([0.05; 2]);
            }
        });
        assert_eq!(value(&measure(&Blink, &shut), "blinks"), 0.0);
        assert!(refusal(&Blink, &clip(8.0, 5.0, &[2.0])).contains("times a second"));
        assert!(refusal(&Blink, &Track::default()).contains("seconds with a face"));
        let mut away = clip(8.0, 30.0, &[2.0]);
        away.map_moments(|_, m| m.face.iter_mut().for_each(|f| f.pose.yaw = 60.0));
        assert!(refusal(&Blink, &away).contains("0.0 seconds"));
    }

    #[test]
    fn a_face_that_flutters_says_nothing() {
        let many: Vec<f64> = (0..20).map(|i| 0.2 + 0.38 * f64::from(i)).collect();
        let found = measure(&Blink, &clip(8.0, 30.0, &many));
        assert_eq!(found.score, super::super::NEUTRAL, "{}", found.detail);
    }

    #[test]
    fn bayes_by_hand() {
        let params = params().blink;
        let none: f64 = (-params.rate_per_s * 6.0).exp();
        let share = params.attacks_that_blink;
        let expected = none / (none + 1.0 - share + share * none);
        assert!((posterior(false, 6.0, &params) - expected).abs() < 1e-12);
        assert!((posterior(true, 6.0, &params) - 1.0 / (1.0 + share)).abs() < 1e-12);
    }
}
