//! How the confidences of each class are spread: bona fide upwards, attacks downwards.

use super::{Plot, colour};
use crate::Report;

const HEIGHT: f64 = 300.0;

/// Shares of each class by confidence, with the threshold and the band around it.
pub(in crate::html) fn histogram(report: &Report) -> String {
    let histogram = &report.histogram;
    let live_total = histogram.live.iter().sum::<usize>().max(1) as f64;
    let attacks: Vec<&Vec<usize>> = histogram.species.values().collect();
    let attack_total = attacks
        .iter()
        .flat_map(|bins| bins.iter())
        .sum::<usize>()
        .max(1) as f64;
    let up = |bin: usize| histogram.live.get(bin).copied().unwrap_or(0) as f64 / live_total;
    let down =
        |bins: &[usize], bin: usize| bins.get(bin).copied().unwrap_or(0) as f64 / attack_total;
    let bins = 0..histogram.bins;
    let highest = bins.clone().map(up).fold(0.0, f64::max);
    let lowest = bins
        .clone()
        .map(|bin| attacks.iter().map(|bins| down(bins, bin)).sum::<f64>())
        .fold(0.0, f64::max);
    let reach = 1.08 * highest.max(lowest).max(0.01);

    let mut plot = Plot::new(HEIGHT, (0.0, 1.0), (-reach, reach));
    let (threshold, margin) = (
        report.settings.threshold,
        report.settings.inconclusive_margin,
    );
    let band = ((threshold - margin).max(0.0), (threshold + margin).min(1.0));
    plot.rect("band", (band.0, -reach), (band.1, reach));
    for tenth in (0..=10).step_by(2) {
        let at = f64::from(tenth) / 10.0;
        plot.tick_x(at, &format!("{at:.1}"));
    }
    let step = tick_step(reach);
    for n in 1..=4 {
        let at = step * f64::from(n);
        if at < reach {
            let text = crate::format::chosen(at);
            let number = text.trim_end_matches('%');
            plot.tick_y(at, number);
            plot.tick_y(-at, number);
        }
    }
    let width = 1.0 / histogram.bins.max(1) as f64;
    let gap = 0.08 * width;
    for bin in bins {
        let (from, to) = (bin as f64 * width + gap, (bin + 1) as f64 * width - gap);
        if up(bin) > 0.0 {
            plot.rect("bar live", (from, 0.0), (to, up(bin)));
        }
        let mut base = 0.0;
        for (n, bins) in attacks.iter().enumerate() {
            let share = down(bins, bin);
            if share > 0.0 {
                plot.rect(
                    &format!("bar {}", colour(n)),
                    (from, base),
                    (to, base - share),
                );
                base -= share;
            }
        }
    }
    plot.line("zero", (0.0, 0.0), (1.0, 0.0));
    plot.line("threshold", (threshold, -reach), (threshold, reach));
    plot.titles("confidence", "attacks ← % → bona fide");
    plot.finish("Histogram of confidences: bona fide upwards, attacks downwards")
}

/// A round distance of ticks that gives two to four of them up to `reach`.
fn tick_step(reach: f64) -> f64 {
    let rough = reach / 2.5;
    let magnitude = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .rfind(|f| f * magnitude <= rough)
        .unwrap_or(1.0);
    factor * magnitude
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_two_to_five() {
        for (reach, step) in [(0.25, 0.1), (1.0, 0.2), (0.013, 0.005), (0.05, 0.02)] {
            assert!(
                (tick_step(reach) - step).abs() < 1e-12,
                "{reach}: {}",
                tick_step(reach)
            );
        }
    }
}
