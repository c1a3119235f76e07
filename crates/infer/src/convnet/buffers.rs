//! Which pictures share memory: a network needs few of its pictures at one time, and the fewer places they lie in, the
//! more of them are still in the cache when they are read.

use super::picture::Picture;
use super::plan::Output;
use super::steps::Step;

/// Gives each picture a buffer of its own from the step that makes it to the last one that reads it; the answer is
/// how many values each buffer holds. An output is read as soon as it is there.
pub(super) fn assign(pictures: &mut [Picture], steps: &[Step], outputs: &[Output]) -> Vec<usize> {
    let mut last_reads = vec![0; pictures.len()];
    for (number, step) in steps.iter().enumerate() {
        // A picture that nothing reads is needed while it is made.
        for picture in touched(step) {
            last_reads[picture] = number;
        }
    }
    for output in outputs {
        for &part in &output.parts {
            last_reads[part] = last_reads[part].max(output.after.saturating_sub(1));
        }
    }
    let mut lengths = Vec::new();
    let mut free: Vec<usize> = Vec::new();
    take(&mut pictures[0], &mut free, &mut lengths);
    for (number, step) in steps.iter().enumerate() {
        take(&mut pictures[step.target], &mut free, &mut lengths);
        let mut ended: Vec<usize> = touched(step)
            .filter(|&picture| last_reads[picture] == number)
            .map(|picture| pictures[picture].buffer)
            .collect();
        ended.sort_unstable();
        ended.dedup();
        free.extend(ended);
    }
    lengths
}

/// What a step reads and what it makes.
fn touched(step: &Step) -> impl Iterator<Item = usize> {
    [Some(step.source), step.residual, Some(step.target)]
        .into_iter()
        .flatten()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Embedded;
    use crate::convnet::ConvNet;

    #[test]
    fn no_picture_is_overwritten_before_its_last_reader() {
        let (mut shared, mut alone) = (0, 0);
        for embedded in Embedded::ALL {
            let Ok(net) = ConvNet::load(embedded.bytes(), None) else {
                continue;
            };
            let mut holds = vec![usize::MAX; net.buffers.len()];
            let is_there = |holds: &[usize], picture: usize| {
                assert_eq!(
                    holds[net.pictures[picture].buffer],
                    picture,
                    "{}",
                    embedded.name()
                );
            };
            holds[net.pictures[0].buffer] = 0;
            for (number, step) in net.steps.iter().enumerate() {
                let target = &net.pictures[step.target];
                holds[target.buffer] = step.target;
                assert!(net.buffers[target.buffer] >= target.len());
                // After the target has been given its buffer: no step writes over what it reads.
                is_there(&holds, step.source);
                step.residual.inspect(|&picture| is_there(&holds, picture));
                for output in net.outputs.iter().filter(|o| o.after == number + 1) {
                    output.parts.iter().for_each(|&part| is_there(&holds, part));
                }
            }
            shared += net.buffers.iter().sum::<usize>();
            alone += net.pictures.iter().map(Picture::len).sum::<usize>();
        }
        assert!(shared < alone / 2, "{shared} of {alone}");
    }
}
