//! Whether the face is still the one that the session began with.

use lifesign_challenge::{FaceMeasures, NeutralLimits};
use lifesign_engine::Descriptor;

use crate::IdentityParams;

/// How much nearer or further than at first a face may be: at arm's length the perspective of one that comes closer
/// changes its descriptor.
const NEARER: f64 = 1.2;

/// How a face is seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    /// The larger of yaw and pitch in degrees.
    turn_deg: f64,
    /// Distance of the eyes over the frame's width, of a face at rest.
    resting: Option<f64>,
}

impl Sight {
    pub(crate) fn of(face: &FaceMeasures, limits: &NeutralLimits) -> Self {
        Self {
            turn_deg: face.pose.yaw.abs().max(face.pose.pitch.abs()),
            resting: face.is_at_rest(limits).then_some(face.eye_distance),
        }
    }
}

/// What is known of the person so far.
#[derive(Debug, Default)]
pub(crate) struct Identity {
    /// Faces at rest that the session began with.
    anchors: Vec<Descriptor>,
    /// Distance of the eyes of the first.
    eye_distance: Option<f64>,
    compared_at: Option<u64>,
    /// Faces at rest in a row that were neither surely the same nor surely another, the newest last.
    unsure: Vec<Descriptor>,
    /// The last comparison that said anything found somebody else, so that the next frame is compared, too.
    doubted: bool,
    /// Moment of the session at which the face was compared last.
    moment: Option<usize>,
    /// Comparisons so far that said anything.
    pub(crate) comparisons: usize,
}

impl Identity {
    /// Whether this frame should be compared: about once a second, at each new `moment` of the session (a prompt
    /// comes, an answer is complete: a step must end with the face that it began with), as long as it is not sure
    /// who it is, and where the face `jumped`.
    pub(crate) fn is_due(
        &self,
        at_ms: u64,
        sight: &Sight,
        moment: usize,
        jumped: bool,
        params: &IdentityParams,
    ) -> bool {
        if sight.turn_deg > params.compared_deg {
            return false;
        }
        let since_ms = self.compared_at.map(|at| at_ms.saturating_sub(at));
        self.doubted
            || !self.unsure.is_empty()
            || jumped
            || self.moment != Some(moment)
            || since_ms.is_none_or(|since| since >= params.every_ms)
    }

    /// Whether the last comparison found somebody else.
    pub(crate) fn is_doubted(&self) -> bool {
        self.doubted
    }

    /// Compares; whether it is the same person, `None` while that cannot be said: nobody is known yet, the face is
    /// moving and neither like nor unlike, or at rest and more frames must tell.
    pub(crate) fn compare(
        &mut self,
        at_ms: u64,
        sight: &Sight,
        moment: usize,
        descriptor: &Descriptor,
        params: &IdentityParams,
    ) -> Option<bool> {
        self.compared_at = Some(at_ms);
        let first = self.eye_distance;
        let is_plain = sight.resting.is_some_and(|now| {
            first.is_none_or(|first| (first / NEARER..=first * NEARER).contains(&now))
        });
        if self.anchors.is_empty() {
            if is_plain {
                self.eye_distance = sight.resting;
                self.anchors.push(descriptor.clone());
            }
            return None;
        }
        let distances = self
            .anchors
            .iter()
            .map(|anchor| anchor.distance(descriptor));
        let nearest = distances.fold(f64::INFINITY, f64::min);
        let same = if nearest <= params.sure {
            Some(true)
        } else if is_plain {
            self.on_average(descriptor, params)
        } else {
            // Turned, speaking, blinking or near it lies further off, and says nothing where strangers do, too.
            (nearest > params.turned).then_some(false)
        }?;
        self.moment = Some(moment);
        self.comparisons += 1;
        self.doubted = !same;
        if same {
            self.unsure.clear();
            if is_plain && self.anchors.len() < params.anchors {
                self.anchors.push(descriptor.clone());
            }
        }
        Some(same)
    }

    /// What the last faces say together: the mean of several is free of most of what blur and expression do to one.
    fn on_average(&mut self, descriptor: &Descriptor, params: &IdentityParams) -> Option<bool> {
        if self.unsure.len() >= params.frames {
            self.unsure.remove(0);
        }
        self.unsure.push(descriptor.clone());
        if self.unsure.len() < params.frames {
            return None;
        }
        let distance = mean(&self.anchors)?.distance(&mean(&self.unsure)?);
        Some(distance <= params.same)
    }
}

