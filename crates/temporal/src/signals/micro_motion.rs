//! Whether what moves is a head or a flat thing that shows one.
//!
//! Five figures, each with its own ground (`planar` has the sources):
//!
//! - *parallax*: a head that turns moves its nose against its temples; a picture cannot;
//! - *stretch*: a tilted plane squeezes the whole face in one direction, which a solid head before a
//!   distant camera never does (the metric constraint of Tomasi and Kanade, IJCV 9, 1992);
//! - *shared stretch*: the same squeeze at the same time in the background;
//! - *own motion*: how far the face moves against a background that moves. Kollreider, Fronthaler and
//!   Bigun, "Non-intrusive liveness detection by face images", Image and Vision Computing 27, 2009.
//!
//! - *held*: the background near the face moves while that farther away stands still: a thing with a
//!   border is moved.
//!
//! A still camera before a still background is no attack, so too little motion is not assessable.

use super::{Measured, MotionParams, Reading, Signal, SignalParams, enough};
use crate::geometry::{inter_eye_distance_px, rigid_middle};
use crate::planar::{BackgroundMotion, FaceMotion, MIN_CORNERS, Reference};
use crate::stats::{lagged_covariance, median, rms, smooth_deviation};
use crate::{Corner, FaceMoment, Track};

/// Plane or head.
pub(super) struct MicroMotion;

/// Longest gap between two meshes that counts as one motion.
const MAX_GAP_S: f64 = 0.3;
/// Over what time own motion is measured: long for jitter, short for drift.
const MOTION_S: f64 = 0.5;
/// Over what time stretch is compared: long for hands, short for errors that add up.
const STRETCH_S: f64 = 1.0;
/// How far around the mesh the background is near, in its widths and heights; the head takes half of it.
const NEAR: f64 = 1.0;
/// Share of the background's stretch in the face's under which nothing is shared, and from which all of
/// it is: 1 for a plane, under 0.1 for the living of the development clips whose background drifts.
const SHARED_SLOPE: [f64; 2] = [0.25, 0.6];

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
        let paths = |behind| Paths::of(track, &reference, pose, params.max_turn_deg, behind);
        let near = paths(Behind::Near);
        if near.stretch.len() < times.len() / 2 {
            return Reading::NotAssessable(format!(
                "the head turns more than {:.0} degrees away for most of the clip",
                params.max_turn_deg
            ));
        }
        let held = near.held();
        let is_held = held.is_some_and(|[near, far]| far <= params.max_far_share * near);
        // What is measured over the whole background is steadier, and one plane unless something is held.
        let paths = if is_held { near } else { paths(Behind::All) };
        judged(&paths, held, params)
    }
}

