//! For tests alone: fake models, heads rendered at a known pose, puppets that blink and speak and the
//! clips made of them, pictures without a face.
//!
//! Everything is deterministic: the same arguments give the same pixels on every machine.

mod book;
mod expression;
mod fakes;
mod film;
mod head;
mod performance;
mod player;
mod puppet;
mod random;
mod raster;
mod scenes;
mod sheet;

pub use book::{Axis, Page};
pub use fakes::FakeModel;
pub use film::{Codec, can_film, film, with_noise};
pub use head::{HeadPose, HeadRenderer};
pub use performance::Performance;
pub use player::Player;
pub use puppet::{Puppet, PuppetState};
pub use random::Random;
pub use scenes::{SCENES, faceless_scene};
pub use sheet::Sheet;
