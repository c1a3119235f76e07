//! Marks of footage that did not come from a camera: what the container says and how its frames
//! are timed.
//!
//! Only facts of the file, each with its weight; the score is what they leave of it. CEN/TS 18099
//! describes the attack (injection), SWGDE's "Best Practices for Digital Video Authentication" the
//! examination of container and timing. All of it can be forged and much of it is lost where a
//! service encodes clips again: a clean file is no evidence of life.

use super::{InjectionParams, Mark, Measured, Reading, Signal, SignalParams};
use crate::stats::median_step;
use crate::{ClipFacts, Track};

/// Marks of virtual cameras, editors and generated timing.
pub(super) struct InjectionRisk;

/// Longest keyword that counts only as a whole word.
const SHORT_WORD: usize = 4;
/// Edit lists may let a file start this many seconds before its own zero.
const EARLY_START_S: f64 = 0.2;
/// Repeats that make a rhythm, and the share of their gaps that must be equal.
const MIN_REPEATS: usize = 4;
const RHYTHM_SHARE: f64 = 0.8;
/// Step of a container's clock where the caller does not know it.
const DEFAULT_STEP_S: f64 = 1e-4;

impl Signal for InjectionRisk {
    fn name(&self) -> &'static str {
        "injection_risk"
    }

    fn label(&self) -> &'static str {
        "Marks of injected footage"
    }

    fn read(&self, track: &Track, params: &SignalParams) -> Reading {
        let params = &params.injection_risk;
        let marks = marks(track, params);
        let left: f64 = marks.iter().map(|mark| 1.0 - mark.weight).product();
        let named: Vec<String> = marks
            .iter()
            .filter(|mark| mark.weight > 0.0)
            .map(|mark| mark.what.clone())
            .collect();
        let count = named.len() as f64;
        let detail = match named.len() {
            0 => "No mark of injected footage.".to_owned(),
            1 => format!("A mark of injected footage: {}.", named.join("")),
            n => format!("{n} marks of injected footage: {}.", named.join("; ")),
        };
        let mut values: Vec<_> = marks.iter().map(|mark| (mark.name, 1.0)).collect();
        values.push(("marks", count));
        Reading::Measured(Measured {
            values,
            score: params.none * left,
            detail,
        })
    }
}

struct Found {
    name: &'static str,
    what: String,
    weight: f64,
}

fn marks(track: &Track, params: &InjectionParams) -> Vec<Found> {
    let facts = &track.facts;
    let mut marks = Vec::new();
    for (name, label, mark) in [
        ("virtual_camera", "a virtual camera", &params.virtual_camera),
        ("editor", "an editor", &params.editor),
        ("encoder", "a general encoder", &params.encoder),
    ] {
        if let Some(word) = keyword(facts, mark) {
            let what = format!("the file names {label} (\"{word}\")");
            marks.push(Found {
                name,
                what,
                weight: mark.weight,
            });
        }
    }
    let mut add = |found: Option<String>, name, weight| {
        marks.extend(found.map(|what| Found { name, what, weight }));
    };
    add(
        even_timing(facts, params.min_frames),
        "even_timing",
        params.even_timing,
    );
    add(rhythm(track), "repeated_frames", params.repeated_frames);
    add(
        impossible_times(facts),
        "impossible_times",
        params.impossible_times,
    );
    add(
        contradiction(facts, params.header_tolerance),
        "contradicted_header",
        params.contradicted_header,
    );
    let no_device = is_blank(&facts.make) && is_blank(&facts.model);
    let what = "the file names no device".to_owned();
    add(no_device.then_some(what), "no_device", params.no_device);
    marks
}

fn is_blank(text: &Option<String>) -> bool {
    text.as_ref().is_none_or(|t| t.trim().is_empty())
}

/// The first keyword of a mark that the file has in any of its texts.
fn keyword<'a>(facts: &ClipFacts, mark: &'a Mark) -> Option<&'a str> {
    let texts: Vec<String> = facts
        .encoders
        .iter()
        .chain(&facts.make)
        .chain(&facts.model)
        .map(|text| text.to_lowercase())
        .collect();
    let has = |keyword: &&String| texts.iter().any(|text| contains(text, keyword));
    mark.keywords.iter().find(has).map(String::as_str)
}

