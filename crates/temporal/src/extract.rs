//! What can be measured from one frame's pixels and mesh without the engine.

use crate::{Landmarks, LumaGrid, SkinColours};

/// A grey picture that somebody else holds, rows from the top without padding.
#[derive(Clone, Copy, Debug)]
pub struct Luma<'a> {
    width: usize,
    height: usize,
    values: &'a [u8],
}

impl<'a> Luma<'a> {
    /// `None` unless the values fill the picture, which has at least one pixel.
    pub fn new(width: usize, height: usize, values: &'a [u8]) -> Option<Self> {
        let fits = width.checked_mul(height)? == values.len() && !values.is_empty();
        fits.then_some(Self {
            width,
            height,
            values,
        })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// All values, row by row.
    pub fn values(&self) -> &'a [u8] {
        self.values
    }
}

/// An sRGB picture that somebody else holds, `RGBRGB...`, rows from the top without padding.
#[derive(Clone, Copy, Debug)]
pub struct Rgb<'a> {
    width: usize,
    height: usize,
    bytes: &'a [u8],
}

impl<'a> Rgb<'a> {
    /// `None` unless the bytes fill the picture, which has at least one pixel.
    pub fn new(width: usize, height: usize, bytes: &'a [u8]) -> Option<Self> {
        let fits = width.checked_mul(height)?.checked_mul(3)? == bytes.len() && !bytes.is_empty();
        fits.then_some(Self {
            width,
            height,
            bytes,
        })
    }
}

/// A digest of decoded pixels: equal bytes have equal digests, others hardly ever. It is no secret
/// and no proof; who wants two frames with one digest can make them.
pub fn frame_digest(bytes: &[u8]) -> u64 {
    /// From the golden ratio, as in Fibonacci hashing (Knuth, TAOCP 3, 6.4).
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |digest: u64, word: u64| {
        let mixed = (digest ^ word).wrapping_mul(FACTOR);
        mixed ^ (mixed >> 29)
    };
    let mut words = bytes.chunks_exact(8);
    let mut digest = mix(FACTOR, bytes.len() as u64);
    for word in &mut words {
        let mut value = [0; 8];
        value.copy_from_slice(word);
        digest = mix(digest, u64::from_le_bytes(value));
    }
    for byte in words.remainder() {
        digest = mix(digest, u64::from(*byte));
    }
    digest
}

/// Mean luma of `columns` times `rows` equal cells; `None` for a picture with fewer pixels.
pub fn luma_grid(luma: &Luma, columns: usize, rows: usize) -> Option<LumaGrid> {
    if columns == 0 || rows == 0 || luma.width < columns || luma.height < rows {
        return None;
    }
    // The first pixel of each column or row of cells, and the end: pixel x belongs to cell x * cells / size.
    let edges =
        |cells: usize, size: usize| Vec::from_iter((0..=cells).map(|c| (c * size).div_ceil(cells)));
    let (across, down) = (edges(columns, luma.width), edges(rows, luma.height));
    let mut means = Vec::with_capacity(columns * rows);
    let mut sums = vec![0_u32; luma.width];
    for y in down.array_windows::<2>() {
        sums.fill(0);
        let lines = luma.values.get(y[0] * luma.width..y[1] * luma.width)?;
        for line in lines.chunks_exact(luma.width) {
            let pixels = sums.iter_mut().zip(line);
            pixels.for_each(|(sum, value)| *sum += u32::from(*value));
        }
        for x in across.array_windows::<2>() {
            let sum = sums.get(x[0]..x[1])?.iter().sum::<u32>();
            means.push(sum as f32 / ((x[1] - x[0]) * (y[1] - y[0])) as f32);
        }
    }
    LumaGrid::new(columns, means)
}

/// Between brows and hairline.
const FOREHEAD: [usize; 14] = [
    104, 69, 108, 151, 337, 299, 333, 334, 296, 336, 9, 107, 66, 105,
];
/// Under the eye, beside the nose; left in the image, then right.
const CHEEKS: [[usize; 9]; 2] = [
    [116, 117, 118, 101, 36, 205, 187, 147, 123],
    [345, 346, 347, 330, 266, 425, 411, 376, 352],
];
/// Pixels under which a mean is mostly noise.
const MIN_PIXELS: usize = 64;
/// Share of a region that must lie inside the frame.
const MIN_INSIDE: f64 = 0.8;

