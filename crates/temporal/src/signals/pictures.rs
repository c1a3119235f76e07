//! How alike the pictures of a clip are, by their thumbnails.

use super::StaticParams;
use super::static_risk::Repeat;
use crate::Track;
use crate::stats::median_step;

/// Comparisons of two cells that a clip may cost; longer clips are compared on fewer cells.
const MOST_COMPARISONS: usize = 150_000_000;
/// Share of a repetition beside its turning point that is left out: everything is near itself.
const NEAR_TURN: usize = 4;

/// The thumbnails of a clip.
pub(super) struct Pictures<'a> {
    track: &'a Track,
    means: Vec<Option<&'a [f32]>>,
    step_s: f64,
}

impl<'a> Pictures<'a> {
    pub(super) fn of(track: &'a Track) -> Self {
        let times: Vec<f64> = track.moments().iter().map(|m| m.at_s).collect();
        let means = track.moments().iter();
        Self {
            track,
            means: means
                .map(|m| m.thumbnail.as_ref().map(crate::LumaGrid::means))
                .collect(),
            step_s: median_step(&times).unwrap_or(1.0),
        }
    }

    /// Root mean square difference between two moments in grey levels, over the face of the first where it
    /// has one: what is around it may stand still while somebody lives. `None` without thumbnails of
    /// one size.
    pub(super) fn difference(&self, from: usize, to: usize) -> Option<f64> {
        let moments = self.track.moments();
        let (a, b) = (moments.get(from)?, moments.get(to)?);
        let (grid, other) = (a.thumbnail.as_ref()?, b.thumbnail.as_ref()?);
        let Some(face) = &a.face else {
            return Some(mean_square(grid.means(), other.means(), None)?.sqrt());
        };
        let [left, top, right, bottom] = face.landmarks.bounds();
        let [width, height] = self.track.size.map(f64::from);
        let cells = |from: f64, to: f64, side: f64, count: usize| {
            let cell = |at: f64| (at / side * count as f64).clamp(0.0, count as f64);
            cell(from).floor() as usize..cell(to).ceil() as usize
        };
        let columns = cells(left, right, width, grid.columns());
        let (mut sum, mut rows) = (0.0, 0_u32);
        for row in cells(top, bottom, height, grid.row_count()) {
            let start = row * grid.columns();
            let range = start + columns.start..start + columns.end;
            let here = (grid.means().get(range.clone())?, other.means().get(range)?);
            sum += mean_square(here.0, here.1, None)?;
            rows += 1;
        }
        (rows > 0).then(|| (sum / f64::from(rows)).sqrt())
    }

    /// The repetition, forwards or backwards, that is nearest for how much changes. Periods are tried
    /// in halves of a step, because loops know nothing of the times at which frames are looked at.
    pub(super) fn nearest_repeat(&self, params: &StaticParams) -> Option<Repeat> {
        let count = self.means.len();
        let frames = |seconds: f64| ((seconds / self.step_s).round() as usize).max(2);
        let (period, length) = (frames(params.min_period_s), frames(params.min_repeat_s));
        let cells = self.means.iter().flatten().map(|m| m.len()).max()?;
        let stride = 1 + count * count * 2 * cells / MOST_COMPARISONS;
        let pictures =
            Vec::from_iter(self.means.iter().map(|means| {
                means.map(|means| Vec::from_iter(means.iter().step_by(stride).copied()))
            }));

        let mut all = Vec::new();
        let mut nearest: Option<(f64, f64, bool)> = None;
        let mut consider = |square: f64, lag: f64, backwards: bool| {
            if nearest.is_none_or(|(least, ..)| square < least) {
                nearest = Some((square, lag, backwards));
            }
        };
        for half_steps in 2 * period..(2 * count).saturating_sub(2 * length) {
            let (lag, between) = (half_steps / 2, half_steps % 2 == 1);
            let pairs = (0..count - lag).map(|i| (i, i + lag, between));
            let Some(square) = mean_of(&pictures, pairs, length) else {
                continue;
            };
            all.push(square);
            consider(square, half_steps as f64 / 2.0, false);
        }
        for turn in 2 * length..(2 * count).saturating_sub(2 * length) {
            let pairs =
                (length / NEAR_TURN..=length).map(|k| (turn / 2 - k, turn - turn / 2 + k, false));
            if let Some(square) = mean_of(&pictures, pairs, length / 2) {
                consider(square, length as f64, true);
            }
        }
        let usual = crate::stats::median(all)?.sqrt();
        let (square, lag, backwards) = nearest?;
        (usual >= params.min_change).then(|| Repeat {
            distance: square.sqrt() / usual,
            period_s: lag * self.step_s,
            backwards,
        })
    }
}

