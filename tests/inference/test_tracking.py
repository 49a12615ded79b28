"""Which face is which, and how quickly a change shows."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer.images import Box
from fer.inference.tracking import Smoothing, Tracker

SIDE = 60

boxes = st.builds(
    Box, st.integers(0, 600), st.integers(0, 400), st.integers(1, 200), st.integers(1, 200)
)


def face(x: float, y: float, side: float = SIDE) -> Box:
    return Box(round(x), round(y), round(side), round(side))


@given(st.lists(st.lists(boxes, max_size=6), max_size=12))
def test_numbers_are_distinct_and_new_ones_count_on(frames: list[list[Box]]) -> None:
    tracker, known = Tracker(), 0
    for frame in frames:
        numbers = tracker.update(frame)
        assert len(numbers) == len(frame)
        assert len(set(numbers)) == len(numbers)
        new = sorted(number for number in numbers if number > known)
        assert new == list(range(known + 1, known + 1 + len(new)))
        known += len(new)
        assert sorted(tracker.expected()) == sorted(numbers)


@given(st.lists(boxes, max_size=6, unique=True), st.integers(1, 20))
def test_faces_at_rest_keep_their_numbers(frame: list[Box], repeats: int) -> None:
    tracker = Tracker()
    first = tracker.update(frame)
    for _ in range(repeats):
        assert tracker.update(frame) == first
    assert tracker.expected() == dict(zip(first, frame, strict=True))


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_faces_that_wander_apart_keep_their_numbers_in_any_order(seed: int, count: int) -> None:
    """Each in a region of its own, with steps of up to half a face and sizes that tremble."""
    chance = random.Random(seed)
    tracker = Tracker()
    places = [(index * 4 * SIDE, 100.0) for index in range(count)]
    number_of: dict[int, int] = {}
    for _ in range(25):
        order = chance.sample(range(count), count)
        steps = {i: chance.uniform(-0.5, 0.5) * SIDE for i in order}
        places = [(i * 4 * SIDE + max(-SIDE, min(SIDE, x - i * 4 * SIDE + steps[i])), y)
                  for i, (x, y) in enumerate(places)]  # fmt: skip
        frame = [face(*places[i], SIDE * chance.uniform(0.9, 1.1)) for i in order]
        for index, number in zip(order, tracker.update(frame), strict=True):
            assert number_of.setdefault(index, number) == number
    assert sorted(number_of.values()) == list(range(1, count + 1))


@pytest.mark.parametrize("pixels", [4, 10, 20])
def test_two_faces_that_pass_each_other_keep_their_numbers(pixels: int) -> None:
    """One walks right, one left, half a face apart in height; boxes tremble by two pixels."""
    chance = random.Random(pixels)
    tracker = Tracker()
    for step in range(-200 // pixels, 200 // pixels):
        left = face(300 + pixels * step + chance.uniform(-2, 2), 100)
        right = face(300 - pixels * step, 100 + SIDE / 2 + chance.uniform(-2, 2))
        assert tracker.update([left, right]) == [1, 2]


@pytest.mark.parametrize(("missed", "number"), [(1, 1), (5, 1), (6, 2)])
def test_a_face_that_comes_back_in_time_is_the_same(missed: int, number: int) -> None:
    tracker = Tracker(lost_after=5)
    tracker.update([face(100, 100)])
    for _ in range(missed):
        assert tracker.update([]) == []
        assert tracker.expected() == {}
    assert tracker.update([face(104, 98)]) == [number]


def test_a_face_that_walks_behind_something_is_expected_further_on() -> None:
    tracker = Tracker(lost_after=15)
    for step in range(20):
        assert tracker.update([face(10 * step, 100)]) == [1]
    for _ in range(6):
        tracker.update([])
    # A face and a third from where it was last seen.
    assert tracker.update([face(190 + 80, 100)]) == [1]


@pytest.mark.parametrize("other", [face(400, 300), face(110, 110, 240), face(128, 128, 8)])
def test_a_face_elsewhere_or_of_quite_another_size_is_another(other: Box) -> None:
    tracker = Tracker()
    tracker.update([face(100, 100)])
    assert tracker.update([other]) == [2]


def test_the_nearer_of_two_continues() -> None:
    tracker = Tracker()
    tracker.update([face(100, 100)])
    assert tracker.update([face(130, 100), face(104, 100)]) == [2, 1]


# ---- smoothing


def rows(*values: float) -> np.ndarray:
    return np.array(values)


def test_a_sudden_change_shows_by_63_per_cent_after_the_time_constant() -> None:
    for frames_per_s in (5, 30, 200):
        smoothing = Smoothing(0.4)
        smoothing.update(0.0, {1: rows(1, 0)})
        for step in range(1, round(0.4 * frames_per_s) + 1):
            shown = smoothing.update(step / frames_per_s, {1: rows(0, 1)})[1]
        assert shown == pytest.approx(rows(math.exp(-1), 1 - math.exp(-1)))


@given(
    st.lists(
        st.tuples(st.floats(0, 3), st.lists(st.floats(0.01, 1), min_size=3, max_size=3)),
        min_size=1,
    ),
    st.floats(0, 2),
)
def test_smoothed_probabilities_are_probabilities(
    frames: list[tuple[float, list[float]]], time_constant_s: float
) -> None:
    smoothing, time_s, seen = Smoothing(time_constant_s), 0.0, []
    for gap_s, values in frames:
        time_s += gap_s
        seen.append(np.array(values) / sum(values))
        shown = smoothing.update(time_s, {7: seen[-1]})[7]
        assert shown.sum() == pytest.approx(1)
        assert (shown >= np.min(seen, axis=0) - 1e-9).all()
        assert (shown <= np.max(seen, axis=0) + 1e-9).all()


def test_without_a_time_constant_nothing_is_smoothed() -> None:
    smoothing = Smoothing(0)
    for time_s, value in [(0.0, 1.0), (0.1, 0.0), (0.1, 0.5)]:
        assert smoothing.update(time_s, {1: rows(value)})[1] == value


def test_faces_are_smoothed_each_by_itself_and_forgotten_in_time() -> None:
    smoothing = Smoothing(0.1)
    smoothing.update(0.0, {1: rows(1.0), 2: rows(0.0)})
    shown = smoothing.update(0.01, {1: rows(1.0), 2: rows(0.0)})
    assert (shown[1], shown[2]) == (1.0, 0.0)
    for number in range(3, 2000):
        smoothing.update(number * 0.5, {number: rows(0.3)})
    assert len(smoothing._last) < 5
    assert smoothing.update(2000.0, {1: rows(0.0)})[1] == 0.0  # not the 1.0 of long ago
