//! A 64-bit fingerprint that near copies of a picture share.
//!
//! The hash by cosine transform of Zauner, "Implementation and Benchmarking of Perceptual Image
//! Hash Functions" (2010): the luma is averaged down to 32x32, transformed, and each of the 8x8
//! lowest frequencies, the mean and the pure rows and columns left out, gives one bit: whether it
//! is above the median of the 64. So half the bits are set, and distances are nearly always even.
//! The hash follows the coarse layout of light and dark; changes of size, compression, brightness
//! and contrast hardly move it.
//!
//! It does not follow mirroring, rotation or cropping, and it is no secret: who has a picture can
//! make another with the same hash. On 4,202 development pictures (`examples/hash_distances.rs`)
//! 99.8 % of copies at 70 % of the size and JPEG quality 80 stay within 3 bits, and none of 8.1
//! million pairs of different sources comes that near. But neighbouring frames of one recording
//! do in 9 % of cases, in up to 44 % where the camera stands still: within 3 bits is *the same
//! picture or the same moment*, not proof of a copy.

use std::sync::LazyLock;

use lifesign_media::Gray;

/// Side of the averaged picture.
const SIDE: usize = 32;

/// Frequencies that are kept each way, from the first above the mean.
const KEPT: usize = 8;

/// Bits after the point of an averaged luma.
const LUMA_BITS: u32 = 8;

/// Bits after the point of a cosine. With 16 bits of luma and two sums of 32 terms, 54 of an
/// `i64` are used.
const COSINE_BITS: u32 = 14;

/// Row `k - 1` is the cosine of frequency `k`. Integers make every later step exact, so that all
/// machines agree on every bit, also where a coefficient is exactly the median.
static COSINES: LazyLock<[[i64; SIDE]; KEPT]> = LazyLock::new(|| {
    std::array::from_fn(|k| {
        std::array::from_fn(|x| {
            let angle =
                (2 * x + 1) as f64 * (k + 1) as f64 * std::f64::consts::PI / (2 * SIDE) as f64;
            (angle.cos() * f64::from(1 << COSINE_BITS)).round() as i64
        })
    })
});

/// The fingerprint of an upright picture's luma. Two pictures are alike if their fingerprints
/// differ in few bits, `(a ^ b).count_ones()`; unrelated ones differ in about 32. A picture
/// without any structure has the fingerprint 0.
pub fn perceptual_hash(luma: &Gray) -> u64 {
    let averaged = averaged(luma);
    let coefficients = lowest_frequencies(&averaged);
    let mut sorted = coefficients;
    sorted.sort_unstable();
    let middle = sorted.len() / 2;
    // Twice the median, which spares the division.
    let median = sorted[middle - 1] + sorted[middle];
    coefficients
        .iter()
        .fold(0, |hash, c| hash << 1 | u64::from(2 * c > median))
}

/// 32x32 means over equal areas, with [`LUMA_BITS`] after the point.
fn averaged(luma: &Gray) -> [[i64; SIDE]; SIDE] {
    let columns = shares(luma.width() as usize);
    let rows = shares(luma.height() as usize);
    let mut sums = [[0_u64; SIDE]; SIDE];
    for (y, row) in luma.rows().enumerate() {
        let reduced = columns.each_ref().map(|share| share.of(row));
        for (cell, share) in sums.iter_mut().zip(&rows) {
            let weight = share.weight(y);
            if weight > 0 {
                for (sum, value) in cell.iter_mut().zip(&reduced) {
                    *sum += weight * value;
                }
            }
        }
    }
    let area = u64::from(luma.width()) * u64::from(luma.height());
    sums.map(|row| row.map(|sum| (((sum << LUMA_BITS) + area / 2) / area) as i64))
}

/// The part of a line of pixels that one of [`SIDE`] equal cells covers. A pixel that is covered
/// whole weighs [`SIDE`].
struct Share {
    whole: std::ops::Range<usize>,
    /// Pixels at the ends that are covered in part, with their weights; a weight may be 0.
    ends: [(usize, u64); 2],
}

