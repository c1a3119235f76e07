//! Crops of a frame for the models: a rotated rectangle, sampled straight from the source.
//!
//! Sampling follows MediaPipe's `ImageToTensor` on the CPU, so that landmarks agree: output pixel
//! (i, j) takes the bilinear value at the region's corner plus (i, j) steps, counted in pixel
//! indices (whose integers are pixel centres). The image is never resized as a whole.

use lifesign_media::Frame;

use crate::Point2;

/// A rotated rectangle in pixels of the upright image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Region {
    /// Centre.
    pub(crate) centre: Point2,
    /// Length of the side that lies along x before the rotation.
    pub(crate) width: f32,
    /// Length of the side that lies along y before the rotation.
    pub(crate) height: f32,
    /// Rotation in radians, clockwise as seen in the image.
    pub(crate) rotation_rad: f32,
}

impl Region {
    /// The smallest upright square around a whole image, centred on it: MediaPipe's letterbox.
    pub(crate) fn letterbox(frame: &Frame) -> Self {
        let (width, height) = (frame.width() as f32, frame.height() as f32);
        let side = width.max(height);
        Self {
            centre: Point2 {
                x: width / 2.0,
                y: height / 2.0,
            },
            width: side,
            height: side,
            rotation_rad: 0.0,
        }
    }

    /// From region coordinates (u, v), both in [0, 1] inside, to pixels of the image.
    pub(crate) fn to_image(self, u: f32, v: f32) -> Point2 {
        let (sin, cos) = self.rotation_rad.sin_cos();
        let (dx, dy) = ((u - 0.5) * self.width, (v - 0.5) * self.height);
        Point2 {
            x: self.centre.x + dx * cos - dy * sin,
            y: self.centre.y + dx * sin + dy * cos,
        }
    }
}

/// What lies outside the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Border {
    /// Black.
    Zero,
    /// The nearest pixel of the image.
    Replicate,
}

/// How a crop is laid out for a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CropFormat {
    /// Width and height in pixels.
    pub(crate) side: usize,
    /// The value that a pixel of 0 becomes.
    pub(crate) low: f32,
    /// The value that a pixel of 255 becomes.
    pub(crate) high: f32,
    /// What lies outside the image.
    pub(crate) border: Border,
}

/// Samples `region` into a (3, side, side) tensor in RGB order.
pub(crate) fn crop(frame: &Frame, region: &Region, format: &CropFormat) -> Vec<f32> {
    let pixels = format.side * format.side;
    let mut tensor = vec![0.0; 3 * pixels];
    let (red, rest) = tensor.split_at_mut(pixels);
    let (green, blue) = rest.split_at_mut(pixels);
    let scale = (format.high - format.low) / 255.0;
    let sampler = Sampler {
        frame,
        border: format.border,
    };
    let origin = region.to_image(0.0, 0.0);
    let (sin, cos) = region.rotation_rad.sin_cos();
    let step = 1.0 / format.side.max(1) as f32;
    let (across, down) = (region.width * step, region.height * step);
    for row in 0..format.side {
        let (start_x, start_y) = (
            origin.x - row as f32 * down * sin,
            origin.y + row as f32 * down * cos,
        );
        let at = row * format.side;
        let planes = red[at..][..format.side]
            .iter_mut()
            .zip(&mut green[at..][..format.side])
            .zip(&mut blue[at..][..format.side]);
        for (column, ((r, g), b)) in planes.enumerate() {
            let along = column as f32 * across;
            let rgb = sampler.bilinear(start_x + along * cos, start_y + along * sin);
            *r = rgb[0] * scale + format.low;
            *g = rgb[1] * scale + format.low;
            *b = rgb[2] * scale + format.low;
        }
    }
    tensor
}

struct Sampler<'a> {
    frame: &'a Frame,
    border: Border,
}

