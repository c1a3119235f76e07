//! Exact search for the nearest of many descriptors.
//!
//! The values lie in one piece of memory, face after face, and every face is compared: 100,000 of them are
//! 51 MB, which memory delivers in a few milliseconds (`crates/engine/examples/face_search.rs` prints how many).

use zeroize::Zeroize;

use crate::Descriptor;

/// Partial sums of a distance, so that the compiler adds whole vectors.
const LANES: usize = 16;

/// Descriptors with a number each. `Debug` shows none; the memory is cleared when it is dropped.
#[derive(Default)]
pub struct FaceIndex {
    numbers: Vec<i64>,
    values: Vec<f32>,
}

/// A face that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Its number.
    pub number: i64,
    /// Its distance from the one that was looked for.
    pub distance: f64,
}

impl FaceIndex {
    /// Bytes of memory that one face takes.
    pub const FACE_BYTES: usize = size_of::<i64>() + Descriptor::LENGTH * size_of::<f32>();

    /// Number of faces.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Makes room for so many faces more, so that no copy of those that are there is left behind.
    pub fn reserve(&mut self, faces: usize) {
        self.numbers.reserve(faces);
        let wanted = self.values.len() + faces * Descriptor::LENGTH;
        if wanted > self.values.capacity() {
            let mut larger = Vec::with_capacity(wanted);
            larger.extend_from_slice(&self.values);
            self.values.zeroize();
            self.values = larger;
        }
    }

    /// Adds a face. Who adds many reserves first.
    pub fn push(&mut self, number: i64, descriptor: &Descriptor) {
        if self.values.len() + Descriptor::LENGTH > self.values.capacity() {
            self.reserve((self.len() / 2).max(64));
        }
        self.numbers.push(number);
        self.values.extend_from_slice(descriptor.values());
    }

    /// Keeps the faces whose number `keep` accepts.
    pub fn retain(&mut self, mut keep: impl FnMut(i64) -> bool) {
        let mut kept = 0;
        for at in 0..self.numbers.len() {
            if !keep(self.numbers[at]) {
                continue;
            }
            self.numbers[kept] = self.numbers[at];
            let from = at * Descriptor::LENGTH;
            let face = from..from + Descriptor::LENGTH;
            self.values.copy_within(face, kept * Descriptor::LENGTH);
            kept += 1;
        }
        self.numbers.truncate(kept);
        let end = kept * Descriptor::LENGTH;
        self.values[end..].zeroize();
        self.values.truncate(end);
    }

    /// Largest number of all faces.
    pub fn last(&self) -> Option<i64> {
        self.numbers.iter().copied().max()
    }

    /// The nearest faces, at most `limit`, none farther away than `farthest`; the nearest first, of equally near
    /// ones the lower number.
    pub fn nearest(&self, wanted: &Descriptor, farthest: f64, limit: usize) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::with_capacity(limit.min(self.len()) + 1);
        // Sums of squares are compared, as long as a face cannot be among the found.
        let mut bound = (farthest * farthest) as f32;
        let faces = self.values.chunks_exact(Descriptor::LENGTH);
        for (&number, face) in self.numbers.iter().zip(faces) {
            let square = squared_distance(wanted.values(), face);
            if square > bound || limit == 0 {
                continue;
            }
            let distance = f64::from(square).sqrt();
            let before = |other: &Found| (other.distance, other.number) < (distance, number);
            let place = found.partition_point(before);
            found.insert(place, Found { number, distance });
            if found.len() > limit {
                found.pop();
                if let Some(last) = found.last() {
                    bound = bound.min((last.distance * last.distance * (1.0 + 1e-6)) as f32);
                }
            }
        }
        found
    }
}

impl std::fmt::Debug for FaceIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FaceIndex({} faces)", self.len())
    }
}

impl Drop for FaceIndex {
    fn drop(&mut self) {
        self.values.zeroize();
    }
}

#[inline]
fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a, b) = (a.as_chunks::<LANES>().0, b.as_chunks::<LANES>().0);
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            let apart = a[lane] - b[lane];
            sums[lane] += apart * apart;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn descriptor(value: f32) -> Descriptor {
        Descriptor::new(&[value; Descriptor::LENGTH]).unwrap()
    }

    /// Faces of one value each, numbered from 1.
    fn index(values: &[f32]) -> FaceIndex {
        let mut index = FaceIndex::default();
        for (number, &value) in (1..).zip(values) {
            index.push(number, &descriptor(value));
        }
        index
    }

    fn numbers(found: &[Found]) -> Vec<i64> {
        found.iter().map(|found| found.number).collect()
    }

    #[test]
    fn the_nearest_come_first_and_the_far_not_at_all() {
        let index = index(&[0.5, 0.1, 0.3, 0.1, -0.1]);
        let found = index.nearest(&descriptor(0.0), f64::INFINITY, 10);
        assert_eq!(numbers(&found), [2, 4, 5, 3, 1]);
        let expected = 0.1 * 128.0_f64.sqrt();
        assert!((found[0].distance - expected).abs() < 1e-5);
        let near = index.nearest(&descriptor(0.0), 2.0, 10);
        assert_eq!(numbers(&near), [2, 4, 5]);
        assert_eq!(numbers(&index.nearest(&descriptor(0.0), 2.0, 1)), [2]);
        assert!(index.nearest(&descriptor(0.0), 2.0, 0).is_empty());
        assert!(index.nearest(&descriptor(9.0), 2.0, 5).is_empty());
        assert!(
            FaceIndex::default()
                .nearest(&descriptor(0.0), 9.0, 5)
                .is_empty()
        );
    }

    #[test]
    fn removed_faces_are_not_found() {
        let mut index = index(&[0.0, 0.1, 0.2, 0.3]);
        index.retain(|number| number != 1 && number != 3);
        assert_eq!(index.len(), 2);
        assert_eq!(index.last(), Some(4));
        let found = index.nearest(&descriptor(0.0), 9.0, 9);
        assert_eq!(numbers(&found), [2, 4]);
        index.push(9, &descriptor(0.0));
        assert_eq!(numbers(&index.nearest(&descriptor(0.0), 9.0, 1)), [9]);
    }

    #[test]
    fn debug_output_shows_no_value() {
        assert_eq!(format!("{:?}", index(&[0.25])), "FaceIndex(1 faces)");
    }

    proptest! {
        #[test]
        fn the_search_finds_what_sorting_all_finds(
            values in prop::collection::vec(-1.0..1.0_f32, 1..80),
            wanted in -1.0..1.0_f32,
            limit in 0..10_usize,
        ) {
            let index = index(&values);
            let wanted = descriptor(wanted);
            let mut all: Vec<(f64, i64)> = (1..)
                .zip(&values)
                .map(|(number, &value)| (descriptor(value).distance(&wanted), number))
                .collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0));
            let found = index.nearest(&wanted, f64::INFINITY, limit);
            prop_assert_eq!(found.len(), limit.min(values.len()));
            for (found, (distance, _)) in found.iter().zip(all) {
                prop_assert!((found.distance - distance).abs() < 1e-4);
            }
        }
    }
}
