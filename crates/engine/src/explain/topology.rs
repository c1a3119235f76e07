//! Which vertices of MediaPipe's face mesh make up what is drawn.

use std::sync::OnceLock;

/// Outline of the eye at the left in the image (the person's right), from the outer corner on.
pub(super) const LEFT_EYE: [usize; 16] = [
    33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7,
];
/// Outline of the eye at the right in the image, from the outer corner on.
pub(super) const RIGHT_EYE: [usize; 16] = [
    263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249,
];
/// Tip of the nose.
pub(super) const NOSE_TIP: usize = 1;

/// The edges of the mesh, each once, as pairs of vertices.
pub(super) fn mesh_edges() -> &'static [[usize; 2]] {
    static EDGES: OnceLock<Vec<[usize; 2]>> = OnceLock::new();
    EDGES.get_or_init(|| {
        let mut edges: Vec<[usize; 2]> = include_str!("../canonical_triangles.csv")
            .lines()
            .filter_map(triangle)
            .flat_map(|[a, b, c]| [[a, b], [b, c], [c, a]])
            .map(|[a, b]| [a.min(b), a.max(b)])
            .collect();
        edges.sort_unstable();
        edges.dedup();
        edges
    })
}

fn triangle(line: &str) -> Option<[usize; 3]> {
    let mut corners = line.split(',').map(|c| c.trim().parse::<usize>());
    let triangle = [
        corners.next()?.ok()?,
        corners.next()?.ok()?,
        corners.next()?.ok()?,
    ];
    let known = triangle.iter().all(|&c| c < crate::Landmarks::COUNT);
    known.then_some(triangle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mesh_is_one_sheet_over_all_vertices() {
        let edges = mesh_edges();
        let mut seen = [false; crate::Landmarks::COUNT];
        edges.iter().flatten().for_each(|&v| seen[v] = true);
        assert!(seen.iter().all(|s| *s));
        // Euler: a sheet of 468 vertices with eye and mouth holes has between 1000 and 1500 edges.
        assert!((1000..1500).contains(&edges.len()), "{}", edges.len());
    }
}
