//! Heads of known pose: the face of a photograph on a simple skull, neck and shoulders, before a
//! pinhole camera.

use std::collections::HashMap;

use lifesign_domain::PoseDegrees;
use lifesign_engine::canonical::CANONICAL_FACE;
use lifesign_engine::{Landmarks, Pose};
use lifesign_media::Frame;
use nalgebra::{Rotation3, Vector2, Vector3};

use crate::raster::{Canvas, Corner, Paint};

const BACKGROUND: [f64; 3] = [170.0, 175.0, 180.0];
const HAIR: [f64; 3] = [70.0, 50.0, 40.0];
const CLOTHES: [f64; 3] = [60.0, 70.0, 95.0];
/// A vertex of the cheek; the photograph's colour there is taken for neck and skull.
const CHEEK: usize = 205;
/// A vertex of the inner upper lip.
const LIP: usize = 13;

/// Where a rendered head is and how it is turned.
#[derive(Clone, Copy, Debug)]
pub struct HeadPose {
    /// Rotation.
    pub degrees: PoseDegrees,
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
    outline: Vec<usize>,
    /// What closes eyes and mouth.
    fans: Vec<Fan>,
}

/// The triangles that close a hole of the mesh.
struct Fan {
    middle: usize,
    ring: Vec<usize>,
}

/// How a head is drawn.
pub(crate) struct Appearance {
    /// The vertices, [`HeadRenderer::vertices`] or moved from there.
    pub(crate) vertices: Vec<Vector3<f64>>,
    /// Their places in the photograph, [`HeadRenderer::texels`] or moved from there.
    pub(crate) texels: Vec<Vector2<f64>>,
    /// Factor of red, green and blue of all that is drawn.
    pub(crate) light: [f64; 3],
    /// Factors of what is seen between the lids and between the lips.
    pub(crate) within: [f32; 2],
}

impl HeadRenderer {
    /// Size of the pictures.
    pub const SIZE: (u32, u32) = (640, 480);
    /// Vertical field of view of the camera in degrees.
    pub const FOV_DEG: f64 = 63.0;

    /// Takes over the face of a photograph: its mesh turned back by its pose and brought to
    /// centimetres, so that shape and skin belong together.
    pub fn new(photo: Frame, landmarks: &Landmarks, pose: &Pose) -> Self {
        let points = landmarks.points();
        let focal_px = f64::from(photo.height()) / 2.0 / (Self::FOV_DEG / 2.0).to_radians().tan();
        let px_per_cm = focal_px / -pose.transform[2][3];
        let upright = rotation_of(&pose.degrees).inverse();
        let seen = points
            .iter()
            .map(|p| Vector3::new(f64::from(p.x), -f64::from(p.y), -f64::from(p.z)) / px_per_cm);
        let middle = seen.clone().sum::<Vector3<f64>>() / points.len() as f64;
        let mut renderer = Self {
            photo,
            texels: points
                .iter()
                .map(|p| Vector2::new(f64::from(p.x), f64::from(p.y)))
                .collect(),
            vertices: seen.map(|v| upright * (v - middle)).collect(),
            triangles: CANONICAL_FACE.triangles.clone(),
            outline: Vec::new(),
            fans: Vec::new(),
        };
        renderer.close_holes();
        renderer
    }

    /// Covers eyes and mouth, which the mesh leaves open, with a fan around their middle.
    fn close_holes(&mut self) {
        let mut loops = boundary_loops(&self.triangles);
        // The longest loop is the outline of the face.
        loops.sort_by_key(Vec::len);
        self.outline = loops.pop().unwrap_or_default();
        for ring in loops {
            let middle = self.vertices.len();
            let count = ring.len() as f64;
            self.vertices
                .push(ring.iter().map(|&v| self.vertices[v]).sum::<Vector3<f64>>() / count);
            self.texels
                .push(ring.iter().map(|&v| self.texels[v]).sum::<Vector2<f64>>() / count);
            self.fans.push(Fan { middle, ring });
        }
    }

    /// The vertices at rest: those of the mesh, then the middles of the holes.
    pub(crate) fn vertices(&self) -> &[Vector3<f64>] {
        &self.vertices
    }

    /// Their places in the photograph.
    pub(crate) fn texels(&self) -> &[Vector2<f64>] {
        &self.texels
    }

    /// A picture of the head.
    pub fn render(&self, pose: &HeadPose) -> Frame {
        let mut canvas = Canvas::new(Self::SIZE.0, Self::SIZE.1, Self::FOV_DEG, BACKGROUND);
        let appearance = Appearance {
            vertices: self.vertices.clone(),
            texels: self.texels.clone(),
            light: [1.0; 3],
            within: [1.0; 2],
        };
        let position = Vector3::new(pose.right_cm, 0.0, -pose.distance_cm);
        self.draw(&mut canvas, &pose.degrees, &position, &appearance);
        canvas.into_frame()
    }

