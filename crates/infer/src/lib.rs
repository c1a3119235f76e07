//! Runs the face models.
//!
//! [`Model`] is the seam between the face pipeline and the runtime: a fixed input shape and a
//! run. The pipeline sees nothing else, so its tests put a fake behind the trait and need no
//! weights. Behind it stands `rten`, which loads ONNX and is written in Rust throughout.
//!
//! The weights that ship are in the binary itself ([`Embedded`]); their checksums, licences,
//! sources and shapes are those of `models/models.toml` ([`ModelCard`]). Other weights come
//! from a file whose checksum the caller names ([`load_file`]).

mod card;
mod error;
mod model;
mod runtime;
mod weights;

pub use card::{ModelCard, OutputCard};
pub use error::InferError;
pub use model::{Model, Tensor};
pub use weights::{Embedded, load, load_file};
