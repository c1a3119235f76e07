//! A flat thing that shows a picture: a print or a phone, held before a camera.

use lifesign_domain::PoseDegrees;
use lifesign_media::Frame;
use nalgebra::{Vector2, Vector3};

use crate::head::{HeadRenderer, rotation_of};
use crate::raster::{Canvas, Corner, Paint};

/// Height of the picture in centimetres.
const HEIGHT_CM: f64 = 15.0;
const BEZEL_CM: f64 = 0.5;
const BEZEL: [f64; 3] = [18.0, 18.0, 20.0];

/// Where the sheet is and how it is tilted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sheet {
    /// Degrees of tilt about the vertical and the horizontal axis, and in the image.
    pub degrees: PoseDegrees,
    /// Centimetres from the camera.
    pub distance_cm: f64,
    /// Centimetres to the right and down.
    pub shift_cm: [f64; 2],
}

impl Sheet {
    /// In a hand that trembles, wanders and tilts by up to so many degrees, at a time in seconds.
    pub fn in_a_hand(seed: u64, tilt_deg: f64, at_s: f64) -> Self {
        let hand = crate::Performance {
            turn_deg: [tilt_deg, tilt_deg * 0.7, tilt_deg * 0.4],
            shift_cm: 0.8,
            ..crate::Performance::lively(seed)
        }
        .at(at_s);
        Self {
            degrees: PoseDegrees {
                yaw: hand.yaw,
                pitch: hand.pitch,
                roll: hand.roll,
            },
            distance_cm: 15.5 / hand.scale,
            shift_cm: [hand.right_cm, hand.down_cm],
        }
    }

    /// What a camera sees of a picture on this sheet before a background.
    pub fn show(&self, picture: &Frame, background: &Frame, size: [u32; 2]) -> Frame {
        let mut canvas = Canvas::before(background, size, HeadRenderer::FOV_DEG, [0.0; 2]);
        let height = HEIGHT_CM;
        let width = height * f64::from(picture.width()) / f64::from(picture.height());
        let (w, h) = (f64::from(picture.width()), f64::from(picture.height()));
        self.quad(
            &mut canvas,
            [width, height],
            [w, h],
            0.0,
            Paint::Texture(picture, [1.0; 3]),
        );
        let around = [width + 2.0 * BEZEL_CM, height + 2.0 * BEZEL_CM];
        self.quad(&mut canvas, around, [w, h], -0.05, Paint::Plain(BEZEL));
        canvas.into_frame()
    }

    fn quad(
        &self,
        canvas: &mut Canvas,
        size: [f64; 2],
        texels: [f64; 2],
        depth: f64,
        paint: Paint<'_>,
    ) {
        let rotation = rotation_of(&self.degrees);
        let position = Vector3::new(self.shift_cm[0], -self.shift_cm[1], -self.distance_cm);
        let corner = |x: f64, y: f64| Corner {
            position: rotation * Vector3::new((x - 0.5) * size[0], (0.5 - y) * size[1], depth)
                + position,
            texel: Vector2::new(x * texels[0], y * texels[1]),
        };
        let corners = [
            corner(0.0, 0.0),
            corner(1.0, 0.0),
            corner(1.0, 1.0),
            corner(0.0, 1.0),
        ];
        for [a, b, c] in [[0, 1, 2], [0, 2, 3]] {
            canvas.triangle(&[corners[a], corners[b], corners[c]], paint);
        }
    }
}
