//! A puppet: the head of a portrait that turns, blinks, speaks and smiles on command.
//!
//! ```no_run
//! # use lifesign_testkit::{Puppet, PuppetState};
//! # let engine = lifesign_engine::Engine::embedded(lifesign_engine::Calibration::embedded()).unwrap();
//! # let portrait = lifesign_testkit::faceless_scene(0);
//! let puppet = Puppet::of(&engine, portrait);           // the face of a photograph
//! let frame = puppet.render(&PuppetState { yaw: 15.0, blink: 1.0, ..PuppetState::default() }, [640, 480]);
//! let seen = lifesign_testkit::with_noise(&frame, 2.0, 7);   // as a sensor would see it, frame 7
//! ```
//!
//! [`crate::Performance`] moves it as a living person does, [`crate::Sheet`] shows its frames on a print
//! or a phone, [`crate::film`] makes a clip of frames.
//!
//! A puppet is an injection attack that happens to be ours: nothing obliges a judge to call it LIVE. It
//! is for what has to be known exactly: angles, times of blinks, openings of the mouth.

use lifesign_domain::PoseDegrees;
use lifesign_engine::{Engine, Landmarks, Pose};
use lifesign_media::Frame;
use nalgebra::Vector3;

use crate::expression::Expression;
use crate::faceless_scene;
use crate::head::{Appearance, HeadRenderer};
use crate::raster::Canvas;

/// Centimetres between camera and head at scale 1.
const DISTANCE_CM: f64 = 30.0;
/// A wall with things on it, whose corners can be followed.
const BACKGROUND_SCENE: usize = 9;

/// Where a puppet's head is and what its face does. The default looks straight into the camera with
/// open eyes, closed lips and no smile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PuppetState {
    /// Degrees; positive towards the right edge of the image.
    pub yaw: f64,
    /// Degrees; positive upwards.
    pub pitch: f64,
    /// Degrees; positive clockwise as seen in the image.
    pub roll: f64,
    /// 1 is a head at 30 cm, 2 one at 15 cm.
    pub scale: f64,
    /// Centimetres towards the right edge of the image.
    pub right_cm: f64,
    /// Centimetres towards the lower edge of the image.
    pub down_cm: f64,
    /// 0 is open eyes, 1 closed ones. The mesh sees closed ones with 0.6 to 0.65 of the aspect ratio of open
    /// ones (of living people 0.4 to 0.65); with a `pitch` of 6 degrees beside it, as of somebody who closes
    /// the eyes on purpose, those of astronaut.jpg with 0.55.
    pub blink: f64,
    /// 0 is closed lips, 1 a wide open mouth.
    pub mouth: f64,
    /// 0 is none, 1 a broad smile.
    pub smile: f64,
    /// Factors of red, green and blue of the light on the head: a pulse, a screen's colour.
    pub light: [f64; 3],
    /// Pixels by which the camera's own motion moves head and background alike, right and down.
    pub camera_px: [f64; 2],
}

impl Default for PuppetState {
    fn default() -> Self {
        Self {
            yaw: 0.0,
            pitch: 0.0,
            roll: 0.0,
            scale: 1.0,
            right_cm: 0.0,
            down_cm: 0.0,
            blink: 0.0,
            mouth: 0.0,
            smile: 0.0,
            light: [1.0; 3],
            camera_px: [0.0; 2],
        }
    }
}

/// The head of a portrait before a background.
pub struct Puppet {
    head: HeadRenderer,
    background: Frame,
}

impl Puppet {
    /// With the largest face of a photograph, which should look into the camera.
    ///
    /// # Panics
    /// If there is no face or the models fail; tests choose their pictures.
    pub fn of(engine: &Engine, portrait: Frame) -> Self {
        let faces = engine.faces(&portrait).expect("the models run");
        let face = faces.first().expect("the portrait has a face");
        Self::new(portrait, &face.mesh.landmarks, &face.pose)
    }

    /// With a face whose mesh and pose are known.
    pub fn new(portrait: Frame, landmarks: &Landmarks, pose: &Pose) -> Self {
        Self {
            head: HeadRenderer::new(portrait, landmarks, pose),
            background: faceless_scene(BACKGROUND_SCENE),
        }
    }

    /// The same before another background, which covers the frame.
    #[must_use]
    pub fn before(self, background: Frame) -> Self {
        Self { background, ..self }
    }

    /// A picture of so many pixels, width first, seen under a vertical field of view of 63 degrees.
    pub fn render(&self, state: &PuppetState, size: [u32; 2]) -> Frame {
        let fov_deg = HeadRenderer::FOV_DEG;
        let mut canvas = Canvas::before(&self.background, size, fov_deg, state.camera_px);
        let distance_cm = DISTANCE_CM / state.scale.max(0.1);
        let focal_px = f64::from(size[1]) / 2.0 / (fov_deg / 2.0).to_radians().tan();
        let [right_cm, down_cm] = state.camera_px.map(|px| px * distance_cm / focal_px);
        let position = Vector3::new(
            state.right_cm + right_cm,
            -state.down_cm - down_cm,
            -distance_cm,
        );
        let degrees = PoseDegrees {
            yaw: state.yaw,
            pitch: state.pitch,
            roll: state.roll,
        };
        let expression = Expression {
            blink: state.blink,
            mouth: state.mouth,
            smile: state.smile,
        };
        let appearance = Appearance {
            vertices: expression.of(self.head.vertices()),
            texels: expression.texels(self.head.texels()),
            light: state.light,
            within: expression.light_within(),
        };
        self.head
            .draw(&mut canvas, &degrees, &position, &appearance);
        canvas.into_frame()
    }
}
