//! The memory of large pictures, kept for the next one.
//!
//! The system hands memory out page by page and takes it back at each end of a large picture: of a check of 12
//! megapixels that was a fifth of the time (`make profile`). What is kept is black and has a bound.

use std::ops::Deref;
use std::sync::Mutex;

/// Smaller ones the allocator keeps by itself.
const LEAST_BYTES: usize = 4 << 20;
/// Colours of 13 megapixels. Larger pictures are rare, and their memory is better given back.
const MOST_BYTES: usize = 40 << 20;
/// Of all that are kept: colours and luma of 12 megapixels for two workers.
const MOST_KEPT_BYTES: usize = 96 << 20;

static KEPT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Bytes of pixels; dropped, the memory of those that began here may be used again.
#[derive(Clone, Debug)]
pub(crate) struct Plane {
    bytes: Vec<u8>,
    /// Whether somebody else allocated it, like the frames of a clip: as nobody asks here for the next one of
    /// those, keeping it would only cost memory.
    is_foreign: bool,
}

impl Plane {
    /// That many zeros.
    pub(crate) fn zeroed(length: usize) -> Self {
        Self {
            bytes: kept(length).unwrap_or_else(|| vec![0; length]),
            is_foreign: false,
        }
    }

    /// To be written to.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl From<Vec<u8>> for Plane {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            is_foreign: true,
        }
    }
}

impl PartialEq for Plane {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Plane {}

impl Deref for Plane {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        if self.is_foreign || !(LEAST_BYTES..=MOST_BYTES).contains(&bytes.len()) {
            return;
        }
        let room = bytes.capacity();
        let has_place = |kept: &Vec<Vec<u8>>| {
            let kept_bytes: usize = kept.iter().map(Vec::capacity).sum();
            kept_bytes + room <= MOST_KEPT_BYTES
        };
        if !KEPT.lock().is_ok_and(|kept| has_place(&kept)) {
            return;
        }
        // Nobody's face waits here, and none shows in the next picture.
        bytes.fill(0);
        if let Ok(mut kept) = KEPT.lock()
            && has_place(&kept)
        {
            kept.push(bytes);
        }
    }
}

/// One that is kept, if it has the room and no more than twice as much.
fn kept(length: usize) -> Option<Vec<u8>> {
    if length < LEAST_BYTES {
        return None;
    }
    let mut kept = KEPT.lock().ok()?;
    let fits = |bytes: &Vec<u8>| (length..=2 * length).contains(&bytes.len());
    let (index, _) = kept
        .iter()
        .enumerate()
        .filter(|(_, bytes)| fits(bytes))
        .min_by_key(|(_, bytes)| bytes.len())?;
    let mut bytes = kept.swap_remove(index);
    drop(kept);
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_again_is_black_and_as_long_as_asked() {
        for length in [LEAST_BYTES + 5, LEAST_BYTES + 1, LEAST_BYTES] {
            // Other tests take and give in between: often enough one of ours is met.
            for _ in 0..4 {
                let mut plane = Plane::zeroed(length);
                assert_eq!(plane.len(), length);
                assert!(plane.iter().all(|byte| *byte == 0));
                plane.bytes_mut().fill(7);
            }
        }
        let kept = KEPT.lock().unwrap();
        assert!(kept.iter().map(Vec::capacity).sum::<usize>() <= MOST_KEPT_BYTES);
    }

    #[test]
    fn neither_small_nor_very_large_nor_foreign_ones_are_kept() {
        drop(Plane::zeroed(LEAST_BYTES - 1));
        drop(Plane::zeroed(MOST_BYTES + 1));
        // Of a length that no other test has.
        let foreign = LEAST_BYTES + 4321;
        drop(Plane::from(vec![0; foreign]));
        let kept = KEPT.lock().unwrap();
        assert!(
            kept.iter()
                .all(|bytes| (LEAST_BYTES..=MOST_BYTES).contains(&bytes.len()))
        );
        assert!(kept.iter().all(|bytes| bytes.len() != foreign));
    }
}
