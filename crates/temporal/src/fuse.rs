//! From the frames' confidences and the readings over time to one verdict.
//!
//! A geometric rule like that of the still profile `ensemble`, with the frames as its base:
//!
//! ```text
//! ln confidence = ln frames + sum(weight * (ln score - ln NEUTRAL))
//! ```
//!
//! A signal that says nothing (its score is NEUTRAL), or that could not be assessed, changes
//! nothing, however many of them there are. Scores under NEUTRAL pull down without limit; what
//! lies above lifts by [`FusionParams::max_lift`] at most in all, because whatever a living
//! person shows over time, a video of one shows too.

use std::collections::BTreeMap;

use lifesign_domain::{Fusion, PASS_SCORE, Reason, ReasonCode, SignalReport, Verdict};
use serde::{Deserialize, Serialize};

use crate::calibration::{at_least_zero, positive, unit_interval};
use crate::geometry::{inter_eye_distance_px, rigid_middle};
use crate::signals::{self, NEUTRAL, Reading, Signal};
use crate::{Calibration, CalibrationError, Moment, Still, StillSummary, Track};

/// The arithmetic of the rule.
const RULE: Fusion = Fusion::Geometric;
/// Name of the frames among the signals of a result.
const FRAMES: &str = "frames";
/// Two moments at most this far apart are neighbours, for a jump of the face.
const NEIGHBOURS_S: f64 = 0.15;

/// From readings to a verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FusionParams {
    /// Seconds from the first face to the last under which there is no decision.
    pub min_face_seconds: f64,
    /// Moments with a face under which there is no decision.
    pub min_face_moments: usize,
    /// Share of the moments looked at that must have a face for a decision.
    pub min_face_share: f64,
    /// Share of the moments looked at with several faces from which there is no decision.
    pub max_several_share: f64,
    /// Euclidean distance of descriptors up to which two faces are one person.
    pub max_identity_distance: f64,
    /// The same for faces between which others lie that are each that near to the next, as where somebody
    /// pulls a face.
    pub max_linked_distance: f64,
    /// Share of descriptors unlike the others from which the face has changed.
    pub max_stranger_share: f64,
    /// Distances between the eyes that a face cannot move from frame to frame.
    pub max_jump: f64,
    /// Signals over time that must be assessable for a decision.
    pub min_assessed: usize,
    /// Factor by which the signals over time may lift the confidence of the frames at most.
    pub max_lift: f64,
    /// Score at or under which a signal is reported as a reason.
    pub reason_score: f64,
    /// Exponent of each signal, where the frames have 1.
    pub weights: BTreeMap<String, f64>,
}

impl FusionParams {
    pub(crate) fn validate(&self) -> Result<(), CalibrationError> {
        for (key, value) in [
            ("fusion.min_face_share", self.min_face_share),
            ("fusion.max_several_share", self.max_several_share),
            ("fusion.max_stranger_share", self.max_stranger_share),
            ("fusion.reason_score", self.reason_score),
        ] {
            unit_interval(key, value)?;
        }
        for (key, value) in [
            ("fusion.min_face_seconds", self.min_face_seconds),
            ("fusion.min_face_moments", self.min_face_moments as f64),
            ("fusion.max_identity_distance", self.max_identity_distance),
            ("fusion.max_jump", self.max_jump),
            ("fusion.min_assessed", self.min_assessed as f64),
        ] {
            positive(key, value)?;
        }
        at_least_zero("fusion.max_lift less 1", self.max_lift - 1.0)?;
        for (name, weight) in &self.weights {
            at_least_zero(&format!("fusion.weights.{name}"), *weight)?;
        }
        let mut known: Vec<&str> = signals::all().iter().map(|s| s.name()).collect();
        known.sort_unstable();
        let found: Vec<&str> = self.weights.keys().map(String::as_str).collect();
        if known == found {
            return Ok(());
        }
        Err(CalibrationError::Signals {
            known: known.join(", "),
            found: found.join(", "),
        })
    }
}

/// From confidence to verdict; the same numbers as for stills, so that operators move one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// Confidence that separates LIVE from SPOOF.
    pub live_threshold: f64,
    /// Half width of the INCONCLUSIVE band around the threshold.
    pub inconclusive_margin: f64,
}

/// All that is known of a clip.
#[derive(Clone, Copy, Debug)]
pub struct Clip<'a> {
    /// Its moments and facts.
    pub track: &'a Track,
    /// What the still pipeline said of some of its frames; those in which it found no face or
    /// could not decide are left out by the caller.
    pub stills: &'a [Still],
}

/// The outcome of one check of one clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipResult {
    /// The decision.
    pub verdict: Verdict,
    /// Liveness in [0, 1].
    pub confidence: f64,
    /// The threshold that was applied.
    pub threshold: f64,
    /// The frames, `None` where none was judged.
    pub still: Option<StillSummary>,
    /// First the frames (`frames`), then each signal over time.
    pub signals: Vec<SignalReport>,
    /// Why the verdict is not better.
    pub reasons: Vec<Reason>,
    /// Version of the calibration that decided over time.
    pub calibration: String,
    /// Seconds from the first moment to the last.
    pub duration_s: f64,
    /// Moments looked at.
    pub moments: usize,
    /// Moments with a face.
    pub face_moments: usize,
}