fn mean(descriptors: &[Descriptor]) -> Option<Descriptor> {
    let mut sums = [0.0; Descriptor::LENGTH];
    for descriptor in descriptors {
        for (sum, value) in sums.iter_mut().zip(descriptor.values()) {
            *sum += value;
        }
    }
    let count = descriptors.len() as f32;
    Descriptor::new(&sums.map(|sum| sum / count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Calibration;

    const REST: Sight = Sight {
        turn_deg: 0.0,
        resting: Some(0.15),
    };
    const MOVING: Sight = Sight {
        turn_deg: 20.0,
        resting: None,
    };

    /// At this distance from zero.
    fn descriptor(at: f32) -> Descriptor {
        let mut values = [0.0; 128];
        values[0] = at;
        Descriptor::new(&values).unwrap()
    }

    /// A known person at zero.
    fn known(params: &IdentityParams) -> Identity {
        let mut identity = Identity::default();
        let first = identity.compare(0, &REST, 0, &descriptor(0.0), params);
        assert_eq!(first, None);
        assert_eq!(see(&mut identity, REST, 0.0, params), Some(true));
        identity
    }

    fn see(
        identity: &mut Identity,
        sight: Sight,
        at: f32,
        params: &IdentityParams,
    ) -> Option<bool> {
        identity.compare(1, &sight, 0, &descriptor(at), params)
    }

    #[test]
    fn it_compares_once_a_second_at_each_moment_and_until_it_is_sure() {
        let params = Calibration::embedded().identity;
        let due =
            |identity: &Identity, at, moment| identity.is_due(at, &REST, moment, false, &params);
        assert!(due(&Identity::default(), 0, 0));
        let mut identity = known(&params);
        assert!(!due(&identity, 500, 0) && due(&identity, 1_001, 0) && due(&identity, 500, 1));
        assert!(identity.is_due(2, &REST, 0, true, &params));
        let away = Sight {
            turn_deg: params.compared_deg + 1.0,
            resting: None,
        };
        assert!(!identity.is_due(9_000, &away, 1, true, &params));
        let between = ((params.sure + params.same) / 2.0) as f32;
        assert_eq!(see(&mut identity, REST, between, &params), None);
        assert!(due(&identity, 2, 0));
        assert_eq!(see(&mut identity, REST, 0.1, &params), Some(true));
        assert!(!due(&identity, 2, 0));
    }

    #[test]
    fn several_faces_at_rest_decide_together() {
        let params = Calibration::embedded().identity;
        let all = |at: f32| {
            let mut identity = known(&params);
            let seen = (0..params.frames).map(|_| see(&mut identity, REST, at, &params));
            let seen: Vec<_> = seen.collect();
            (seen, identity)
        };
        let mut undecided = vec![None; params.frames - 1];
        let (seen, identity) = all(params.same as f32 + 0.2);
        undecided.push(Some(false));
        assert_eq!(seen, undecided);
        assert!(identity.is_doubted());
        let (seen, identity) = all(params.same as f32);
        undecided.pop();
        undecided.push(Some(true));
        assert_eq!(seen, undecided);
        assert!(!identity.is_doubted());
    }

    #[test]
    fn faces_that_move_are_given_more_room_and_clear_up_nothing_there() {
        let params = Calibration::embedded().identity;
        let mut identity = Identity::default();
        assert_eq!(see(&mut identity, MOVING, 9.0, &params), None, "no anchor");
        let mut identity = known(&params);
        let between = ((params.sure + params.turned) / 2.0) as f32;
        assert_eq!(see(&mut identity, MOVING, between, &params), None);
        assert!(!identity.is_doubted());
        let far = params.turned as f32 + 0.2;
        assert_eq!(see(&mut identity, MOVING, far, &params), Some(false));
        assert_eq!(see(&mut identity, MOVING, between, &params), None);
        assert!(identity.is_doubted());
        assert_eq!(see(&mut identity, MOVING, 0.1, &params), Some(true));
        assert!(!identity.is_doubted());
        let nearer = Sight {
            resting: Some(0.15 * NEARER + 0.01),
            ..REST
        };
        for _ in 0..5 {
            let seen = see(&mut identity, nearer, params.same as f32 + 0.1, &params);
            assert_eq!(seen, None, "nearer than at first");
        }
    }
}
