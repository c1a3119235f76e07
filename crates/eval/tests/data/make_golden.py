"""Writes sklearn.json: AUC, ROC and EER by scikit-learn on scores with many ties.

Run in this folder with scikit-learn 1.9.1 and NumPy from PyPI: python make_golden.py
"""

import json

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve


def equal_error_rate(fpr, tpr):
    """Where the polyline of the ROC curve crosses FPR = 1 - TPR."""
    gap = fpr - (1 - tpr)
    i = int(np.argmax(gap >= 0))
    if gap[i] == 0:
        return float(fpr[i])
    along = -gap[i - 1] / (gap[i] - gap[i - 1])
    return float(fpr[i - 1] + along * (fpr[i] - fpr[i - 1]))


def case(name, live, attacks):
    labels = np.r_[np.ones(len(live)), np.zeros(len(attacks))]
    scores = np.r_[live, attacks]
    fpr, tpr, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    return {
        "name": name,
        "live": live.tolist(),
        "attacks": attacks.tolist(),
        "auc": float(roc_auc_score(labels, scores)),
        "eer": equal_error_rate(fpr, tpr),
        # The first threshold is infinite: nobody is accepted.
        "roc": [[float(t), float(f), float(p)] for t, f, p in zip(thresholds[1:], fpr[1:], tpr[1:])],
    }


def main():
    rng = np.random.default_rng(30107)
    clip = lambda x: np.clip(x, 0, 1)
    cases = [
        case("continuous", clip(rng.normal(0.7, 0.15, 120)), clip(rng.normal(0.4, 0.2, 80))),
        case("two decimals", clip(rng.normal(0.6, 0.2, 90)).round(2), clip(rng.normal(0.5, 0.2, 130)).round(2)),
        case("one decimal", clip(rng.normal(0.6, 0.2, 60)).round(1), clip(rng.normal(0.5, 0.2, 60)).round(1)),
        case("below chance", clip(rng.normal(0.4, 0.2, 50)).round(2), clip(rng.normal(0.6, 0.2, 40)).round(2)),
        case("separated", rng.uniform(0.6, 1.0, 30), rng.uniform(0.0, 0.5, 20)),
        case("all tied", np.full(7, 0.5), np.full(5, 0.5)),
    ]
    with open("sklearn.json", "w", encoding="utf-8") as file:
        json.dump(cases, file)
        file.write("\n")


if __name__ == "__main__":
    main()
