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
    /// Frontal faces in a row that were neither surely the same nor surely another, the newest last.
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
    /// turned and neither near nor far, or frontal and more frames must tell.
    pub(crate) fn compare(
        &mut self,
        at_ms: u64,
        pose: &PoseDegrees,
        moment: usize,
        descriptor: &Descriptor,
        params: &IdentityParams,
    ) -> Option<bool> {
        self.compared_at = Some(at_ms);
        let is_frontal = turn(pose) <= params.frontal_deg;
        if self.anchors.is_empty() {
            if is_frontal {
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
        } else if is_frontal {
            self.on_average(descriptor, params)
        } else {
            // A turned face lies further off, and says nothing where strangers do, too.
            (nearest > params.turned).then_some(false)
        }?;
        self.moment = Some(moment);
        self.comparisons += 1;
        self.doubted = !same;
        if same {
            self.unsure.clear();
            if is_frontal && self.anchors.len() < params.anchors {
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

    /// A known person at zero.
    fn known(params: &IdentityParams) -> Identity {
        let mut identity = Identity::default();
        let first = identity.compare(0, &pose(0.0), 0, &descriptor(0.0), params);
        assert_eq!(first, None);
        assert_eq!(see(&mut identity, 0.0, 0.0, params), Some(true));
        identity
    }

    fn see(identity: &mut Identity, yaw: f64, at: f32, params: &IdentityParams) -> Option<bool> {
        identity.compare(1, &pose(yaw), 0, &descriptor(at), params)
    }

    #[test]
    fn it_compares_once_a_second_at_each_moment_and_until_it_is_sure() {
        let params = Calibration::embedded().identity;
        let due = |identity: &Identity, at, moment| {
            identity.is_due(at, &pose(0.0), moment, false, &params)
        };
        assert!(due(&Identity::default(), 0, 0));
        let mut identity = known(&params);
        assert!(!due(&identity, 500, 0) && due(&identity, 1_001, 0) && due(&identity, 500, 1));
        assert!(identity.is_due(2, &pose(0.0), 0, true, &params));
        let away = pose(params.compared_deg + 1.0);
        assert!(!identity.is_due(9_000, &away, 1, true, &params));
        let between = ((params.sure + params.same) / 2.0) as f32;
        assert_eq!(see(&mut identity, 0.0, between, &params), None);
        assert!(due(&identity, 2, 0));
        assert_eq!(see(&mut identity, 0.0, 0.1, &params), Some(true));
        assert!(!due(&identity, 2, 0));
    }

    #[test]
    fn several_frontal_faces_decide_together() {
        let params = Calibration::embedded().identity;
        let all = |at: f32| {
            let mut identity = known(&params);
            let seen = (0..params.frames).map(|_| see(&mut identity, 0.0, at, &params));
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
    fn turned_faces_are_given_more_room_and_clear_up_nothing_there() {
        let params = Calibration::embedded().identity;
        let turned = params.frontal_deg + 5.0;
        let mut identity = Identity::default();
        assert_eq!(see(&mut identity, turned, 9.0, &params), None, "no anchor");
        let mut identity = known(&params);
        let between = ((params.sure + params.turned) / 2.0) as f32;
        assert_eq!(see(&mut identity, turned, between, &params), None);
        assert!(!identity.is_doubted());
        let far = params.turned as f32 + 0.2;
        assert_eq!(see(&mut identity, turned, far, &params), Some(false));
        assert_eq!(see(&mut identity, turned, between, &params), None);
        assert!(identity.is_doubted());
        assert_eq!(see(&mut identity, turned, 0.1, &params), Some(true));
        assert!(!identity.is_doubted());
    }
}