    /// Draws the head with its origin at `position`, in centimetres before the camera.
    pub(crate) fn draw(
        &self,
        canvas: &mut Canvas,
        degrees: &PoseDegrees,
        position: &Vector3<f64>,
        appearance: &Appearance,
    ) {
        let rotation = rotation_of(degrees);
        let vertices = self.with_middles(&appearance.vertices);
        let tint = appearance.light.map(|factor| factor as f32);
        let lit = |color: [f64; 3]| std::array::from_fn(|i| color[i] * appearance.light[i]);
        let mut face = |triangle: [usize; 3], tint: [f32; 3]| {
            let corners = triangle.map(|v| Corner {
                position: rotation * vertices[v] + position,
                texel: appearance.texels[v],
            });
            canvas.triangle(&corners, Paint::Texture(&self.photo, tint));
        };
        for triangle in &self.triangles {
            face(*triangle, tint);
        }
        for fan in &self.fans {
            let is_mouth = fan.ring.contains(&LIP);
            let tint = tint.map(|v| v * appearance.within[usize::from(is_mouth)]);
            for (i, &v) in fan.ring.iter().enumerate() {
                face([v, fan.ring[(i + 1) % fan.ring.len()], fan.middle], tint);
            }
        }
        self.draw_sides(canvas, &rotation, position, &vertices, tint);
        self.draw_body(canvas, &rotation, position, &lit);
    }

    /// The vertices with each hole's middle where its ring is now.
    fn with_middles(&self, vertices: &[Vector3<f64>]) -> Vec<Vector3<f64>> {
        let mut moved = vertices.to_vec();
        for fan in &self.fans {
            let sum = fan.ring.iter().map(|&v| vertices[v]).sum::<Vector3<f64>>();
            moved[fan.middle] = sum / fan.ring.len() as f64;
        }
        moved
    }

    /// Hair, ears, neck and shoulders.
    fn draw_body(
        &self,
        canvas: &mut Canvas,
        rotation: &Rotation3<f64>,
        position: &Vector3<f64>,
        lit: &dyn Fn([f64; 3]) -> [f64; 3],
    ) {
        let (skin, hair_color, clothes) = (lit(self.skin()), lit(HAIR), lit(CLOTHES));
        let hair = Ellipsoid {
            centre: Vector3::new(0.0, 1.5, -6.5),
            radii: Vector3::new(8.0, 11.0, 9.5),
        };
        let is_hair = |p: &Vector3<f64>| p.y > 7.0 || p.z < -6.5 && p.y > -6.0;
        hair.draw(canvas, rotation, position, |p| {
            is_hair(p).then_some(hair_color)
        });
        for side in [-1.0, 1.0] {
            let ear = Ellipsoid {
                centre: Vector3::new(side * 7.8, 0.5, -8.0),
                radii: Vector3::new(0.9, 3.2, 1.7),
            };
            ear.draw(canvas, rotation, position, |_| Some(skin));
        }
        let upright = Rotation3::identity();
        let neck = Ellipsoid {
            centre: Vector3::new(0.0, -12.0, -9.0),
            radii: Vector3::new(5.0, 12.0, 5.0),
        };
        neck.draw(canvas, &upright, position, |_| Some(skin));
        let shoulders = Ellipsoid {
            centre: Vector3::new(0.0, -27.0, -9.0),
            radii: Vector3::new(21.0, 10.0, 9.0),
        };
        shoulders.draw(canvas, &upright, position, |_| Some(clothes));
    }

    /// Continues the outline of the face straight back to ears and hair, in its own colours.
    fn draw_sides(
        &self,
        canvas: &mut Canvas,
        rotation: &Rotation3<f64>,
        position: &Vector3<f64>,
        vertices: &[Vector3<f64>],
        tint: [f32; 3],
    ) {
        for i in 0..self.outline.len() {
            let edge = [self.outline[i], self.outline[(i + 1) % self.outline.len()]];
            let corner = |v: usize, back: f64| {
                let p = vertices[v];
                let behind = Vector3::new(p.x * (1.0 + 0.04 * back), p.y, p.z - 5.0 * back);
                Corner {
                    position: rotation * behind + position,
                    texel: self.texels[v],
                }
            };
            let [a, b] = edge.map(|v| corner(v, 0.0));
            let [c, d] = edge.map(|v| corner(v, 1.0));
            canvas.triangle(&[a, b, c], Paint::Texture(&self.photo, tint));
            canvas.triangle(&[b, c, d], Paint::Texture(&self.photo, tint));
        }
    }

    fn skin(&self) -> [f64; 3] {
        let texel = self.texels[CHEEK];
        let at = (texel.y as usize * self.photo.width() as usize + texel.x as usize) * 3;
        std::array::from_fn(|c| f64::from(self.photo.rgb()[at + c]))
    }
}

pub(crate) fn rotation_of(degrees: &PoseDegrees) -> Rotation3<f64> {
    Rotation3::from_axis_angle(&Vector3::y_axis(), degrees.yaw.to_radians())
        * Rotation3::from_axis_angle(&Vector3::x_axis(), -degrees.pitch.to_radians())
        * Rotation3::from_axis_angle(&Vector3::z_axis(), -degrees.roll.to_radians())
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
        color: impl Fn(&Vector3<f64>) -> Option<[f64; 3]>,
    ) {
        let point = |ring: usize, sector: usize| {
            let polar = std::f64::consts::PI * ring as f64 / Self::RINGS as f64;
            let turn = std::f64::consts::TAU * sector as f64 / Self::SECTORS as f64;
            let direction = Vector3::new(
                polar.sin() * turn.cos(),
                polar.cos(),
                polar.sin() * turn.sin(),
            );
            self.centre + self.radii.component_mul(&direction)
        };
        for ring in 0..Self::RINGS {
            for sector in 0..Self::SECTORS {
                let quad =
                    [(0, 0), (0, 1), (1, 1), (1, 0)].map(|(r, s)| point(ring + r, sector + s));
                let Some(color) = color(&((quad[0] + quad[2]) / 2.0)) else {
                    continue;
                };
                let paint = Paint::Plain(color);
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
    let edges = || {
        triangles
            .iter()
            .flat_map(|&[a, b, c]| [(a, b), (b, c), (c, a)])
    };
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
