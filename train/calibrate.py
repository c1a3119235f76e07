"""Calibration across sources: heads to signals, signals to one confidence; all weights keep their sign.

A signal is `p = sigmoid(bias + sum weight_i * (-logit_i))` over attack logits, weights >= 0: the calibrated
probability that the face is no attack of the kind the signal judges. The confidence is a weighted geometric mean of
the signals, weights >= 0, moved so that the operating point lies at 0.58: one signal that is sure of an attack cannot
be outvoted, and no signal can raise the confidence by being less sure of life.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

OPERATING_POINT = 0.58  # the confidence at the chosen BPCER
MARGIN = 0.04  # half width of the band of indecision around it
FLOOR = 1e-4
RIDGE = 1e-3
LEAST_WEIGHT = 0.01  # shares under this are noise
# Every image counts with this power of its group's size, a group being a source and label.
GROUP_POWER = -0.7


@dataclass(frozen=True)
class Logistic:
    """`sigmoid(bias + weights . x)` with weights >= 0."""

    weights: np.ndarray
    bias: float

    def logit(self, x):
        return self.bias + x @ self.weights

    def probability(self, x):
        return 1 / (1 + np.exp(-self.logit(x)))


def group_weights(groups):
    """A weight for each image so that no (source, label) outweighs the rest; mean 1."""
    names, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    weights = counts[inverse].astype(float) ** GROUP_POWER
    return weights / weights.mean()


def balance(weights, live):
    """Both labels weigh the same."""
    out = weights.copy()
    for members in (live, ~live):
        out[members] *= 0.5 * len(weights) / out[members].sum()
    return out


def fit(x, live, weights):
    """The logistic of non-negative weights that best separates, by penalised likelihood."""
    sign = np.where(live, 1.0, -1.0)

    def objective(theta):
        margin = sign * (theta[0] + x @ theta[1:])
        loss = np.average(np.logaddexp(0, -margin), weights=weights) + RIDGE * np.sum(theta[1:] ** 2)
        slope = -sign * weights / weights.sum() / (1 + np.exp(np.clip(margin, -50, 50)))
        return loss, np.concatenate([[slope.sum()], x.T @ slope + 2 * RIDGE * theta[1:]])

    start = np.concatenate([[0.0], np.full(x.shape[1], 0.3)])
    bounds = [(None, None)] + [(0, None)] * x.shape[1]
    theta = minimize(objective, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    return Logistic(theta[1:], float(theta[0]))


def logs(signals):
    """Log scores, floored so that no single one is infinite."""
    return np.log(np.clip(signals, FLOOR, 1.0))


@dataclass(frozen=True)
class Fusion:
    """Weighted geometric mean of the signals, then the map that puts `operating_score` at the operating point.

    The engine computes the same (crates/domain): linear from (0, 0) over (operating_score, 0.58) to (1, 1).
    """

    weights: np.ndarray  # sum to 1
    operating_score: float

    def score(self, signals):
        """A signal that was not assessed (NaN) leaves its weight to the others in proportion."""
        shares = np.where(np.isnan(signals), 0.0, self.weights)
        return np.exp((np.nan_to_num(logs(signals)) * shares).sum(1) / shares.sum(1))

    def confidence(self, signals):
        return np.interp(self.score(signals), (0.0, self.operating_score, 1.0), (0.0, OPERATING_POINT, 1.0))


def fit_fusion(signals, live, weights, bpcer):
    """Non-negative weights by logistic regression on the log scores; the operating score rejects `bpcer` of the live."""
    logged = logs(signals)
    found = fit(np.where(np.isnan(logged), np.nanmean(logged, axis=0), logged), live, weights).weights
    found = np.where(found < LEAST_WEIGHT * found.sum(), 0.0, found)
    fusion = Fusion(found / found.sum(), 0.5)
    return Fusion(fusion.weights, float(np.quantile(fusion.score(signals[live]), bpcer)))
