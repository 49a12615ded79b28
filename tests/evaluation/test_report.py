"""Scores from labels and probabilities alone, against values worked out by hand."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer.evaluation import wilson_interval
from fer.evaluation.report import (
    coverage,
    expected_calibration_error,
    reliability,
    report,
)
from fer.labels import LABELS

ABC = ("angry", "happy", "sad")


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    [
        # Newcombe (1998), table I, method 3 (score, no continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_values(correct: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(correct, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_ends_where_the_share_is_just_believable(case: tuple[int, int]) -> None:
    correct, n = case
    low, high = wilson_interval(correct, n)
    share = correct / n
    assert 0 <= low <= share <= high <= 1
    # Its definition: at each end the observed share is 1.96 standard errors away.
    for end in (low, high):
        if 0 < end < 1:
            assert abs(share - end) / math.sqrt(end * (1 - end) / n) == pytest.approx(
                1.96, abs=1e-3
            )
    mirrored = wilson_interval(n - correct, n)
    assert mirrored == pytest.approx((1 - high, 1 - low))


def test_wilson_of_nothing_is_everything() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_calibration_error_by_hand() -> None:
    # Two at 0.9 of which one is right, one at 0.6 that is right, one at 0.61 in the same bin
    # (0.6, 0.667] that is wrong; 0.6 itself belongs to (0.533, 0.6].
    p = np.array([[0.9, 0.1], [0.1, 0.9], [0.6, 0.4], [0.61, 0.39]])
    truth = np.array([0, 0, 0, 1])
    expected = (2 * abs(0.5 - 0.9) + abs(1 - 0.6) + abs(0 - 0.61)) / 4
    assert expected_calibration_error(p, truth) == pytest.approx(expected)


def test_calibrated_and_overconfident() -> None:
    assert expected_calibration_error(np.array([[1.0, 0.0]] * 5), np.zeros(5, int)) == 0
    assert expected_calibration_error(np.array([[1.0, 0.0]] * 5), np.ones(5, int)) == 1
    p = np.tile([0.8, 0.2], (10, 1))
    truth = np.array([0] * 8 + [1] * 2)
    assert expected_calibration_error(p, truth) == pytest.approx(0, abs=1e-9)


def by_hand() -> tuple[np.ndarray, np.ndarray]:
    """Six faces: angry, angry, angry, happy, happy (never sad); four are read rightly."""
    p = np.array(
        [[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.1, 0.3, 0.6]],
        np.float32,
    )
    return p, np.array([0, 0, 0, 1, 1])


def test_a_model_that_tells_nothing_apart_is_right_among_two_as_often_as_by_chance() -> None:
    probabilities, truth = np.full((70, 7), 1 / 7, np.float32), np.arange(70) % 7
    scores = report(LABELS, probabilities, truth, seen=0, twins=np.zeros(70, bool))
    assert scores.top2 == pytest.approx(2 / 7)


def test_a_report_by_hand() -> None:
    p, truth = by_hand()
    twins = np.array([True, False, False, True, False])
    scores = report(ABC, p, truth, seen=7, twins=twins)
    assert scores.n == 5
    assert scores.accuracy == 3 / 5
    assert scores.interval == wilson_interval(3, 5)
    assert scores.confusion == [[2, 1, 0], [0, 1, 1], [0, 0, 0]]  # rows true, columns predicted
    assert scores.balanced_accuracy == pytest.approx((2 / 3 + 1 / 2) / 2)  # no sad: not counted
    assert scores.macro_f1 == pytest.approx((0.8 + 0.5) / 2)
    assert scores.nll == pytest.approx(-np.log([0.8, 0.6, 0.2, 0.8, 0.3]).mean(), rel=1e-6)
    assert scores.top2 == 5 / 5
    of_truth = [(0.04, 0.01, 0.01), (0.16, 0.09, 0.01), (0.64, 0.49, 0.01), (0.01, 0.04, 0.01),
                (0.01, 0.49, 0.36)]  # fmt: skip
    assert scores.brier == pytest.approx(np.sum(of_truth) / 5, rel=1e-6)
    assert scores.per_class["angry"] == {
        "precision": 1.0, "recall": pytest.approx(2 / 3), "f1": pytest.approx(0.8), "support": 3,
    }  # fmt: skip
    assert scores.per_class["happy"] == {
        "precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2,
    }  # fmt: skip
    assert scores.per_class["sad"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    assert (scores.seen_in_training, scores.twins_in_training) == (7, 2)
    assert scores.accuracy_without_twins == 1 / 3


def test_reliability_by_hand() -> None:
    p = np.array([[0.9, 0.1], [0.1, 0.9], [0.61, 0.39]])
    low, high = reliability(p, np.array([0, 0, 1]))
    assert low == {"n": 1, "confidence": pytest.approx(0.61), "accuracy": 0}
    assert high == {"n": 2, "confidence": pytest.approx(0.9), "accuracy": 0.5}


def test_coverage_by_hand() -> None:
    rows = coverage(*by_hand())
    assert rows[0] == {"threshold": 0, "coverage": 1, "accuracy": 3 / 5}
    told = {row["threshold"]: (row["coverage"], row["accuracy"]) for row in rows}
    assert told[0.65] == (3 / 5, 2 / 3)
    assert told[0.8] == (2 / 5, 1)
    assert max(told) == 0.8  # beyond, nothing is answered


def test_a_report_as_json() -> None:
    p, truth = by_hand()
    none = np.zeros(5, bool)
    values = json.loads(json.dumps(report(ABC, p, truth, 0, none).to_dict(), allow_nan=False))
    assert list(values) == [
        "labels", "n", "accuracy", "interval", "macro_f1", "balanced_accuracy", "top2", "ece",
        "nll", "brier", "confusion", "per_class", "reliability", "coverage", "seen_in_training",
        "twins_in_training", "accuracy_without_twins", "cleaner",
    ]  # fmt: skip
    assert values["labels"] == list(ABC)
    assert report(ABC, p, truth, 0, none, no_face=0).to_dict()["no_face"] == 0
    only_twins = report(ABC, p, truth, 0, ~none).to_dict()
    assert only_twins["accuracy_without_twins"] is None


def test_certainty_that_is_wrong_costs_much_and_is_finite() -> None:
    p = np.array([[1.0, 0.0, 0.0]], np.float32)
    scores = report(ABC, p, np.array([1]), 0, np.zeros(1, bool))
    assert 20 < scores.nll < 100
    assert scores.interval[0] == pytest.approx(0, abs=1e-12)


@given(st.integers(1, 60), st.integers(0, 10**6))
def test_counts_agree_with_each_other(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([0.5] * 3, n).astype(np.float32)
    truth = rng.integers(0, 3, n)
    scores = report(ABC, p, truth, 0, np.zeros(n, bool))
    confusion = np.array(scores.confusion)
    assert confusion.sum() == n
    assert np.trace(confusion) / n == pytest.approx(scores.accuracy)
    assert confusion.sum(axis=1).tolist() == [c["support"] for c in scores.per_class.values()]
    assert confusion.sum(axis=0).tolist() == np.bincount(p.argmax(axis=1), minlength=3).tolist()
    assert 0 <= scores.ece <= 1
    assert scores.accuracy_without_twins == scores.accuracy
