//! Flicker of screens: brightness that pulses on the face alone.
//!
//! The light of a screen and of lamps pulses (at 50, 60, 100, 120 hertz and far above). A camera
//! that takes fewer frames sees it folded to a low frequency, as pulsing of the whole or, with a
//! rolling shutter, as bands that wander over the picture. The frequency says little, since any may
//! fold to any; but a lamp lights the whole room, and a screen only itself. Garcia and de
//! Queiroz, "Face-spoofing 2D-detection based on moire-pattern analysis", IEEE TIFS 10, 2015, for the
//! cause; the test of a line is in `spectrum`.

use super::{FlickerParams, Measured, Reading, Signal, SignalParams, enough};
use crate::Track;
use crate::spectrum::{frequencies, strongest_line, transform};
use crate::stats::{mean, median, median_step, without_drift};

/// Periodic brightness.
pub(super) struct Flicker;

/// How much wider than the face the rectangle is that background cells lie outside of: hair and the
/// edge of a telephone flicker with the face.
const FACE_MARGIN: f64 = 0.35;
/// Rows and background cells that a figure needs.
const MIN_CELLS: usize = 3;
/// Share of Nyquist's frequency that is looked at; just under it a window has no neighbours.
const NYQUIST_SHARE: f64 = 0.98;

impl Signal for Flicker {
    fn name(&self) -> &'static str {
        "flicker"
    }

    fn label(&self) -> &'static str {
        "Flicker of a screen"
    }

    fn read(&self, track: &Track, params: &SignalParams) -> Reading {
        let params = &params.flicker;
        let Some(series) = Series::of(track) else {
            return Reading::NotAssessable(
                "the face covers too few cells of the brightness grid".to_owned(),
            );
        };
        if let Err(why) = enough(&series.times, params.min_seconds, params.min_fps) {
            return Reading::NotAssessable(why);
        }
        judged(&series, params)
    }
}

/// Brightness over time, relative to its mean.
struct Series {
    times: Vec<f64>,
    face: Region,
    background: Region,
}

/// The mean of a region and what each of its rows does beyond it.
#[derive(Default)]
struct Region {
    whole: Vec<f64>,
    rows: Vec<Vec<f64>>,
}

impl Series {
    /// `None` without a face or with too coarse a grid.
    fn of(track: &Track) -> Option<Self> {
        let side = |i: usize| median(track.faces().map(|(_, face)| face.landmarks.bounds()[i]));
        let bounds = [side(0)?, side(1)?, side(2)?, side(3)?];
        let first = track
            .moments()
            .iter()
            .find_map(|m| m.background.grid.as_ref())?;
        let shape = (first.columns(), first.row_count());
        let cell = [
            f64::from(track.size[0]) / shape.0 as f64,
            f64::from(track.size[1]) / shape.1 as f64,
        ];
        let inside = |row: usize, column: usize, margin: f64| {
            let (w, h) = (bounds[2] - bounds[0], bounds[3] - bounds[1]);
            let x = (column as f64 + 0.5) * cell[0];
            let y = (row as f64 + 0.5) * cell[1];
            (bounds[0] - margin * w..bounds[2] + margin * w).contains(&x)
                && (bounds[1] - margin * h..bounds[3] + margin * h).contains(&y)
        };
        let mut times = Vec::new();
        let mut grids = Vec::new();
        for moment in track.moments() {
            let grid = moment.background.grid.as_ref();
            if let Some(grid) = grid.filter(|g| (g.columns(), g.row_count()) == shape) {
                times.push(moment.at_s);
                grids.push(grid);
            }
        }
        let region = |belongs: &dyn Fn(usize, usize) -> bool| {
            let rows = (0..shape.1).filter_map(|row| {
                let columns: Vec<usize> = (0..shape.0).filter(|c| belongs(row, *c)).collect();
                if columns.is_empty() {
                    return None;
                }
                let brightness = grids.iter().map(|grid| {
                    let cells = columns
                        .iter()
                        .filter_map(|c| grid.means().get(row * shape.0 + c));
                    cells.map(|v| f64::from(*v)).sum::<f64>() / columns.len() as f64
                });
                Some(brightness.collect::<Vec<f64>>())
            });
            Region::of(rows.collect(), &times)
        };
        let face = region(&|row, column| inside(row, column, 0.0))?;
        let background = region(&|row, column| !inside(row, column, FACE_MARGIN));
        Some(Self {
            face,
            background: background.unwrap_or_default(),
            times,
        })
    }
}

impl Region {
    fn of(rows: Vec<Vec<f64>>, times: &[f64]) -> Option<Self> {
        if rows.len() < MIN_CELLS {
            return None;
        }
        let relative = |row: &Vec<f64>| {
            let level = mean(row).max(1.0);
            let shares: Vec<f64> = row.iter().map(|v| v / level).collect();
            without_drift(times, &shares)
        };
        let rows: Vec<Vec<f64>> = rows.iter().map(relative).collect();
        let whole: Vec<f64> = (0..times.len())
            .map(|t| mean(&rows.iter().map(|row| row[t]).collect::<Vec<f64>>()))
            .collect();
        let beyond = rows
            .iter()
            .map(|row| row.iter().zip(&whole).map(|(v, w)| v - w).collect());
        Some(Self {
            rows: beyond.collect(),
            whole,
        })
    }

    /// Depth at each frequency, of the whole and of the bands together: how much bands cancel in
    /// the whole depends on how many of them fit the region.
    fn depth(&self, times: &[f64], hertz: f64) -> f64 {
        let power = [false, true].map(|bands| self.power(times, &[hertz], bands));
        power.iter().flatten().sum::<f64>().sqrt()
    }

