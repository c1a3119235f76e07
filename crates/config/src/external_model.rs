//! `[[external_model]]`: ONNX models of the user's own that judge as signals.

use std::collections::BTreeMap;
use std::path::PathBuf;

use figment::value::magic::RelativePathBuf;
use lifesign_engine::{
    Activation, Calibration, ColourOrder, ContextCrop, ModelInput, ModelOutput, OutputMeaning,
    PadModel, PadModelError, PadModelSpec, Signal, signals,
};
use serde::{Deserialize, Deserializer, Serialize};

/// The key of the table in the configuration file.
pub(super) const KEY: &str = "external_model";

/// The contract's eight signals; no model may join them.
const CONTRACT_PROFILE: &str = "classic";

/// The profile that models join if the file names none and the calibration has it.
const DEFAULT_PROFILE: &str = "ensemble";

/// One `[[external_model]]` table; docs/SIGNALS.md says what each key means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExternalModel {
    name: String,
    #[serde(default)]
    label: Option<String>,
    #[serde(deserialize_with = "beside_the_configuration")]
    file: PathBuf,
    sha256: String,
    crop_scale: f64,
    size: u32,
    colour_order: ColourOrder,
    range: [f32; 2],
    #[serde(default)]
    mean: [f32; 3],
    #[serde(default = "ones")]
    std: [f32; 3],
    activation: Activation,
    output_index: usize,
    #[serde(default = "live")]
    output_means: OutputMeaning,
    weight: f64,
    #[serde(default)]
    profiles: Option<Vec<String>>,
}

fn ones() -> [f32; 3] {
    [1.0; 3]
}

fn live() -> OutputMeaning {
    OutputMeaning::Live
}

/// A relative path counts from the folder of the file that names it.
fn beside_the_configuration<'de, D: Deserializer<'de>>(path: D) -> Result<PathBuf, D::Error> {
    RelativePathBuf::deserialize(path).map(|path| path.relative())
}

/// What is wrong with one `[[external_model]]` table.
#[allow(missing_docs)] // the texts say it
#[derive(Debug, thiserror::Error)]
pub enum ExternalModelError {
    #[error("the name must be one or more of a-z, 0-9 and _")]
    Name,
    #[error("the name is taken by a built-in signal or another external model")]
    NameTaken,
    #[error("sha256 must be 64 hexadecimal digits, got {0} characters")]
    Sha256(usize),
    #[error("weight is {0}, must be above 0 and below 1")]
    Weight(f64),
    #[error("the external models of profile `{profile}` weigh {sum} together, must be below 1")]
    WeightSum { profile: String, sum: f64 },
    #[error("unknown profile `{profile}`; known: {known}")]
    UnknownProfile { profile: String, known: String },
    #[error("no model can join profile `{CONTRACT_PROFILE}`: it is the contract's eight signals")]
    ContractProfile,
    #[error("it joins no profile; name some in `profiles`, known: {known}")]
    NoProfile { known: String },
    #[error(transparent)]
    Model(#[from] PadModelError),
}

impl ExternalModel {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The signal, its weights loaded and checked by a first run.
    pub(super) fn signal(&self) -> Result<Box<dyn Signal>, ExternalModelError> {
        let model =
            lifesign_infer::load_file(&self.file, &self.sha256).map_err(PadModelError::from)?;
        Ok(Box::new(PadModel::new(self.spec(), model)?))
    }

    /// All that decides, in one line: the name, the path and the label do not.
    pub(super) fn fingerprint(&self) -> String {
        let anonymous = Self {
            name: String::new(),
            label: None,
            file: PathBuf::new(),
            ..self.clone()
        };
        format!("{anonymous:?}")
    }

    fn spec(&self) -> PadModelSpec {
        PadModelSpec {
            name: self.name.clone(),
            label: self.label.clone().unwrap_or_else(|| self.name.clone()),
            input: ModelInput {
                crop: ContextCrop {
                    scale: self.crop_scale,
                    size: self.size,
                },
                colour_order: self.colour_order,
                range: self.range,
                mean: self.mean,
                std: self.std,
            },
            output: ModelOutput {
                activation: self.activation,
                index: self.output_index,
                means: self.output_means,
            },
        }
    }

