//! Whether what moves is a head or a flat thing that shows one.
//!
//! Five figures, each with its own ground (`planar` and `homography` have the sources):
//!
//! - *parallax*: a head that turns moves its nose against its temples; a picture cannot;
//! - *stretch*: a tilted plane squeezes the whole face in one direction, which a solid head before a
//!   distant camera never does (the metric constraint of Tomasi and Kanade, IJCV 9, 1992);
//! - *bend*: the background turns about itself like a sheet in a hand, as no room does before a camera;
//! - *own motion*: how far the face moves against a background that moves. Kollreider, Fronthaler and
//!   Bigun, "Non-intrusive liveness detection by face images", Image and Vision Computing 27, 2009;
//! - *held*: what is all around the face moves in one piece before something that stands still: a thing
//!   with a border is moved.
//!
//! A still camera before a still background is no attack, so too little motion is not assessable.

use super::{Measured, MotionParams, Reading, Signal, SignalParams, enough};
use crate::geometry::{inter_eye_distance_px, rigid_middle};
use crate::homography::Homography;
use crate::planar::{BackgroundMotion, FaceMotion, MIN_CORNERS, Reference};
use crate::stats::{median, median_step, rms, smooth_deviation};
use crate::{Corner, FaceMoment, Moment, Track};

/// Plane or head.
pub(super) struct MicroMotion;

/// Longest gap between two meshes that counts as one motion.
const MAX_GAP_S: f64 = 0.3;
/// Over what time own motion is measured: long for jitter, short for drift.
const MOTION_S: f64 = 0.5;
/// Corners that a second motion needs to the left of the face, to its right, and above it.
const AROUND: usize = 2;
/// Share of the steps that must show a second motion: a hand rests now and then.
const HELD_SHARE: f64 = 0.25;
/// Share of the time over which the background must be known, to speak of its bend.
const BEND_SHARE: f64 = 0.5;
/// Deviations by which a bend must lie over its noise; what does is counted from there.
const BEND_DEVIATIONS: f64 = 3.0;

impl Signal for MicroMotion {
    fn name(&self) -> &'static str {
        "micro_motion"
    }

    fn label(&self) -> &'static str {
        "Depth in motion"
    }

    fn read(&self, track: &Track, params: &SignalParams) -> Reading {
        let params = &params.micro_motion;
        let times: Vec<f64> = track.faces().map(|(at_s, _)| at_s).collect();
        if let Err(why) = enough(&times, params.min_seconds, params.min_fps) {
            return Reading::NotAssessable(why);
        }
        let Some((reference, pose)) = reference(track) else {
            return Reading::NotAssessable("the face has no measurable size".to_owned());
        };
        let paths = Paths::of(track, &reference, pose, params.max_turn_deg);
        if paths.stretch.len() < times.len() / 2 {
            return Reading::NotAssessable(format!(
                "the head turns more than {:.0} degrees away for most of the clip",
                params.max_turn_deg
            ));
        }
        judged(&paths, params)
    }
}

/// The face whose pose is nearest to the middle one of the clip, and that pose.
pub(super) fn reference(track: &Track) -> Option<(Reference, [f64; 2])> {
    let yaw = median(track.faces().map(|(_, f)| f.pose.yaw))?;
    let pitch = median(track.faces().map(|(_, f)| f.pose.pitch))?;
    let off = |face: &FaceMoment| (face.pose.yaw - yaw).hypot(face.pose.pitch - pitch);
    let (_, face) = track
        .faces()
        .min_by(|(_, a), (_, b)| off(a).total_cmp(&off(b)))?;
    let reference = Reference::new(&face.landmarks)?;
    Some((reference, [face.pose.yaw, face.pose.pitch]))
}

/// The motion of each face from the reference, but for those that are turned too far.
pub(super) fn motions<'a>(
    track: &'a Track,
    reference: &'a Reference,
    pose: [f64; 2],
    max_turn_deg: f64,
) -> impl Iterator<Item = (f64, FaceMotion)> + 'a {
    track.faces().filter_map(move |(at_s, face)| {
        let turn = (face.pose.yaw - pose[0]).hypot(face.pose.pitch - pose[1]);
        if turn.is_nan() || turn > max_turn_deg {
            return None;
        }
        Some((at_s, reference.motion_to(&face.landmarks)?))
    })
}

