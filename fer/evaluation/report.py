"""What an evaluation says, computed from labels and probabilities alone."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

_Z95 = 1.959963984540054
_ECE_BINS = 15
_THRESHOLDS = tuple(step / 20 for step in range(20))


@dataclass(frozen=True)
class Report:
    """Scores of one model on one set of faces. Accuracies are fractions, never rounded.

    Attributes:
        interval: Wilson's 95 % interval of the accuracy.
        balanced_accuracy: mean recall of the classes that occur.
        top2: share of faces whose label is one of the two likeliest.
        ece: expected calibration error, 15 equal-width bins of the top probability.
        nll: mean negative log-likelihood, natural logarithm.
        brier: mean squared distance between probabilities and the true class, 0 to 2.
        confusion: counts; rows true, columns predicted, both in the order of `labels`.
        per_class: label -> precision, recall, f1, support.
        reliability: of each bin of `ece` that is not empty: n, mean confidence, accuracy.
        coverage: for thresholds of the top probability, the share of faces that reach it
            ("coverage") and the accuracy over these, down to where none is left.
        seen_in_training: rows this very model was trained on (left out unless asked otherwise).
        twins_in_training: rows pixel-equal to one it was trained on (or, where asked for, such rows
            themselves), which count.
        accuracy_without_twins: accuracy over the other rows; None where there are none.
        cleaner: of "without_twins", "without_near_twins" and "ferplus_agreed" (see
            `fer.evaluation.cleaner`), as far as known: n, accuracy, interval.
        no_face: photographs in which the detector found no face, read whole; None where none went
            through it.
    """

    labels: tuple[str, ...]
    n: int
    accuracy: float
    interval: tuple[float, float]
    macro_f1: float
    balanced_accuracy: float
    top2: float
    ece: float
    nll: float
    brier: float
    confusion: list[list[int]]
    per_class: dict[str, dict[str, float]]
    reliability: list[dict[str, float]]
    coverage: list[dict[str, float]]
    seen_in_training: int
    twins_in_training: int
    accuracy_without_twins: float | None
    cleaner: dict[str, dict[str, Any]] = field(default_factory=dict)
    no_face: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as `evaluate --json` prints and card.json keeps them."""
        values = asdict(self)
        values["labels"], values["interval"] = list(self.labels), list(self.interval)
        return {
            key: value for key, value in values.items() if key != "no_face" or value is not None
        }


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """Wilson's (1927) 95 % interval of a share of `correct` in `n`; (0, 1) where n is 0."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = correct / n, _Z95 * _Z95
    middle = share + z2 / (2 * n)
    spread = _Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # Rounding must not put the share itself outside, which at 0 and 1 it otherwise does.
    low, high = (middle - spread) / (1 + z2 / n), (middle + spread) / (1 + z2 / n)
    return max(0.0, min(share, low)), min(1.0, max(share, high))


def reliability(probabilities: np.ndarray, truth: np.ndarray) -> list[dict[str, float]]:
    """What was claimed and what was right, by bins of the top probability.

    `probabilities` (n, k), `truth` (n,) class indices; bins are (i/15, (i+1)/15]. Empty ones are
    left out; the others tell `n`, the mean `confidence` and the `accuracy`.
    """
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == truth
    bins = np.clip(np.ceil(confidence * _ECE_BINS).astype(int) - 1, 0, _ECE_BINS - 1)
    size = np.bincount(bins, minlength=_ECE_BINS)
    claimed = np.bincount(bins, weights=confidence, minlength=_ECE_BINS)
    right = np.bincount(bins, weights=correct, minlength=_ECE_BINS)
    return [
        {
            "n": int(size[i]),
            "confidence": float(claimed[i] / size[i]),
            "accuracy": float(right[i] / size[i]),
        }
        for i in np.flatnonzero(size)
    ]


def expected_calibration_error(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """Guo et al. (2017): mean |accuracy - confidence| over the bins of `reliability`, by size."""
    bins = reliability(probabilities, truth)
    gaps = sum(bin["n"] * abs(bin["accuracy"] - bin["confidence"]) for bin in bins)
    return gaps / max(1, len(truth))


def coverage(probabilities: np.ndarray, truth: np.ndarray) -> list[dict[str, float]]:
    """What is answered, and how well, where a model may say "not sure" below a threshold.

    `probabilities` (n, k), `truth` (n,) class indices. Thresholds 0, 0.05 ... of the top
    probability, down to where no face reaches them.
    """
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == truth
    rows = []
    for threshold in _THRESHOLDS:
        answered = confidence >= threshold
        if not answered.any():
            break
        rows.append(
            {
                "threshold": threshold,
                "coverage": float(answered.mean()),
                "accuracy": float(correct[answered].mean()),
            }
        )
    return rows


def report(
    labels: tuple[str, ...],
    probabilities: np.ndarray,
    truth: np.ndarray,
    seen: int,
    twins: np.ndarray,
    no_face: int | None = None,
) -> Report:
    """Score `probabilities` (n, k) against `truth` (n,) class indices; `twins` is (n,) bool."""
    # Imported here: SciPy comes with it, and a server that only predicts has no use for either.
    from sklearn import metrics

    indices = np.arange(len(labels))
    predicted = probabilities.argmax(axis=1)
    correct = predicted == truth
    confusion = metrics.confusion_matrix(truth, predicted, labels=indices)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=indices, zero_division=0
    )
    present = support > 0
    rows = zip(labels, precision, recall, f1, support, strict=True)
    of_truth = probabilities[np.arange(len(truth)), truth].astype(np.float64)
    likelihood = np.clip(of_truth, 1e-12, 1)
    # Of equals the first, as with the likeliest.
    first_two = np.argsort(-probabilities, axis=1, kind="stable")[:, :2]
    return Report(
        labels=labels,
        n=len(truth),
        accuracy=float(correct.mean()),
        interval=wilson_interval(int(correct.sum()), len(truth)),
        macro_f1=float(f1[present].mean()),
        balanced_accuracy=float(recall[present].mean()),
        top2=float((first_two == truth[:, None]).any(axis=1).mean()),
        ece=expected_calibration_error(probabilities, truth),
        nll=float(-np.log(likelihood).mean()),
        brier=float(np.square(probabilities - np.eye(len(labels))[truth]).sum(axis=1).mean()),
        confusion=confusion.tolist(),
        per_class={
            label: {"precision": float(p), "recall": float(r), "f1": float(f), "support": int(s)}
            for label, p, r, f, s in rows
        },
        reliability=reliability(probabilities, truth),
        coverage=coverage(probabilities, truth),
        seen_in_training=seen,
        twins_in_training=int(twins.sum()),
        accuracy_without_twins=float(correct[~twins].mean()) if not twins.all() else None,
        no_face=no_face,
    )
