//! Agreement with scikit-learn on the same scores; see data/make_golden.py.

use lifesign_eval::metrics::Curve;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    live: Vec<f64>,
    attacks: Vec<f64>,
    auc: f64,
    eer: f64,
    /// Threshold, false and true positive rate, thresholds descending.
    roc: Vec<(f64, f64, f64)>,
}

#[test]
fn auc_roc_and_eer_are_those_of_scikit_learn() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("data/sklearn.json")).unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let curve = Curve::of(&case.live, &case.attacks).unwrap();
        let name = &case.name;
        assert!(
            (curve.auc() - case.auc).abs() < 1e-12,
            "{name}: AUC {}",
            curve.auc()
        );
        assert!(
            (curve.eer().0 - case.eer).abs() < 1e-12,
            "{name}: EER {}",
            curve.eer().0
        );
        let finite = curve
            .points()
            .iter()
            .rev()
            .filter(|p| p.threshold.is_finite());
        let ours: Vec<_> = finite
            .map(|p| (p.threshold, p.apcer, 1.0 - p.bpcer))
            .collect();
        assert_eq!(ours.len(), case.roc.len(), "{name}");
        for (ours, theirs) in ours.iter().zip(&case.roc) {
            assert_eq!(ours.0, theirs.0, "{name}");
            assert!(
                (ours.1 - theirs.1).abs() < 1e-12,
                "{name}: {ours:?} {theirs:?}"
            );
            assert!(
                (ours.2 - theirs.2).abs() < 1e-12,
                "{name}: {ours:?} {theirs:?}"
            );
        }
    }
}
