//! The report on tables that were computed by hand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lifesign_domain::Verdict;
use lifesign_eval::compare::{compare, differences};
use lifesign_eval::{
    Estimate, Label, Outcome, Report, ReportError, RowIssue, Sample, Scored, Settings,
};

fn settings() -> Settings {
    Settings {
        title: "test".into(),
        created: "2026-01-01".into(),
        binary: "lifesign 0".into(),
        calibration: "c1".into(),
        profile: "classic".into(),
        threshold: 0.58,
        inconclusive_margin: 0.04,
        draws: 200,
        seed: 1,
    }
}

fn score(confidence: f64) -> Outcome {
    let verdict = match confidence {
        c if c > 0.62 => Verdict::Live,
        c if c < 0.54 => Verdict::Spoof,
        _ => Verdict::Inconclusive,
    };
    let signals = BTreeMap::from([("texture".to_owned(), confidence)]);
    Outcome::Score {
        confidence,
        verdict,
        signals,
    }
}

fn none() -> Outcome {
    Outcome::NonResponse("no face".into())
}

fn scored(i: usize, label: Label, species: &str, outcome: Outcome) -> Scored {
    let path = format!("{label}/{species}/{i}.jpg");
    let device = if i.is_multiple_of(2) {
        "phone"
    } else {
        "webcam"
    };
    Scored {
        sample: Sample {
            file: PathBuf::from(&path),
            path,
            label,
            species: species.into(),
            groups: BTreeMap::from([("device".to_owned(), device.to_owned())]),
            person: None,
            source: None,
        },
        outcome,
    }
}

/// 8 bona fide (1 below the threshold, 1 without a score), 4 prints (1 accepted), 5 screens
/// (1 accepted, 1 in the upper half of the band, 1 without a score).
fn table() -> Vec<Scored> {
    let live = [0.9, 0.8, 0.75, 0.7, 0.66, 0.6, 0.3].map(score);
    let print = [0.1, 0.2, 0.5, 0.95].map(score);
    let screen = [0.2, 0.55, 0.61, 0.7].map(score);
    let of = |label, species: &'static str, outcomes: Vec<Outcome>| {
        outcomes
            .into_iter()
            .enumerate()
            .map(move |(i, o)| scored(i, label, species, o))
    };
    of(Label::Live, "", live.into_iter().chain([none()]).collect())
        .chain(of(Label::Attack, "print", print.into()))
        .chain(of(
            Label::Attack,
            "screen",
            screen.into_iter().chain([none()]).collect(),
        ))
        .collect()
}

fn report() -> Report {
    Report::new(&table(), &[], settings()).unwrap()
}

fn value(estimate: Option<Estimate>) -> f64 {
    estimate.unwrap().value
}

#[test]
fn rates_of_the_table() {
    let report = report();
    let o = &report.overall;
    assert_eq!(value(o.bpcer), 2.0 / 8.0);
    assert_eq!(value(o.bpnrr), 1.0 / 8.0);
    assert_eq!(value(o.apnrr), 1.0 / 9.0);
    assert_eq!(value(o.apcer_pooled), 4.0 / 9.0);
    assert_eq!(value(o.apcer_worst), 3.0 / 5.0);
    assert_eq!(o.worst_species, "screen");
    assert!((value(o.acer) - (3.0 / 5.0 + 2.0 / 8.0) / 2.0).abs() < 1e-12);
    let apcer: Vec<(&str, f64, f64)> = report
        .species
        .iter()
        .map(|s| (s.species.as_str(), value(s.apcer), value(s.apnrr)))
        .collect();
    assert_eq!(apcer, [("print", 0.25, 0.0), ("screen", 0.6, 0.2)]);
    // Print: every scored bona fide presentation loses to 0.95, the 6 high ones beat the other
    // 3, and 0.3 beats 2; the one without a score loses all 4.
    assert_eq!(value(report.species[0].auc), (6.0 * 3.0 + 2.0) / 32.0);
    // At BPCER 10% none of 8 may be rejected, so that the one without a score forces "all".
    assert!(
        o.apcer_at_bpcer
            .iter()
            .all(|at| value(at.worst) == 1.0 && at.threshold.is_none())
    );
}

#[test]
fn answers_sum_to_one_and_tell_the_band_apart() {
    let report = report();
    let screen = report
        .answers
        .iter()
        .find(|a| a.species == "screen")
        .unwrap();
    assert_eq!(value(screen.live), 0.2);
    assert_eq!(value(screen.inconclusive), 0.4);
    assert_eq!(value(screen.spoof), 0.2);
    assert_eq!(value(screen.non_response), 0.2);
    assert_eq!(report.answers[0].label, Label::Live);
}

