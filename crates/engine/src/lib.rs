//! The pure, synchronous face pipeline: photo in, explained verdict out.
//!
//! No clock, no randomness, no IO but the embedded weights. [`Engine::check`] is a composition of
//! public stages. The walk of one check, module by module:
//!
//! 1. `detect`: BlazeFace finds candidates, near ones first, far ones where there are none.
//! 2. `roi`, `warp`, `mesh`: a turned crop around each, 468 vertices, and whether it is a face.
//! 3. [`canonical`], `procrustes`, `pose`: the mean face laid onto the mesh, angles, distance.
//! 4. `cover`, `iris`: what lies before the face, and where the eyes look.
//! 5. `evidence`: all of it, gathered once and never changed, about the largest face.
//! 6. [`quality`]: what the person could do better, in the words of ISO/IEC 29794-5.
//! 7. [`signals`]: each reads the evidence and answers a [`Reading`].
//! 8. [`fusion`]: readings to a verdict, by the numbers of one versioned [`Calibration`].
//! 9. [`explain`]: a finished check in pictures.
//!
//! Beside the walk stand [`perceptual_hash`], by which a picture that came before is recognised, and
//! [`Engine::embed`], by which a person is ([`Portrait`], [`FaceIndex`]).

mod calibration;
pub mod canonical;
mod check;
mod context_crop;
mod cover;
mod descriptor;
mod detect;
mod embed;
mod engine;
mod error;
mod evidence;
pub mod explain;
mod face_index;
mod follow;
pub mod fusion;
pub mod geometry;
mod iris;
mod mesh;
mod model_input;
mod model_output;
mod perceptual_hash;
mod portrait;
mod pose;
mod procrustes;
pub mod quality;
mod roi;
pub mod signals;
mod stage;
mod warp;

pub use calibration::{
    Calibration, CalibrationError, Decision, DetectionParams, GazeParams, MatchingParams, Profile,
    QualityParams,
};
pub use check::{Check, Subject};
pub use context_crop::ContextCrop;
pub use cover::FaceCover;
pub use descriptor::{Descriptor, match_distance, match_score};
pub use engine::{Engine, Face, Models};
pub use error::EngineError;
pub use evidence::{Detection, Evidence, Landmarks, Point2, Point3, Pose, Rect};
pub use face_index::{FaceIndex, Found};
pub use follow::{Followed, Follower};
pub use iris::Iris;
pub use mesh::FaceMesh;
pub use model_input::{ColourOrder, ModelInput};
pub use model_output::{Activation, ModelOutput, OutputError, OutputMeaning};
pub use perceptual_hash::perceptual_hash;
pub use portrait::Portrait;
pub use signals::{Head, PadAnswer, PadModel, PadModelError, PadModelSpec, Reading, Signal};
