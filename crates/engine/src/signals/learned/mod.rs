//! The two signals that the project has learned (`train/`): what was photographed again, and what
//! was never photographed.
//!
//! Their networks run together, and only where a profile weighs one of them.

mod head;
mod network;
mod pad_context;
mod synthetic_face;

use std::sync::Arc;

pub use head::Head;
pub use network::PadAnswer;
pub(crate) use network::PadNetwork;
pub(super) use pad_context::PadContext;
pub(crate) use pad_context::contributions as recapture_contributions;
pub(super) use synthetic_face::SyntheticFace;
pub(crate) use synthetic_face::contributions as synthesis_contributions;

use super::{Measured, Reading, SignalParams, wording};
use crate::Evidence;

/// Asks the network about the face, unless the face is one that it cannot judge.
fn ask(
    network: &Arc<PadNetwork>,
    evidence: &Evidence,
    params: &SignalParams,
) -> Result<PadAnswer, String> {
    let limits = &params.learned;
    let extent = &evidence.face_bounds;
    let side = f64::from(extent.width.max(extent.height));
    if side.is_nan() || side < limits.min_face_side_px {
        return Err(format!(
            "the face measures {side:.0} pixels, {:.0} are needed",
            limits.min_face_side_px
        ));
    }
    let frame = &evidence.photo.frame;
    let seen = PadNetwork::CROP.region(extent, frame.width(), frame.height());
    let context = seen.map_or(0.0, |r| (r.width * r.height).sqrt() / side);
    if context < limits.min_context {
        return Err(format!(
            "the picture shows {context:.1} face sizes around the face, {:.1} are needed",
            limits.min_context
        ));
    }
    let angles = evidence.pose.degrees;
    for (name, angle, limit) in [
        ("turned to the side", angles.yaw, limits.max_yaw_deg),
        ("turned up or down", angles.pitch, limits.max_pitch_deg),
        ("tilted", angles.roll, limits.max_roll_deg),
    ] {
        if angle.is_nan() || angle.abs() > limit {
            return Err(format!(
                "the head is {name} by {:.0} degrees, at most {limit:.0} can be judged",
                angle.abs()
            ));
        }
    }
    evidence.pad_answer(network)
}

/// The reading of a probability that the face is no attack of one kind.
fn reading(
    probability: f64,
    values: Vec<(&'static str, f64)>,
    words: [&'static str; 3],
) -> Reading {
    let [live, unsure, attack] = words;
    let finding = wording(probability, [(0.7, live), (0.3, unsure)], attack);
    Reading::Measured(Measured {
        values,
        score: probability,
        detail: format!("{finding}: probability of a living face {probability:.2}."),
    })
}

/// Logistic function in double precision.
fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use lifesign_domain::PoseDegrees;
    use lifesign_infer::{InferError, Model, Tensor};

    use super::super::test_support::{Scene, params, refusal};
    use super::*;
    use crate::signals::Signal;

    /// One map of the input's mean, and a head that reads it; after it one that says nothing where the second network
    /// has another.
    struct Fake(usize);

    impl Model for Fake {
        fn input_shape(&self) -> [usize; 4] {
            [1, 3, self.0, self.0]
        }
        fn run(&self, input: &[f32]) -> Result<Vec<Tensor>, InferError> {
            let mean = input.iter().sum::<f32>() / input.len() as f32;
            let head = |data: Vec<f32>| Tensor {
                shape: vec![1, data.len()],
                data,
            };
            let map = Tensor {
                shape: vec![1, 64, 1],
                data: vec![mean; 64],
            };
            let mut outputs = vec![map, head(vec![1.0, 0.0, 0.5, 0.0, 0.25])];
            if self.0 == 80 {
                outputs.push(head(vec![0.0; 5]));
            }
            Ok(outputs)
        }
    }

    fn signals() -> [Box<dyn Signal>; 2] {
        let network = PadNetwork::new(Box::new(Fake(160)), Box::new(Fake(80)));
        let network = Arc::new(network.unwrap());
        [
            Box::new(PadContext(Arc::clone(&network))),
            Box::new(SyntheticFace(network)),
        ]
    }

    #[test]
    fn both_signals_read_one_answer() {
        let evidence = Scene::default().evidence();
        for signal in signals() {
            let Reading::Measured(m) = signal.read(&evidence, &params()) else {
                panic!("{} did not answer", signal.name());
            };
            assert!(m.score > 0.0 && m.score < 1.0, "{}", m.detail);
        }
        let answer = evidence.pad.get().unwrap().as_ref().unwrap();
        assert_eq!(answer.synthesis.contributions.len(), 64);
        let sum: f32 = answer.recapture.contributions.iter().sum();
        assert!((f64::from(sum) + 0.25 - answer.recapture.logit).abs() < 1e-4);
    }

    #[test]
    fn a_face_outside_the_limits_is_not_shown_to_the_network() {
        let small = Scene {
            face_width: 30.0,
            ..Scene::default()
        };
        let turned = Scene {
            degrees: PoseDegrees {
                yaw: 70.0,
                ..Scene::default().degrees
            },
            ..Scene::default()
        };
        let lying = Scene {
            degrees: PoseDegrees {
                roll: -90.0,
                ..Scene::default().degrees
            },
            ..Scene::default()
        };
        let (small, turned, lying) = (small.evidence(), turned.evidence(), lying.evidence());
        for signal in signals() {
            assert!(refusal(signal.as_ref(), &small).contains("48 are needed"));
            assert!(refusal(signal.as_ref(), &turned).contains("at most 60"));
            assert!(refusal(signal.as_ref(), &lying).contains("tilted by 90 degrees, at most 35"));
        }
        for evidence in [small, turned, lying] {
            assert!(evidence.pad.get().is_none());
        }
    }

    #[test]
    fn surroundings_can_be_asked_for() {
        let mut strict = params();
        strict.learned.min_context = 2.71;
        let [signal, _] = signals();
        let Reading::NotAssessable(why) = signal.read(&Scene::default().evidence(), &strict) else {
            panic!("a crop is never larger than 2.7 faces");
        };
        assert!(why.contains("2.7 are needed"), "{why}");
    }

    #[test]
    fn a_network_of_another_interface_is_refused() {
        struct NoHead;
        impl Model for NoHead {
            fn input_shape(&self) -> [usize; 4] {
                [1, 3, 160, 160]
            }
            fn run(&self, _: &[f32]) -> Result<Vec<Tensor>, InferError> {
                Ok(vec![])
            }
        }
        let new = |recapture| PadNetwork::new(recapture, Box::new(Fake(80)));
        assert!(new(Box::new(Fake(96))).is_err());
        assert!(new(Box::new(NoHead)).is_err());
    }
}
