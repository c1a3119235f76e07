//! The canonical face: the mean shape of frontal faces, with the mesh's triangles.
//!
//! `tools/derive_canonical_face.py` makes both CSV files and tells how.

use std::sync::LazyLock;

use crate::Landmarks;

const VERTICES: &str = include_str!("canonical_face.csv");
const TRIANGLES: &str = include_str!("canonical_triangles.csv");
const CM_PER_MM: f64 = 0.1;
/// Height of the base of the nose: below it lips, jaw and cheeks move with every expression.
const LOWEST_RIGID_CM: f64 = -3.0;

/// The canonical face, parsed once.
pub static CANONICAL_FACE: LazyLock<CanonicalFace> = LazyLock::new(|| {
    CanonicalFace::parse()
        .unwrap_or_else(|line| panic!("canonical face is invalid at: {line}. This is a bug"))
});

/// Mean shape of frontal faces: symmetric, metric, looking along +z.
#[derive(Clone, Debug)]
pub struct CanonicalFace {
    /// The mesh's 468 vertices in centimetres: x to the image's right, y up, z towards the
    /// camera; the origin is their mean.
    pub vertices: Vec<[f64; 3]>,
    /// For each vertex the one on the other side of the face; itself on the middle line.
    pub mirror: Vec<usize>,
    /// Share of each vertex in head pose: 1 above the mouth, 0 where speech and smiles move it.
    pub weights: Vec<f64>,
    /// Vertex triples, counter-clockwise as seen from the front; eyes and mouth are open.
    pub triangles: Vec<[usize; 3]>,
}

impl CanonicalFace {
    fn parse() -> Result<Self, &'static str> {
        let mut vertices = Vec::with_capacity(Landmarks::COUNT);
        let mut mirror = Vec::with_capacity(Landmarks::COUNT);
        // Rows beyond the mesh are irises, which the 468-point model does not have.
        for line in VERTICES.lines().skip(1).take(Landmarks::COUNT) {
            let [_, x, y, z, other] = numbers::<5>(line).ok_or(line)?;
            vertices.push([x, y, z].map(|mm| mm * CM_PER_MM));
            mirror.push(other as usize);
        }
        let is_rigid = |v: &[f64; 3]| v[1] > LOWEST_RIGID_CM;
        let weights = vertices
            .iter()
            .map(|v| f64::from(u8::from(is_rigid(v))))
            .collect();
        let index = |line: &'static str| {
            let triple = numbers::<3>(line).ok_or(line)?.map(|v| v as usize);
            let known = triple.iter().all(|&v| v < Landmarks::COUNT);
            if known { Ok(triple) } else { Err(line) }
        };
        let triangles = TRIANGLES
            .lines()
            .skip(1)
            .map(index)
            .collect::<Result<_, _>>()?;
        if vertices.len() != Landmarks::COUNT {
            return Err("end of file");
        }
        Ok(Self {
            vertices,
            mirror,
            weights,
            triangles,
        })
    }
}

fn numbers<const N: usize>(line: &str) -> Option<[f64; N]> {
    let values: Option<Vec<f64>> = line.split(',').map(|v| v.trim().parse().ok()).collect();
    values?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_face_is_symmetric_and_of_human_size() {
        let face = &*CANONICAL_FACE;
        for (v, &m) in face.mirror.iter().enumerate() {
            assert_eq!(face.mirror[m], v);
            let (a, b) = (face.vertices[v], face.vertices[m]);
            assert!(
                (a[0] + b[0]).abs() < 1e-3 && (a[1] - b[1]).abs() < 1e-3,
                "{v} {m}"
            );
        }
        // Outer eye corners; adults have 8 to 10 cm from one to the other.
        let width = face.vertices[263][0] - face.vertices[33][0];
        assert!((8.0..10.0).contains(&width), "{width}");
        // Forehead above chin, nose tip in front.
        assert!(face.vertices[10][1] > face.vertices[152][1]);
        assert!(face.vertices[4][2] > face.vertices[10][2]);
    }
}