/// The motions of a clip as series.
#[derive(Default)]
struct Paths {
    parallax: Vec<[f64; 2]>,
    stretch: Vec<[f64; 2]>,
    steps: Vec<Step>,
    /// Radians by which the background bends beyond its noise over each [`MOTION_S`]; `None` where it is not
    /// known.
    bends: Vec<Option<f64>>,
}

/// What moved between two neighbouring moments, in distances between the eyes.
struct Step {
    seconds: f64,
    face: [f64; 2],
    /// The background's motion at the place of the face.
    behind: [f64; 2],
    /// That of what is all around the face and goes another way than most of the background.
    layer: Option<[f64; 2]>,
}

/// The motion of what goes another way than most of the background, where that is all around the face.
fn second_motion(
    face: &FaceMoment,
    corners: &[Corner],
    first: &BackgroundMotion,
) -> Option<BackgroundMotion> {
    let others = Vec::from_iter(corners.iter().filter(|c| !first.explains(c)).copied());
    let second = BackgroundMotion::of(&others)?;
    let along = || others.iter().filter(|corner| second.explains(corner));
    let [left, top, right, _] = face.landmarks.bounds();
    let is_around = along().filter(|c| c.x < left).count() >= AROUND
        && along().filter(|c| c.x > right).count() >= AROUND
        && along().filter(|c| c.y < top).count() >= AROUND;
    (is_around && along().count() >= MIN_CORNERS).then_some(second)
}

/// How far the background bends beyond its noise over each [`MOTION_S`].
fn bends(track: &Track) -> Vec<Option<f64>> {
    let moments = track.moments();
    let times = Vec::from_iter(moments.iter().map(|moment| moment.at_s));
    let Some(seconds) = median_step(&times) else {
        return Vec::new();
    };
    let length = (MOTION_S / seconds).round().max(1.0) as usize;
    let known = |moment: &Moment| Homography::of(&moment.background.corners, track.size);
    let steps = Vec::from_iter(moments.iter().skip(1).map(known));
    let bend = |window: &[Option<Homography>]| {
        let all = window.iter().copied().collect::<Option<Vec<_>>>()?;
        let bend = all.into_iter().reduce(|h, next| h.then(&next))?.bend()?;
        Some((bend.radians - BEND_DEVIATIONS * bend.noise).max(0.0))
    };
    steps.windows(length).map(bend).collect()
}

impl Paths {
    fn of(track: &Track, reference: &Reference, pose: [f64; 2], max_turn_deg: f64) -> Self {
        let mut paths = Self {
            bends: bends(track),
            ..Self::default()
        };
        for pair in track.moments().windows(2) {
            let (before, now) = (&pair[0], &pair[1]);
            let corners = &now.background.corners;
            let (Some(from), Some(to)) = (&before.face, &now.face) else {
                continue;
            };
            let Some(motion) = BackgroundMotion::of(corners) else {
                continue;
            };
            let unit = inter_eye_distance_px(&from.landmarks);
            let seconds = now.at_s - before.at_s;
            if unit > 1.0 && seconds <= MAX_GAP_S {
                let (a, b) = (rigid_middle(&from.landmarks), rigid_middle(&to.landmarks));
                let face = [(b[0] - a[0]) / unit, (b[1] - a[1]) / unit];
                let at_face = |motion: &BackgroundMotion| motion.at(a).map(|d| d / unit);
                paths.steps.push(Step {
                    seconds,
                    face,
                    behind: at_face(&motion),
                    layer: second_motion(from, corners, &motion).as_ref().map(at_face),
                });
            }
        }
        for (_, motion) in motions(track, reference, pose, max_turn_deg) {
            paths.parallax.push(motion.parallax);
            paths.stretch.push(motion.stretch);
        }
        paths
    }

    /// The bend that half of the time has at least, in radians; `None` where the background is hardly known.
    fn bend(&self) -> Option<f64> {
        let known = Vec::from_iter(self.bends.iter().copied().flatten());
        let is_enough = known.len() as f64 >= BEND_SHARE * self.bends.len() as f64;
        is_enough.then(|| median(known)).flatten()
    }