    fn validate(&self) -> Result<(), ExternalModelError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if self.name.is_empty() || !self.name.chars().all(plain) {
            return Err(ExternalModelError::Name);
        }
        if self.sha256.len() != 64 || !self.sha256.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(ExternalModelError::Sha256(self.sha256.chars().count()));
        }
        if !(self.weight > 0.0 && self.weight < 1.0) {
            return Err(ExternalModelError::Weight(self.weight));
        }
        Ok(self.spec().validate()?)
    }

    /// The profiles that it joins: those named, else `ensemble`, else all but the contract's.
    fn joined(&self, calibration: &Calibration) -> Result<Vec<String>, ExternalModelError> {
        let profiles = &calibration.profiles;
        let known = || Vec::from_iter(profiles.keys().cloned()).join(", ");
        let joined = match &self.profiles {
            Some(named) => named.clone(),
            None if profiles.contains_key(DEFAULT_PROFILE) => vec![DEFAULT_PROFILE.to_owned()],
            None => {
                let free = profiles.keys().filter(|name| *name != CONTRACT_PROFILE);
                free.cloned().collect()
            }
        };
        if joined.iter().any(|name| name == CONTRACT_PROFILE) {
            return Err(ExternalModelError::ContractProfile);
        }
        if let Some(unknown) = joined.iter().find(|name| !profiles.contains_key(*name)) {
            return Err(ExternalModelError::UnknownProfile {
                profile: unknown.clone(),
                known: known(),
            });
        }
        if joined.is_empty() {
            return Err(ExternalModelError::NoProfile { known: known() });
        }
        Ok(joined)
    }
}

