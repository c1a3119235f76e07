//! Drawing from a source of random bits that the caller owns.

/// A number below `bound`, 0 for a bound of 0. Without rejection, so that a broken source cannot keep it
/// waiting; the bias is below 2^-59 for every bound that is used here.
pub(crate) fn below(random: &mut dyn FnMut() -> u64, bound: usize) -> usize {
    ((u128::from(random()) * bound as u128) >> 64) as usize
}

/// One of the items, `None` if there are none.
pub(crate) fn pick<T: Copy>(random: &mut dyn FnMut() -> u64, items: &[T]) -> Option<T> {
    items.get(below(random, items.len())).copied()
}

/// Every order equally likely (Fisher and Yates).
pub(crate) fn shuffle<T>(random: &mut dyn FnMut() -> u64, items: &mut [T]) {
    for end in (1..items.len()).rev() {
        items.swap(end, below(random, end + 1));
    }
}