/// Reads every signal and decides. Whatever is missing makes the verdict INCONCLUSIVE: too few
/// frames with a face, another face, several faces, too little that could be measured.
pub fn judge(clip: &Clip, calibration: &Calibration, decision: &Decision) -> ClipResult {
    let readings: Vec<(Box<dyn Signal>, Reading)> = signals::all()
        .into_iter()
        .map(|signal| {
            let reading = signal.read(clip.track, &calibration.signals);
            (signal, reading)
        })
        .collect();
    let params = &calibration.fusion;
    let still = calibration.still.summary(clip.stills);
    let confidence = fused(still.map_or(0.0, |s| s.confidence), &readings, params);

    let mut blocking = presence_reasons(clip.track, params);
    let judged = still.map_or(0, |s| s.frames);
    let assessed = readings.iter().filter(|(_, r)| r.score().is_some()).count();
    if judged < calibration.still.min_frames || assessed < params.min_assessed {
        blocking.push(ReasonCode::NotEnoughSignals);
    }
    let verdict = if blocking.is_empty() {
        decide(confidence, decision)
    } else {
        Verdict::Inconclusive
    };
    let mut reasons = blocking;
    reasons.extend(
        readings
            .iter()
            .filter_map(|(s, r)| attack_reason(s.name(), r, params)),
    );
    reasons.sort_unstable();
    reasons.dedup();
    ClipResult {
        verdict,
        confidence,
        threshold: decision.live_threshold,
        still,
        signals: reports(still, &readings, params),
        reasons: reasons.into_iter().map(Reason::from).collect(),
        calibration: calibration.version.clone(),
        duration_s: clip.track.duration_s(),
        moments: clip.track.moments().len(),
        face_moments: clip.track.faces().count(),
    }
}

/// The rule at the head of this file.
fn fused(frames: f64, readings: &[(Box<dyn Signal>, Reading)], params: &FusionParams) -> f64 {
    let (mut down, mut up) = (0.0, 0.0);
    for (signal, reading) in readings {
        let Some(score) = reading.score() else {
            continue;
        };
        let weight = params.weights.get(signal.name()).copied().unwrap_or(0.0);
        let term = weight * (RULE.term(score) - RULE.term(NEUTRAL));
        *(if term < 0.0 { &mut down } else { &mut up }) += term;
    }
    let lift = up.min(params.max_lift.ln());
    // Frames that say nothing live-like at all stay so; the rule's own floor is not 0.
    if frames <= 0.0 {
        return 0.0;
    }
    (RULE.term(frames) + down + lift).exp().clamp(0.0, 1.0)
}

/// INCONCLUSIVE within the margin around the threshold (its edges included), else LIVE above and
/// SPOOF below, as for stills. A confidence that is not a number is INCONCLUSIVE.
fn decide(confidence: f64, decision: &Decision) -> Verdict {
    // The edges of the band are decimal fractions; without the slack 0.62 - 0.58 would miss 0.04.
    const SLACK: f64 = 1e-9;
    let distance = confidence - decision.live_threshold;
    if distance.is_nan() || distance.abs() <= decision.inconclusive_margin + SLACK {
        Verdict::Inconclusive
    } else if distance > 0.0 {
        Verdict::Live
    } else {
        Verdict::Spoof
    }
}

/// Whether one face, and the same one, was there for long enough.
fn presence_reasons(track: &Track, params: &FusionParams) -> Vec<ReasonCode> {
    let moments = track.moments();
    let times: Vec<f64> = track.faces().map(|(at_s, _)| at_s).collect();
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return vec![ReasonCode::NoFace];
    };
    let mut reasons = Vec::new();
    if last - first < params.min_face_seconds || times.len() < params.min_face_moments {
        reasons.push(ReasonCode::ClipTooShort);
    }
    // Frames on which nobody looked for a face neither have one nor lack it.
    let is_looked_at = |m: &&Moment| m.face.is_some() || m.face_count.is_some();
    let looked_at = moments.iter().filter(is_looked_at).count() as f64;
    if (times.len() as f64) < params.min_face_share * looked_at {
        reasons.push(ReasonCode::FaceLost);
    }
    let looked = moments.iter().filter_map(|m| m.face_count);
    let several = looked.clone().filter(|count| *count > 1).count() as f64;
    if several > 0.0 && several >= params.max_several_share * looked.count() as f64 {
        reasons.push(ReasonCode::SeveralFaces);
    }
    if has_stranger(track, params) || jumps(track, params.max_jump) {
        reasons.push(ReasonCode::FaceChanged);
    }
    reasons
}

