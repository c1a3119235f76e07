"""Calibration across sources: heads to signals, signals to one confidence; all weights keep their sign.

A signal is `p = sigmoid(bias + sum weight_i * (-logit_i))` over attack logits, weights >= 0: the calibrated
probability that the face is no attack of the kind the signal judges. The confidence is
`sigmoid(bias + sum weight_i * log p_i)`, weights >= 0: with equal weights the product of the signals, so one
signal that is sure of an attack cannot be outvoted, and no signal can raise the confidence by being less sure of life.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

OPERATING_POINT = 0.58  # the confidence at the chosen BPCER
RIDGE = 1e-3
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


def fuse(signals):
    """The features of the confidence: log probabilities, floored so that no single one is infinite."""
    return np.log(np.clip(signals, 1e-4, 1.0))


def shifted(model, logits_of_live, bpcer):
    """The model moved so that `OPERATING_POINT` rejects `bpcer` of these live images."""
    edge = np.quantile(logits_of_live, bpcer)
    return Logistic(model.weights, model.bias - edge + np.log(OPERATING_POINT / (1 - OPERATING_POINT)))