    /// Root mean square motions over [`MOTION_S`] of the background and of the face against it; of what is
    /// held around the face, where something is.
    fn against_background(&self, is_held: bool) -> Option<[f64; 2]> {
        let behind = |step: &Step| match step.layer {
            Some(layer) if is_held => layer,
            _ => step.behind,
        };
        let background = self.motion(behind)?;
        let own = self.motion(|step| {
            let ([x, y], [behind_x, behind_y]) = (step.face, behind(step));
            [x - behind_x, y - behind_y]
        })?;
        Some([background, own])
    }

    /// Root mean square motions of the two layers of the background, the larger first, where there are two.
    fn layers(&self) -> Option<[f64; 2]> {
        let seen = self.steps.iter().filter(|s| s.layer.is_some()).count();
        if (seen as f64) < HELD_SHARE * self.steps.len() as f64 {
            return None;
        }
        let most = self.motion(|step| step.behind)?;
        let layer = self.motion(|step| step.layer.unwrap_or(step.behind))?;
        Some([layer.max(most), layer.min(most)])
    }

    fn motion(&self, pick: impl Fn(&Step) -> [f64; 2]) -> Option<f64> {
        let seconds = median(self.steps.iter().map(|s| s.seconds))?;
        let length = (MOTION_S / seconds).round().max(1.0) as usize;
        if self.steps.len() < 2 * length {
            return None;
        }
        let sums = self.steps.windows(length).map(|window| {
            let sum = window
                .iter()
                .map(&pick)
                .fold([0.0; 2], |s, d| [s[0] + d[0], s[1] + d[1]]);
            sum[0].hypot(sum[1])
        });
        Some(rms(sums))
    }
}

fn judged(paths: &Paths, params: &MotionParams) -> Reading {
    let held = paths.layers();
    let is_held = held.is_some_and(|[moving, still]| still <= params.max_still_share * moving);
    let turn_deg = smooth_deviation(&paths.parallax)
        .min(1.0)
        .asin()
        .to_degrees();
    let stretch = smooth_deviation(&paths.stretch);
    let mut values = vec![("parallax_deg", turn_deg), ("stretch", stretch)];
    let mut findings = Vec::new();
    if turn_deg >= params.min_turn_deg {
        findings.push((
            params.parallax.at(turn_deg),
            format!("The head shows its depth: {turn_deg:.1} degrees of turn by parallax."),
        ));
    }
    findings.push((
        params.stretch.at(stretch),
        format!(
            "The face is squeezed like a tilted picture, by {:.1} %.",
            stretch * 100.0
        ),
    ));
    if let Some(bend) = paths.bend() {
        values.push(("background_bend_deg", bend.to_degrees()));
        findings.push((
            params.background_bend_deg.at(bend.to_degrees()),
            format!(
                "What is behind the face turns about itself like a sheet in a hand, by {:.1} degrees in half \
                 a second at least.",
                bend.to_degrees()
            ),
        ));
    }
    if let Some([background, own]) = paths.against_background(is_held) {
        values.push(("background_motion", background));
        values.push(("own_motion", own));
        if background >= params.min_background_motion {
            findings.push((
                params.own_motion.at(own),
                format!(
                    "The face moves by {:.1} % of the distance between the eyes against a background \
                     that moves by {:.0} %.",
                    own * 100.0,
                    background * 100.0
                ),
            ));
        }
    }
    if let Some([moving, still]) = held {
        values.push(("held_motion", moving));
        values.push(("still_motion", still));
        if is_held {
            findings.push((
                params.held.at(moving),
                format!(
                    "What is all around the face moves by {:.0} % of the distance between the eyes before \
                     something that stands still, as where a screen or a print is held.",
                    moving * 100.0
                ),
            ));
        }
    }
    let against = |score: f64| score < super::NEUTRAL;
    let worst = findings.iter().min_by(|a, b| a.0.total_cmp(&b.0));
    let best = findings.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    // What speaks for a plane is not made good by what speaks for a head: a screen shows both.
    match (worst, best) {
        (Some((score, detail)), _) if against(*score) => measured(*score, detail.clone(), values),
        (_, Some((score, detail))) if *score > super::NEUTRAL => {
            measured(*score, detail.clone(), values)
        }
        _ => Reading::NotAssessable(format!(
            "too little motion to tell a head from a picture ({turn_deg:.1} degrees by parallax)"
        )),
    }
}