    /// Power at each frequency of the whole, or the mean power of the rows' bands.
    fn power(&self, times: &[f64], frequencies: &[f64], bands: bool) -> Vec<f64> {
        let whole = std::slice::from_ref(&self.whole);
        let series = if bands { &self.rows[..] } else { whole };
        let mut power = vec![0.0; frequencies.len()];
        for values in series {
            for (sum, value) in power.iter_mut().zip(transform(times, values, frequencies)) {
                *sum += value.norm_sqr() / series.len() as f64;
            }
        }
        power
    }
}

/// A line that is one: its frequency and its depth on the face and behind it.
struct Found {
    hertz: f64,
    depth: f64,
    behind: f64,
    false_alarm: f64,
    bands: bool,
}

fn judged(series: &Series, params: &FlickerParams) -> Reading {
    let seconds = series.times.last().unwrap_or(&0.0) - series.times.first().unwrap_or(&0.0);
    let nyquist = median_step(&series.times).map_or(0.0, |step| NYQUIST_SHARE * 0.5 / step);
    let look = |bands: bool, lowest: f64| {
        let frequencies = frequencies(lowest, nyquist, 1.0 / seconds);
        let line = strongest_line(&series.face.power(&series.times, &frequencies, bands))?;
        let hertz = *frequencies.get(line.at)?;
        Some(Found {
            hertz,
            depth: series.face.depth(&series.times, hertz),
            behind: series.background.depth(&series.times, hertz),
            false_alarm: line.false_alarm,
            bands,
        })
    };
    let looks = [
        look(false, params.min_face_hz),
        look(true, params.min_band_hz),
    ];
    let strongest = looks
        .into_iter()
        .flatten()
        .min_by(|a, b| a.false_alarm.total_cmp(&b.false_alarm));
    let Some(found) = strongest else {
        return Reading::NotAssessable("too few frequencies can be told apart".to_owned());
    };
    let is_line = found.false_alarm < params.false_alarm && found.depth >= params.min_depth;
    let alone = found.depth >= params.alone_ratio * found.behind;
    let what = if found.bands { "bands" } else { "pulsing" };
    let figure = format!(
        "{what} at {:.1} Hz of {:.2} % of the brightness, {:.2} % behind it",
        found.hertz,
        found.depth * 100.0,
        found.behind * 100.0
    );
    let (score, detail) = match (is_line, alone) {
        (false, _) => (
            params.none,
            format!("No flicker stands out; most is {figure}."),
        ),
        (true, false) => (
            params.everywhere,
            format!("The whole scene flickers: {figure}."),
        ),
        (true, true) => (
            params.alone.at(found.depth),
            format!("The face alone flickers like a screen: {figure}."),
        ),
    };
    Reading::Measured(Measured {
        values: vec![
            ("hertz", found.hertz),
            ("depth", found.depth),
            ("depth_behind", found.behind),
            ("false_alarm", found.false_alarm),
        ],
        score,
        detail,
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{measure, params, refusal, value};
    use super::*;
    use crate::synthetic::{Flickering, Script, flickering};

    fn clip(seed: u64) -> Track {
        Script {
            sway_deg: [3.0, 2.0, 1.0],
            ..Script::calm(seed, 6.0, 30.0)
        }
        .play()
        .record()
    }

    fn screen(hertz: f64, depth: f64) -> Flickering {
        Flickering {
            hertz,
            depth,
            readout_s: 0.02,
            everywhere: false,
        }
    }

    #[test]
    fn folded_frequencies_are_found_where_they_fold_to() {
        // 100 Hz at 30 frames folds to 10, 50 to 10, 113 to 7, 144 to 6, 65 to 5.
        for (hertz, folded) in [
            (100.0, 10.0),
            (50.0, 10.0),
            (113.0, 7.0),
            (144.0, 6.0),
            (65.0, 5.0),
        ] {
            let found = measure(&Flicker, &flickering(&clip(1), &screen(hertz, 0.03)));
            assert!(found.score < 0.3, "{hertz}: {}", found.detail);
            let seen = value(&found, "hertz");
            assert!((seen - folded).abs() < 0.3, "{hertz}: {seen}");
            let depth = value(&found, "depth");
            assert!((0.005..0.04).contains(&depth), "{hertz}: {depth}");
        }
    }

    #[test]
    fn lamps_flicker_on_everything_and_say_less() {
        let lamp = Flickering {
            everywhere: true,
            ..screen(100.0, 0.03)
        };
        let found = measure(&Flicker, &flickering(&clip(1), &lamp));
        assert_eq!(found.score, params().flicker.everywhere, "{}", found.detail);
    }

    #[test]
    fn deeper_flicker_never_scores_higher() {
        let mut last = 1.0;
        for depth in [0.0, 0.004, 0.01, 0.02, 0.05, 0.1] {
            let found = measure(&Flicker, &flickering(&clip(2), &screen(97.0, depth)));
            assert!(
                found.score <= last,
                "{depth}: {} {}",
                found.score,
                found.detail
            );
            last = found.score;
        }
        assert!(last < 0.15);
    }

    #[test]
    fn steady_light_seldom_alarms() {
        let alarms = (0..100)
            .filter(|seed| measure(&Flicker, &clip(*seed)).score < params().flicker.none)
            .count();
        assert!(alarms <= 1, "{alarms} of 100");
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        assert!(refusal(&Flicker, &Track::default()).contains("too few cells"));
        let slow = Script::calm(1, 6.0, 5.0).play().record();
        assert!(refusal(&Flicker, &slow).contains("times a second"));
        let mut bare = clip(1);
        bare.map_moments(|_, m| m.background.grid = None);
        assert!(refusal(&Flicker, &bare).contains("too few cells"));
    }
}
