//! Clips that stand still or repeat themselves.
//!
//! Injected clips are often short ones played over and over, forth and back, or frozen while the
//! attacker waits; or no clip at all but a picture made into one (injection attacks: CEN/TS 18099). No
//! camera gives the same frame twice to the bit, because of its noise, but encoders take the noise and
//! add errors of their own. So pictures are compared by their thumbnails (`pictures`) and faces by their
//! meshes: what an encoder leaves of one picture lies nearer together than any person can keep still, or
//! come back to. Self-similarity over lags: Cutler and Davis, "Robust real-time periodic motion
//! detection, analysis, and applications", PAMI 22, 2000.

use std::collections::HashMap;

use super::pictures::Pictures;
use super::{Measured, Reading, Signal, SignalParams, StaticParams};
use crate::Track;
use crate::geometry::{RIGID, SOFT, inter_eye_distance_px};
use crate::stats::{lagged_covariance, mean, median, median_step};

/// Frozen, looped or palindromic clips.
pub(super) struct StaticRisk;

/// A step of the mesh under this share of the usual one is no step: jitter never pauses.
const FROZEN_STEP_SHARE: f64 = 0.1;
/// The same as a share of the distance between the eyes, a fiftieth of a pixel on most faces.
const FROZEN_STEP: f64 = 2e-4;

impl Signal for StaticRisk {
    fn name(&self) -> &'static str {
        "static_risk"
    }

    fn label(&self) -> &'static str {
        "Frozen or repeated footage"
    }

    fn read(&self, track: &Track, params: &SignalParams) -> Reading {
        let params = &params.static_risk;
        let seconds = track.duration_s();
        if seconds < params.min_seconds {
            return Reading::NotAssessable(format!(
                "the clip has {seconds:.1} seconds, {:.1} are needed",
                params.min_seconds
            ));
        }
        judged(track, params)
    }
}

fn judged(track: &Track, params: &StaticParams) -> Reading {
    let paths = Paths::of(track);
    let pictures = Pictures::of(track);
    let frozen_s = frozen_s(track, &paths, &pictures, params);
    let exact_s = repeated_exactly_s(track, params);
    let mut values = vec![("frozen_s", frozen_s), ("repeated_exactly_s", exact_s)];
    let mut findings = vec![(
        params.frozen.at(frozen_s),
        false,
        format!("The picture stands still for {frozen_s:.1} seconds."),
    )];
    if exact_s >= params.min_repeat_s {
        // Nothing is nearer than equal.
        let detail = format!("{exact_s:.1} seconds of frames came before, equal to the bit.");
        findings.push((params.repeated.at(0.0), true, detail));
    }
    if let Some(repeat) = paths.nearest_repeat(params) {
        values.push(("repeat_distance", repeat.distance));
        values.push(("repeat_period_s", repeat.period_s));
        let score = params.repeated.at(repeat.distance);
        findings.push((score, true, repeat.described("motion")));
    }
    if let Some(repeat) = pictures.nearest_repeat(params) {
        values.push(("picture_distance", repeat.distance));
        values.push(("picture_period_s", repeat.period_s));
        let score = params.repeated_picture.at(repeat.distance);
        findings.push((score, true, repeat.described("picture")));
    }
    let worst = findings.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
    let (score, detail) = match worst {
        Some((score, repeats, detail)) if score < params.none => {
            values.push(("repeats", f64::from(u8::from(repeats))));
            (score, detail)
        }
        _ => (
            params.none,
            format!("Nothing repeats; the longest standstill is {frozen_s:.1} seconds."),
        ),
    };
    Reading::Measured(Measured {
        values,
        score,
        detail,
    })
}

/// The longest time over which the picture stays as it was at its beginning.
fn frozen_s(track: &Track, paths: &Paths, pictures: &Pictures, params: &StaticParams) -> f64 {
    let moving = paths.steps.iter().flatten().copied();
    let usual = median(moving.filter(|s| *s > FROZEN_STEP));
    let unmoved = usual.map_or(FROZEN_STEP, |u| (u * FROZEN_STEP_SHARE).max(FROZEN_STEP));
    let moments = track.moments();
    let stands = |from: usize, to: usize| {
        if moments[from].frame_digest == moments[to].frame_digest {
            return true;
        }
        let mesh = paths.between(from, to);
        match pictures.difference(from, to) {
            // A face that comes or goes has changed the picture.
            Some(luma) => {
                let faces = [from, to].map(|i| moments[i].face.is_some());
                luma < params.still_luma
                    && mesh.map_or(faces == [false; 2], |mesh| mesh < params.still_mesh)
            }
            None => mesh.is_some_and(|mesh| mesh < unmoved),
        }
    };
    let (mut longest, mut start) = (0.0_f64, 0);
    for now in 1..moments.len() {
        if stands(start, now) {
            longest = longest.max(moments[now].at_s - moments[start].at_s);
        } else {
            start = now;
        }
    }
    longest
}

