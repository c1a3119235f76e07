//! Logistic regression with coefficients that are not negative.

use std::collections::BTreeMap;

use lifesign_domain::Fusion;

use super::Observations;

const ITERATIONS: usize = 2000;
/// The fit ends when no coefficient moves by more.
const TOLERANCE: f64 = 1e-7;

/// Weights, not negative and summing to 1, fitted to `rows`; `None` where one class is missing
/// or no signal speaks for living persons.
///
/// Minimises the logistic loss of `bias + sum(u * term)`, the term of each score being what
/// `fusion` sums (the score itself or its logarithm), over `u >= 0` with the penalty
/// `strength * |u - mean(u)|^2`, which pulls towards equal weights without limiting how sharply
/// the sum separates, by accelerated projected gradient descent (Beck and Teboulle, 2009). Every
/// source counts equally within its class and both classes count equally, so that a large
/// source is no shortcut.
pub(super) fn weights(
    data: &Observations,
    fusion: Fusion,
    rows: &[usize],
    strength: f64,
) -> Option<Vec<f64>> {
    let problem = Problem::new(data, fusion, rows, strength)?;
    let u = problem.solve();
    let sum: f64 = u.iter().sum();
    (sum > 1e-9).then(|| u.iter().map(|u| u / sum).collect())
}

struct Problem {
    /// Terms centred on each signal's mean; a missing one is 0.
    rows: Vec<Vec<f64>>,
    /// 1 for bona fide, -1 for attack.
    signs: Vec<f64>,
    /// Importance of each row; they sum to 1.
    importance: Vec<f64>,
    signals: usize,
    strength: f64,
}

impl Problem {
    fn new(data: &Observations, fusion: Fusion, rows: &[usize], strength: f64) -> Option<Self> {
        let signals = data.signals.len();
        // A score that is missing stays NaN, which `Fusion::term` would make 0.
        let term = |score: &f64| {
            if score.is_nan() {
                f64::NAN
            } else {
                fusion.term(*score)
            }
        };
        let terms: Vec<Vec<f64>> = rows
            .iter()
            .filter_map(|i| data.scores.get(*i))
            .map(|row| row.iter().map(term).collect())
            .collect();
        let means: Vec<f64> = (0..signals).map(|j| mean(&terms, j)).collect();
        let centred = terms.iter().map(|row| {
            let pairs = row.iter().zip(&means);
            pairs
                .map(|(t, m)| if t.is_nan() { 0.0 } else { t - m })
                .collect()
        });
        let signs: Vec<f64> = rows
            .iter()
            .filter_map(|i| data.live.get(*i))
            .map(|live| if *live { 1.0 } else { -1.0 })
            .collect();
        if !signs.contains(&1.0) || !signs.contains(&-1.0) {
            return None;
        }
        Some(Self {
            rows: centred.collect(),
            importance: importance(data, rows),
            signs,
            signals,
            strength,
        })
    }

    /// Coefficients; the bias is fitted and dropped, since only the ratio of weights is wanted.
    fn solve(&self) -> Vec<f64> {
        let step = 1.0 / self.curvature();
        let mut u = vec![1.0; self.signals + 1];
        if let Some(bias) = u.last_mut() {
            *bias = 0.0;
        }
        let (mut ahead, mut momentum) = (u.clone(), 1.0f64);
        for _ in 0..ITERATIONS {
            let gradient = self.gradient(&ahead);
            let next: Vec<f64> = ahead
                .iter()
                .zip(&gradient)
                .enumerate()
                .map(|(j, (a, g))| {
                    let moved = a - step * g;
                    if j < self.signals {
                        moved.max(0.0)
                    } else {
                        moved
                    }
                })
                .collect();
            let grown = (1.0 + (1.0 + 4.0 * momentum * momentum).sqrt()) / 2.0;
            let push = (momentum - 1.0) / grown;
            ahead = next
                .iter()
                .zip(&u)
                .map(|(n, u)| n + push * (n - u))
                .collect();
            let moved = next
                .iter()
                .zip(&u)
                .map(|(n, u)| (n - u).abs())
                .fold(0.0, f64::max);
            (u, momentum) = (next, grown);
            if moved < TOLERANCE {
                break;
            }
        }
        u.truncate(self.signals);
        u
    }

    /// At least the largest curvature of the objective: the logistic loss has at most a quarter
    /// of the mean square length of the rows, the bias counted as one more term of 1.
    fn curvature(&self) -> f64 {
        let squares =
            self.rows.iter().zip(&self.importance).map(|(row, weight)| {
                weight * (1.0 + row.iter().map(|term| term * term).sum::<f64>())
            });
        0.25 * squares.sum::<f64>() + 2.0 * self.strength
    }

    fn gradient(&self, u: &[f64]) -> Vec<f64> {
        let (coefficients, bias) = u.split_at(self.signals.min(u.len()));
        let bias = bias.first().copied().unwrap_or(0.0);
        let mean = coefficients.iter().sum::<f64>() / self.signals.max(1) as f64;
        let mut gradient: Vec<f64> = coefficients
            .iter()
            .map(|c| 2.0 * self.strength * (c - mean))
            .collect();
        let mut bias_gradient = 0.0;
        for ((row, sign), importance) in self.rows.iter().zip(&self.signs).zip(&self.importance) {
            let sum: f64 = bias
                + row
                    .iter()
                    .zip(coefficients)
                    .map(|(x, c)| x * c)
                    .sum::<f64>();
            let slope = -sign * importance / (1.0 + (sign * sum).exp());
            for (g, x) in gradient.iter_mut().zip(row) {
                *g += slope * x;
            }
            bias_gradient += slope;
        }
        gradient.push(bias_gradient);
        gradient
    }
}

fn mean(rows: &[Vec<f64>], column: usize) -> f64 {
    let assessed = rows
        .iter()
        .filter_map(|row| row.get(column))
        .filter(|s| !s.is_nan());
    let (sum, n) = assessed.fold((0.0, 0usize), |(sum, n), s| (sum + s, n + 1));
    sum / n.max(1) as f64
}

/// Each class has half of the importance, shared equally by its sources and their rows.
fn importance(data: &Observations, rows: &[usize]) -> Vec<f64> {
    let cell = |i: usize| Some((*data.live.get(i)?, data.source.get(i)?.as_str()));
    let mut cells: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    for cell in rows.iter().filter_map(|i| cell(*i)) {
        *cells.entry(cell).or_default() += 1;
    }
    let sources = |class: bool| cells.keys().filter(|(live, _)| *live == class).count();
    let sources = [sources(false).max(1) as f64, sources(true).max(1) as f64];
    rows.iter()
        .filter_map(|i| cell(*i))
        .map(|cell| {
            let [of_attack, of_live] = sources;
            let count = cells.get(&cell).copied().unwrap_or(1) as f64;
            0.5 / (if cell.0 { of_live } else { of_attack } * count)
        })
        .collect()
}
