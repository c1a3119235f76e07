use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the longest vector.
const LINE: usize = 64;
const VALUES: usize = LINE / size_of::<f32>();

/// Values that begin with a cache line: a vector that lies across two of them takes twice as long to load.
pub(super) struct Aligned {
    values: Vec<f32>,
    start: usize,
    length: usize,
}

impl Aligned {
    pub(super) fn zeros(length: usize) -> Self {
        let values = vec![0.0; length + VALUES - 1];
        // Where it cannot be told, a slower place is as good.
        let start = values.as_ptr().align_offset(LINE).min(VALUES - 1);
        Self {
            values,
            start,
            length,
        }
    }
}

impl Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values[self.start..][..self.length]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[self.start..][..self.length]
    }
}