/// Seconds of frames that are equal to an earlier frame at least a period before, with others
/// between. Flat frames (hash 0) do not count: black is always black.
fn repeated_exactly_s(track: &Track, params: &StaticParams) -> f64 {
    let mut first_seen: HashMap<u64, f64> = HashMap::new();
    let mut seconds = 0.0;
    let mut before: Option<(f64, u64)> = None;
    for moment in track.moments().iter().filter(|m| m.phash != 0) {
        let seen = *first_seen.entry(moment.frame_digest).or_insert(moment.at_s);
        if let Some((at_s, digest)) = before {
            let moves = digest != moment.frame_digest;
            if moves && moment.at_s - seen >= params.min_period_s {
                seconds += moment.at_s - at_s;
            }
        }
        before = Some((moment.at_s, moment.frame_digest));
    }
    seconds
}

/// Where the vertices are from moment to moment, in distances between the eyes.
struct Paths {
    /// One entry a moment; `None` without a face.
    places: Vec<Option<Vec<f64>>>,
    /// Root mean square step to the next moment.
    steps: Vec<Option<f64>>,
    step_s: f64,
}

/// How nearly a part of the clip comes again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeat {
    /// Root mean square distance between the two as a share of that between any two moments; of
    /// meshes less what jitter adds.
    pub(super) distance: f64,
    pub(super) period_s: f64,
    pub(super) backwards: bool,
}

impl Repeat {
    fn described(&self, what: &str) -> String {
        let percent = self.distance * 100.0;
        let how = if self.backwards {
            format!("the {what} runs back the way it came")
        } else {
            format!("the {what} repeats after {:.1} seconds", self.period_s)
        };
        format!("The clip repeats itself: {how}, {percent:.0} % of its usual change apart.")
    }
}

impl Paths {
    fn of(track: &Track) -> Self {
        let unit = median(
            track
                .faces()
                .map(|(_, f)| inter_eye_distance_px(&f.landmarks)),
        );
        let unit = unit.unwrap_or(0.0).max(1.0);
        // Every second vertex: enough to tell motions apart at half the cost.
        let vertices: Vec<usize> = RIGID.iter().chain(&SOFT).copied().step_by(2).collect();
        let places: Vec<Option<Vec<f64>>> = track
            .moments()
            .iter()
            .map(|moment| {
                let landmarks = &moment.face.as_ref()?.landmarks;
                let places = vertices.iter().flat_map(|v| {
                    let [x, y, _] = landmarks.at(*v);
                    [x / unit, y / unit]
                });
                Some(places.collect())
            })
            .collect();
        let steps = places.windows(2).map(|pair| {
            let (a, b) = (pair[0].as_ref()?, pair[1].as_ref()?);
            Some(square_distance(a, b).sqrt())
        });
        let times: Vec<f64> = track.moments().iter().map(|m| m.at_s).collect();
        Self {
            steps: steps.collect(),
            places,
            step_s: median_step(&times).unwrap_or(1.0),
        }
    }

    /// Root mean square distance between the meshes of two moments.
    fn between(&self, from: usize, to: usize) -> Option<f64> {
        let at = |i: usize| self.places.get(i).and_then(Option::as_ref);
        Some(square_distance(at(from)?, at(to)?).sqrt())
    }

    /// The repetition, forwards or backwards, that is nearest for how much moves in it.
    fn nearest_repeat(&self, params: &StaticParams) -> Option<Repeat> {
        let count = self.places.len();
        let frames = |seconds: f64| ((seconds / self.step_s).round() as usize).max(2);
        let (period, length) = (frames(params.min_period_s), frames(params.min_repeat_s));
        let mut nearest: Option<Repeat> = None;
        let mut consider =
            |pairs: &mut dyn Iterator<Item = (usize, usize)>, part, lag, backwards| {
                let Some(distance) = self.distance(pairs, part, params.min_motion) else {
                    return;
                };
                if nearest.is_none_or(|n| distance < n.distance) {
                    let period_s = lag as f64 * self.step_s;
                    nearest = Some(Repeat {
                        distance,
                        period_s,
                        backwards,
                    });
                }
            };
        for lag in period..count.saturating_sub(length) {
            let part = 0..count - lag;
            consider(&mut part.clone().map(|i| (i, i + lag)), part, lag, false);
        }
        for centre in length..count.saturating_sub(length) {
            // Beside the turning point everything is near itself; that is no repetition.
            let near = length / 4;
            let pairs = &mut (near..=length).map(|k| (centre - k, centre + k));
            consider(pairs, centre..centre + length, length, true);
        }
        nearest
    }

