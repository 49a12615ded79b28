"""Making probabilities mean what they say: one temperature, fitted on validation faces."""

import numpy as np

from fer.bundles import UNSURE_BELOW
from fer.evaluation.report import Report

# Of what a model says without "not sure", so much is to be right ...
RIGHT = 0.75
# ... but it is to answer so many of the faces: a few lucky ones make no threshold.
ANSWERED = 0.2


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The T, 0.05 to 20, for which softmax(logits / T) has the lowest negative log-likelihood.

    Guo et al. 2017. `logits` (n, k), `truth` (n,) class indices. Above 1 the model was too sure of
    itself, below 1 not sure enough; the order of its answers stays. To the n
    faces k more are added whose class is even chance (Laplace's rule, as Platt 1999 uses it):
    without them a model that is right on all of a few faces would be made sure of everything.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    wide = logits.astype(np.float64)
    n, classes = wide.shape
    rows = np.arange(n)

    def loss(log_temperature: float) -> float:
        likelihood = log_softmax(wide / np.exp(log_temperature), axis=1)
        return float(-(likelihood[rows, truth].sum() + likelihood.mean() * classes) / n)

    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(found.x))


def sure_from(report: Report) -> float:
    """The threshold of the top probability below which a model says "not sure".

    The lowest of the steps of `report.coverage` at which the share `RIGHT` of the answers is right,
    the highest that still answers the share `ANSWERED` where none gets there; and never under the
    usual `UNSURE_BELOW`.
    """
    steps = [row for row in report.coverage if row["coverage"] >= ANSWERED]
    enough = [row["threshold"] for row in steps if row["accuracy"] >= RIGHT]
    return max(UNSURE_BELOW, enough[0] if enough else steps[-1]["threshold"])
