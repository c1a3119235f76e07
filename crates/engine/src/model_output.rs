//! From the values that a presentation-attack model answers to the probability of a living face.

use lifesign_infer::Tensor;
use serde::{Deserialize, Serialize};

use crate::stage::sigmoid;

/// How far outside [0, 1] rounding may carry a probability.
const ROUNDING: f64 = 1e-4;

/// How to read the first output of a presentation-attack model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelOutput {
    /// What makes a probability of the values.
    pub activation: Activation,
    /// Place of the value that counts.
    pub index: usize,
    /// What a high probability at that place speaks for.
    pub means: OutputMeaning,
}

/// From raw values to probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// The values are logits of classes that exclude each other.
    Softmax,
    /// The value is the logit of one question.
    Sigmoid,
    /// The value is a probability already.
    None,
}

/// What a probability speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputMeaning {
    /// A living face.
    Live,
    /// A presentation attack.
    Attack,
}

/// An answer that cannot be read as a probability.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OutputError {
    /// The model has no output at all.
    #[error("the model answers nothing")]
    Missing,
    /// More than one axis is longer than 1.
    #[error("the model's first output has the shape {0:?}, must be one row of values")]
    NotOneRow(Vec<usize>),
    /// There is no value at the place that counts.
    #[error("output_index is {index}, must be below {length}, the values of the first output")]
    NoSuchValue {
        /// Place asked for.
        index: usize,
        /// Number of values.
        length: usize,
    },
    /// A softmax over one value is 1 whatever the value.
    #[error("softmax needs two values or more, the model's first output has 1")]
    SoftmaxOfOne,
    /// Not in [0, 1], or not a number.
    #[error("the model answers {0}, which is no probability (in [0, 1])")]
    NoProbability(f64),
}

impl ModelOutput {
    /// Probability of a living face, in [0, 1].
    ///
    /// # Errors
    /// [`OutputError`] when the outputs have another form or hold no probability.
    pub fn live_probability(&self, outputs: &[Tensor]) -> Result<f64, OutputError> {
        let output = outputs.first().ok_or(OutputError::Missing)?;
        if output.shape.iter().filter(|&&length| length != 1).count() > 1 {
            return Err(OutputError::NotOneRow(output.shape.clone()));
        }
        let values = &output.data;
        let value = *values.get(self.index).ok_or(OutputError::NoSuchValue {
            index: self.index,
            length: values.len(),
        })?;
        let probability = match self.activation {
            Activation::Softmax if values.len() < 2 => return Err(OutputError::SoftmaxOfOne),
            Activation::Softmax => softmax(values, value),
            Activation::Sigmoid => f64::from(sigmoid(value)),
            Activation::None => f64::from(value),
        };
        // NaN is in no range.
        if !(-ROUNDING..=1.0 + ROUNDING).contains(&probability) {
            return Err(OutputError::NoProbability(probability));
        }
        let probability = probability.clamp(0.0, 1.0);
        Ok(match self.means {
            OutputMeaning::Live => probability,
            OutputMeaning::Attack => 1.0 - probability,
        })
    }
}

/// Share of `value` in the exponentials of `values`.
fn softmax(values: &[f32], value: f32) -> f64 {
    let largest = values.iter().copied().fold(f32::MIN, f32::max);
    let power = |v: f32| f64::from(v - largest).exp();
    power(value) / values.iter().copied().map(power).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(activation: Activation, index: usize, data: &[f32]) -> Result<f64, OutputError> {
        let output = ModelOutput {
            activation,
            index,
            means: OutputMeaning::Live,
        };
        let shape = vec![1, data.len()];
        output.live_probability(&[Tensor {
            shape,
            data: data.to_vec(),
        }])
    }

    #[test]
    fn activations_of_known_values() {
        let logits = [0.0, 2.0_f32.ln(), 0.0];
        assert!((read(Activation::Softmax, 1, &logits).unwrap() - 0.5).abs() < 1e-6);
        let half = read(Activation::Softmax, 0, &[1e30, 1e30]).unwrap();
        assert!((half - 0.5).abs() < 1e-12);
        let logit = [3.0_f32.ln()];
        assert!((read(Activation::Sigmoid, 0, &logit).unwrap() - 0.75).abs() < 1e-6);
        assert_eq!(read(Activation::None, 0, &[0.25]).unwrap(), 0.25);
        assert_eq!(read(Activation::None, 0, &[1.000_001]).unwrap(), 1.0);
    }

    #[test]
    fn an_output_that_speaks_for_an_attack_is_turned_round() {
        let output = ModelOutput {
            activation: Activation::None,
            index: 1,
            means: OutputMeaning::Attack,
        };
        let tensor = Tensor {
            shape: vec![1, 2, 1],
            data: vec![0.9, 0.25],
        };
        assert_eq!(output.live_probability(&[tensor]), Ok(0.75));
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        for bad in [f32::NAN, f32::INFINITY, 1.1, -0.1] {
            let error = read(Activation::None, 0, &[bad]).unwrap_err();
            assert!(matches!(error, OutputError::NoProbability(_)), "{error}");
        }
        for activation in [Activation::Softmax, Activation::Sigmoid] {
            assert!(read(activation, 0, &[f32::NAN, 0.0]).is_err());
        }
        assert!(read(Activation::Softmax, 0, &[0.0, f32::NAN]).is_err());
    }

    #[test]
    fn outputs_of_another_form_are_refused() {
        let error = read(Activation::Softmax, 3, &[0.0; 3]).unwrap_err();
        assert_eq!(
            error,
            OutputError::NoSuchValue {
                index: 3,
                length: 3
            }
        );
        let error = read(Activation::Softmax, 0, &[0.0]).unwrap_err();
        assert_eq!(error, OutputError::SoftmaxOfOne);
        let output = ModelOutput {
            activation: Activation::Softmax,
            index: 0,
            means: OutputMeaning::Live,
        };
        assert_eq!(output.live_probability(&[]), Err(OutputError::Missing));
        let map = Tensor {
            shape: vec![1, 2, 2],
            data: vec![0.0; 4],
        };
        let error = output.live_probability(&[map]).unwrap_err();
        assert_eq!(error, OutputError::NotOneRow(vec![1, 2, 2]));
    }
}