fn measured(score: f64, detail: String, values: Vec<(&'static str, f64)>) -> Reading {
    Reading::Measured(Measured {
        values,
        score,
        detail,
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{measure, refusal, value};
    use super::*;
    use crate::synthetic::{PlaneMotion, Script, Take};

    fn turning() -> Take {
        Script {
            sway_deg: [5.0, 2.0, 1.0],
            sway_cm: 0.8,
            ..Script::calm(3, 8.0, 25.0)
        }
        .play()
    }

    fn hand(tilt_deg: f64, shift_px: f64) -> PlaneMotion {
        PlaneMotion::new(&mut fastrand::Rng::with_seed(11), tilt_deg, shift_px)
    }

    #[test]
    fn a_turning_head_shows_its_depth() {
        let found = measure(&MicroMotion, &turning().record());
        assert!(found.score > 0.55, "{} {:?}", found.detail, found.values);
        let parallax = value(&found, "parallax_deg");
        assert!((4.0..7.0).contains(&parallax), "{parallax}");
    }

    #[test]
    fn a_print_that_is_tilted_or_waved_is_a_plane() {
        let print = turning().printed(30);
        for (tilt, shift) in [(12.0, 5.0), (9.0, 30.0), (0.5, 30.0)] {
            let found = measure(&MicroMotion, &print.on_plane(&hand(tilt, shift)).record());
            assert!(
                found.score < 0.3,
                "{tilt} {shift}: {} {:?}",
                found.detail,
                found.values
            );
        }
        // Cut out and tilted before a still wall the figure is there, but living meshes that play
        // expressions have as much: it must not count for a head.
        let cut = print
            .on_plane(&hand(18.0, 10.0))
            .before(&turning())
            .record();
        let reading = MicroMotion.read(&cut, &super::super::test_support::params());
        assert!(reading.score().is_none_or(|s| s <= 0.5), "{reading:?}");
    }

    #[test]
    fn a_tilted_screen_is_a_plane_though_the_head_on_it_turns() {
        let found = measure(
            &MicroMotion,
            &turning().on_plane(&hand(10.0, 15.0)).record(),
        );
        assert!(found.score < 0.35, "{} {:?}", found.detail, found.values);
    }

    #[test]
    fn more_tilt_never_looks_more_live() {
        let print = turning().printed(30);
        let mut last = 1.0;
        for tilt in [6.0, 9.0, 12.0, 16.0, 20.0] {
            let found = measure(&MicroMotion, &print.on_plane(&hand(tilt, 25.0)).record());
            assert!(
                found.score <= last + 0.02,
                "{tilt}: {} > {last}",
                found.score
            );
            last = found.score;
        }
    }

    #[test]
    fn a_still_camera_before_a_still_person_says_nothing() {
        let still = Script {
            sway_deg: [0.3; 3],
            sway_cm: 0.1,
            ..Script::calm(5, 6.0, 30.0)
        };
        let why = refusal(&MicroMotion, &still.play().record());
        assert!(why.contains("too little motion"), "{why}");
        assert!(refusal(&MicroMotion, &Track::default()).contains("seconds"));
    }

    #[test]
    fn a_person_before_a_shaken_camera_is_not_a_plane() {
        for seed in 0..10 {
            let script = Script {
                shake: [1.0, 0.6],
                sway_deg: [3.0, 1.5, 1.0],
                sway_cm: 0.5,
                ..Script::calm(seed, 8.0, 30.0)
            };
            if let Reading::Measured(found) = MicroMotion.read(
                &script.play().record(),
                &super::super::test_support::params(),
            ) {
                assert!(
                    found.score >= 0.45,
                    "{seed}: {} {:?}",
                    found.detail,
                    found.values
                );
            }
        }
    }
}
