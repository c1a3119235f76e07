//! A small software rasteriser: triangles with a depth buffer and bilinear textures.

use lifesign_media::Frame;
use nalgebra::{Vector2, Vector3};

/// Samples along each side of a pixel.
const SUPERSAMPLING: usize = 2;

/// A corner of a triangle in camera space with its place in the texture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Corner {
    /// Centimetres; the camera is in the origin and looks down -z.
    pub(crate) position: Vector3<f64>,
    /// Pixels of the texture.
    pub(crate) texel: Vector2<f64>,
}

/// What covers a triangle.
#[derive(Clone, Copy)]
pub(crate) enum Paint<'a> {
    /// A photograph, by the corners' texels, each channel times its factor.
    Texture(&'a Frame, [f32; 3]),
    /// One colour.
    Plain([f64; 3]),
}

pub(crate) struct Canvas {
    width: usize,
    height: usize,
    focal: f64,
    color: Vec<[f32; 3]>,
    depth: Vec<f64>,
}

impl Canvas {
    /// A canvas of `width` x `height` pixels, seen under a vertical field of view in degrees.
    pub(crate) fn new(width: u32, height: u32, fov_deg: f64, background: [f64; 3]) -> Self {
        let (width, height) = (
            width as usize * SUPERSAMPLING,
            height as usize * SUPERSAMPLING,
        );
        Self {
            width,
            height,
            focal: height as f64 / 2.0 / (fov_deg / 2.0).to_radians().tan(),
            color: vec![background.map(|v| v as f32); width * height],
            depth: vec![f64::INFINITY; width * height],
        }
    }

    /// The same before a photograph that covers the canvas with a tenth to spare on each side, moved by
    /// so many pixels to the right and down.
    pub(crate) fn before(
        photo: &Frame,
        [width, height]: [u32; 2],
        fov_deg: f64,
        shift_px: [f64; 2],
    ) -> Self {
        const SPARE: f64 = 1.2;
        let mut canvas = Self::new(width, height, fov_deg, [0.0; 3]);
        let across = f64::from(photo.width()) / f64::from(width);
        let down = f64::from(photo.height()) / f64::from(height);
        let scale = across.min(down) / SPARE;
        let middle = [photo.width(), photo.height()].map(|side| f64::from(side) / 2.0);
        for y in 0..height as usize {
            for x in 0..width as usize {
                let at = Vector2::new(
                    middle[0] + (x as f64 + 0.5 - f64::from(width) / 2.0 - shift_px[0]) * scale,
                    middle[1] + (y as f64 + 0.5 - f64::from(height) / 2.0 - shift_px[1]) * scale,
                );
                let color = bilinear(photo, &at);
                for sample in 0..SUPERSAMPLING * SUPERSAMPLING {
                    let row = y * SUPERSAMPLING + sample / SUPERSAMPLING;
                    let column = x * SUPERSAMPLING + sample % SUPERSAMPLING;
                    canvas.color[row * canvas.width + column] = color;
                }
            }
        }
        canvas
    }

    /// Draws a triangle, whichever way round, where nothing nearer has been drawn.
    pub(crate) fn triangle(&mut self, corners: &[Corner; 3], paint: Paint<'_>) {
        if corners.iter().any(|c| c.position.z > -1.0) {
            return;
        }
        let [a, b, c] = corners.map(|corner| self.project(&corner.position));
        let shade = shade(corners);
        let area = cross(&(b - a), &(c - a));
        if area.abs() < 1e-9 {
            return;
        }
        let low = a.inf(&b).inf(&c);
        let high = a.sup(&b).sup(&c);
        let span = |lo: f64, hi: f64, size: usize| {
            (lo.floor().clamp(0.0, size as f64) as usize)
                ..(hi.ceil().clamp(0.0, size as f64) as usize)
        };
        for y in span(low.y, high.y, self.height) {
            for x in span(low.x, high.x, self.width) {
                let p = Vector2::new(x as f64 + 0.5, y as f64 + 0.5);
                let weights = Vector3::new(
                    cross(&(c - b), &(p - b)),
                    cross(&(a - c), &(p - c)),
                    cross(&(b - a), &(p - a)),
                ) / area;
                if weights.min() >= 0.0 {
                    self.plot(y * self.width + x, corners, &weights, paint, shade);
                }
            }
        }
    }