/// Checks the tables and lets each model join its profiles: it gets its weight and is required,
/// the weights of the others shrink in proportion, so that they still sum to 1.
///
/// # Errors
/// The name of the model and what is wrong with it.
pub(super) fn join(
    models: &[ExternalModel],
    calibration: &mut Calibration,
) -> Result<(), (String, ExternalModelError)> {
    let mut taken: Vec<String> = signals::all().iter().map(|s| s.name().to_owned()).collect();
    let mut joining: BTreeMap<String, Vec<&ExternalModel>> = BTreeMap::new();
    for model in models {
        let blamed = |error| (model.name.clone(), error);
        model.validate().map_err(blamed)?;
        if taken.contains(&model.name) {
            return Err(blamed(ExternalModelError::NameTaken));
        }
        taken.push(model.name.clone());
        for profile in model.joined(calibration).map_err(blamed)? {
            let others = joining.entry(profile.clone()).or_default();
            // A profile that is named twice is joined once.
            if !others.iter().any(|other| other.name == model.name) {
                others.push(model);
            }
            let sum: f64 = others.iter().map(|m| m.weight).sum();
            if sum >= 1.0 {
                return Err(blamed(ExternalModelError::WeightSum { profile, sum }));
            }
        }
    }
    for (name, models) in joining {
        let Some(profile) = calibration.profiles.get_mut(&name) else {
            continue;
        };
        let sum: f64 = models.iter().map(|m| m.weight).sum();
        for weight in profile.weights.values_mut() {
            *weight *= 1.0 - sum;
        }
        for model in models {
            profile.weights.insert(model.name.clone(), model.weight);
            profile.required.push(model.name.clone());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, weight: f64) -> ExternalModel {
        ExternalModel {
            name: name.to_owned(),
            label: None,
            file: PathBuf::from("model.onnx"),
            sha256: "0".repeat(64),
            crop_scale: 2.7,
            size: 80,
            colour_order: ColourOrder::Bgr,
            range: [0.0, 255.0],
            mean: [0.0; 3],
            std: [1.0; 3],
            activation: Activation::Softmax,
            output_index: 1,
            output_means: OutputMeaning::Live,
            weight,
            profiles: None,
        }
    }

    /// The contract's profile and those named.
    fn calibration(profiles: &[&str]) -> Calibration {
        let mut calibration = Calibration::embedded();
        let classic = calibration.profiles.remove(CONTRACT_PROFILE).unwrap();
        calibration.profiles.clear();
        for name in profiles.iter().chain([&CONTRACT_PROFILE]) {
            let profile = classic.clone();
            calibration.profiles.insert((*name).to_owned(), profile);
        }
        calibration
    }

    fn refusal(models: &[ExternalModel], profiles: &[&str]) -> String {
        let (name, error) = join(models, &mut calibration(profiles)).unwrap_err();
        format!("{name}: {error}")
    }

    #[test]
    fn weights_still_sum_to_one_and_a_model_gets_what_it_asks_for() {
        let before = calibration(&["ensemble", "other"]);
        let mut after = before.clone();
        join(&[model("a", 0.5), model("b", 0.2)], &mut after).unwrap();
        let ensemble = &after.profiles["ensemble"];
        assert_eq!((ensemble.weights["a"], ensemble.weights["b"]), (0.5, 0.2));
        let rest = before.profiles["ensemble"].weights["sharpness"];
        assert!((ensemble.weights["sharpness"] - 0.3 * rest).abs() < 1e-12);
        assert_eq!(ensemble.required, ["a", "b"]);
        assert_eq!(after.profiles["other"], before.profiles["other"]);
        assert_eq!(after.profiles["classic"], before.profiles["classic"]);
        after.validate_with(&["a", "b"]).unwrap();
    }

    #[test]
    fn without_an_ensemble_it_joins_all_but_the_contracts_profile() {
        let mut after = calibration(&["x", "y"]);
        join(&[model("a", 0.1)], &mut after).unwrap();
        let joined = |profile: &str| after.profiles[profile].weights.contains_key("a");
        assert!(joined("x") && joined("y") && !joined("classic"));
        assert!(refusal(&[model("a", 0.1)], &[]).contains("joins no profile"));
    }

    #[test]
    fn named_profiles_are_joined_once_and_no_others() {
        let mut named = model("a", 0.6);
        named.profiles = Some(vec!["x".to_owned(), "x".to_owned()]);
        let mut after = calibration(&["ensemble", "x"]);
        join(&[named.clone()], &mut after).unwrap();
        assert_eq!(after.profiles["x"].weights["a"], 0.6);
        assert!(!after.profiles["ensemble"].weights.contains_key("a"));
        named.profiles = Some(vec!["y".to_owned()]);
        assert_eq!(
            refusal(&[named.clone()], &["x"]),
            "a: unknown profile `y`; known: classic, x"
        );
        named.profiles = Some(vec!["classic".to_owned()]);
        assert!(refusal(&[named.clone()], &["x"]).contains("the contract's eight signals"));
        named.profiles = Some(vec![]);
        assert!(refusal(&[named], &["x"]).contains("joins no profile"));
    }

    #[test]
    fn wrong_values_are_named() {
        for weight in [0.0, 1.0, -0.5, f64::NAN] {
            let text = refusal(&[model("a", weight)], &["x"]);
            assert!(text.contains("above 0 and below 1"), "{text}");
        }
        let text = refusal(&[model("a", 0.5), model("b", 0.5)], &["x"]);
        assert_eq!(
            text,
            "b: the external models of profile `x` weigh 1 together, must be below 1"
        );
        for name in ["", "Mini", "a-b", "é"] {
            assert!(refusal(&[model(name, 0.1)], &["x"]).contains("a-z, 0-9 and _"));
        }
        assert!(refusal(&[model("sharpness", 0.1)], &["x"]).contains("taken"));
        assert!(refusal(&[model("a", 0.1), model("a", 0.1)], &["x"]).contains("taken"));
        let mut short = model("a", 0.1);
        short.sha256 = "abc".to_owned();
        assert!(refusal(&[short], &["x"]).contains("64 hexadecimal digits, got 3"));
        let mut flat = model("a", 0.1);
        flat.std = [1.0, 0.0, 1.0];
        assert_eq!(
            refusal(&[flat], &["x"]),
            "a: std is 0, must be finite and above 0"
        );
    }

    #[test]
    fn the_fingerprint_follows_what_decides_and_nothing_else() {
        let plain = model("a", 0.1);
        let mut moved = plain.clone();
        moved.file = PathBuf::from("elsewhere.onnx");
        moved.label = Some("A label".to_owned());
        assert_eq!(moved.fingerprint(), plain.fingerprint());
        let changes: [fn(&mut ExternalModel); 5] = [
            |m| m.weight = 0.2,
            |m| m.sha256 = "1".repeat(64),
            |m| m.crop_scale = 4.0,
            |m| m.output_index = 0,
            |m| m.profiles = Some(vec!["x".to_owned()]),
        ];
        for change in changes {
            let mut changed = plain.clone();
            change(&mut changed);
            assert_ne!(changed.fingerprint(), plain.fingerprint());
        }
    }
}