/// Divides `length` pixels among the cells. In units of 1/32 pixel each cell is `length` long.
fn shares(length: usize) -> [Share; SIDE] {
    std::array::from_fn(|cell| {
        let (start, end) = (cell * length, (cell + 1) * length);
        let (first, last) = (start.div_ceil(SIDE), end / SIDE);
        if first > last {
            // Less than a pixel, and inside one.
            return Share {
                whole: 0..0,
                ends: [(last, length as u64), (last, 0)],
            };
        }
        Share {
            whole: first..last,
            ends: [
                (first.saturating_sub(1), (first * SIDE - start) as u64),
                (last.min(length - 1), (end - last * SIDE) as u64),
            ],
        }
    })
}

impl Share {
    fn of(&self, row: &[u8]) -> u64 {
        let whole: u32 = row[self.whole.clone()].iter().map(|v| u32::from(*v)).sum();
        let ends = self.ends.iter().map(|(x, w)| w * u64::from(row[*x]));
        u64::from(whole) * SIDE as u64 + ends.sum::<u64>()
    }

    fn weight(&self, pixel: usize) -> u64 {
        if self.whole.contains(&pixel) {
            return SIDE as u64;
        }
        let ends = self.ends.iter().filter(|(x, _)| *x == pixel);
        ends.map(|(_, weight)| weight).sum()
    }
}