/// Spaces, hyphens and underscores do not matter; short words must stand alone, but for digits
/// behind them ("Lavf60"), so that "observatory" is no OBS.
fn contains(text: &str, keyword: &str) -> bool {
    if keyword.len() <= SHORT_WORD {
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        return words
            .any(|w| w == keyword || w.trim_end_matches(|c: char| c.is_ascii_digit()) == keyword);
    }
    let joined = |s: &str| s.replace([' ', '-', '_'], "");
    joined(text).contains(&joined(keyword))
}

/// Times that are those of an even beat to the clock's own step: no camera is as even.
fn even_timing(facts: &ClipFacts, min_frames: usize) -> Option<String> {
    let times = &facts.frame_times_s;
    if times.len() < min_frames.max(3) || times.iter().any(|t| !t.is_finite()) {
        return None;
    }
    let middle = (times.len() - 1) as f64 / 2.0;
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    let (mut product, mut square) = (0.0, 0.0);
    for (i, t) in times.iter().enumerate() {
        product += (i as f64 - middle) * (t - mean);
        square += (i as f64 - middle).powi(2);
    }
    let beat = product / square;
    let off = times
        .iter()
        .enumerate()
        .map(|(i, t)| (t - mean - (i as f64 - middle) * beat).abs())
        .fold(0.0, f64::max);
    // Rounding is half a step; the line itself may be off by as much again at its ends.
    let step = facts
        .time_step_s
        .filter(|s| *s > 0.0)
        .unwrap_or(DEFAULT_STEP_S);
    (beat > 0.0 && off <= 0.75 * step).then(|| {
        format!(
            "all {} frames lie on an even beat within {:.2} ms",
            times.len(),
            off * 1e3
        )
    })
}

/// Frames that are shown twice in a fixed rhythm, as a change of the rate makes them.
fn rhythm(track: &Track) -> Option<String> {
    let pairs = track.moments().windows(2).enumerate();
    let repeats: Vec<usize> = pairs
        .filter(|(_, pair)| pair[0].frame_digest == pair[1].frame_digest)
        .map(|(i, _)| i)
        .collect();
    if repeats.len() < MIN_REPEATS {
        return None;
    }
    let gaps: Vec<usize> = repeats.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let usual = *gaps
        .iter()
        .max_by_key(|gap| gaps.iter().filter(|g| g == gap).count())?;
    let equal = gaps.iter().filter(|gap| **gap == usual).count() as f64;
    // A gap of 1 is a standstill, which `static_risk` judges.
    (usual >= 2 && equal >= RHYTHM_SHARE * gaps.len() as f64)
        .then(|| format!("every {usual}th frame is a copy of the one before"))
}

fn impossible_times(facts: &ClipFacts) -> Option<String> {
    let times = &facts.frame_times_s;
    if times.iter().any(|t| !t.is_finite()) {
        return Some("a frame has no time".to_owned());
    }
    if let Some(early) = times.first().filter(|t| **t < -EARLY_START_S) {
        return Some(format!("the first frame is shown at {early:.1} seconds"));
    }
    let wrong = times.windows(2).filter(|pair| pair[1] <= pair[0]).count();
    (wrong > 0).then(|| format!("{wrong} frames are not shown after the one before"))
}

