//! What the template shows: figures as text, bars as percentages.

use std::collections::BTreeMap;

use serde::Serialize;

use super::charts;
use crate::format::{area, chosen, count, percent, plain_area, rate};
use crate::report::{Answers, GroupRow, GroupTable, NonResponse, WorstError};
use crate::{Estimate, Label, Report, RowIssue};

/// Rows of a group that the page shows; all are in the JSON.
const GROUP_ROWS: usize = 25;
/// Rows of the other long lists.
const LIST_ROWS: usize = 200;
/// AUC under which a signal is marked as misleading: its interval lies below chance.
const CHANCE: f64 = 0.5;

#[derive(Serialize)]
pub(super) struct Page<'a> {
    style: &'a str,
    title: &'a str,
    subtitle: Vec<String>,
    lead: String,
    tiles: Vec<Tile>,
    notes: &'a [String],
    answers: Vec<Answer>,
    species_header: Vec<String>,
    species: Vec<Species>,
    apcer_bars: Vec<Bars>,
    legend: Vec<Key>,
    roc: String,
    det: String,
    histogram: String,
    groups: Vec<Group>,
    not_grouped: Vec<String>,
    signal_header: Vec<String>,
    signals: Vec<Signal>,
    worst: Vec<Worst>,
    non_responses: List<'a, NonResponse>,
    reasons: Vec<(String, usize)>,
    unreadable: List<'a, RowIssue>,
    threshold: String,
    footer: String,
}

#[derive(Serialize)]
struct Tile {
    name: String,
    value: String,
    interval: String,
    says: String,
}

#[derive(Serialize)]
struct Answer {
    name: String,
    n: usize,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    class: &'static str,
    name: &'static str,
    width: String,
    text: String,
}

#[derive(Serialize)]
struct Species {
    name: String,
    colour: String,
    n: usize,
    units: usize,
    cells: Vec<String>,
}

#[derive(Serialize)]
struct Bars {
    title: String,
    rows: Vec<Bar>,
}

/// A bar with a whisker; places are percentages of the track.
#[derive(Serialize)]
struct Bar {
    name: String,
    colour: String,
    n: String,
    value: String,
    whisker: Option<(String, String)>,
    text: String,
}

#[derive(Serialize)]
struct Key {
    name: String,
    colour: String,
}

#[derive(Serialize)]
struct Group {
    column: String,
    bars: Vec<Bar>,
    rows: Vec<GroupCells>,
    hidden: usize,
    open: bool,
}

#[derive(Serialize)]
struct GroupCells {
    name: String,
    live: usize,
    attack: usize,
    cells: Vec<String>,
}

#[derive(Serialize)]
struct Signal {
    name: String,
    assessed: String,
    cells: Vec<Cell>,
}

/// An AUC; `mark` says where it stands against chance.
#[derive(Serialize)]
struct Cell {
    text: String,
    mark: &'static str,
}

#[derive(Serialize)]
struct Worst {
    path: String,
    what: String,
    class: &'static str,
    source: String,
    confidence: String,
    verdict: String,
    signals: Vec<(String, String)>,
    picture: Option<String>,
}

#[derive(Serialize)]
struct List<'a, T> {
    all: usize,
    hidden: usize,
    rows: &'a [T],
}

impl<'a, T> List<'a, T> {
    fn new(rows: &'a [T]) -> Self {
        let shown = rows.get(..LIST_ROWS.min(rows.len())).unwrap_or_default();
        Self {
            all: rows.len(),
            hidden: rows.len() - shown.len(),
            rows: shown,
        }
    }
}

impl<'a> Page<'a> {
    pub(super) fn new(
        report: &'a Report,
        pictures: &BTreeMap<String, String>,
        style: &'a str,
    ) -> Self {
        let s = &report.settings;
        let names: Vec<String> = report.species.iter().map(|s| s.species.clone()).collect();
        let mut species_header: Vec<String> =
            ["APCER", "APNRR", "AUC", "EER"].map(str::to_owned).to_vec();
        let points = report.overall.apcer_at_bpcer.iter();
        species_header.extend(points.map(|at| format!("APCER at BPCER {}", chosen(at.bpcer))));
        let mut signal_header = vec!["all attacks".to_owned()];
        signal_header.extend(names.iter().cloned());
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for without in &report.non_responses {
            *reasons.entry(&without.reason).or_default() += 1;
        }
        let mut reasons: Vec<(String, usize)> = reasons
            .into_iter()
            .map(|(reason, n)| (reason.to_owned(), n))
            .collect();
        reasons.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        Self {
            style,
            title: &s.title,
            subtitle: subtitle(report),
            lead: lead(report),
            tiles: tiles(report),
            notes: &report.basis.notes,
            answers: report.answers.iter().map(answer).collect(),
            species_header,
            species: species(report),
            apcer_bars: apcer_bars(report),
            legend: names
                .iter()
                .enumerate()
                .map(|(n, name)| Key {
                    name: name.clone(),
                    colour: charts::colour(n),
                })
                .collect(),
            roc: charts::roc(report),
            det: charts::det(report),
            histogram: charts::histogram(report),
            groups: report.groups.iter().map(group).collect(),
            not_grouped: report
                .not_grouped
                .iter()
                .map(|n| format!("{} ({})", n.column, n.reason))
                .collect(),
            signal_header,
            signals: signals(report),
            worst: report.worst.iter().map(|w| worst(w, pictures)).collect(),
            non_responses: List::new(&report.non_responses),
            reasons,
            unreadable: List::new(&report.unreadable),
            threshold: format!("{:.2}", s.threshold),
            footer: format!(
                "{}, profile {}, calibration {}; bootstrap of {} draws, seed {}; {}",
                s.binary, s.profile, s.calibration, s.draws, s.seed, report.schema
            ),
        }
    }
}

