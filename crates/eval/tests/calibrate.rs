//! Fitting on made-up observations with a known best answer.

use lifesign_domain::Fusion;
use lifesign_eval::calibrate::{CalibrateError, Calibrated, Observations, Target, calibrate};

const TARGET: Target = Target {
    bpcer: 0.05,
    operating_point: 0.58,
};

/// `good` separates, `noise` does not, `wrong` is higher for attacks; four sources, each with
/// its own level, ten persons each.
fn observations(per_class: usize) -> Observations {
    let mut random = fastrand::Rng::with_seed(3);
    let mut data = Observations {
        signals: ["good", "noise", "wrong"].map(str::to_owned).to_vec(),
        ..Observations::default()
    };
    for i in 0..2 * per_class {
        let live = i % 2 == 0;
        let source = i / 2 % 4;
        let mut spread =
            |mean: f64, width: f64| (mean + width * (random.f64() - 0.5)).clamp(0.0, 1.0);
        let level = 0.02 * source as f64;
        let side = if live { 0.15 } else { -0.15 };
        let mut row = vec![
            spread(0.5 + level + side, 0.5),
            spread(0.5, 0.8),
            spread(0.5 - side, 0.5),
        ];
        if i % 11 == 0 {
            row[1] = f64::NAN;
        }
        data.scores.push(row);
        data.live.push(live);
        data.species.push(
            if live {
                ""
            } else {
                ["print", "screen"][i / 2 % 2]
            }
            .to_owned(),
        );
        data.source.push(format!("s{source}"));
        data.person.push(format!("p{}", i / 8 % 10));
    }
    data
}

fn fuse(fusion: Fusion, row: &[f64], weights: &[f64]) -> f64 {
    let assessed = |score: f64| (!score.is_nan()).then_some(score);
    let signals = weights.iter().zip(row);
    fusion.fuse(signals.map(|(w, s)| (*w, assessed(*s)))).score
}

fn fitted() -> (Observations, Calibrated) {
    let data = observations(400);
    let fitted = calibrate(&data, Fusion::Mean, TARGET).unwrap();
    (data, fitted)
}

#[test]
fn weights_are_not_negative_sum_to_one_and_favour_what_separates() {
    let (_, fitted) = fitted();
    let sum: f64 = fitted.weights.values().sum();
    assert!((sum - 1.0).abs() < 1e-9);
    assert!(fitted.weights.values().all(|w| *w >= 0.0));
    assert!(fitted.weights["good"] > 0.8, "{:?}", fitted.weights);
    assert_eq!(fitted.weights["wrong"], 0.0, "{:?}", fitted.weights);
}

#[test]
fn the_operating_point_keeps_the_target_where_the_source_was_left_out() {
    let (data, fitted) = fitted();
    let cv = &fitted.cross_validated;
    assert_eq!((cv.left_out, cv.folds), ("source", 4));
    assert!(cv.auc > cv.auc_of_equal_weights + 0.1, "{cv:?}");
    assert!(cv.bpcer < 0.10, "{}", cv.bpcer);
    assert_eq!(cv.apcer.keys().collect::<Vec<_>>(), ["print", "screen"]);
    assert_eq!(cv.confidence.len(), data.live.len());
    assert!((fitted.map.apply(fitted.threshold) - 0.58).abs() < 1e-12);
    // The fit itself, on the data it has seen, is near the target too.
    let weights: Vec<f64> = data.signals.iter().map(|s| fitted.weights[s]).collect();
    let rows = data
        .scores
        .iter()
        .zip(&data.live)
        .filter(|(_, live)| **live);
    let confidences: Vec<f64> = rows
        .map(|(r, _)| fitted.map.apply(fuse(Fusion::Mean, r, &weights)))
        .collect();
    let rejected = confidences.iter().filter(|c| **c < 0.58).count() as f64 / 400.0;
    assert!((rejected - 0.05).abs() < 0.02, "{rejected}");
}

#[test]
fn a_confidence_never_falls_when_a_signal_rises() {
    let (data, fitted) = fitted();
    let weights: Vec<f64> = data.signals.iter().map(|s| fitted.weights[s]).collect();
    for row in &data.scores {
        for j in 0..row.len() {
            let mut raised = row.clone();
            raised[j] = (raised[j] + 0.1).min(1.0);
            let (before, after) = (
                fuse(Fusion::Mean, row, &weights),
                fuse(Fusion::Mean, &raised, &weights),
            );
            assert!(fitted.map.apply(after) >= fitted.map.apply(before) - 1e-12);
        }
    }
}