fn contradiction(facts: &ClipFacts, tolerance: f64) -> Option<String> {
    let times = &facts.frame_times_s;
    let step = median_step(times).filter(|s| *s > 0.0)?;
    let lasts = times.last()? - times.first()? + step;
    if let Some(claimed) = facts.duration_s.filter(|s| s.is_finite()) {
        // Sound may go on for a moment after the last frame.
        if (claimed - lasts).abs() > tolerance * lasts + 0.5 {
            return Some(format!(
                "the file claims {claimed:.1} seconds and has {lasts:.1}"
            ));
        }
    }
    let claimed = facts.nominal_fps.filter(|f| f.is_finite() && *f > 0.0)?;
    let measured = times.len() as f64 / lasts;
    ((claimed / measured).ln().abs() > tolerance.ln_1p())
        .then(|| format!("the file claims {claimed:.0} frames a second and has {measured:.0}"))
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{measure, params};
    use super::*;
    use crate::synthetic::Script;

    fn clip() -> Track {
        Script::calm(1, 4.0, 30.0).play().record()
    }

    fn marks_of(track: &Track) -> (f64, Vec<&'static str>) {
        let found = measure(&InjectionRisk, track);
        let names = found.values.iter().map(|(name, _)| *name);
        (found.score, names.filter(|n| *n != "marks").collect())
    }

    fn with(change: impl FnOnce(&mut ClipFacts)) -> (f64, Vec<&'static str>) {
        let mut track = clip();
        change(&mut track.facts);
        marks_of(&track)
    }

    #[test]
    fn a_camera_file_has_no_mark() {
        let (score, marks) = marks_of(&clip());
        assert_eq!((score, marks.len()), (params().injection_risk.none, 0));
    }

    #[test]
    fn each_mark_is_found_and_takes_its_weight() {
        let p = params().injection_risk;
        let named = |word: &str| with(|f| f.encoders.push(word.to_owned()));
        assert_eq!(named("OBS Virtual Camera").1, ["virtual_camera"]);
        assert_eq!(named("obs-output 30.1").1, ["virtual_camera"]);
        assert_eq!(named("Observatory 2").1, [""; 0]);
        assert_eq!(named("Adobe Premiere Pro 2024").1, ["editor"]);
        assert_eq!(named("Lavf60.3.100").1, ["encoder"]);
        let (score, marks) = with(|f| f.model = Some("ManyCam".to_owned()));
        assert_eq!(marks, ["virtual_camera"]);
        assert!((score - p.none * (1.0 - p.virtual_camera.weight)).abs() < 1e-12);
        let bare = with(|f| (f.make, f.model) = (None, Some("  ".to_owned())));
        assert_eq!(bare.1, ["no_device"]);
        let early = with(|f| f.frame_times_s[0] = -3.0);
        assert_eq!(early.1, ["impossible_times"]);
        assert_eq!(with(|f| f.frame_times_s.swap(3, 9)).1, ["impossible_times"]);
        assert_eq!(
            with(|f| f.frame_times_s[5] = f64::NAN).1,
            ["impossible_times"]
        );
        assert_eq!(
            with(|f| f.duration_s = Some(3600.0)).1,
            ["contradicted_header"]
        );
        assert_eq!(
            with(|f| f.nominal_fps = Some(1000.0)).1,
            ["contradicted_header"]
        );
        assert_eq!(with(|f| f.nominal_fps = Some(30.1)).1, [""; 0]);
    }

    #[test]
    fn an_even_beat_is_found_also_where_the_clock_rounds_it() {
        let beat = |step: f64| -> Vec<f64> {
            let exact = (0..120).map(|i| f64::from(i) * 1001.0 / 30000.0);
            exact.map(|t| (t / step).round() * step).collect()
        };
        for step in [1e-3, 1.0 / 90000.0] {
            let even = with(|f| (f.frame_times_s, f.time_step_s) = (beat(step), Some(step)));
            assert_eq!(even.1, ["even_timing"], "{step}");
        }
        assert_eq!(
            with(|f| f.frame_times_s = beat(1e-3)[..20].to_vec()).1,
            [""; 0]
        );
    }

    #[test]
    fn copies_in_a_rhythm_are_found_and_others_are_not() {
        let copied = |is_copy: &dyn Fn(usize) -> bool| {
            let mut track = clip();
            let mut last = 0;
            track.map_moments(|i, m| {
                if is_copy(i) {
                    m.frame_digest = last;
                }
                last = m.frame_digest;
            });
            marks_of(&track).1
        };
        assert_eq!(copied(&|i| i % 5 == 4), ["repeated_frames"]);
        assert_eq!(copied(&|i| [7, 20, 24, 60, 90].contains(&i)), [""; 0]);
        assert_eq!(copied(&|i| (30..60).contains(&i)), [""; 0]);
    }

    #[test]
    fn more_marks_never_score_higher_and_an_empty_track_is_no_panic() {
        let (one, _) = with(|f| f.encoders.push("lavf".to_owned()));
        let (two, _) = with(|f| {
            f.encoders.push("lavf".to_owned());
            f.make = None;
            f.model = None;
        });
        assert!(two < one);
        assert_eq!(marks_of(&Track::default()).1, ["no_device"]);
    }
}