fn subtitle(report: &Report) -> Vec<String> {
    let (s, b) = (&report.settings, &report.basis);
    let mut parts = vec![
        count(b.live, "bona fide presentation"),
        format!(
            "{} of {} species",
            count(b.attack, "attack"),
            report.species.len()
        ),
    ];
    if b.persons > 0 {
        parts.push(count(b.persons, "person"));
    }
    if b.sources > 0 {
        parts.push(count(b.sources, "source"));
    }
    parts.push(format!("profile {}", s.profile));
    parts.push(format!("calibration {}", s.calibration));
    parts.push(s.created.clone());
    parts
}

fn lead(report: &Report) -> String {
    let o = &report.overall;
    let whole = |e: Option<Estimate>| e.map_or_else(|| "–".to_owned(), |e| percent(e.value));
    format!(
        "At the threshold {:.2}, {} of the bona fide presentations are turned away, and {} of the \
         attacks of the worst species, {}, are taken for a living person.",
        report.settings.threshold,
        whole(o.bpcer),
        whole(o.apcer_worst),
        o.worst_species
    )
}

fn tiles(report: &Report) -> Vec<Tile> {
    let o = &report.overall;
    let tile = |name: &str, estimate: Option<Estimate>, says: String| Tile {
        name: name.to_owned(),
        value: estimate.map_or_else(|| "–".to_owned(), |e| percent(e.value)),
        interval: interval(estimate, percent),
        says,
    };
    let auc = Tile {
        name: "AUC".to_owned(),
        value: o
            .auc
            .map_or_else(|| "–".to_owned(), |e| plain_area(e.value)),
        interval: interval(o.auc, plain_area),
        says: "all attacks together".to_owned(),
    };
    let mut tiles = vec![
        tile(
            "APCER",
            o.apcer_worst,
            format!("worst species: {}", o.worst_species),
        ),
        tile("BPCER", o.bpcer, "bona fide turned away".to_owned()),
        tile("ACER", o.acer, "mean of the two".to_owned()),
        tile("EER", o.eer, "all attacks together".to_owned()),
        auc,
    ];
    tiles.extend(o.apcer_at_bpcer.iter().map(|at| {
        let name = format!("APCER at BPCER {}", chosen(at.bpcer));
        tile(
            &name,
            at.worst,
            format!("worst species: {}", at.worst_species),
        )
    }));
    tiles.push(tile(
        "BPNRR",
        o.bpnrr,
        "bona fide without a score".to_owned(),
    ));
    tiles.push(tile("APNRR", o.apnrr, "attacks without a score".to_owned()));
    tiles
}

fn interval(estimate: Option<Estimate>, text: impl Fn(f64) -> String) -> String {
    match estimate.map(|e| (e.low, e.high)) {
        Some((Some(low), Some(high))) => format!("{} to {}", text(low), text(high)),
        _ => "no interval".to_owned(),
    }
}

fn answer(answers: &Answers) -> Answer {
    let kinds = [
        ("live-answer", "LIVE", answers.live),
        ("inconclusive", "INCONCLUSIVE", answers.inconclusive),
        ("spoof-answer", "SPOOF", answers.spoof),
        ("none", "no score", answers.non_response),
    ];
    Answer {
        name: match answers.label {
            Label::Live => "bona fide".to_owned(),
            Label::Attack => answers.species.clone(),
        },
        n: answers.presentations,
        parts: kinds
            .into_iter()
            .map(|(class, name, estimate)| Part {
                class,
                name,
                width: place(estimate.map_or(0.0, |e| e.value)),
                text: rate(estimate),
            })
            .collect(),
    }
}

fn species(report: &Report) -> Vec<Species> {
    let rows = report.species.iter().enumerate();
    rows.map(|(n, s)| Species {
        name: s.species.clone(),
        colour: charts::colour(n),
        n: s.presentations,
        units: s.units,
        cells: [rate(s.apcer), rate(s.apnrr), area(s.auc), rate(s.eer)]
            .into_iter()
            .chain(s.apcer_at_bpcer.iter().map(|e| rate(*e)))
            .collect(),
    })
    .collect()
}

