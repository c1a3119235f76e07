//! A presentation-attack model as a signal: a crop, a network, the probability of a living face.
//!
//! The network is a function of the evidence like any other measure, so it runs when the signal is
//! read: once a check, and only where the profile weighs the signal.

use lifesign_infer::{InferError, Model};

use super::{Measured, Reading, Signal, SignalParams, wording};
use crate::model_input::ModelInput;
use crate::model_output::{ModelOutput, OutputError};
use crate::{ContextCrop, Evidence};

/// Largest crop, in units of the face, for which a model is plausible.
const MAX_CROP_SCALE: f64 = 20.0;
/// Sides of the input in pixels; the upper one bounds the memory of a check.
const INPUT_SIDES: std::ops::RangeInclusive<u32> = 8..=1024;

/// Everything about a presentation-attack model but its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct PadModelSpec {
    /// Machine-readable name of the signal, unlike that of any other.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// How the model is shown the face.
    pub input: ModelInput,
    /// How its answer is read.
    pub output: ModelOutput,
}

/// A presentation-attack model that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PadModelError {
    /// A number of the specification is outside its range.
    #[error("{key} is {value}, must be {accepted}")]
    OutOfRange {
        /// Which number.
        key: &'static str,
        /// What it is.
        value: f64,
        /// What would be accepted.
        accepted: &'static str,
    },
    /// The model takes another input than the crop gives.
    #[error("the model takes {model:?} (batch, channels, height, width), the crop gives {crop:?}")]
    InputShape {
        /// Shape of the model's input.
        model: [usize; 4],
        /// Shape of what it would be given.
        crop: [usize; 4],
    },
    /// The weights cannot be loaded or run.
    #[error(transparent)]
    Model(#[from] InferError),
    /// The model's answer to a grey picture is no probability.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl PadModelSpec {
    /// Checks the ranges of all numbers.
    ///
    /// # Errors
    /// [`PadModelError::OutOfRange`].
    pub fn validate(&self) -> Result<(), PadModelError> {
        let ModelInput {
            crop: ContextCrop { scale, size },
            range: [low, high],
            mean,
            std,
            ..
        } = self.input;
        let check = |key, value, accepted, range| {
            if accepted {
                return Ok(());
            }
            Err(PadModelError::OutOfRange {
                key,
                value,
                accepted: range,
            })
        };
        let plausible = scale > 0.0 && scale <= MAX_CROP_SCALE;
        check("crop_scale", scale, plausible, "above 0 and at most 20")?;
        let fits = INPUT_SIDES.contains(&size);
        check("size", size.into(), fits, "from 8 to 1024")?;
        check("range", low.into(), low.is_finite(), "finite")?;
        let rising = high.is_finite() && high > low;
        check("range", high.into(), rising, "finite and above its start")?;
        for value in mean {
            check("mean", value.into(), value.is_finite(), "finite")?;
        }
        for value in std {
            let divides = value.is_normal() && value > 0.0;
            check("std", value.into(), divides, "finite and above 0")?;
        }
        Ok(())
    }
}

/// The signal of one presentation-attack model.
pub struct PadModel {
    spec: PadModelSpec,
    model: Box<dyn Model>,
}

impl PadModel {
    /// A model with what it takes and answers. It runs once, on a grey picture, so that a wrong
    /// specification shows now and not at the first check.
    ///
    /// # Errors
    /// See [`PadModelError`].
    pub fn new(spec: PadModelSpec, model: Box<dyn Model>) -> Result<Self, PadModelError> {
        spec.validate()?;
        let (takes, crop) = (model.input_shape(), spec.input.shape());
        if takes != crop {
            return Err(PadModelError::InputShape { model: takes, crop });
        }
        let grey = vec![128; crop.iter().product()];
        let answer = model.run(&spec.input.values(&grey))?;
        spec.output.live_probability(&answer)?;
        Ok(Self { spec, model })
    }

    fn live_probability(&self, evidence: &Evidence) -> Result<f64, String> {
        let PadModelSpec { input, output, .. } = &self.spec;
        let values = input.cut(&evidence.photo.frame, &evidence.face_bounds)?;
        let answer = self.model.run(&values).map_err(|e| e.to_string())?;
        output.live_probability(&answer).map_err(|e| e.to_string())
    }
}

impl Signal for PadModel {
    fn name(&self) -> &str {
        &self.spec.name
    }

    fn label(&self) -> &str {
        &self.spec.label
    }

    /// A failure is no low score but a signal that says nothing; it never becomes LIVE.
    fn read(&self, evidence: &Evidence, _: &SignalParams) -> Reading {
        match self.live_probability(evidence) {
            Ok(probability) => measured(probability),
            Err(why) => Reading::NotAssessable(why),
        }
    }
}