/// Whether some descriptors are unlike those of the person who is seen most.
fn has_stranger(track: &Track, params: &FusionParams) -> bool {
    let described: Vec<&Vec<f32>> = track
        .faces()
        .filter_map(|(_, f)| f.descriptor.as_ref())
        .collect();
    let strangers = described.len() - seen_most(&described, params);
    strangers > 0 && strangers as f64 >= params.max_stranger_share * described.len() as f64
}

/// How many descriptors belong to the person who is seen most. An expression moves a descriptor as far as
/// some strangers lie, but step by step, while a face that is swapped has nothing in between. So a person is
/// whoever is linked, one face to the next (single linkage), and not too far from the one that most are like.
fn seen_most(described: &[&Vec<f32>], params: &FusionParams) -> usize {
    let within = |a: &[f32], b: &[f32], limit: f64| {
        let square: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        // What cannot be compared is a stranger: fail closed.
        a.len() == b.len() && square.sqrt() <= limit
    };
    let alike = |a: &[f32], b: &[f32]| within(a, b, params.max_identity_distance);
    let mut left = described.to_vec();
    let mut most = 0;
    while let Some(first) = left.pop() {
        let mut group = vec![first];
        let mut next = 0;
        while let Some(member) = group.get(next) {
            let (linked, others) = left.into_iter().partition(|other| alike(member, other));
            left = others;
            group.extend::<Vec<_>>(linked);
            next += 1;
        }
        let friends = |a: &[f32]| group.iter().filter(|b| alike(a, b)).count();
        let centre = group.iter().max_by_key(|member| friends(member));
        let near = group.iter().filter(|member| {
            centre.is_some_and(|centre| within(centre, member, params.max_linked_distance))
        });
        most = most.max(near.count());
    }
    most
}

/// Whether the face is somewhere else from one frame to the next: a cut.
fn jumps(track: &Track, max_jump: f64) -> bool {
    track.moments().windows(2).any(|pair| {
        let (Some(a), Some(b)) = (&pair[0].face, &pair[1].face) else {
            return false;
        };
        let (from, to) = (rigid_middle(&a.landmarks), rigid_middle(&b.landmarks));
        let way = (to[0] - from[0]).hypot(to[1] - from[1]);
        let unit = inter_eye_distance_px(&a.landmarks).max(1.0);
        pair[1].at_s - pair[0].at_s <= NEIGHBOURS_S && way > max_jump * unit
    })
}

fn attack_reason(name: &str, reading: &Reading, params: &FusionParams) -> Option<ReasonCode> {
    let score = reading.score()?;
    if score > params.reason_score {
        return None;
    }
    match name {
        "micro_motion" => Some(ReasonCode::PlanarMotion),
        "injection_risk" => Some(ReasonCode::InjectedClip),
        "flicker" => Some(ReasonCode::ScreenFlicker),
        "static_risk"
            if reading
                .value("repeats")
                .is_some_and(|repeats| repeats > 0.5) =>
        {
            Some(ReasonCode::LoopedClip)
        }
        "static_risk" => Some(ReasonCode::FrozenClip),
        _ => None,
    }
}

/// One report each; the weights are the shares of the exponents of what was assessed.
fn reports(
    still: Option<StillSummary>,
    readings: &[(Box<dyn Signal>, Reading)],
    params: &FusionParams,
) -> Vec<SignalReport> {
    let exponent = |name: &str, assessed: bool| {
        let weight = params.weights.get(name).copied().unwrap_or(0.0);
        if assessed { weight } else { 0.0 }
    };
    let frames = f64::from(u8::from(still.is_some()));
    let over_time: f64 = readings
        .iter()
        .map(|(signal, reading)| exponent(signal.name(), reading.score().is_some()))
        .sum();
    let sum = (frames + over_time).max(f64::MIN_POSITIVE);
    let mut reports = vec![frames_report(still, frames / sum)];
    reports.extend(readings.iter().map(|(signal, reading)| {
        let share = exponent(signal.name(), reading.score().is_some()) / sum;
        reading.report(signal.as_ref(), share)
    }));
    reports
}

fn frames_report(still: Option<StillSummary>, weight: f64) -> SignalReport {
    let score = still.map_or(0.0, |s| s.confidence);
    let values = still.map_or_else(BTreeMap::new, |s| {
        [
            ("frames", s.frames as f64),
            ("trimmed_mean", s.trimmed_mean),
            ("low_quantile", s.low_quantile),
            ("lowest", s.lowest),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    });
    SignalReport {
        name: FRAMES.to_owned(),
        label: "Single frames".to_owned(),
        score,
        weight,
        passed: still.is_some() && score >= PASS_SCORE,
        detail: still.map_or_else(
            || "Not assessed: no frame could be judged".to_owned(),
            |s| {
                let (n, mean, low) = (s.frames, s.trimmed_mean, s.low_quantile);
                format!("{n} frames: trimmed mean {mean:.2}, lower quartile {low:.2}.")
            },
        ),
        assessed: still.is_some(),
        values,
    }
}

#[cfg(test)]
#[path = "fuse_tests.rs"]
mod tests;
