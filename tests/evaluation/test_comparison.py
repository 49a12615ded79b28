"""Readings row by row, and two models on the same faces, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer.errors import InputError
from fer.evaluation import Scored, compare

ABC = ("angry", "happy", "sad")


def scored(
    rows: list[int], truth: list[int], read: list[tuple[int, float]], labels: tuple[str, ...] = ABC
) -> Scored:
    """`read` tells what was read with which confidence; the rest is shared by the others."""
    probabilities = np.array(
        [[p if i == k else (1 - p) / 2 for i in range(3)] for k, p in read], np.float32
    )
    twins = np.zeros(len(rows), bool)
    return Scored(labels, np.array(rows), np.array(truth), probabilities, twins, seen=2)


FIRST = scored([10, 11, 12, 13], [0, 0, 1, 2], [(0, 0.9), (1, 0.6), (0, 0.7), (2, 0.8)])
SECOND = scored([11, 12, 13, 14], [0, 1, 2, 2], [(0, 0.5), (1, 0.9), (1, 0.95), (2, 0.4)])


def test_mistakes_come_with_the_most_confident_first() -> None:
    assert FIRST.rows[FIRST.mistakes()].tolist() == [12, 11]
    assert FIRST.rows[FIRST.read_as("angry", "happy")].tolist() == [11]
    assert FIRST.rows[FIRST.read_as("sad", "sad")].tolist() == [13]
    assert FIRST.read_as("sad", "angry").size == 0


def test_some_of_the_readings() -> None:
    some = FIRST.only(np.array([13, 10, 99]))
    assert some.rows.tolist() == [10, 13]
    assert (some.report().n, some.report().accuracy, some.seen) == (2, 1.0, 2)


def test_two_models_are_compared_where_both_were_scored() -> None:
    found = compare(FIRST, SECOND)
    assert found.n == 3
    assert found.correct == (1, 2)
    assert found.first_only.tolist() == [13]
    assert found.second_only.tolist() == [12, 11]  # of 12 the first was surer
    assert found.p_value == 1.0  # 1 against 2


def test_mcnemar_by_hand() -> None:
    """Nine faces only the first reads right, one only the second: 2 * (1 + 10) / 2**10."""
    rows = list(range(10))
    first = scored(rows, [0] * 10, [(0, 0.9)] * 9 + [(1, 0.9)])
    second = scored(rows, [0] * 10, [(1, 0.9)] * 9 + [(0, 0.9)])
    assert compare(first, second).p_value == pytest.approx(22 / 1024)
    assert compare(first, first).p_value == 1.0


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_who_is_compared_with_whom_does_not_matter(faces: list[tuple[int, int, int]]) -> None:
    rows, truth = list(range(len(faces))), [face[0] for face in faces]
    first = scored(rows, truth, [(face[1], 0.6) for face in faces])
    second = scored(rows, truth, [(face[2], 0.6) for face in faces])
    one, other = compare(first, second), compare(second, first)
    assert one.p_value == other.p_value
    assert one.correct == other.correct[::-1]
    assert one.first_only.tolist() == other.second_only.tolist()
    assert one.correct[0] - one.correct[1] == len(one.first_only) - len(one.second_only)


def test_what_cannot_be_compared_is_said() -> None:
    with pytest.raises(InputError, match="no face that both"):
        compare(FIRST, scored([1], [0], [(0, 0.9)]))
    with pytest.raises(
        InputError, match="angry, happy and sad apart and the other angry, happy and fear"
    ):
        compare(FIRST, scored([10], [0], [(0, 0.9)], ("angry", "happy", "fear")))
