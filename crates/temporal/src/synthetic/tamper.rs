//! What is done to a recorded clip: frozen, looped, played back and forth, shown on a flickering
//! screen, encoded again.

use std::f64::consts::TAU;

use super::normal;
use crate::{LumaGrid, Moment, Track};

/// The track with the content of other moments: moment `i` shows what `source(i)` showed.
fn rearranged(track: &Track, source: impl Fn(usize) -> usize) -> Track {
    let before = track.moments().to_vec();
    let mut after = track.clone();
    after.map_moments(|i, moment| {
        if let Some(shown) = before.get(source(i)) {
            *moment = Moment::clone(shown);
        }
    });
    after
}

/// The picture stands still from moment `from` on, for `count` moments.
pub fn frozen(track: &Track, from: usize, count: usize) -> Track {
    let stands = from..from + count;
    rearranged(track, |i| if stands.contains(&i) { from } else { i })
}

/// The first `length` moments over and over.
pub fn looped(track: &Track, length: usize) -> Track {
    rearranged(track, |i| i % length.max(1))
}

/// The first `length` moments forth and back, over and over.
pub fn ping_pong(track: &Track, length: usize) -> Track {
    let last = length.max(2) - 1;
    rearranged(track, |i| {
        let at = i % (2 * last);
        if at <= last { at } else { 2 * last - at }
    })
}

/// Encoded again: no two frames are equal to the bit any more, and each mesh has moved by a
/// little noise of its own (pixels).
pub fn re_encoded(track: &Track, seed: u64, noise_px: f64) -> Track {
    let random = &mut fastrand::Rng::with_seed(seed);
    let mut after = track.clone();
    after.map_moments(|_, moment| {
        moment.frame_digest = random.u64(..);
        if let Some(face) = &mut moment.face {
            face.landmarks = face.landmarks.map(|_, [x, y, z]| {
                let mut jitter = || (noise_px * normal(random)) as f32;
                [x + jitter(), y + jitter(), z]
            });
        }
    });
    after
}

/// Light that is not steady.
#[derive(Clone, Copy, Debug)]
pub struct Flickering {
    /// How often a second the light pulses; far above the rate of frames as a rule.
    pub hertz: f64,
    /// Share by which the luma moves to either side.
    pub depth: f64,
    /// Seconds that a rolling shutter takes from the first row to the last.
    pub readout_s: f64,
    /// Whether the whole scene flickers, or the face with what is near it alone.
    pub everywhere: bool,
}

/// The track under such light, as a camera with a rolling shutter records it: bands that wander.
pub fn flickering(track: &Track, light: &Flickering) -> Track {
    let mut after = track.clone();
    let size = track.size.map(f64::from);
    let times: Vec<f64> = track.moments().iter().map(|m| m.at_s).collect();
    let step_s = times.last().unwrap_or(&0.0) / times.len().saturating_sub(1).max(1) as f64;
    after.map_moments(|i, moment| {
        let Some(face) = &moment.face else { return };
        let [left, top, right, bottom] = face.landmarks.bounds();
        let Some(grid) = &moment.background.grid else {
            return;
        };
        let (columns, rows) = (grid.columns() as f64, grid.row_count() as f64);
        // Shutters are driven by a crystal; it is the delivery of frames that jitters.
        let at_s = i as f64 * step_s;
        let lit: LumaGrid = grid.map(|row, column, mean| {
            let x = (column as f64 + 0.5) / columns * size[0];
            let y = (row as f64 + 0.5) / rows;
            let near = (left..right).contains(&x) && (top..bottom).contains(&(y * size[1]));
            if !(light.everywhere || near) {
                return mean;
            }
            let phase = TAU * light.hertz * (at_s + y * light.readout_s);
            mean * (1.0 + light.depth * phase.sin()) as f32
        });
        moment.background.grid = Some(lit);
    });
    after
}