#[test]
fn groups_signals_and_worst_errors() {
    let report = report();
    let device = &report.groups[0];
    let rows: Vec<(&str, usize, f64)> = device
        .rows
        .iter()
        .map(|r| (r.value.as_str(), r.live, value(r.bpcer)))
        .collect();
    // 0.3 has index 6 (phone), the one without a score index 7 (webcam).
    assert_eq!(rows, [("phone", 4, 0.25), ("webcam", 4, 0.25)]);
    assert_eq!(report.signals[0].assessed_live, 7.0 / 8.0);
    let worst: Vec<&str> = report.worst.iter().map(|w| w.path.as_str()).collect();
    assert_eq!(
        worst,
        [
            "attack/print/3.jpg",
            "live//6.jpg",
            "attack/screen/3.jpg",
            "attack/screen/2.jpg"
        ]
    );
    assert_eq!(report.non_responses.len(), 2);
    assert_eq!(report.histogram.live.iter().sum::<usize>(), 7);
}

#[test]
fn intervals_hold_the_figure_and_a_seed_repeats() {
    let (a, b) = (report(), report());
    assert_eq!(a, b);
    for e in [
        a.overall.auc,
        a.overall.eer,
        a.overall.bpcer,
        a.overall.apcer_worst,
    ] {
        let e = e.unwrap();
        assert!(
            e.low.unwrap() <= e.value && e.value <= e.high.unwrap(),
            "{e:?}"
        );
    }
    assert!(
        a.basis
            .notes
            .iter()
            .any(|n| n.contains("each image counts as independent"))
    );
    assert!(
        a.basis
            .notes
            .iter()
            .any(|n| n.contains("Only 8 independent units"))
    );
}

#[test]
fn a_class_that_is_missing_is_an_error() {
    let live: Vec<Scored> = table()
        .into_iter()
        .filter(|s| s.sample.label == Label::Live)
        .collect();
    let error = Report::new(&live, &[], settings()).unwrap_err();
    assert!(matches!(error, ReportError::NoPresentation(Label::Attack)));
}

#[test]
fn json_reads_back_and_other_versions_are_refused() {
    let report = report();
    let json = report.to_json().unwrap();
    assert_eq!(Report::from_json(&json).unwrap(), report);
    let other = json.replace("lifesign-eval/1", "lifesign-eval/9");
    assert!(matches!(
        Report::from_json(&other),
        Err(ReportError::Schema(_))
    ));
    assert!(matches!(
        Report::from_json("{}"),
        Err(ReportError::Parse(_))
    ));
}

#[test]
fn comparing_says_what_changed_and_whether_it_may_be_chance() {
    let a = report();
    let better: Vec<Scored> = table()
        .into_iter()
        .map(|mut s| {
            s.outcome = score(if s.sample.label == Label::Live {
                0.9
            } else {
                0.1
            });
            s
        })
        .collect();
    let b = Report::new(&better, &[], settings()).unwrap();
    let find = |name: &str| {
        differences(&a, &b)
            .into_iter()
            .find(|d| d.figure == name)
            .unwrap()
    };
    assert_eq!(find("BPCER").change(), Some(-0.25));
    assert_eq!(find("AUC").b.unwrap().value, 1.0);
    assert_eq!(find("AUC").overlap(), Some(false));
    assert_eq!(find("APCER print").overlap(), Some(true));
    let text = compare(&a, &b);
    assert!(text.contains("better, intervals overlap"), "{text}");
    assert!(!compare(&a, &a).contains("better"));
}

#[test]
fn nothing_from_outside_enters_the_page_as_markup() {
    const EVIL: &str = "<script>alert(1)</script>\"'&";
    let mut all = table();
    for s in &mut all {
        s.sample.path = format!("{EVIL}{}", s.sample.path);
        s.sample.groups = BTreeMap::from([(EVIL.to_owned(), format!("{EVIL}{}", s.sample.label))]);
        if !s.sample.species.is_empty() {
            s.sample.species = format!("{EVIL}{}", s.sample.species);
        }
        match &mut s.outcome {
            Outcome::Score { signals, .. } => *signals = BTreeMap::from([(EVIL.into(), 0.5)]),
            Outcome::NonResponse(reason) => *reason = EVIL.into(),
        }
    }
    let issue = RowIssue {
        line: Some(2),
        path: EVIL.into(),
        reason: EVIL.into(),
    };
    let mut settings = settings();
    settings.title = EVIL.into();
    settings.calibration = EVIL.into();
    let file = RowIssue {
        line: None,
        ..issue.clone()
    };
    let report = Report::new(&all, &[issue, file], settings).unwrap();
    let url = |text: &str| {
        report
            .worst
            .iter()
            .map(|w| (w.path.clone(), text.to_owned()))
            .collect::<BTreeMap<_, _>>()
    };
    for pictures in [
        url("data:image/png;base64,AAAA\" onerror=\"alert(1)"),
        url("https://example.org/a.png"),
        url("data:image/svg+xml;base64,AAAA"),
    ] {
        let page = report.to_html(&pictures).unwrap();
        assert!(!page.contains("<script"), "script");
        assert!(!page.contains("<img"), "picture");
        assert!(page.contains("&lt;script&gt;"));
    }
    let page = report.to_html(&url("data:image/png;base64,AAAA")).unwrap();
    assert_eq!(page.matches("<img").count(), report.worst.len());
    // Self-contained: nothing is fetched.
    assert!(!page.contains("http://") && !page.contains("https://"));
}