    fn plot(
        &mut self,
        at: usize,
        corners: &[Corner; 3],
        weights: &Vector3<f64>,
        paint: Paint<'_>,
        shade: f32,
    ) {
        // Perspective-correct: attributes over depth are linear on the screen.
        let inverse = Vector3::from_fn(|i, _| weights[i] / -corners[i].position.z);
        let depth = 1.0 / inverse.sum();
        if depth >= self.depth[at] {
            return;
        }
        self.depth[at] = depth;
        self.color[at] = match paint {
            Paint::Plain(color) => color.map(|v| v as f32),
            Paint::Texture(frame, tint) => {
                let texel = corners
                    .iter()
                    .zip(inverse.iter())
                    .fold(Vector2::zeros(), |sum, (c, w)| sum + c.texel * *w);
                let color = bilinear(frame, &(texel * depth));
                std::array::from_fn(|i| color[i] * tint[i])
            }
        }
        .map(|v| v * shade);
    }

    fn project(&self, p: &Vector3<f64>) -> Vector2<f64> {
        let scale = self.focal / -p.z;
        Vector2::new(
            self.width as f64 / 2.0 + p.x * scale,
            self.height as f64 / 2.0 - p.y * scale,
        )
    }

    /// The finished picture.
    pub(crate) fn into_frame(self) -> Frame {
        let (width, height) = (self.width / SUPERSAMPLING, self.height / SUPERSAMPLING);
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                let mut sum = [0.0f32; 3];
                for sample in 0..SUPERSAMPLING * SUPERSAMPLING {
                    let row = y * SUPERSAMPLING + sample / SUPERSAMPLING;
                    let column = x * SUPERSAMPLING + sample % SUPERSAMPLING;
                    let color = self.color[row * self.width + column];
                    sum = std::array::from_fn(|i| sum[i] + color[i]);
                }
                let count = (SUPERSAMPLING * SUPERSAMPLING) as f32;
                rgb.extend(sum.map(|v| (v / count).round() as u8));
            }
        }
        Frame::new(width as u32, height as u32, rgb).expect("the canvas has pixels. This is a bug")
    }
}

/// Brightness of a surface under soft light from above the camera.
fn shade(corners: &[Corner; 3]) -> f32 {
    let [a, b, c] = corners.map(|corner| corner.position);
    let normal = (b - a).cross(&(c - a));
    let light = Vector3::new(0.0, 0.4, 1.0).normalize();
    let facing = normal.dot(&light).abs() / normal.norm().max(1e-12);
    (0.55 + 0.5 * facing) as f32
}

fn cross(a: &Vector2<f64>, b: &Vector2<f64>) -> f64 {
    a.x * b.y - a.y * b.x
}

fn bilinear(frame: &Frame, at: &Vector2<f64>) -> [f32; 3] {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let x = (at.x - 0.5).clamp(0.0, width as f64 - 1.0);
    let y = (at.y - 0.5).clamp(0.0, height as f64 - 1.0);
    let (left, top) = (x as usize, y as usize);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (fx, fy) = ((x - left as f64) as f32, (y - top as f64) as f32);
    std::array::from_fn(|c| {
        let value = |x: usize, y: usize| f32::from(frame.rgb()[(y * width + x) * 3 + c]);
        let above = value(left, top) * (1.0 - fx) + value(right, top) * fx;
        let below = value(left, bottom) * (1.0 - fx) + value(right, bottom) * fx;
        above * (1.0 - fy) + below * fy
    })
}