/// `guard` says nothing but is near 0 for half of the attacks; `even` is a weak help everywhere.
fn one_sure_signal() -> Observations {
    let mut random = fastrand::Rng::with_seed(5);
    let mut data = observations(400);
    data.signals = vec!["guard".to_owned(), "even".to_owned()];
    for (row, live) in data.scores.iter_mut().zip(&data.live) {
        let sure = !live && random.bool();
        let guard = if sure { 0.01 } else { 0.9 } * (0.9 + 0.1 * random.f64());
        let even = if *live { 0.55 } else { 0.45 } + 0.3 * (random.f64() - 0.5);
        *row = vec![guard, even];
    }
    data
}

#[test]
fn weights_are_fitted_for_the_rule_that_fuses() {
    let data = one_sure_signal();
    let target = Target {
        bpcer: 0.05,
        ..TARGET
    };
    for fusion in [Fusion::Mean, Fusion::Geometric] {
        let fitted = calibrate(&data, fusion, target).unwrap();
        let weights: Vec<f64> = data.signals.iter().map(|s| fitted.weights[s]).collect();
        // Both weights matter: with one alone half of the attacks cannot be told.
        assert!(weights.iter().all(|w| *w > 0.01), "{fusion:?} {weights:?}");
        let confidence = |row: &[f64]| fitted.map.apply(fuse(fusion, row, &weights));
        let rows = || data.scores.iter().zip(&data.live);
        let rejected = rows().filter(|(r, live)| **live && confidence(r) < 0.58);
        assert!((rejected.count() as f64 / 400.0 - 0.05).abs() < 0.02);
        let sure = rows().filter(|(r, _)| r[0] < 0.1);
        assert!(sure.clone().count() > 150);
        assert!(
            sure.clone().all(|(r, _)| confidence(r) < 0.58),
            "{fusion:?}"
        );
    }
}

#[test]
fn a_small_sample_is_refused_with_what_is_missing() {
    let error = calibrate(&observations(20), Fusion::Mean, TARGET).unwrap_err();
    assert_eq!(
        error.to_string(),
        "sample is too small for a BPCER of 5%: needs 40 more bona fide presentations (20 found, \
         60 needed), 10 more attacks (20 found, 30 needed)"
    );
    let mut few_persons = observations(100);
    few_persons.person.fill("one".into());
    few_persons.source.fill("s".into());
    let error = calibrate(&few_persons, Fusion::Mean, TARGET)
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("needs 9 more persons (1 found, 10 needed)"),
        "{error}"
    );
}

#[test]
fn persons_are_left_out_where_sources_are_few_and_images_where_nothing_is_known() {
    let mut data = observations(100);
    data.source.fill("s".into());
    assert_eq!(
        calibrate(&data, Fusion::Mean, TARGET)
            .unwrap()
            .cross_validated
            .left_out,
        "person"
    );
    data.person.fill(String::new());
    let fitted = calibrate(&data, Fusion::Mean, TARGET).unwrap();
    assert_eq!(fitted.cross_validated.left_out, "image");
    assert!(
        fitted
            .notes
            .iter()
            .any(|n| n.contains("no persons are named")),
        "{:?}",
        fitted.notes
    );
}

#[test]
fn what_cannot_be_fitted_is_an_error() {
    let data = observations(100);
    let with = |change: &dyn Fn(&mut Observations)| {
        let mut data = data.clone();
        change(&mut data);
        calibrate(&data, Fusion::Mean, TARGET).unwrap_err()
    };
    assert!(matches!(
        with(&|d| d.scores[3] = vec![0.5]),
        CalibrateError::Shape(_)
    ));
    assert!(matches!(
        with(&|d| d.scores[3][0] = 1.5),
        CalibrateError::Shape(_)
    ));
    assert!(matches!(
        with(&|d| d.person.clear()),
        CalibrateError::Shape(_)
    ));
    let wrong_only = with(&|d| {
        d.signals = vec!["wrong".into()];
        d.scores.iter_mut().for_each(|r| *r = vec![r[2]]);
    });
    assert_eq!(wrong_only, CalibrateError::NoInformation);
    // Higher on average for bona fide presentations, by one source alone: no fit holds elsewhere.
    let one_source = with(&|d| {
        d.signals = vec!["outlier".into()];
        for ((row, live), source) in d.scores.iter_mut().zip(&d.live).zip(&d.source) {
            *row = vec![match (live, source.as_str()) {
                (true, "s0") => 1.0,
                (true, _) => 0.4,
                (false, _) => 0.45,
            }];
        }
    });
    let (auc, left_out) = (0.25, "source");
    assert_eq!(one_source, CalibrateError::Chance { auc, left_out });
    let zero = Target {
        bpcer: 0.0,
        ..TARGET
    };
    assert_eq!(
        calibrate(&data, Fusion::Mean, zero).unwrap_err(),
        CalibrateError::Bpcer(0.0)
    );
}
