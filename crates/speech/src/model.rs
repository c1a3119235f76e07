//! Where the acoustic model of US English is.

use std::path::{Path, PathBuf};

use crate::SpeechError;
use crate::grammar::{WORDS, digits_of};

/// Where Debian has it, and where its makers install it.
const PLACES: [&str; 2] = [
    "/usr/share/pocketsphinx/model/en-us",
    "/usr/local/share/pocketsphinx/model/en-us",
];

/// A model of sounds, and how the digits are made of them.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    /// Folder of the acoustic model.
    pub(crate) acoustic: PathBuf,
    /// Lines of the dictionary.
    pub(crate) dictionary: String,
}

impl Model {
    pub(crate) fn find(at: Option<&Path>) -> Result<Self, SpeechError> {
        let places = at.map_or_else(
            || PLACES.map(PathBuf::from).to_vec(),
            |at| vec![at.to_owned()],
        );
        let folder = places.iter().find(|p| p.join("en-us/mdef").is_file());
        let missing = |detail: String| SpeechError::ModelMissing {
            looked_at: names(&places),
            detail,
        };
        let folder = folder.ok_or_else(|| missing("there is none".to_owned()))?;
        let dictionary = std::fs::read_to_string(folder.join("cmudict-en-us.dict"))
            .map_err(|error| missing(format!("its dictionary: {error}")))?;
        let dictionary = digits_of(&dictionary);
        for (word, _) in WORDS {
            let is_there = dictionary
                .lines()
                .any(|line| line.split(' ').next() == Some(word));
            if !is_there {
                return Err(missing(format!("its dictionary lacks `{word}`")));
            }
        }
        let acoustic = folder.join("en-us");
        Ok(Self {
            acoustic: acoustic.canonicalize().unwrap_or(acoustic),
            dictionary,
        })
    }
}

fn names(places: &[PathBuf]) -> String {
    let names: Vec<String> = places.iter().map(|p| p.display().to_string()).collect();
    names.join(" or ")
}
