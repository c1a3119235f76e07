/// Where the values of a feature map lie: row by row, pixel by pixel, channels side by side and
/// padded with zeros to whole vectors, inside a border of zeros as wide as its readers' padding.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    /// `channels` rounded up to whole vectors.
    pub stride: usize,
    /// Top, left, bottom, right, in pixels.
    pub border: [usize; 4],
    /// Which buffer holds it while it is needed.
    pub buffer: usize,
}

impl Picture {
    pub(super) fn new(height: usize, width: usize, channels: usize, lanes: usize) -> Self {
        let stride = channels.next_multiple_of(lanes);
        Self {
            height,
            width,
            channels,
            stride,
            border: [0; 4],
            buffer: 0,
        }
    }

    /// Makes the border at least as wide as `pads` (top, left, bottom, right).
    pub(super) fn widen_border(&mut self, pads: [usize; 4]) {
        for (border, pad) in self.border.iter_mut().zip(pads) {
            *border = pad.max(*border);
        }
    }

    pub(super) fn row_stride(&self) -> usize {
        (self.border[1] + self.width + self.border[3]) * self.stride
    }

    pub(super) fn len(&self) -> usize {
        (self.border[0] + self.height + self.border[2]) * self.row_stride()
    }

    /// Position of the first channel of a pixel. `pads` goes back into the border.
    pub(super) fn offset(&self, row: usize, column: usize, pads: [usize; 4]) -> usize {
        let row = row + self.border[0] - pads[0];
        let column = column + self.border[1] - pads[1];
        row * self.row_stride() + column * self.stride
    }

    /// The pixels of one row, without the border.
    pub(super) fn row(&self, row: usize) -> std::ops::Range<usize> {
        let start = self.offset(row, 0, [0; 4]);
        start..start + self.width * self.stride
    }

    /// Zeros around the picture, where the buffer held another one before.
    pub(super) fn clear_border(&self, buffer: &mut [f32]) {
        if self.border == [0; 4] {
            return;
        }
        let mut end_of_last = 0;
        for row in 0..self.height {
            let row = self.row(row);
            buffer[end_of_last..row.start].fill(0.0);
            end_of_last = row.end;
        }
        buffer[end_of_last..self.len()].fill(0.0);
    }

    /// Fills the picture from planes: channel by channel, row by row.
    pub(super) fn write_planes(&self, planes: &[f32], buffer: &mut [f32]) {
        for (channel, plane) in planes.chunks_exact(self.height * self.width).enumerate() {
            for (row, values) in plane.chunks_exact(self.width).enumerate() {
                let pixels = buffer[self.row(row)].chunks_exact_mut(self.stride);
                for (pixel, &value) in pixels.zip(values) {
                    pixel[channel] = value;
                }
            }
        }
    }

    /// Appends the values pixel by pixel, without border and padding.
    pub(super) fn append_values(&self, buffer: &[f32], values: &mut Vec<f32>) {
        for row in 0..self.height {
            let row = &buffer[self.row(row)];
            if self.channels == self.stride {
                values.extend_from_slice(row);
                continue;
            }
            for pixel in row.chunks_exact(self.stride) {
                values.extend_from_slice(&pixel[..self.channels]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_border_is_cleared() {
        let mut picture = Picture::new(2, 3, 4, 4);
        picture.widen_border([1, 2, 0, 1]);
        let mut buffer = vec![1.0; picture.len() + 8];
        picture.clear_border(&mut buffer);
        let inside = |place: usize| (0..2).any(|row| picture.row(row).contains(&place));
        for (place, value) in buffer[..picture.len()].iter().enumerate() {
            assert_eq!(*value == 1.0, inside(place), "{place}");
        }
        assert_eq!(buffer[picture.len()..], [1.0; 8]);
    }
}