/// Mean colours of the skin regions; the mesh is in pixels of the picture.
pub fn skin_colours(rgb: &Rgb, landmarks: &Landmarks) -> SkinColours {
    let mean = |region: &[usize]| {
        let corners: Vec<[f64; 2]> = region
            .iter()
            .map(|v| {
                let [x, y, _] = landmarks.at(*v);
                [x, y]
            })
            .collect();
        mean_inside(rgb, &corners)
    };
    SkinColours {
        forehead: mean(&FOREHEAD),
        left_cheek: mean(&CHEEKS[0]),
        right_cheek: mean(&CHEEKS[1]),
    }
}

/// Mean colour of the pixels whose centres lie inside a polygon, by the even-odd rule.
fn mean_inside(rgb: &Rgb, corners: &[[f64; 2]]) -> Option<[f64; 3]> {
    let (mut sums, mut count, mut outside) = ([0_u64; 3], 0_usize, 0_usize);
    let top = corners.iter().map(|c| c[1]).fold(f64::MAX, f64::min);
    let bottom = corners.iter().map(|c| c[1]).fold(f64::MIN, f64::max);
    let height = rgb.height as f64;
    // A mesh far outside must not cost a walk over millions of rows.
    if (bottom - top).is_nan() || bottom - top > 2.0 * height {
        return None;
    }
    for y in top.floor() as i64..=bottom.ceil() as i64 {
        let centre = y as f64 + 0.5;
        let mut crossings: Vec<f64> = corners
            .iter()
            .zip(corners.iter().cycle().skip(1))
            .filter(|(a, b)| (a[1] <= centre) != (b[1] <= centre))
            .map(|(a, b)| a[0] + (centre - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
            .collect();
        crossings.sort_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let from = (pair[0] - 0.5).ceil().max(0.0) as usize;
            let to = ((pair[1] - 0.5).ceil().max(0.0) as usize).min(rgb.width);
            let length = (pair[1] - pair[0]).round().max(0.0) as usize;
            let row = usize::try_from(y).ok().filter(|y| *y < rgb.height);
            let Some(start) = row.map(|y| y * rgb.width) else {
                outside += length;
                continue;
            };
            let pixels = rgb
                .bytes
                .get((start + from) * 3..(start + to.max(from)) * 3);
            let pixels = if from < to {
                pixels.unwrap_or(&[])
            } else {
                &[]
            };
            for pixel in pixels.chunks_exact(3) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += u64::from(*value);
                }
            }
            count += pixels.len() / 3;
            outside += length.saturating_sub(pixels.len() / 3 + 1);
        }
    }
    let inside = count as f64 / (count + outside).max(1) as f64;
    (count >= MIN_PIXELS && inside >= MIN_INSIDE).then(|| sums.map(|sum| sum as f64 / count as f64))
}

/// How much wider than the mesh hair and ears are taken to be, in widths and heights of the mesh.
const HEAD_MARGIN: f64 = 0.45;
/// Half width of the shoulders in widths of the mesh.
const SHOULDERS: f64 = 1.6;

/// What is neither head, with its hair, nor shoulders below: where corners are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Background {
    /// Left, top, right and bottom of the head.
    head: [f64; 4],
    /// Left, top and right of the body, which has no bottom.
    body: [f64; 3],
}

impl Background {
    /// Around a mesh, in its pixels.
    pub fn around(landmarks: &Landmarks) -> Self {
        let [left, top, right, bottom] = landmarks.bounds();
        let (width, height) = (right - left, bottom - top);
        let (across, up) = (HEAD_MARGIN * width, HEAD_MARGIN * height);
        let middle = (left + right) / 2.0;
        let shoulders = SHOULDERS * width;
        Self {
            head: [left - across, top - up, right + across, bottom + up],
            body: [
                middle - shoulders,
                bottom - 0.1 * height,
                middle + shoulders,
            ],
        }
    }

