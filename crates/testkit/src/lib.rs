//! For tests alone: fake models, heads rendered at a known pose, pictures without a face.
//!
//! Everything is deterministic: the same arguments give the same pixels on every machine.

mod fakes;
mod head;
mod random;
mod raster;
mod scenes;

pub use fakes::FakeModel;
pub use head::{HeadPose, HeadRenderer};
pub use random::Random;
pub use scenes::{SCENES, faceless_scene};