fn measured(probability: f64) -> Reading {
    let bands = [
        (0.9, "The model sees a living face"),
        (0.5, "The model rather sees a living face"),
        (0.1, "The model rather sees an attack"),
    ];
    let finding = wording(probability, bands, "The model sees an attack");
    Reading::Measured(Measured {
        values: vec![("live_probability", probability)],
        score: probability,
        detail: format!(
            "{finding}: probability of a living face {:.1} %.",
            100.0 * probability
        ),
    })
}

#[cfg(test)]
mod tests {
    use lifesign_testkit::FakeModel;

    use super::super::test_support::{Scene, measure, refusal};
    use super::*;
    use crate::model_input::ColourOrder;
    use crate::model_output::{Activation, OutputMeaning};

    fn spec() -> PadModelSpec {
        PadModelSpec {
            name: "fake".to_owned(),
            label: "A fake".to_owned(),
            input: ModelInput {
                crop: ContextCrop {
                    scale: 2.0,
                    size: 8,
                },
                colour_order: ColourOrder::Rgb,
                range: [0.0, 1.0],
                mean: [0.0; 3],
                std: [1.0; 3],
            },
            output: ModelOutput {
                activation: Activation::None,
                index: 0,
                means: OutputMeaning::Live,
            },
        }
    }

    fn refused(spec: PadModelSpec, model: Box<dyn Model>) -> String {
        PadModel::new(spec, model).err().unwrap().to_string()
    }

    /// A model that answers the mean of its input.
    fn mean_of_input() -> Box<dyn Model> {
        FakeModel::new(8, |input| {
            let mean = input.iter().sum::<f32>() / input.len() as f32;
            Ok(vec![lifesign_infer::Tensor {
                shape: vec![1, 1],
                data: vec![mean],
            }])
        })
    }

    #[test]
    fn the_score_is_the_probability_of_the_crop() {
        let signal = PadModel::new(spec(), mean_of_input()).unwrap();
        let scene = Scene {
            luma: |_, _| 51,
            ..Scene::default()
        };
        let found = measure(&signal, &scene.evidence());
        assert!((found.score - 0.2).abs() < 1e-6, "{found:?}");
        assert_eq!(found.values, [("live_probability", found.score)]);
        assert!(found.detail.contains("20.0 %"), "{}", found.detail);
    }

    #[test]
    fn a_model_that_fails_or_gives_no_number_says_nothing() {
        // Answers well on the grey of the start, then not.
        let moody = |bad: f32| {
            FakeModel::new(8, move |input| {
                let grey = input.iter().all(|&v| v == input[0]);
                Ok(vec![lifesign_infer::Tensor {
                    shape: vec![1],
                    data: vec![if grey { 0.5 } else { bad }],
                }])
            })
        };
        let evidence = Scene::default().evidence();
        for bad in [f32::NAN, f32::INFINITY, 7.0] {
            let signal = PadModel::new(spec(), moody(bad)).unwrap();
            let why = refusal(&signal, &evidence);
            assert!(why.contains("no probability"), "{why}");
        }
        let failing = PadModel {
            spec: spec(),
            model: FakeModel::failing(8),
        };
        assert!(refusal(&failing, &evidence).contains("told to fail"));
        let mut nowhere = evidence;
        nowhere.face_bounds = crate::Rect::default();
        let signal = PadModel::new(spec(), moody(0.5)).unwrap();
        assert!(refusal(&signal, &nowhere).contains("no extent"));
    }

    #[test]
    fn a_specification_that_does_not_fit_the_model_is_refused_at_once() {
        let text = refused(spec(), FakeModel::constant(16, vec![vec![0.5]]));
        assert!(text.contains("[1, 3, 16, 16]") && text.contains("[1, 3, 8, 8]"));
        let mut second = spec();
        second.output.index = 1;
        let text = refused(second, FakeModel::constant(8, vec![vec![0.5]]));
        assert!(
            text.contains("output_index is 1, must be below 1"),
            "{text}"
        );
        let text = refused(spec(), FakeModel::constant(8, vec![vec![3.5]]));
        assert!(text.contains("answers 3.5"), "{text}");
        assert!(refused(spec(), FakeModel::failing(8)).contains("told to fail"));
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        type Change = fn(&mut ModelInput);
        let cases: [(&str, Change); 9] = [
            ("crop_scale is 0", |i| i.crop.scale = 0.0),
            ("crop_scale is NaN", |i| i.crop.scale = f64::NAN),
            ("crop_scale is 21", |i| i.crop.scale = 21.0),
            ("size is 4096", |i| i.crop.size = 4096),
            ("range is NaN", |i| i.range[0] = f32::NAN),
            ("range is 0", |i| i.range = [0.0, 0.0]),
            ("mean is inf", |i| i.mean[2] = f32::INFINITY),
            ("std is 0", |i| i.std[1] = 0.0),
            ("std is -1", |i| i.std[0] = -1.0),
        ];
        for (expected, change) in cases {
            let mut spec = spec();
            change(&mut spec.input);
            let text = refused(spec, mean_of_input());
            assert!(text.contains(expected), "{text}");
        }
    }
}
