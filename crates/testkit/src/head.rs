//! Heads of known pose: the canonical face, covered with a photograph, on a simple skull, neck
//! and shoulders, before a pinhole camera.

use std::collections::HashMap;

use lifesign_engine::canonical::CANONICAL_FACE;
use lifesign_engine::{Landmarks, Point2};
use lifesign_media::Frame;
use nalgebra::{Rotation3, Vector2, Vector3};

use crate::raster::{Canvas, Corner, Paint};

const BACKGROUND: [f64; 3] = [170.0, 175.0, 180.0];
const HAIR: [f64; 3] = [70.0, 50.0, 40.0];
const CLOTHES: [f64; 3] = [60.0, 70.0, 95.0];
/// A vertex of the cheek; the photograph's colour there is taken for neck and skull.
const CHEEK: usize = 205;
/// Parts of the skull above this (cm in the canonical frame) or behind the ears are hair.
const HAIRLINE_CM: f64 = 5.5;
const EARS_Z_CM: f64 = -8.0;

/// Where a rendered head is and how it is turned; signs are those of the engine's pose.
#[derive(Clone, Copy, Debug)]
pub struct HeadPose {
    /// Degrees towards the right edge of the image.
    pub yaw: f64,
    /// Degrees upwards.
    pub pitch: f64,
    /// Degrees clockwise as seen in the image.
    pub roll: f64,
    /// Centimetres from the camera to the origin of the canonical face, along the optical axis.
    pub distance_cm: f64,
    /// Centimetres to the image's right.
    pub right_cm: f64,
}

/// Renders heads with the face of one photograph.
pub struct HeadRenderer {
    photo: Frame,
    texels: Vec<Vector2<f64>>,
    vertices: Vec<Vector3<f64>>,
    triangles: Vec<[usize; 3]>,
}

impl HeadRenderer {
    /// Size of the pictures.
    pub const SIZE: (u32, u32) = (640, 480);
    /// Vertical field of view of the camera in degrees.
    pub const FOV_DEG: f64 = 63.0;

    /// Covers the canonical face with `photo`, in which its vertices lie at `landmarks`.
    pub fn new(photo: Frame, landmarks: &[Point2; Landmarks::COUNT]) -> Self {
        let texels = landmarks.iter().map(|p| Vector2::new(f64::from(p.x), f64::from(p.y)));
        let mut renderer = Self {
            photo,
            texels: texels.collect(),
            vertices: CANONICAL_FACE.vertices.iter().map(|&v| v.into()).collect(),
            triangles: CANONICAL_FACE.triangles.clone(),
        };
        renderer.close_holes();
        renderer
    }

    /// Covers eyes and mouth, which the mesh leaves open, with a fan around their middle.
    fn close_holes(&mut self) {
        let mut loops = boundary_loops(&self.triangles);
        // The longest loop is the outline of the face.
        loops.sort_by_key(Vec::len);
        loops.pop();
        for ring in loops {
            let middle = self.vertices.len();
            let count = ring.len() as f64;
            self.vertices.push(ring.iter().map(|&v| self.vertices[v]).sum::<Vector3<f64>>() / count);
            self.texels.push(ring.iter().map(|&v| self.texels[v]).sum::<Vector2<f64>>() / count);
            for (i, &v) in ring.iter().enumerate() {
                self.triangles.push([v, ring[(i + 1) % ring.len()], middle]);
            }
        }
    }

