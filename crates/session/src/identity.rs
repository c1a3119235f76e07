//! Whether the face is still the one that the session began with.

use lifesign_domain::PoseDegrees;
use lifesign_engine::Descriptor;

use crate::IdentityParams;

/// What is known of the person so far.
#[derive(Debug, Default)]
pub(crate) struct Identity {
    /// Frontal faces that the session began with.
    anchors: Vec<Descriptor>,
    compared_at: Option<u64>,
    /// The last comparison found somebody else, so that the next frame is compared, too.
    doubted: bool,
    /// It was a frontal face that was found to be somebody else's.
    doubted_frontally: bool,
    /// Moment of the session at which the face was compared last.
    moment: Option<usize>,
    /// Comparisons so far.
    pub(crate) comparisons: usize,
}

impl Identity {
    /// Whether this frame should be compared: about once a second, at each new `moment` of the session (a prompt
    /// comes, an answer is complete: a step must end with the face that it began with), after a doubt, and where
    /// the face `jumped`.
    pub(crate) fn is_due(
        &self,
        at_ms: u64,
        pose: &PoseDegrees,
        moment: usize,
        jumped: bool,
        params: &IdentityParams,
    ) -> bool {
        if turn(pose) > params.compared_deg {
            return false;
        }
        let since_ms = self.compared_at.map(|at| at_ms.saturating_sub(at));
        self.doubted
            || jumped
            || self.moment != Some(moment)
            || since_ms.is_none_or(|since| since >= params.every_ms)
    }

    /// Whether the last comparison found somebody else.
    pub(crate) fn is_doubted(&self) -> bool {
        self.doubted
    }

    /// Compares; whether it is the same person, `None` while nobody is known yet, and where a turned face is too far
    /// from certain to clear up the doubt about a frontal one.
    pub(crate) fn compare(
        &mut self,
        at_ms: u64,
        pose: &PoseDegrees,
        moment: usize,
        descriptor: &Descriptor,
        params: &IdentityParams,
    ) -> Option<bool> {
        self.compared_at = Some(at_ms);
        self.moment = Some(moment);
        let is_frontal = turn(pose) <= params.frontal_deg;
        let distances = self
            .anchors
            .iter()
            .map(|anchor| anchor.distance(descriptor));
        let nearest = distances.fold(f64::INFINITY, f64::min);
        if self.anchors.is_empty() {
            if is_frontal {
                self.anchors.push(descriptor.clone());
            }
            return None;
        }
        self.comparisons += 1;
        let limit = if is_frontal {
            params.same
        } else {
            params.turned
        };
        let is_same = nearest <= limit;
        if is_same && self.doubted_frontally && nearest > params.same {
            return None;
        }
        if is_same && is_frontal && self.anchors.len() < params.anchors {
            self.anchors.push(descriptor.clone());
        }
        self.doubted = !is_same;
        self.doubted_frontally = !is_same && (is_frontal || self.doubted_frontally);
        Some(is_same)
    }
}

/// How far a head is turned, the larger of yaw and pitch.
fn turn(pose: &PoseDegrees) -> f64 {
    pose.yaw.abs().max(pose.pitch.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Calibration;

    fn pose(yaw: f64) -> PoseDegrees {
        PoseDegrees {
            yaw,
            pitch: 0.0,
            roll: 0.0,
        }
    }

    /// At this distance from zero.
    fn descriptor(at: f32) -> Descriptor {
        let mut values = [0.0; 128];
        values[0] = at;
        Descriptor::new(&values).unwrap()
    }

    #[test]
    fn it_compares_once_a_second_at_each_moment_and_after_a_doubt() {
        let params = Calibration::embedded().identity;
        let mut identity = Identity::default();
        let due = |identity: &Identity, at, moment| {
            identity.is_due(at, &pose(0.0), moment, false, &params)
        };
        assert!(due(&identity, 0, 0));
        assert_eq!(
            identity.compare(0, &pose(0.0), 0, &descriptor(0.0), &params),
            None
        );
        assert!(!due(&identity, 500, 0) && due(&identity, 1_000, 0));
        assert!(due(&identity, 500, 1));
        let compare = |identity: &mut Identity, at, value| {
            identity.compare(at, &pose(0.0), 1, &descriptor(value), &params)
        };
        assert_eq!(compare(&mut identity, 500, 0.3), Some(true));
        assert!(!due(&identity, 600, 1) && due(&identity, 600, 2));
        assert_eq!(compare(&mut identity, 600, 1.2), Some(false));
        assert!(due(&identity, 601, 1));
        assert!(identity.is_doubted());
        assert_eq!(identity.comparisons, 2);
    }

    #[test]
    fn turned_faces_are_given_more_room_and_are_no_anchors() {
        let params = Calibration::embedded().identity;
        let mut identity = Identity::default();
        let turned = pose(params.frontal_deg + 5.0);
        assert_eq!(
            identity.compare(0, &turned, 0, &descriptor(9.0), &params),
            None
        );
        assert_eq!(
            identity.compare(1, &pose(0.0), 0, &descriptor(0.0), &params),
            None
        );
        let between = ((params.same + params.turned) / 2.0) as f32;
        let seen = |identity: &mut Identity, yaw, at| {
            identity.compare(2, &pose(yaw), 0, &descriptor(at), &params)
        };
        let turned = params.frontal_deg + 5.0;
        assert_eq!(seen(&mut identity, turned, between), Some(true));
        assert_eq!(seen(&mut identity, 0.0, between), Some(false));
        // What was enough before does not clear up the doubt about a frontal face.
        assert_eq!(seen(&mut identity, turned, between), None);
        assert!(identity.is_doubted());
        assert_eq!(seen(&mut identity, turned, 0.1), Some(true));
        assert!(!identity.is_doubted());
        let away = pose(params.compared_deg + 1.0);
        assert!(!identity.is_due(9_000, &away, 0, true, &params));
    }
}
