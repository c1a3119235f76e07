//! How far a face has gone towards what is asked, and whether it does something else instead.

use crate::event::FaceMeasures;
use crate::neutral::Baseline;
use crate::{Action, Direction, Limits};

/// How far a movement has gone, in the unit of its step, and where it begins and counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// From the baseline towards what is asked; negative the other way.
    pub(crate) toward: f64,
    /// The movement begins here.
    pub(crate) onset: f64,
    /// It counts from here.
    pub(crate) from: f64,
    /// It counts up to here, if too far is possible.
    pub(crate) to: Option<f64>,
}

impl Reach {
    pub(crate) fn at_rest(&self) -> bool {
        self.toward < self.onset
    }

    pub(crate) fn too_far(&self) -> bool {
        self.to.is_some_and(|to| self.toward > to)
    }

    pub(crate) fn reached(&self) -> bool {
        self.toward >= self.from && !self.too_far()
    }
}

/// How far the face has gone towards `action`; `None` for steps that are not one movement.
pub(crate) fn reach(
    action: &Action,
    face: &FaceMeasures,
    baseline: &Baseline,
    limits: &Limits,
) -> Option<Reach> {
    if let Some((direction, degrees)) = action.head() {
        let tolerance = match direction {
            Direction::Left | Direction::Right => limits.head.yaw_tolerance_deg,
            Direction::Up | Direction::Down => limits.head.pitch_tolerance_deg,
        };
        return Some(Reach {
            toward: along(direction, face, baseline),
            onset: limits.head.onset_deg,
            from: degrees - tolerance,
            to: Some(degrees + tolerance),
        });
    }
    let expression = &limits.expression;
    let (toward, onset, from) = match action {
        Action::OpenMouth => (
            mouth_rise(face, baseline),
            expression.mouth_onset,
            expression.mouth,
        ),
        Action::Smile => (
            face.smile / baseline.smile - 1.0,
            expression.smile_onset,
            expression.smile,
        ),
        Action::MoveCloser => (
            approach(face, baseline),
            expression.closer_onset,
            expression.closer,
        ),
        _ => return None,
    };
    Some(Reach {
        toward,
        onset,
        from,
        to: None,
    })
}

/// Whether the face clearly does something that was not asked. Smiles and blinks are not counted: people
/// do both all the time.
pub(crate) fn is_wrong(
    action: &Action,
    face: &FaceMeasures,
    baseline: &Baseline,
    limits: &Limits,
) -> bool {
    let asked = action.head().map(|(direction, _)| direction);
    let head_is_wrong = Direction::ALL.into_iter().any(|direction| {
        let limit = match asked {
            Some(asked) if asked == direction => return false,
            Some(asked) if asked.opposite() == direction => limits.head.opposite_deg,
            _ => limits.head.across_deg,
        };
        along(direction, face, baseline) >= limit
    });
    // A head that turns or nods changes how open the mouth and how far apart the eyes look.
    let mouth_is_wrong = asked.is_none()
        && !matches!(action, Action::OpenMouth)
        && mouth_rise(face, baseline) >= limits.expression.mouth_wrong;
    let approach_is_wrong = asked.is_none()
        && !matches!(action, Action::MoveCloser)
        && approach(face, baseline) >= limits.expression.closer;
    head_is_wrong || mouth_is_wrong || approach_is_wrong
}

/// Whether the face is back where it was: nothing has gone further than where a movement begins.
pub(crate) fn is_home(face: &FaceMeasures, baseline: &Baseline, limits: &Limits) -> bool {
    let turned = Direction::ALL
        .into_iter()
        .any(|direction| along(direction, face, baseline) >= limits.head.onset_deg);
    !turned
        && mouth_rise(face, baseline) < limits.expression.mouth_onset
        && approach(face, baseline) < limits.expression.closer_onset
}

fn along(direction: Direction, face: &FaceMeasures, baseline: &Baseline) -> f64 {
    direction.along(
        face.pose.yaw - baseline.yaw,
        face.pose.pitch - baseline.pitch,
    )
}

fn mouth_rise(face: &FaceMeasures, baseline: &Baseline) -> f64 {
    face.mouth_opening - baseline.mouth
}

fn approach(face: &FaceMeasures, baseline: &Baseline) -> f64 {
    face.eye_distance / baseline.eye_distance - 1.0
}
