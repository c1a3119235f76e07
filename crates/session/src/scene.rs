//! Whether the light of the scene ever changes.
//!
//! In a room light is never quite steady, a camera goes on adjusting itself, and a head that moves throws light and
//! shade behind it. A program that draws a head before a picture changes nothing behind it but noise, which
//! means over many pixels take away. So the measure is how much the mean brightness of the stillest quarter of
//! the frame changes over the session.

use std::collections::BTreeMap;

use lifesign_domain::SignalReport;
use lifesign_temporal::Track;

use crate::RiskParams;

/// Mean luma between which a cell can change both ways; nothing is seen to change in what is clipped.
const SEEN: std::ops::RangeInclusive<f64> = 16.0..=240.0;
/// Share of the cells that is looked at, the stillest.
const STILLEST: usize = 4;
/// Cells that must be left of it.
const LEAST_CELLS: usize = 20;

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scene {
    /// Standard deviation of the luma (0 to 255) of the stillest quarter of the frame over time.
    change: f64,
    pub(crate) is_risk: bool,
}

/// `None` for too few frames, or where most of the frame is black or white.
pub(crate) fn scene(track: &Track, params: &RiskParams) -> Option<Scene> {
    let moments = track.moments().iter();
    let grids: Vec<&[f32]> = moments
        .filter_map(|moment| Some(moment.background.grid.as_ref()?.means()))
        .collect();
    if grids.len() < params.least_frames {
        return None;
    }
    let change = change(&grids)?;
    Some(Scene {
        change,
        is_risk: change < params.least_scene_change,
    })
}

fn change(grids: &[&[f32]]) -> Option<f64> {
    let cells = grids.iter().map(|grid| grid.len()).min()?;
    let of_cell = |cell: usize| {
        grids
            .iter()
            .filter_map(move |grid| grid.get(cell).copied())
            .map(f64::from)
    };
    let mut seen: Vec<(f64, usize)> = (0..cells)
        .map(|cell| (spread(of_cell(cell)), cell))
        .filter(|((mean, _), _)| SEEN.contains(mean))
        .map(|((_, deviation), cell)| (deviation, cell))
        .collect();
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    seen.truncate(seen.len() / STILLEST);
    if seen.len() < LEAST_CELLS {
        return None;
    }
    let together = grids.iter().map(|grid| {
        let still = seen.iter().filter_map(|(_, cell)| grid.get(*cell));
        still.map(|v| f64::from(*v)).sum::<f64>() / seen.len() as f64
    });
    Some(spread(together).1)
}

/// Mean and standard deviation.
fn spread(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for value in values {
        count += 1.0;
        let off = value - mean;
        mean += off / count;
        squares += off * (value - mean);
    }
    (mean, (squares / f64::max(count, 1.0)).sqrt())
}

/// How it is reported beside the signals over time; it has no weight.
pub(crate) fn report(scene: Option<&Scene>) -> SignalReport {
    SignalReport {
        name: "scene_light".to_owned(),
        label: "Light of the scene".to_owned(),
        score: scene.map_or(0.0, |s| if s.is_risk { 0.0 } else { 0.5 }),
        weight: 0.0,
        passed: scene.is_some_and(|s| !s.is_risk),
        detail: scene.map_or_else(
            || "Not assessed: too few frames, or most of them black or white".to_owned(),
            |s| {
                let levels = s.change;
                format!("The stillest quarter of the frame changes by {levels:.3} levels.")
            },
        ),
        assessed: scene.is_some(),
        values: scene.map_or_else(BTreeMap::new, |s| {
            [("scene_change".to_owned(), s.change)].into()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change_of(frames: usize, cell: impl Fn(usize, usize) -> f64) -> Option<f64> {
        let grids: Vec<Vec<f32>> = (0..frames)
            .map(|frame| (0..384).map(|i| cell(frame, i) as f32).collect())
            .collect();
        change(&grids.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    #[test]
    fn noise_is_no_change_and_light_is() {
        let rng = std::cell::RefCell::new(fastrand::Rng::with_seed(1));
        let noise = || (rng.borrow_mut().f64() - 0.5) * 0.4;
        let picture = |i: usize| 40.0 + (i % 150) as f64;
        let noisy: Vec<Vec<f64>> = (0..100)
            .map(|_| (0..384).map(|_| noise()).collect())
            .collect();
        let drawn = change_of(100, |frame, i| picture(i) + noisy[frame][i]).unwrap();
        // As a head that covers a third of the frame.
        let moving = change_of(100, |frame, i| {
            let head = if i < 128 {
                20.0 * (frame as f64 * 0.2).sin()
            } else {
                0.0
            };
            picture(i) + noisy[frame][i] + head
        });
        let lit = change_of(100, |frame, i| {
            picture(i) * (1.0 + 0.002 * (frame as f64 * 0.1).sin()) + noisy[frame][i]
        });
        println!("{drawn} {moving:?} {lit:?}");
        assert!(drawn < 0.02 && moving.unwrap() < 0.02);
        assert!(lit.unwrap() > 0.05);
    }

    #[test]
    fn black_and_white_show_no_light() {
        assert_eq!(
            change_of(100, |_, i| if i % 2 == 0 { 0.0 } else { 255.0 }),
            None
        );
        assert_eq!(change(&[]), None);
    }
}