impl Sampler<'_> {
    /// The colour at pixel index (x, y), each channel in [0, 255].
    #[inline(always)]
    fn bilinear(&self, x: f32, y: f32) -> [f32; 3] {
        let (width, height) = (self.frame.width() as usize, self.frame.height() as usize);
        let inside = |v: f32, side: usize| v >= 0.0 && v < side as f32 - 1.0;
        if inside(x, width) && inside(y, height) {
            // Nothing is below 0 here, so cutting off is `floor` without the call that it is on the oldest
            // processors.
            let (left, top) = (x as usize, y as usize);
            let (fx, fy) = (x - left as f32, y - top as f32);
            let rgb = self.frame.rgb();
            let at = (top * width + left) * 3;
            let upper = &rgb[at..at + 6];
            let lower = &rgb[at + width * 3..at + width * 3 + 6];
            // Not by `from_fn`, whose closure is not inlined here and takes half the time of a crop.
            let channel = |c: usize| {
                let above = lerp(f32::from(upper[c]), f32::from(upper[c + 3]), fx);
                let below = lerp(f32::from(lower[c]), f32::from(lower[c + 3]), fx);
                lerp(above, below, fy)
            };
            return [channel(0), channel(1), channel(2)];
        }
        self.at_the_edge(x, y)
    }

    /// As `bilinear`, where some of the four pixels may lie outside.
    #[cold]
    fn at_the_edge(&self, x: f32, y: f32) -> [f32; 3] {
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        let (left, top) = (left as i64, top as i64);
        let [a, b, c, d] = [(0, 0), (1, 0), (0, 1), (1, 1)]
            .map(|(dx, dy)| self.pixel(left.saturating_add(dx), top.saturating_add(dy)));
        std::array::from_fn(|i| lerp(lerp(a[i], b[i], fx), lerp(c[i], d[i], fx), fy))
    }

    fn pixel(&self, x: i64, y: i64) -> [f32; 3] {
        let (width, height) = (
            i64::from(self.frame.width()),
            i64::from(self.frame.height()),
        );
        let outside = x < 0 || y < 0 || x >= width || y >= height;
        if outside && self.border == Border::Zero {
            return [0.0; 3];
        }
        let (x, y) = (x.clamp(0, width - 1), y.clamp(0, height - 1));
        let at = ((y * width + x) * 3) as usize;
        std::array::from_fn(|c| f32::from(self.frame.rgb()[at + c]))
    }
}

#[inline]
fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: CropFormat = CropFormat {
        side: 4,
        low: 0.0,
        high: 255.0,
        border: Border::Zero,
    };

    /// Red counts columns, green counts rows, blue is constant.
    fn ramp(width: u32, height: u32) -> Frame {
        let rgb = (0..height)
            .flat_map(|y| (0..width).flat_map(move |x| [x as u8 * 10, y as u8 * 10, 7]))
            .collect();
        Frame::new(width, height, rgb).unwrap()
    }

    #[test]
    fn an_unscaled_crop_is_the_image() {
        let frame = ramp(4, 4);
        let tensor = crop(&frame, &Region::letterbox(&frame), &RAW);
        assert_eq!(tensor[..4], [0.0, 10.0, 20.0, 30.0]);
        assert_eq!(tensor[16..24], [0.0, 0.0, 0.0, 0.0, 10.0, 10.0, 10.0, 10.0]);
        assert!(tensor[32..].iter().all(|&b| b == 7.0));
    }

    #[test]
    fn a_quarter_turn_moves_columns_to_rows() {
        let frame = ramp(9, 9);
        let region = Region {
            centre: Point2 { x: 4.0, y: 4.0 },
            width: 4.0,
            height: 4.0,
            rotation_rad: std::f32::consts::FRAC_PI_2,
        };
        let tensor = crop(&frame, &region, &RAW);
        // Along the crop's row the image's y rises; down its column the image's x falls.
        for (got, want) in tensor[16..20].iter().zip([20.0, 30.0, 40.0, 50.0]) {
            assert!((got - want).abs() < 1e-3, "{got} {want}");
        }
        for (row, want) in [60.0, 50.0, 40.0, 30.0].into_iter().enumerate() {
            assert!((tensor[row * 4] - want).abs() < 1e-3);
        }
    }

    #[test]
    fn borders_are_black_or_repeated() {
        let frame = ramp(4, 2);
        let region = Region::letterbox(&frame);
        let format = CropFormat {
            low: -1.0,
            high: 1.0,
            ..RAW
        };
        let black = crop(&frame, &region, &format);
        assert!(black[..4].iter().all(|&v| v == -1.0));
        let repeated = CropFormat {
            border: Border::Replicate,
            ..RAW
        };
        let tensor = crop(&frame, &region, &repeated);
        assert_eq!(tensor[..4], [0.0, 10.0, 20.0, 30.0]);
        assert_eq!(tensor[12..16], [0.0, 10.0, 20.0, 30.0]);
    }

    #[test]
    fn one_pixel_and_absurd_regions_do_not_panic() {
        let frame = ramp(1, 1);
        for size in [0.0, 1e-30, 1e30, f32::NAN, f32::INFINITY] {
            let region = Region {
                centre: Point2 { x: size, y: -size },
                width: size,
                height: size,
                rotation_rad: size,
            };
            for border in [Border::Zero, Border::Replicate] {
                assert_eq!(
                    crop(&frame, &region, &CropFormat { border, ..RAW }).len(),
                    48
                );
            }
        }
    }
}
