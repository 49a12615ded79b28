"""A temperature makes probabilities mean what they say, and a threshold follows from them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer.bundles import UNSURE_BELOW
from fer.evaluation import fit_temperature, sure_from
from fer.evaluation.report import report

ABC = ("angry", "disgust", "fear")


def drawn(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3) logits, and classes drawn with just the probabilities that they claim."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, 3))
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    return logits, (rng.random((n, 1)) > p.cumsum(axis=1)).sum(axis=1)


@pytest.mark.parametrize("boast", [0.3, 1.0, 2.5])
def test_it_finds_by_how_much_logits_boast(boast: float) -> None:
    logits, truth = drawn(20_000, seed=1)
    assert fit_temperature(boast * logits, truth) == pytest.approx(boast, rel=0.05)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**16), offset=st.floats(-50, 50), boast=st.floats(0.2, 4))
def test_no_other_temperature_is_likelier(seed: int, offset: float, boast: float) -> None:
    logits, truth = drawn(200, seed)
    best = fit_temperature((boast * logits + offset).astype(np.float32), truth)

    def loss(temperature: float) -> float:
        scaled = boast * logits / temperature
        likelihood = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        # Three more faces, of every class alike.
        return -float(likelihood[np.arange(200), truth].sum() + 3 * likelihood.mean())

    assert 0.05 <= best <= 20
    for other in (0.9 * best, 1.1 * best):
        if 0.05 <= other <= 20:
            assert loss(best) <= loss(other) + 1e-3


@pytest.mark.parametrize("n", [3, 30, 300])
def test_what_is_always_right_is_as_sure_as_so_few_faces_allow(n: int) -> None:
    truth = np.arange(n) % 3
    logits = 3 * np.eye(3)[truth]
    p = np.exp(logits / fit_temperature(logits, truth))
    # Laplace: n right ones and three more, one of which is right.
    assert (p / p.sum(axis=1, keepdims=True)).max() == pytest.approx((n + 1) / (n + 3), abs=0.002)


def test_the_threshold_is_the_lowest_from_which_three_in_four_are_right() -> None:
    # Sure at 0.9: nine in ten are right; at 0.4 one in five.
    p = np.r_[np.tile([0.9, 0.05, 0.05], (10, 1)), np.tile([0.4, 0.3, 0.3], (5, 1))]
    truth = np.array([0] * 9 + [1] + [0] + [1] * 4)
    told = report(ABC, p, truth, 0, np.zeros(15, bool))
    assert told.accuracy == pytest.approx(10 / 15)
    # The steps are 0.05 wide: from 0.45 on the five are left out.
    assert sure_from(told) == pytest.approx(0.45)


def test_a_few_lucky_faces_make_no_threshold() -> None:
    # Of 50 faces read at 0.5, 23 are right; one at 0.99 is right too.
    p = np.r_[np.tile([0.5, 0.25, 0.25], (50, 1)), [[0.99, 0.005, 0.005]]]
    truth = np.array([0] * 23 + [1] * 27 + [0])
    told = report(ABC, p, truth, 0, np.zeros(51, bool))
    # The highest step at which a fifth of the faces is still answered, not 0.55.
    assert sure_from(told) == pytest.approx(0.5)


def test_a_model_that_errs_seldom_may_still_be_unsure() -> None:
    p = np.tile([0.9, 0.05, 0.05], (4, 1))
    told = report(ABC, p, np.zeros(4, int), 0, np.zeros(4, bool))
    assert sure_from(told) == UNSURE_BELOW
