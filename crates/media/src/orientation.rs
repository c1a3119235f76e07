//! Turning a stored raster upright by the EXIF tag `Orientation` (CIPA DC-008, 4.6.5.1.6).

use crate::decode::Raster;
use crate::plane::Plane;

/// Where the first row and first column of the stored raster belong in the upright picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Orientation {
    /// 1: stored upright.
    #[default]
    Upright,
    /// 2: mirrored left to right.
    MirroredHorizontally,
    /// 3: upside down.
    Rotated180,
    /// 4: mirrored top to bottom.
    MirroredVertically,
    /// 5: mirrored along the main diagonal.
    Transposed,
    /// 6: to be turned clockwise by 90 degrees (a phone held upright).
    Rotate90,
    /// 7: mirrored along the other diagonal.
    Transversed,
    /// 8: to be turned counter-clockwise by 90 degrees.
    Rotate270,
}

impl Orientation {
    /// From the tag's value; anything but 1 to 8 says nothing and counts as upright.
    pub(crate) fn from_exif(value: u32) -> Self {
        match value {
            2 => Self::MirroredHorizontally,
            3 => Self::Rotated180,
            4 => Self::MirroredVertically,
            5 => Self::Transposed,
            6 => Self::Rotate90,
            7 => Self::Transversed,
            8 => Self::Rotate270,
            _ => Self::Upright,
        }
    }
}

/// The upright raster. Orientation 1 costs nothing, 2 to 4 work in place, 5 to 8 need a copy.
pub(crate) fn upright(mut raster: Raster, orientation: Orientation) -> Raster {
    let row_bytes = raster.width as usize * 3;
    match orientation {
        Orientation::Upright => {}
        Orientation::MirroredHorizontally => {
            raster
                .rgb
                .bytes_mut()
                .chunks_exact_mut(row_bytes)
                .for_each(reverse_pixels);
        }
        Orientation::Rotated180 => reverse_pixels(raster.rgb.bytes_mut()),
        Orientation::MirroredVertically => reverse_rows(raster.rgb.bytes_mut(), row_bytes),
        Orientation::Transposed => raster = transposed(&raster),
        Orientation::Rotate90 => {
            raster = transposed(&raster);
            let row_bytes = raster.width as usize * 3;
            raster
                .rgb
                .bytes_mut()
                .chunks_exact_mut(row_bytes)
                .for_each(reverse_pixels);
        }
        Orientation::Transversed => {
            reverse_pixels(raster.rgb.bytes_mut());
            raster = transposed(&raster);
        }
        Orientation::Rotate270 => {
            raster = transposed(&raster);
            let row_bytes = raster.width as usize * 3;
            reverse_rows(raster.rgb.bytes_mut(), row_bytes);
        }
    }
    raster
}

fn reverse_pixels(rgb: &mut [u8]) {
    rgb.as_chunks_mut::<3>().0.reverse();
}

fn reverse_rows(rgb: &mut [u8], row_bytes: usize) {
    let mut rows = rgb.chunks_exact_mut(row_bytes);
    while let (Some(top), Some(bottom)) = (rows.next(), rows.next_back()) {
        top.swap_with_slice(bottom);
    }
}

/// Rows become columns, in square tiles that fit the first-level cache.
fn transposed(raster: &Raster) -> Raster {
    const TILE: usize = 32;
    let (width, height) = (raster.width as usize, raster.height as usize);
    let from = raster.rgb.as_chunks::<3>().0;
    let mut rgb = Plane::zeroed(raster.rgb.len());
    let to = rgb.bytes_mut().as_chunks_mut::<3>().0;
    for top in (0..height).step_by(TILE) {
        let bottom = (top + TILE).min(height);
        for left in (0..width).step_by(TILE) {
            for x in left..(left + TILE).min(width) {
                let column = &mut to[x * height + top..x * height + bottom];
                for (y, pixel) in (top..).zip(column) {
                    *pixel = from[y * width + x];
                }
            }
        }
    }
    Raster {
        width: raster.height,
        height: raster.width,
        rgb,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pixel values 1 to 6 in two rows, each spread over three channels.
    fn stored() -> Raster {
        Raster {
            width: 3,
            height: 2,
            rgb: Vec::from_iter([1, 2, 3, 4, 5, 6].into_iter().flat_map(|v| [v; 3])).into(),
        }
    }

    #[test]
    fn each_value_puts_the_first_row_and_column_where_exif_says() {
        let cases: [(u32, u32, [u8; 6]); 10] = [
            (0, 3, [1, 2, 3, 4, 5, 6]),
            (1, 3, [1, 2, 3, 4, 5, 6]),
            (2, 3, [3, 2, 1, 6, 5, 4]),
            (3, 3, [6, 5, 4, 3, 2, 1]),
            (4, 3, [4, 5, 6, 1, 2, 3]),
            (5, 2, [1, 4, 2, 5, 3, 6]),
            (6, 2, [4, 1, 5, 2, 6, 3]),
            (7, 2, [6, 3, 5, 2, 4, 1]),
            (8, 2, [3, 6, 2, 5, 1, 4]),
            (9, 3, [1, 2, 3, 4, 5, 6]),
        ];
        for (value, width, expected) in cases {
            let turned = upright(stored(), Orientation::from_exif(value));
            let pixels: Vec<u8> = turned.rgb.chunks_exact(3).map(|p| p[0]).collect();
            assert_eq!(
                (turned.width, turned.height),
                (width, 6 / width),
                "orientation {value}"
            );
            assert_eq!(pixels, expected, "orientation {value}");
        }
    }

    #[test]
    fn transposing_twice_gives_back_an_image_of_several_tiles() {
        let (width, height) = (70, 45);
        let rgb: Vec<u8> = (0..width * height * 3).map(|i| (i % 251) as u8).collect();
        let raster = Raster {
            width,
            height,
            rgb: rgb.into(),
        };
        let twice = transposed(&transposed(&raster));
        assert_eq!(twice.rgb, raster.rgb);
    }
}
