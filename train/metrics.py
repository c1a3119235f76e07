"""ISO/IEC 30107-3 figures of live scores (higher means live)."""

import numpy as np


def auc(live, attack):
    """Area under the ROC curve: the chance that a live image scores above an attack, ties counting half."""
    if len(live) == 0 or len(attack) == 0:
        return float("nan")
    ordered = np.sort(attack)
    below = np.searchsorted(ordered, live, "left") + np.searchsorted(ordered, live, "right")
    return float(below.sum() / (2 * len(live) * len(attack)))


def threshold_at_bpcer(live, bpcer):
    """The highest threshold that rejects (scores strictly below it) at most `bpcer` of the live images."""
    ordered = np.sort(live)
    return float(ordered[int(np.floor(bpcer * len(ordered)))])


def apcer_at_bpcer(live, attack, bpcer):
    """Share of attacks accepted at that threshold."""
    return float(np.mean(np.asarray(attack) >= threshold_at_bpcer(live, bpcer)))


def eer(live, attack):
    """Equal error rate: the mean of both error rates where they are closest."""
    thresholds = np.unique(np.concatenate([live, attack]))
    reject = np.searchsorted(np.sort(live), thresholds, "left") / len(live)
    accept = 1 - np.searchsorted(np.sort(attack), thresholds, "left") / len(attack)
    nearest = np.argmin(np.abs(reject - accept))
    return float((reject[nearest] + accept[nearest]) / 2)
