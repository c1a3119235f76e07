//! Which pictures share memory: a network needs few of its pictures at one time, and the fewer places they lie in, the
//! more of them are still in the cache when they are read.

use super::picture::Picture;
use super::plan::Output;
use super::steps::Step;

/// Gives each picture a buffer of its own from the step that makes it to the last one that reads it; the answer is
/// how many values each buffer holds. What is an output is kept to the end.
pub(super) fn assign(pictures: &mut [Picture], steps: &[Step], outputs: &[Output]) -> Vec<usize> {
    let mut last_reads = vec![0; pictures.len()];
    for (number, step) in steps.iter().enumerate() {
        // A picture that nothing reads is needed while it is made.
        for picture in [Some(step.source), step.residual, Some(step.target)] {
            picture.map(|picture| last_reads[picture] = number);
        }
    }
    for &picture in outputs.iter().flat_map(|output| &output.parts) {
        last_reads[picture] = steps.len();
    }
    let mut lengths = Vec::new();
    let mut free: Vec<usize> = Vec::new();
    take(&mut pictures[0], &mut free, &mut lengths);
    for (number, step) in steps.iter().enumerate() {
        take(&mut pictures[step.target], &mut free, &mut lengths);
        let mut ended: Vec<usize> = [Some(step.source), step.residual, Some(step.target)]
            .into_iter()
            .flatten()
            .filter(|&picture| last_reads[picture] == number)
            .map(|picture| pictures[picture].buffer)
            .collect();
        ended.sort_unstable();
        ended.dedup();
        free.extend(ended);
    }
    lengths
}

/// The smallest free buffer that holds the picture, or the largest, which then grows, or a new one.
fn take(picture: &mut Picture, free: &mut Vec<usize>, lengths: &mut Vec<usize>) {
    let length = picture.len();
    let too_small = |buffer: usize| lengths[buffer] < length;
    let distance = |buffer: usize| lengths[buffer].abs_diff(length);
    let best = (0..free.len()).min_by_key(|&i| (too_small(free[i]), distance(free[i])));
    picture.buffer = match best {
        Some(index) => free.swap_remove(index),
        None => {
            lengths.push(0);
            lengths.len() - 1
        }
    };
    let held = &mut lengths[picture.buffer];
    *held = length.max(*held);
}