    fn distance(
        &self,
        pairs: &mut dyn Iterator<Item = (usize, usize)>,
        part: std::ops::Range<usize>,
        min_motion: f64,
    ) -> Option<f64> {
        let at = |i: usize| self.places.get(i).and_then(Option::as_ref);
        let squares: Vec<f64> = pairs
            .filter_map(|(a, b)| Some(square_distance(at(a)?, at(b)?)))
            .collect();
        let (motion, jitter) = self.variances(part)?;
        if squares.len() < 4 || motion.sqrt() < min_motion {
            return None;
        }
        // Two copies with jitter of their own are apart by twice its variance.
        let beyond = (mean(&squares) - 2.0 * jitter).max(0.0);
        Some((beyond / (2.0 * motion)).sqrt())
    }

    /// Variances of the smooth part and of the jitter over a part of the clip, per coordinate.
    fn variances(&self, part: std::ops::Range<usize>) -> Option<(f64, f64)> {
        let places: Vec<&Vec<f64>> = self.places.get(part)?.iter().flatten().collect();
        let coordinates = places.first()?.len();
        let (mut smooth, mut all) = (0.0, 0.0);
        // Every fourth coordinate tells the variance well enough, of x and y alike.
        let sampled: Vec<usize> = (0..coordinates).filter(|i| i % 8 < 2).collect();
        for &i in &sampled {
            let path: Vec<f64> = places.iter().map(|p| p[i]).collect();
            let middle = mean(&path);
            smooth += lagged_covariance(&path, &path);
            all += path.iter().map(|v| (v - middle).powi(2)).sum::<f64>() / path.len() as f64;
        }
        let count = sampled.len().max(1) as f64;
        let smooth = smooth.max(0.0) / count;
        Some((smooth, (all / count - smooth).max(0.0)))
    }
}

/// Mean square distance per coordinate.
fn square_distance(a: &[f64], b: &[f64]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
    sum / a.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{measure, params, refusal, value};
    use super::*;
    use crate::synthetic::{Script, frozen, looped, ping_pong, re_encoded};

    fn clip(seed: u64) -> Track {
        let lively = Script {
            sway_deg: [4.0, 2.0, 1.5],
            sway_cm: 0.8,
            ..Script::calm(seed, 8.0, 25.0)
        };
        lively.play().record()
    }

    #[test]
    fn a_lively_clip_neither_freezes_nor_repeats() {
        for seed in 0..20 {
            let found = measure(&StaticRisk, &clip(seed));
            assert!(
                found.score >= 0.4,
                "{seed}: {} {:?}",
                found.detail,
                found.values
            );
            assert_eq!(value(&found, "frozen_s"), 0.0);
        }
    }

    #[test]
    fn longer_standstills_score_lower() {
        let mut last = 1.0;
        for (moments, seconds) in [(5, 0.16), (15, 0.56), (30, 1.16), (60, 2.36)] {
            let found = measure(&StaticRisk, &frozen(&clip(1), 40, moments));
            assert!(
                (value(&found, "frozen_s") - seconds).abs() < 0.05,
                "{:?}",
                found.values
            );
            assert!(found.score <= last, "{moments}");
            last = found.score;
        }
        assert!(last < 0.1, "{last}");
        // Encoded again, the digests differ, and the mesh hardly moves.
        let soft = re_encoded(&frozen(&clip(1), 40, 60), 3, 0.005);
        assert!(measure(&StaticRisk, &soft).score < 0.1);
    }

    #[test]
    fn loops_and_palindromes_are_found_also_after_encoding() {
        for seed in 0..5 {
            for clip in [looped(&clip(seed), 70), ping_pong(&clip(seed), 70)] {
                assert!(measure(&StaticRisk, &clip).score < 0.1, "{seed}");
                let found = measure(&StaticRisk, &re_encoded(&clip, seed, 0.4));
                assert!(
                    found.score < 0.3,
                    "{seed}: {} {:?}",
                    found.detail,
                    found.values
                );
            }
        }
        let found = measure(&StaticRisk, &re_encoded(&looped(&clip(1), 70), 1, 0.4));
        assert!(
            (value(&found, "repeat_period_s") % 2.8).abs() < 0.1,
            "{:?}",
            found.values
        );
    }

    #[test]
    fn a_still_person_is_not_a_loop() {
        let still = Script {
            sway_deg: [0.1; 3],
            sway_cm: 0.02,
            ..Script::calm(9, 8.0, 25.0)
        };
        let found = measure(&StaticRisk, &still.play().record());
        assert_eq!(found.score, params().static_risk.none, "{}", found.detail);
    }

    #[test]
    fn a_clip_that_hardly_is_one_is_refused() {
        assert!(refusal(&StaticRisk, &Track::default()).contains("0.0 seconds"));
        let mut faceless = clip(1);
        faceless.map_moments(|_, m| m.face = None);
        assert_eq!(
            measure(&StaticRisk, &faceless).score,
            params().static_risk.none
        );
    }
}