/// The 8x8 lowest frequencies of the cosine transform, row by row, without a common factor.
fn lowest_frequencies(picture: &[[i64; SIDE]; SIDE]) -> [i64; KEPT * KEPT] {
    let dot = |a: &[i64; SIDE], b: &[i64; SIDE]| a.iter().zip(b).map(|(a, b)| a * b).sum::<i64>();
    let across = picture.map(|row| COSINES.each_ref().map(|wave| dot(&row, wave)));
    std::array::from_fn(|i| {
        let column = across.map(|row| row[i % KEPT]);
        dot(&column, &COSINES[i / KEPT])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::jpeg::JpegEncoder;
    use image::{ExtendedColorType, ImageEncoder};
    use lifesign_media::{Frame, Limits, decode};
    use lifesign_numeric::{Region, resample_rgb};
    use lifesign_testkit::{SCENES, faceless_scene};
    use proptest::prelude::*;

    fn hash(frame: &Frame) -> u64 {
        perceptual_hash(&frame.luma())
    }

    fn distance(a: &Frame, b: &Frame) -> u32 {
        (hash(a) ^ hash(b)).count_ones()
    }

    /// Scenes with a coarse layout; noise and the like have none to recognise.
    fn scenes() -> impl Iterator<Item = (usize, Frame)> {
        const COARSE: &[&str] = &[
            "clouds", "hills", "sea", "trees", "houses", "shapes", "bubbles",
        ];
        (0..4 * SCENES.len())
            .filter(|i| COARSE.contains(&SCENES[i % SCENES.len()]))
            .map(|i| (i, faceless_scene(i)))
    }

    /// Whether the darkest and the brightest twentieth of the pixels are far enough apart for
    /// anything to be recognised.
    fn has_contrast(frame: &Frame) -> bool {
        let mut luma = frame.luma().data().to_vec();
        luma.sort_unstable();
        luma[luma.len() * 19 / 20] - luma[luma.len() / 20] >= 16
    }

    fn re_encoded(frame: &Frame, quality: u8) -> Frame {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, quality)
            .write_image(
                frame.rgb(),
                frame.width(),
                frame.height(),
                ExtendedColorType::Rgb8,
            )
            .unwrap();
        decode(&bytes, &Limits::default()).unwrap().frame
    }

    fn scaled(frame: &Frame, factor: f64) -> Frame {
        let size = (frame.width(), frame.height());
        let whole = Region {
            x: 0.0,
            y: 0.0,
            width: f64::from(size.0),
            height: f64::from(size.1),
        };
        let target = [size.0, size.1].map(|side| (f64::from(side) * factor).round() as u32);
        let rgb = resample_rgb(frame.rgb(), size, whole, (target[0], target[1])).unwrap();
        Frame::new(target[0], target[1], rgb).unwrap()
    }

    fn shaded(frame: &Frame, gain: f64, offset: f64) -> Frame {
        let shade = |v: &u8| (f64::from(*v) * gain + offset).clamp(0.0, 255.0) as u8;
        let rgb = frame.rgb().iter().map(shade).collect();
        Frame::new(frame.width(), frame.height(), rgb).unwrap()
    }

    /// A few copies go further: a frequency close to the median needs little to cross it, and
    /// then another crosses the other way. A picture with hardly any contrast has many such.
    #[test]
    fn near_copies_are_near() {
        let mut far = Vec::new();
        let mut copies_seen = 0;
        for (i, scene) in scenes().filter(|(_, scene)| has_contrast(scene)) {
            let copies = [
                ("quality 80", re_encoded(&scene, 80)),
                ("quality 50", re_encoded(&scene, 50)),
                ("70 %", scaled(&scene, 0.7)),
                ("150 %", scaled(&scene, 1.5)),
                ("brighter", shaded(&scene, 1.0, 12.0)),
                ("less contrast", shaded(&scene, 0.7, 20.0)),
                ("both", re_encoded(&scaled(&scene, 0.7), 80)),
            ];
            for (change, copy) in copies {
                let distance = distance(&scene, &copy);
                assert!(distance <= 6, "scene {i}, {change}: {distance} bits");
                if distance > 3 {
                    far.push((i, change, distance));
                }
                copies_seen += 1;
            }
        }
        assert!(copies_seen > 100);
        assert!(far.len() * 50 <= copies_seen, "over 2 %: {far:?}");
    }

    #[test]
    fn different_scenes_are_far() {
        let all: Vec<_> = scenes().collect();
        for (n, (i, a)) in all.iter().enumerate() {
            for (j, b) in &all[n + 1..] {
                let distance = distance(a, b);
                assert!(distance >= 10, "scenes {i} and {j}: {distance} bits");
            }
        }
    }

    #[test]
    fn half_the_bits_are_set_and_none_of_a_flat_picture() {
        for (i, scene) in scenes() {
            let ones = hash(&scene).count_ones();
            assert!((30..=32).contains(&ones), "scene {i}: {ones}");
        }
        for (width, height) in [(1, 1), (1, 500), (31, 33), (640, 480)] {
            let flat = Gray::new(width, height, vec![77; (width * height) as usize]).unwrap();
            assert_eq!(perceptual_hash(&flat), 0, "{width} x {height}");
        }
    }

    /// The first was computed by a few lines of Python with fractions and floating cosines.
    #[test]
    fn known_pictures_have_known_hashes_on_every_machine() {
        let waves = |x: u32, y: u32| (x * x / 7 + y * 3 + x * y / 5) as u8;
        let data = (0..60 * 45).map(|i| waves(i % 60, i / 60)).collect();
        let plane = Gray::new(60, 45, data).unwrap();
        assert_eq!(
            format!("{:016x}", perceptual_hash(&plane)),
            "1e39736655452575"
        );
        let scene = faceless_scene(5);
        assert_eq!(format!("{:016x}", hash(&scene)), "0872f90df6e007be");
    }

    proptest! {
        #[test]
        fn the_cells_share_all_pixels_evenly(length in 1_usize..3000) {
            let shares = shares(length);
            let ones = vec![1; length];
            for share in &shares {
                prop_assert_eq!(share.of(&ones), length as u64);
            }
            for pixel in 0..length {
                let weight: u64 = shares.iter().map(|s| s.weight(pixel)).sum();
                prop_assert_eq!(weight, SIDE as u64);
            }
        }
    }
}