    /// A picture of the head.
    pub fn render(&self, pose: &HeadPose) -> Frame {
        let mut canvas = Canvas::new(Self::SIZE.0, Self::SIZE.1, Self::FOV_DEG, BACKGROUND);
        let rotation = rotation(pose);
        let position = Vector3::new(pose.right_cm, 0.0, -pose.distance_cm);
        for triangle in &self.triangles {
            let corners = triangle.map(|v| Corner {
                position: rotation * self.vertices[v] + position,
                texel: self.texels[v],
            });
            canvas.triangle(&corners, Paint::Texture(&self.photo));
        }
        let skin = self.skin();
        let skull = Ellipsoid {
            centre: Vector3::new(0.0, 2.5, -8.0),
            radii: Vector3::new(6.6, 10.5, 8.0),
        };
        let skull_color = |p: &Vector3<f64>| {
            if p.y > HAIRLINE_CM || p.z < EARS_Z_CM { HAIR } else { skin }
        };
        skull.draw(&mut canvas, &rotation, &position, skull_color);
        let upright = Rotation3::identity();
        let neck = Ellipsoid {
            centre: Vector3::new(0.0, -12.0, -9.0),
            radii: Vector3::new(5.0, 12.0, 5.0),
        };
        neck.draw(&mut canvas, &upright, &position, |_| skin);
        let shoulders = Ellipsoid {
            centre: Vector3::new(0.0, -27.0, -9.0),
            radii: Vector3::new(21.0, 10.0, 9.0),
        };
        shoulders.draw(&mut canvas, &upright, &position, |_| CLOTHES);
        canvas.into_frame()
    }

    fn skin(&self) -> [f64; 3] {
        let texel = self.texels[CHEEK];
        let at = (texel.y as usize * self.photo.width() as usize + texel.x as usize) * 3;
        std::array::from_fn(|c| f64::from(self.photo.rgb()[at + c]))
    }
}

fn rotation(pose: &HeadPose) -> Rotation3<f64> {
    Rotation3::from_axis_angle(&Vector3::y_axis(), pose.yaw.to_radians())
        * Rotation3::from_axis_angle(&Vector3::x_axis(), -pose.pitch.to_radians())
        * Rotation3::from_axis_angle(&Vector3::z_axis(), -pose.roll.to_radians())
}

struct Ellipsoid {
    centre: Vector3<f64>,
    radii: Vector3<f64>,
}

impl Ellipsoid {
    const RINGS: usize = 32;
    const SECTORS: usize = 48;

    fn draw(
        &self,
        canvas: &mut Canvas,
        rotation: &Rotation3<f64>,
        position: &Vector3<f64>,
        color: impl Fn(&Vector3<f64>) -> [f64; 3],
    ) {
        let point = |ring: usize, sector: usize| {
            let polar = std::f64::consts::PI * ring as f64 / Self::RINGS as f64;
            let turn = std::f64::consts::TAU * sector as f64 / Self::SECTORS as f64;
            let direction =
                Vector3::new(polar.sin() * turn.cos(), polar.cos(), polar.sin() * turn.sin());
            self.centre + self.radii.component_mul(&direction)
        };
        for ring in 0..Self::RINGS {
            for sector in 0..Self::SECTORS {
                let quad = [(0, 0), (0, 1), (1, 1), (1, 0)].map(|(r, s)| point(ring + r, sector + s));
                let paint = Paint::Plain(color(&((quad[0] + quad[2]) / 2.0)));
                for [a, b, c] in [[0, 1, 2], [0, 2, 3]] {
                    let corners = [a, b, c].map(|i| Corner {
                        position: rotation * quad[i] + position,
                        texel: Vector2::zeros(),
                    });
                    canvas.triangle(&corners, paint);
                }
            }
        }
    }
}

/// The closed chains of edges that belong to one triangle only.
fn boundary_loops(triangles: &[[usize; 3]]) -> Vec<Vec<usize>> {
    let mut next = HashMap::new();
    let edges = || triangles.iter().flat_map(|&[a, b, c]| [(a, b), (b, c), (c, a)]);
    let all: std::collections::HashSet<_> = edges().collect();
    for (a, b) in edges() {
        if !all.contains(&(b, a)) {
            next.insert(a, b);
        }
    }
    let mut starts: Vec<usize> = next.keys().copied().collect();
    starts.sort_unstable();
    let mut loops = Vec::new();
    for start in starts {
        let mut ring = Vec::new();
        let mut at = start;
        while let Some(following) = next.remove(&at) {
            ring.push(at);
            at = following;
        }
        if ring.len() > 2 {
            loops.push(ring);
        }
    }
    loops
}