    /// Whether a place belongs to it.
    pub fn contains(&self, x: f64, y: f64) -> bool {
        let [left, top, right, bottom] = self.head;
        let head = (left..right).contains(&x) && (top..bottom).contains(&y);
        let body = y > self.body[1] && (self.body[0]..self.body[2]).contains(&x);
        !(head || body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{HeadState, SIZE, face_of};

    #[test]
    fn digests_tell_the_smallest_change_and_the_length() {
        let frame: Vec<u8> = (0..1003).map(|i| (i * 7 % 251) as u8).collect();
        let digest = frame_digest(&frame);
        assert_eq!(digest, frame_digest(&frame.clone()));
        for at in [0, 500, 1002] {
            let mut other = frame.clone();
            other[at] ^= 1;
            assert_ne!(digest, frame_digest(&other), "{at}");
        }
        assert_ne!(frame_digest(&[0; 8]), frame_digest(&[0; 16]));
        assert_ne!(frame_digest(&[]), frame_digest(&[0]));
    }

    #[test]
    fn cells_have_their_means() {
        let values: Vec<u8> = (0..10 * 9)
            .map(|i| if i % 10 < 5 { 10 } else { 30 } + if i / 10 < 3 { 0 } else { 100 })
            .collect();
        let grid = luma_grid(&Luma::new(10, 9, &values).unwrap(), 2, 3).unwrap();
        assert_eq!(grid.means(), [10.0, 30.0, 110.0, 130.0, 110.0, 130.0]);
        let small = Luma::new(1, 1, &[5]).unwrap();
        assert!(luma_grid(&small, 2, 1).is_none() && luma_grid(&small, 0, 1).is_none());
        assert!(Luma::new(2, 2, &[0; 3]).is_none() && Luma::new(0, 0, &[]).is_none());
        assert!(Rgb::new(usize::MAX, 2, &[0; 3]).is_none());
    }

    fn painted(colour: impl Fn(usize, usize) -> [u8; 3]) -> Vec<u8> {
        let [width, height] = SIZE.map(|s| s as usize);
        let pixels = (0..width * height).flat_map(|i| colour(i % width, i / width));
        pixels.collect()
    }

    #[test]
    fn regions_have_the_colour_that_is_there() {
        let [width, height] = SIZE.map(|s| s as usize);
        // The middle of the face is at the middle of the frame.
        let bytes = painted(|x, y| match (y < height / 2, x < width / 2) {
            (true, _) => [200, 150, 120],
            (false, true) => [100, 50, 20],
            (false, false) => [90, 40, 10],
        });
        let rgb = Rgb::new(width, height, &bytes).unwrap();
        let face = face_of(&HeadState {
            up_cm: -1.7,
            ..HeadState::default()
        });
        let found = skin_colours(&rgb, &face);
        assert_eq!(found.forehead, Some([200.0, 150.0, 120.0]));
        assert_eq!(found.left_cheek, Some([100.0, 50.0, 20.0]));
        assert_eq!(found.right_cheek, Some([90.0, 40.0, 10.0]));
    }

    #[test]
    fn regions_outside_the_frame_have_none() {
        let [width, height] = SIZE.map(|s| s as usize);
        let bytes = painted(|_, _| [9; 3]);
        let rgb = Rgb::new(width, height, &bytes).unwrap();
        let side = face_of(&HeadState {
            right_cm: -20.7,
            ..HeadState::default()
        });
        let found = skin_colours(&rgb, &side);
        assert_eq!(found.left_cheek, None);
        let far = side.map(|i, [x, y, z]| if i == 116 { [x, 3e30, z] } else { [x, y, z] });
        assert_eq!(skin_colours(&rgb, &far).left_cheek, None);
        let tiny = face_of(&HeadState {
            distance_cm: 900.0,
            ..HeadState::default()
        });
        assert_eq!(skin_colours(&rgb, &tiny), SkinColours::default());
    }

    #[test]
    fn the_background_is_beside_the_head() {
        let background = Background::around(&face_of(&HeadState::default()));
        assert!(!background.contains(360.0, 480.0) && !background.contains(360.0, 940.0));
        assert!(background.contains(20.0, 300.0) && background.contains(700.0, 300.0));
    }
}