/// APCER of each species at the threshold and at each BPCER.
fn apcer_bars(report: &Report) -> Vec<Bars> {
    let at_threshold = format!("at the threshold {:.2}", report.settings.threshold);
    let mut figures: Vec<(String, Vec<Option<Estimate>>)> = vec![(
        at_threshold,
        report.species.iter().map(|s| s.apcer).collect(),
    )];
    for (k, at) in report.overall.apcer_at_bpcer.iter().enumerate() {
        let each = report
            .species
            .iter()
            .map(|s| s.apcer_at_bpcer.get(k).copied().flatten());
        figures.push((format!("at BPCER {}", chosen(at.bpcer)), each.collect()));
    }
    let rows = |estimates: Vec<Option<Estimate>>| {
        report
            .species
            .iter()
            .zip(estimates)
            .enumerate()
            .map(|(n, (s, e))| {
                bar(
                    &s.species,
                    charts::colour(n),
                    s.presentations.to_string(),
                    e,
                )
            })
            .collect()
    };
    figures
        .into_iter()
        .map(|(title, estimates)| Bars {
            title,
            rows: rows(estimates),
        })
        .collect()
}

fn bar(name: &str, colour: String, n: String, estimate: Option<Estimate>) -> Bar {
    let ends = estimate.and_then(|e| Some((e.low?, e.high?)));
    Bar {
        name: if name.is_empty() {
            "(none)".to_owned()
        } else {
            name.to_owned()
        },
        colour,
        n,
        value: place(estimate.map_or(0.0, |e| e.value)),
        whisker: ends.map(|(low, high)| (place(low), place(high - low))),
        text: rate(estimate),
    }
}

/// A share as a CSS percentage.
fn place(share: f64) -> String {
    format!("{:.2}%", 100.0 * share.clamp(0.0, 1.0))
}

fn group(table: &GroupTable) -> Group {
    let shown = || table.rows.iter().take(GROUP_ROWS);
    let bars = shown()
        .filter(|row| row.live > 0)
        .map(|row| {
            bar(
                &row.value,
                "live".to_owned(),
                row.live.to_string(),
                row.bpcer,
            )
        })
        .collect();
    Group {
        column: table.column.clone(),
        bars,
        rows: shown().map(group_cells).collect(),
        hidden: table.rows.len().saturating_sub(GROUP_ROWS),
        open: table.rows.len() <= GROUP_ROWS,
    }
}

fn group_cells(row: &GroupRow) -> GroupCells {
    GroupCells {
        name: if row.value.is_empty() {
            "(none)".to_owned()
        } else {
            row.value.clone()
        },
        live: row.live,
        attack: row.attack,
        cells: vec![
            rate(row.bpcer),
            rate(row.bpnrr),
            rate(row.apcer),
            area(row.auc),
            rate(row.eer),
        ],
    }
}

fn signals(report: &Report) -> Vec<Signal> {
    let cell = |estimate: Option<Estimate>| Cell {
        text: area(estimate),
        mark: match estimate.map(|e| (e.low, e.high)) {
            Some((_, Some(high))) if high < CHANCE => "below",
            Some((Some(low), _)) if low > CHANCE => "above",
            _ => "chance",
        },
    };
    let rows = report.signals.iter();
    rows.map(|s| {
        let each = report
            .species
            .iter()
            .map(|x| s.by_species.get(&x.species).copied().flatten());
        Signal {
            name: s.name.clone(),
            assessed: format!(
                "{} / {}",
                percent(s.assessed_live),
                percent(s.assessed_attack)
            ),
            cells: std::iter::once(s.auc).chain(each).map(cell).collect(),
        }
    })
    .collect()
}

fn worst(error: &WorstError, pictures: &BTreeMap<String, String>) -> Worst {
    let (what, class) = match error.label {
        Label::Live => ("bona fide".to_owned(), "live"),
        Label::Attack => (format!("attack, {}", error.species), "attack"),
    };
    Worst {
        path: error.path.clone(),
        what,
        class,
        source: error.source.clone().unwrap_or_default(),
        confidence: format!("{:.3}", error.confidence),
        verdict: error.verdict.to_string(),
        signals: error
            .signals
            .iter()
            .map(|(n, s)| (n.clone(), format!("{s:.2}")))
            .collect(),
        picture: pictures
            .get(&error.path)
            .filter(|url| is_picture(url))
            .cloned(),
    }
}

/// Whether `url` is a JPEG or PNG in base64 and nothing else.
fn is_picture(url: &str) -> bool {
    let base64 = ["data:image/jpeg;base64,", "data:image/png;base64,"]
        .iter()
        .find_map(|head| url.strip_prefix(head));
    base64.is_some_and(|text| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
    })
}