/// Which corners behind the face are one background.
#[derive(Clone, Copy, PartialEq)]
enum Behind {
    All,
    Near,
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

/// The motions of a clip as series, with the sums of the background's steps beside them.
#[derive(Default)]
struct Paths {
    parallax: Vec<[f64; 2]>,
    stretch: Vec<[f64; 2]>,
    /// Stretch of the background since the start, at the same times as `stretch`.
    background_stretch: Vec<[f64; 2]>,
    steps: Vec<Step>,
}

/// What moved between two neighbouring moments, in distances between the eyes.
struct Step {
    seconds: f64,
    face: [f64; 2],
    /// The background's motion at the place of the face.
    behind: [f64; 2],
    /// The same of the background far from it, where only the near one counts and enough is seen of both.
    far: Option<[f64; 2]>,
}

/// Corners near the face, and those far from it: a picture of a person has a border, and beyond that
/// another background. All are near where there are too few near ones.
fn surroundings(face: Option<&FaceMoment>, corners: &[Corner]) -> (Vec<Corner>, Vec<Corner>) {
    let Some(face) = face else {
        return (corners.to_vec(), Vec::new());
    };
    let [left, top, right, bottom] = face.landmarks.bounds();
    let (across, down) = (NEAR * (right - left), NEAR * (bottom - top));
    let (near, far): (Vec<Corner>, Vec<Corner>) = corners.iter().partition(|corner| {
        (left - across..right + across).contains(&corner.x)
            && (top - down..bottom + down).contains(&corner.y)
    });
    if near.len() < MIN_CORNERS {
        (corners.to_vec(), Vec::new())
    } else {
        (near, far)
    }
}

impl Paths {
    fn of(
        track: &Track,
        reference: &Reference,
        pose: [f64; 2],
        max_turn_deg: f64,
        behind: Behind,
    ) -> Self {
        let mut paths = Self::default();
        let mut summed = [0.0; 2];
        let mut stretch_at = Vec::new();
        for pair in track.moments().windows(2) {
            let (before, now) = (&pair[0], &pair[1]);
            let corners = &now.background.corners;
            let (around, far) = match behind {
                Behind::All => (corners.clone(), Vec::new()),
                Behind::Near => surroundings(before.face.as_ref(), corners),
            };
            let Some(motion) = BackgroundMotion::of(&around) else {
                continue;
            };
            let step = motion.stretch();
            summed = [summed[0] + step[0], summed[1] + step[1]];
            stretch_at.push((now.at_s, summed));
            let (Some(from), Some(to)) = (&before.face, &now.face) else {
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
                    far: BackgroundMotion::of(&far).as_ref().map(at_face),
                });
            }
        }
        let mut behind = stretch_at.into_iter().peekable();
        let mut known = [0.0; 2];
        for (at_s, motion) in motions(track, reference, pose, max_turn_deg) {
            while let Some((_, stretch)) = behind.next_if(|(t, _)| *t <= at_s) {
                known = stretch;
            }
            paths.parallax.push(motion.parallax);
            paths.stretch.push(motion.stretch);
            paths.background_stretch.push(known);
        }
        paths
    }

    /// Deviation of the stretch that face and background have at the same time, from changes over
    /// [`STRETCH_S`]: summed over a whole clip the background's errors walk far, and whatever walks seems to
    /// go along with something. What one plane shares is as large in both, so less than
    /// [`SHARED_SLOPE`] of the background's stretch in the face is no plane.
    fn shared_stretch(&self) -> f64 {
        let Some(seconds) = median(self.steps.iter().map(|s| s.seconds)) else {
            return 0.0;
        };
        let length = (STRETCH_S / seconds).round().max(1.0) as usize;
        let changes = |series: &[[f64; 2]], axis: usize| -> Vec<f64> {
            let pairs = series.iter().zip(series.iter().skip(length));
            pairs.map(|(from, to)| to[axis] - from[axis]).collect()
        };
        let (mut shared, mut behind) = (0.0, 0.0);
        for axis in 0..2 {
            let face = changes(&self.stretch, axis);
            let background = changes(&self.background_stretch, axis);
            shared += lagged_covariance(&face, &background);
            behind += lagged_covariance(&background, &background);
        }
        if shared <= 0.0 || behind <= 0.0 {
            return 0.0;
        }
        let [none, full] = SHARED_SLOPE;
        let says = ((shared / behind - none) / (full - none)).clamp(0.0, 1.0);
        // A change has twice the variance of what changes.
        (shared.min(behind) * says / 2.0).sqrt()
    }

    /// Root mean square motions over [`MOTION_S`] of the background and of the face against it.
    fn against_background(&self) -> Option<[f64; 2]> {
        let behind = self.motion(|step| step.behind)?;
        let own = self.motion(|step| {
            let ([x, y], [behind_x, behind_y]) = (step.face, step.behind);
            [x - behind_x, y - behind_y]
        })?;
        Some([behind, own])
    }

    /// The same of the background near the face and far from it, where nearly all steps show both.
    fn held(&self) -> Option<[f64; 2]> {
        let seen = self.steps.iter().filter(|step| step.far.is_some()).count();
        if seen * 10 < self.steps.len() * 9 {
            return None;
        }
        let near = self.motion(|step| step.behind)?;
        Some([near, self.motion(|step| step.far.unwrap_or(step.behind))?])
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

/// `held` are the motions of the background near the face and far from it.
fn judged(paths: &Paths, held: Option<[f64; 2]>, params: &MotionParams) -> Reading {
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
    if paths.background_stretch.iter().any(|s| *s != [0.0; 2]) {
        let shared = paths.shared_stretch();
        values.push(("shared_stretch", shared));
        findings.push((
            params.shared_stretch.at(shared),
            format!(
                "Face and background are squeezed together like one tilted picture, by {:.1} %.",
                shared * 100.0
            ),
        ));
    }
    if let Some([background, own]) = paths.against_background() {
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
    if let Some([near, far]) = held {
        values.push(("near_motion", near));
        values.push(("far_motion", far));
        if far <= params.max_far_share * near {
            findings.push((
                params.held.at(near),
                format!(
                    "What is behind the face moves by {:.0} % of the distance between the eyes and what is \
                     farther away does not, as where a screen or a print is held.",
                    near * 100.0
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
