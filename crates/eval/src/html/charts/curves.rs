//! ROC and DET curves.

use super::{Plot, colour};
use crate::Report;
use crate::metrics::probit;
use crate::report::{CurvePoint, NamedCurve};

const HEIGHT: f64 = 350.0;
/// Errors that DET axes mark.
const DET_TICKS: [(f64, &str); 10] = [
    (0.001, "0.1"),
    (0.005, "0.5"),
    (0.01, "1"),
    (0.02, "2"),
    (0.05, "5"),
    (0.1, "10"),
    (0.2, "20"),
    (0.4, "40"),
    (0.6, "60"),
    (0.8, "80"),
];
const DET_MAX: f64 = 0.9;

/// Share of bona fide presentations accepted over the APCER.
pub(in crate::html) fn roc(report: &Report) -> String {
    let mut plot = Plot::new(HEIGHT, (0.0, 1.0), (0.0, 1.0));
    for (at, text) in [
        (0.0, "0"),
        (0.25, "25"),
        (0.5, "50"),
        (0.75, "75"),
        (1.0, "100"),
    ] {
        plot.tick_x(at, text);
        plot.tick_y(at, text);
    }
    plot.line("chance", (0.0, 0.0), (1.0, 1.0));
    draw(&mut plot, report, |p| (p.apcer, 1.0 - p.bpcer));
    plot.titles("APCER, %", "1 − BPCER, %");
    plot.finish("ROC curves: share of bona fide presentations accepted over APCER")
}

/// BPCER over APCER on axes of normal deviates, where normally spread scores give a line.
pub(in crate::html) fn det(report: &Report) -> String {
    let fewest = report.basis.live.min(report.basis.attack).max(1) as f64;
    // An error below one presentation cannot be seen.
    let least = (0.5 / fewest).clamp(0.0005, 0.05);
    let range = (probit(least), probit(DET_MAX));
    let mut plot = Plot::new(HEIGHT, range, range);
    for (at, text) in DET_TICKS.into_iter().filter(|(at, _)| *at >= least) {
        plot.tick_x(probit(at), text);
        plot.tick_y(probit(at), text);
    }
    plot.line("chance", (range.0, range.0), (range.1, range.1));
    let axis = |error: f64| probit(error.clamp(least, DET_MAX));
    draw(&mut plot, report, |p| (axis(p.apcer), axis(p.bpcer)));
    plot.titles("APCER, % (normal deviate)", "BPCER, % (normal deviate)");
    plot.finish("DET curves: BPCER over APCER")
}

/// The curves of the species, the one of all attacks over them, and each one's operating point.
fn draw(plot: &mut Plot, report: &Report, place: impl Fn(&CurvePoint) -> (f64, f64)) {
    let (all, species): (Vec<&NamedCurve>, Vec<&NamedCurve>) = report
        .curves
        .iter()
        .partition(|curve| curve.species.is_empty());
    let named = species
        .iter()
        .enumerate()
        .map(|(n, curve)| (*curve, colour(n)));
    let curves: Vec<(&NamedCurve, String)> = named
        .chain(all.iter().map(|curve| (*curve, "all".to_owned())))
        .collect();
    for (curve, class) in &curves {
        plot.path(&format!("curve {class}"), curve.points.iter().map(&place));
    }
    let bpcer = report.overall.bpcer;
    for (curve, class) in &curves {
        let figures = report.species.iter().find(|s| s.species == curve.species);
        let apcer = figures.map_or(report.overall.apcer_pooled, |s| s.apcer);
        if let (Some(apcer), Some(bpcer)) = (apcer, bpcer) {
            let point = CurvePoint {
                threshold: None,
                apcer: apcer.value,
                bpcer: bpcer.value,
            };
            plot.dot(&format!("dot {class}"), place(&point));
        }
    }
}
