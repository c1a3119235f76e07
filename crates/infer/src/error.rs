use std::path::PathBuf;

/// Why a model could not be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum InferError {
    /// The card of an embedded model is missing or malformed.
    #[error("models.toml: {0}")]
    Card(String),

    /// A file with external weights could not be read.
    #[error("cannot read the model file {}: {source}", path.display())]
    ReadFile {
        /// The file asked for.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },

    /// The weights are not those that were named.
    #[error("the weights of {model} have sha256 {actual}, expected {expected}")]
    Checksum {
        /// Name of the model or its file.
        model: String,
        /// Lower-case hexadecimal digest asked for.
        expected: String,
        /// Digest of the bytes at hand.
        actual: String,
    },

    /// The bytes are no model that the runtime can load.
    #[error("cannot load the model {model}: {detail}")]
    Load {
        /// Name of the model or its file.
        model: String,
        /// The runtime's words.
        detail: String,
    },

    /// The input has the wrong number of values.
    #[error("{model} takes {expected} input values, got {actual}")]
    InputLength {
        /// Name of the model or its file.
        model: String,
        /// Product of the input shape.
        expected: usize,
        /// Length of the slice given.
        actual: usize,
    },

    /// An input value is NaN or infinite.
    #[error("input value {index} of {model} is not finite")]
    NonFiniteInput {
        /// Name of the model or its file.
        model: String,
        /// Position of the first such value.
        index: usize,
    },

    /// The model answered NaN or infinity, so nothing may be concluded from it.
    #[error("{model} gave a value that is not finite in its output {output}")]
    NonFiniteOutput {
        /// Name of the model or its file.
        model: String,
        /// Its place among the outputs.
        output: usize,
    },

    /// The runtime failed during a run.
    #[error("cannot run {model}: {detail}")]
    Run {
        /// Name of the model or its file.
        model: String,
        /// The runtime's words.
        detail: String,
    },
}
