//! Runs the face models.
//!
//! [`Model`] is the seam between the face pipeline and the runtime: a fixed input shape and a
//! run. The pipeline sees nothing else, so its tests put a fake behind the trait and need no
//! weights. Behind it stand two runtimes for ONNX files: one of the project's own for the
//! networks of face detection, and `rten` for any other.
//!
//! The weights that ship are in the binary itself ([`Embedded`]); their checksums, licences,
//! sources and shapes are those of `models/models.toml` ([`ModelCard`]). Other weights come
//! from a file whose checksum the caller names ([`load_file`]).

mod card;
mod convnet;
mod error;
mod model;
mod runtime;
mod weights;

pub use card::{ModelCard, OutputCard};
pub use error::InferError;
pub use model::{Model, Tensor};
pub use weights::{Embedded, load, load_file, load_lazily};