/// Mean square difference over pairs of pictures; with `true`, the second of a pair is half a step after its
/// moment. `None` with fewer pairs than `least`.
fn mean_of(
    pictures: &[Option<Vec<f32>>],
    pairs: impl Iterator<Item = (usize, usize, bool)>,
    least: usize,
) -> Option<f64> {
    let at = |i: usize| pictures.get(i)?.as_deref();
    let squares = pairs.filter_map(|(from, to, between)| {
        let next = if between { Some(at(to + 1)?) } else { None };
        mean_square(at(from)?, at(to)?, next)
    });
    let (sum, count) = squares.fold((0.0, 0), |(sum, n), square| (sum + square, n + 1));
    (count >= least.max(1)).then(|| sum / count as f64)
}

/// Mean square difference of `a` from `b`, or from the middle of `b` and `next`.
fn mean_square(a: &[f32], b: &[f32], next: Option<&[f32]>) -> Option<f64> {
    /// So many sums side by side, which the compiler adds to in one step.
    const SUMS: usize = 16;
    let next = next.unwrap_or(b);
    if a.is_empty() || a.len() != b.len() || a.len() != next.len() {
        return None;
    }
    let mut sums = [0.0_f32; SUMS];
    let square = |a: f32, b: f32, c: f32| (a - (b + c) / 2.0) * (a - (b + c) / 2.0);
    let (parts, rest) = a.as_chunks::<SUMS>();
    let ((b, b_rest), (c, c_rest)) = (b.as_chunks::<SUMS>(), next.as_chunks::<SUMS>());
    for ((a, b), c) in parts.iter().zip(b).zip(c) {
        for (((sum, a), b), c) in sums.iter_mut().zip(a).zip(b).zip(c) {
            *sum += square(*a, *b, *c);
        }
    }
    let rest = rest.iter().zip(b_rest).zip(c_rest);
    let sum = sums.iter().sum::<f32>() + rest.map(|((a, b), c)| square(*a, *b, *c)).sum::<f32>();
    Some(f64::from(sum) / a.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::test_support::params;
    use super::*;
    use crate::{ClipFacts, LumaGrid, Moment};

    /// A bright spot on a way over a picture; `shown` says which moment's picture each moment has.
    fn track(noise: f32, shown: impl Fn(usize) -> f64) -> Track {
        let mut random = fastrand::Rng::with_seed(5);
        let moments = (0..120).map(|i| {
            let t = shown(i);
            let (x, y) = (
                16.0 + 9.0 * (t * 0.13).sin(),
                12.0 + 7.0 * (t * 0.081).cos(),
            );
            let cells = (0..32 * 24).map(|cell| {
                let (dx, dy) = (f64::from(cell % 32) - x, f64::from(cell / 32) - y);
                let spot = 120.0 * (-(dx * dx + dy * dy) / 8.0).exp();
                60.0 + spot as f32 + noise * (random.f32() - 0.5)
            });
            Moment {
                at_s: i as f64 / 15.0,
                thumbnail: LumaGrid::new(32, cells.collect()),
                ..Moment::default()
            }
        });
        Track::new([640, 480], ClipFacts::default(), moments.collect())
    }

    fn nearest(track: &Track) -> Option<Repeat> {
        Pictures::of(track).nearest_repeat(&params().static_risk)
    }

    #[test]
    fn loops_are_found_through_noise_also_where_their_period_is_no_whole_number_of_steps() {
        for period in [30.0, 33.5] {
            let found = nearest(&track(1.0, |i| i as f64 % period)).unwrap();
            assert!(found.distance < 0.12, "{period}: {found:?}");
            let periods = found.period_s * 15.0 / period;
            assert!(
                (periods - periods.round()).abs() < 0.02,
                "{period}: {found:?}"
            );
            assert!(!found.backwards);
        }
    }

    #[test]
    fn palindromes_are_found_and_a_free_way_is_neither() {
        let there_and_back = |i: usize| 45.0 - (i as f64 % 90.0 - 45.0).abs();
        let found = nearest(&track(1.0, there_and_back)).unwrap();
        assert!(found.distance < 0.12, "{found:?}");
        let free = nearest(&track(1.0, |i| i as f64)).unwrap();
        assert!(free.distance > 0.35, "{free:?}");
        assert!(nearest(&track(1.0, |_| 0.0)).is_none(), "noise alone");
        assert!(nearest(&Track::default()).is_none());
    }
}
